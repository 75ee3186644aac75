//! Bad input: exit status 2, one paragraph that names input, place and remedy, and no file left behind.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use super::program::{Ended, command, ended, wirelab};
use super::scratch::Scratch;

/// What is typed, and words that the answer must have.
const MISTAKES: &[(&str, &[&str])] = &[
    ("", &["subcommand"]),
    ("fly", &["fly", "unrecognized subcommand"]),
    ("run", &["name a case", "--all", "wirelab list"]),
    ("run handshak", &["`handshak`", "did you mean `handshake`"]),
    ("run nonsense", &["`nonsense`", "wirelab list"]),
    (
        "run handshake/syn-los",
        &["`handshake`", "`syn-los`", "did you mean `syn-lost`"],
    ),
    ("run handshake/", &["`handshake`", "it has: open"]),
    ("run handshake/open/open", &["`open/open`", "it has: open"]),
    ("run handshake --all", &["--all", "cannot be used with"]),
    (
        "run handshake --set rt=1ms",
        &["`handshake`", "`rt`", "did you mean `rtt`"],
    ),
    (
        "run transfer handshake --set bytes=1kB",
        &["the case `handshake`", "`bytes`"],
    ),
    (
        "run handshake --set rtt=150mss",
        &["rtt=150mss", "--set rtt=150ms"],
    ),
    (
        "run handshake --set rtt=fast",
        &["rtt=fast", "--set rtt=150ms"],
    ),
    (
        "run handshake --set rtt=-5ms",
        &["rtt=-5ms", "--set rtt=150ms"],
    ),
    ("run handshake --set rtt=99999h", &["rtt=", "99999h"]),
    ("run handshake --set rtt", &["rtt", "KEY=VALUE"]),
    ("run handshake --set =5", &["KEY=VALUE"]),
    (
        "run transfer --set bytes=0B",
        &["bytes=0B", "--set bytes=100kB"],
    ),
    (
        "run transfer --set bytes=9TB",
        &["bytes=9TB", "--set bytes=100kB"],
    ),
    (
        "run transfer --set loss=101%",
        &["loss=101%", "--set loss=1%"],
    ),
    (
        "run transfer --set rate=10mbyte",
        &["rate=10mbyte", "--set rate=10mbit"],
    ),
    (
        "run transfer --set queue=many",
        &["queue=many", "--set queue=100p"],
    ),
    (
        "run transfer --set drop=s2c:dta:5",
        &["drop=s2c:dta:5", "--set drop="],
    ),
    (
        "run transfer --set timestamps=yes",
        &["timestamps=yes", "on"],
    ),
    (
        "run handshake --set syn_retries=99",
        &["syn_retries=99", "from 0 to 12"],
    ),
    (
        "run handshake --set rtt=1ms --set rtt=2ms",
        &["--set rtt=1ms", "--set rtt=2ms", "contradict"],
    ),
    (
        "run handshake --stack linux --set client_stack=smoltcp",
        &["--stack linux", "--set client_stack=smoltcp", "contradict"],
    ),
    (
        "run handshake/syn-lost --set drop=c2s:syn:1",
        &["handshake", "syn-lost", "drop=c2s:syn:1", "contradict"],
    ),
    (
        "run handshake --stack windows",
        &["windows", "linux, smoltcp"],
    ),
    (
        "run handshake --seed 1 --seed 2",
        &["--seed", "multiple times"],
    ),
    ("run handshake --seed one", &["--seed", "one"]),
    ("run handshake --snaplen 3", &["--snaplen", "64"]),
    ("run handshake --outt x", &["--outt", "--out"]),
    (
        "step handshake",
        &["`handshake`", "handshake/open", "syn-lost"],
    ),
    (
        "step handshake/open transfer",
        &["transfer", "unexpected argument"],
    ),
    ("accuracy --seeds 0", &["--seeds", "0"]),
    ("accuracy --seed 7", &["--seed", "--seeds"]),
    ("diagnose", &["<CASE/VARIANT |"]),
    ("diagnose image-page", &["image-page", "origin-h1-serial"]),
    ("diagnose image-page/edge", &["`edge`", "did you mean"]),
    (
        "diagnose handshake/open --target 0ms",
        &["no page takes no time", "--target 300ms"],
    ),
    (
        "diagnose handshake/open --target soon",
        &["--target", "soon"],
    ),
    (
        "diagnose handshake/open --set rtt=fast",
        &["rtt=fast", "--set rtt=150ms"],
    ),
    (
        "diagnose payment/explorer",
        &["payment/explorer", "nothing to relieve"],
    ),
    ("sweep handshake/open", &["one run is no sweep", "--vary"]),
    (
        "sweep handshake --vary rtt=1ms,2ms",
        &["`handshake` is a case", "handshake/open"],
    ),
    (
        "sweep handshake/open --vary rtt=1ms..5ms",
        &["--vary rtt=1ms..5ms", "KEY=A..B/N"],
    ),
    (
        "sweep handshake/open --vary rtt=1ms,2ms --set rtt=5ms",
        &["`rtt`", "--set", "--vary"],
    ),
    (
        "sweep handshake/open --vary rt=1ms,2ms",
        &["`rt`", "did you mean `rtt`"],
    ),
    ("sweep handshake/open --seeds 0", &["--seeds 1"]),
    (
        "sweep handshake/open --seeds 9 --shard 3/2",
        &["`3/2`", "3/8"],
    ),
    ("merge", &["<FILE|DIR>"]),
    ("merge nowhere", &["cannot read nowhere"]),
    ("plot", &["<DIR>"]),
    ("plot nowhere", &["nowhere", "wirelab run"]),
    ("completions tcsh", &["tcsh", "bash"]),
    ("run nowhere.toml", &["nowhere.toml", "scenario in TOML"]),
    ("diagnose nowhere.har", &["nowhere.har", "HTTP archive"]),
    ("show", &["CASE[/VARIANT]"]),
    ("show nonsense", &["`nonsense`", "wirelab list"]),
    ("run /", &["`/` is a directory", ".toml", ".har"]),
    ("step /proc", &["`/proc` is a directory", ".toml"]),
    ("run ./dir", &["there is no file `./dir`", ".toml"]),
    ("run page.json", &["there is no file `page.json`", ".har"]),
    (
        "run /proc/version",
        &["`/proc/version` does not tell what it holds", ".har"],
    ),
];

