//! What belongs here: sweeps as they are made on one machine or many, killed, gone on with, and merged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::cli::{Scratch, wirelab};

const CASE: &str = "transfer/download";
const NAME: &str = "sweeps/transfer/download-rtt-loss";

/// What is swept in most of these tests: six cells.
const SWEEP: [&str; 5] = [CASE, "--vary", "rtt=10ms,40ms,90ms", "--vary", "loss=0%,2%"];

/// The program's arguments for a sweep below a directory.
fn arguments<'a>(out: &'a str, seeds: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["sweep"];
    all.extend(SWEEP);
    all.extend(["--seeds", seeds, "--out", out, "--quiet"]);
    all.extend(more);
    all
}

/// Every file below a directory, by name, with its bytes.
fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(here) = waiting.pop() {
        for entry in fs::read_dir(here).unwrap() {
            let path = entry.unwrap().path();
            // What a process that was killed leaves of a file that it was writing has a name that nobody reads.
            let is_partial = path.extension().is_some_and(|end| end == "partial");
            if path.is_dir() {
                waiting.push(path);
            } else if !is_partial {
                let name = path.strip_prefix(directory).unwrap().to_owned();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn assert_same(one: &[(PathBuf, Vec<u8>)], other: &[(PathBuf, Vec<u8>)], what: &str) {
    let names = |files: &[(PathBuf, Vec<u8>)]| {
        files
            .iter()
            .map(|(name, _)| name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(one), names(other), "{what}");
    for ((name, bytes), (_, others)) in one.iter().zip(other) {
        assert!(bytes == others, "{what}: {} differs", name.display());
    }
}

#[test]
fn shards_and_threads_of_other_processes_give_the_bytes_of_one() {
    let scratch = Scratch::new("sweep-shards");
    let run = |arguments: &[&str]| {
        let ended = wirelab(scratch.path(), arguments);
        assert!(ended.status != 2, "{ended:?}");
    };
    run(&arguments("one", "8", &["--jobs", "1"]));
    run(&arguments("two", "8", &["--jobs", "2"]));
    let one = files(&scratch.path().join("one"));
    assert_eq!(one.len(), 5, "tables, configuration and a picture");
    assert_same(&one, &files(&scratch.path().join("two")), "two threads");
    for count in [2, 7] {
        let shards: Vec<_> = (1..=count)
            .map(|number| format!("{number}/{count}"))
            .collect();
        let journals = format!("shards-{count}");
        for shard in &shards {
            run(&arguments(&journals, "8", &["--shard", shard]));
        }
        let merged = format!("merged-{count}");
        run(&[
            "merge",
            &format!("{journals}/{NAME}"),
            "--out",
            &merged,
            "--quiet",
        ]);
        assert_same(
            &one,
            &files(&scratch.path().join(&merged)),
            &format!("{count} shards"),
        );
    }
}

fn begin(scratch: &Scratch, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.current_dir(scratch.path()).args(arguments);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a process is watched, in real time"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(2));
}

#[test]
fn a_sweep_that_is_killed_again_and_again_ends_as_if_it_were_not() {
    let scratch = Scratch::new("sweep-killed");
    let ended = wirelab(scratch.path(), &arguments("whole", "40", &[]));
    assert!(ended.status != 2, "{ended:?}");
    let journal = scratch
        .path()
        .join("killed")
        .join(NAME)
        .join("shard-1-of-1.jsonl");
    let (mut kills, mut made) = (0, 0);
    let resumed = arguments("killed", "40", &["--resume", "--jobs", "1"]);
    loop {
        let mut child = begin(&scratch, &resumed);
        // Until it has made some more runs, or is over.
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            // The process that is watched needs the processor more.
            pause();
            let lines =
                fs::read(&journal).map_or(0, |text| text.split(|byte| *byte == b'\n').count() - 1);
            if lines > made + 37 {
                made = lines;
                break None;
            }
        };
        if status.is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills >= 3, "killed {kills} times");
    let whole = files(&scratch.path().join("whole"));
    assert_same(&whole, &files(&scratch.path().join("killed")), "killed");
}

#[test]
fn what_cannot_go_on_or_be_merged_is_refused_and_nothing_is_lost() {
    let scratch = Scratch::new("sweep-refused");
    let refused = |arguments: &[&str], words: &[&str]| {
        let ended = wirelab(scratch.path(), arguments);
        assert_eq!(
            (ended.status, ended.stdout.as_str()),
            (2, ""),
            "{arguments:?}"
        );
        for word in words {
            assert!(
                ended.stderr.contains(word),
                "{arguments:?}: {}",
                ended.stderr
            );
        }
    };
    let first = arguments("out", "2", &["--shard", "1/2"]);
    assert_eq!(wirelab(scratch.path(), &first).status, 0);
    let journal = scratch
        .path()
        .join("out")
        .join(NAME)
        .join("shard-1-of-2.jsonl");
    let text = fs::read(&journal).unwrap();
    refused(&first, &["6 runs of this sweep", "--resume"]);
    let other = arguments("out", "3", &["--shard", "1/2", "--resume"]);
    refused(&other, &["another sweep", "--seeds: 3, and here 2"]);
    let folder = format!("out/{NAME}");
    refused(
        &["merge", &folder],
        &["6 of 12 runs are missing", "shard 2/2"],
    );
    refused(&["merge", "nowhere"], &["cannot read nowhere"]);
    refused(&["merge", "out"], &["out has no shard-K-of-N.jsonl"]);
    assert_eq!(fs::read(&journal).unwrap(), text, "it is as it was");
    fs::write(&journal, [&text[..], b"{\"run\": x}\n"].concat()).unwrap();
    refused(&["merge", &folder], &["shard-1-of-2.jsonl", "line 8"]);
    assert!(
        !scratch.path().join("plots").exists(),
        "nothing was made of it"
    );
}

#[test]
fn a_sweep_says_how_its_cells_differ_in_pairs() {
    let scratch = Scratch::new("sweep-text");
    let vary = ["--vary", "rtt=100ms,200ms", "--seeds", "5", "--out", "out"];
    let ended = wirelab(
        scratch.path(),
        &[&["sweep", "handshake/open"], &vary[..]].concat(),
    );
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ended.stdout, @r"
    rtt    runs  median/ms  p95/ms  mean/ms  against the first/ms
    100ms     5    200.000       -  200.000
    200ms     5    400.000       -  400.000  +200.000 ± 0.000
    against the first: the mean over pairs of runs with the same seed, and its 95 % confidence interval

    Files below out:
      sweeps/handshake/open-rtt/runs.csv
      sweeps/handshake/open-rtt/runs.parquet
      sweeps/handshake/open-rtt/cells.csv
      sweeps/handshake/open-rtt/sweep.json
      plots/handshake/open-rtt.svg
    ");
}

#[test]
fn a_scenario_file_is_swept_and_a_changed_one_is_another_sweep() {
    let scratch = Scratch::new("sweep-file");
    let write = |bytes: &str| {
        let text = format!(
            "[hosts.client]\n[hosts.shop]\n[[link]]\nfrom = \"client\"\nto = \"shop\"\nrtt = \"80ms\"\n\
             [[serve]]\nhost = \"shop\"\nname = \"www.shop.test\"\nprotocol = \"h2\"\n\
             [[page.object]]\nurl = \"https://www.shop.test/\"\nbytes = \"{bytes}\"\n"
        );
        fs::write(scratch.path().join("shop.toml"), text).unwrap();
    };
    write("20kB");
    let run = |more: &[&str]| {
        let vary = [
            "sweep",
            "shop.toml",
            "--vary",
            "rtt=20ms,80ms",
            "--seeds",
            "2",
            "--out",
            "out",
            "-q",
        ];
        wirelab(scratch.path(), &[&vary, more].concat())
    };
    let ended = run(&["--shard", "1/2"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    write("30kB");
    let ended = run(&["--shard", "1/2", "--resume"]);
    assert_eq!(ended.status, 2);
    assert!(
        ended.stderr.contains("another sweep (file: "),
        "{}",
        ended.stderr
    );
    write("20kB");
    for shard in ["1/2", "2/2"] {
        assert_eq!(run(&["--shard", shard, "--resume"]).status, 0);
    }
    let folder = fs::read_dir(scratch.path().join("out/sweeps/shop")).unwrap();
    let folder = folder.map(|entry| entry.unwrap().path()).next().unwrap();
    let merged = wirelab(
        scratch.path(),
        &["merge", folder.to_str().unwrap(), "--json"],
    );
    assert_eq!(
        (merged.status, merged.stdout.lines().count()),
        (0, 2),
        "{merged:?}"
    );
}