#[test]
fn every_mistake_is_named_and_leaves_nothing() {
    let scratch = Scratch::new("mistakes");
    for (line, words) in MISTAKES {
        let arguments: Vec<_> = line.split_whitespace().collect();
        refused(line, &wirelab(scratch.path(), &arguments), words);
        assert_eq!(scratch.tree(), Vec::<String>::new(), "after `{line}`");
    }
}

/// Checks that a command was refused in one paragraph with these words.
fn refused(line: &str, ended: &Ended, words: &[&str]) {
    let Ended {
        status,
        stdout,
        stderr,
    } = ended;
    assert_eq!((*status, stdout.as_str()), (2, ""), "`{line}`: {stderr}");
    assert!(stderr.starts_with("wirelab: "), "`{line}`: {stderr}");
    assert_eq!(stderr.lines().count(), 1, "`{line}`: {stderr}");
    for word in words {
        assert!(stderr.contains(word), "`{line}` without `{word}`: {stderr}");
    }
}

/// Runs a case with `--out out` in a directory where that must fail.
fn cannot_run(scratch: &Scratch, words: &[&str]) {
    let before = scratch.tree();
    let line = ["run", "handshake", "--out", "out"];
    refused("--out out", &wirelab(scratch.path(), &line), words);
    assert_eq!(scratch.tree(), before);
}

#[test]
fn an_output_directory_that_is_a_file_is_named() {
    let scratch = Scratch::new("out-is-file");
    fs::write(scratch.path().join("out"), "").expect("writable");
    cannot_run(
        &scratch,
        &[
            "cannot write out",
            "a file is where a directory is needed",
            "--out",
        ],
    );
}

#[test]
fn a_capture_directory_that_is_a_file_is_named() {
    let scratch = Scratch::new("captures-is-file");
    fs::create_dir(scratch.path().join("out")).expect("writable");
    fs::write(scratch.path().join("out/captures"), "").expect("writable");
    cannot_run(
        &scratch,
        &[
            "cannot write out/captures:",
            "a file is where a directory is needed",
        ],
    );
}

#[test]
fn a_capture_that_is_a_directory_is_named() {
    let scratch = Scratch::new("capture-is-directory");
    let capture = "out/captures/handshake/refused/client.pcapng";
    fs::create_dir_all(scratch.path().join(capture)).expect("writable");
    cannot_run(
        &scratch,
        &[capture, "a directory is where a file is needed"],
    );
}

#[test]
fn an_output_directory_without_permission_is_named() {
    // proc refuses new files whoever asks, the superuser too.
    let scratch = Scratch::new("unwritable");
    std::os::unix::fs::symlink("/proc/self", scratch.path().join("out")).expect("writable");
    cannot_run(&scratch, &["cannot write out/captures:", "--out"]);
}

#[test]
fn a_full_device_leaves_no_half_files() {
    // A limit on file size fails in the middle of a file, as a full device does.
    let scratch = Scratch::new("full");
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" run transfer --out out";
    let mut shell = std::process::Command::new("sh");
    shell.current_dir(scratch.path()).stdin(Stdio::null());
    shell.args(["-c", script, env!("CARGO_BIN_EXE_wirelab")]);
    let words = ["out/captures/transfer/download/", "make room", "--out"];
    refused(script, &ended(&mut shell), &words);
    assert_eq!(scratch.tree(), Vec::<String>::new());
}

#[test]
fn files_of_a_result_that_nobody_got_are_taken_back() {
    let scratch = Scratch::new("full-stdout");
    let full = fs::OpenOptions::new().write(true).open("/dev/full");
    let mut run = command(scratch.path(), &["run", "handshake/open"]);
    run.stdout(full.expect("Linux has /dev/full"));
    let words = ["standard output", "make room"];
    refused("run > /dev/full", &ended(&mut run), &words);
    assert_eq!(scratch.tree(), Vec::<String>::new());
}

#[test]
fn whoever_stops_reading_is_not_told_off() {
    let scratch = Scratch::new("broken-pipe");
    let (reader, writer) = std::io::pipe().expect("pipes are available");
    drop(reader);
    let mut run = command(scratch.path(), &["run", "handshake/open"]);
    let ended = ended(run.stdout(writer));
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    assert!(
        scratch
            .path()
            .join("captures/handshake/open/client.pcapng")
            .is_file()
    );
}

/// A saved run in which `events.bin` was replaced.
fn with_events(name: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) -> Scratch {
    let scratch = Scratch::new(name);
    assert_eq!(
        wirelab(scratch.path(), &["run", "handshake/open"]).status,
        0
    );
    let events = scratch.path().join("captures/handshake/open/events.bin");
    let bytes = fs::read(&events).expect("it was written");
    fs::write(&events, change(bytes)).expect("writable");
    fs::remove_dir_all(scratch.path().join("plots")).expect("it was written");
    scratch
}

fn cannot_plot(scratch: &Scratch, directory: &str, words: &[&str]) {
    let before = scratch.tree();
    let line = format!("plot {directory}");
    refused(&line, &wirelab(scratch.path(), &["plot", directory]), words);
    assert_eq!(scratch.tree(), before);
}

#[test]
fn plots_of_damaged_recordings_are_refused() {
    let place = "captures/handshake/open/events.bin";
    let half = with_events("half", |bytes| bytes[..bytes.len() / 2].to_vec());
    cannot_plot(
        &half,
        "captures",
        &[place, "cut short", "run the case again"],
    );
    let foreign = with_events("foreign", |_| b"GIF89a, and not a recording".to_vec());
    cannot_plot(&foreign, ".", &[place, "not an events file"]);
    let empty = with_events("empty", |_| Vec::new());
    cannot_plot(&empty, "captures/handshake/open", &[place]);
}

#[test]
fn plots_of_directories_without_runs_are_refused() {
    let scratch = Scratch::new("no-runs");
    fs::create_dir_all(scratch.path().join("captures/handshake")).expect("writable");
    fs::write(scratch.path().join("file"), "").expect("writable");
    cannot_plot(&scratch, "captures", &["captures holds no events.bin"]);
    cannot_plot(&scratch, "file", &["cannot read file", "wirelab run"]);
}

#[test]
fn a_recording_that_was_moved_has_no_place_for_plots() {
    let scratch = with_events("moved", |bytes| bytes);
    let from = scratch.path().join("captures/handshake/open");
    fs::rename(from, scratch.path().join("elsewhere")).expect("writable");
    cannot_plot(&scratch, "elsewhere", &["elsewhere", "captures/CASE"]);
}

#[test]
fn a_result_that_is_not_one_is_named() {
    let scratch = Scratch::new("bad-result");
    assert_eq!(wirelab(scratch.path(), &["run", "handshake"]).status, 0);
    let result = scratch.path().join("captures/handshake/open/result.json");
    fs::write(&result, "{").expect("writable");
    let place = Path::new("captures/handshake/open/result.json");
    cannot_plot(
        &scratch,
        ".",
        &[&place.to_string_lossy(), "run the case again"],
    );
}
