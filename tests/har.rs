//! What belongs here: HTTP archives of all cases. Their rules by property, and a public validator's opinion.
//!
//! `har-validator` is npm's; `.ci/run` installs it below `target/tools`. Where it is missing the test prints why it is
//! skipped; where `CI` is set it fails instead.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use wirelab::case::{Finished, Plan, Run, all};
use wirelab::measure::{Exchange, Page, har};
use wirelab::record::Index;
use wirelab::record::har::{Entry, Har};

/// Every variant of every case that has requests, with its archive.
fn archives(mut check: impl FnMut(&str, &Finished, &Har)) -> usize {
    let mut count = 0;
    for case in all() {
        for variant in case.variants() {
            let plan = Plan::new(case.name(), variant.name, 1, []).expect("defaults are valid");
            let finished = Run::start(&plan).finish().expect("the world ends");
            let pages = Page::all(&finished.recording);
            let name = format!("{}/{}", case.name(), variant.name);
            if let Some(archive) = har::archive(&finished.recording, &pages) {
                check(&name, &finished, &archive);
                count += 1;
            }
        }
    }
    count
}

/// Whether two times are the same to half a nanosecond.
fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < 5e-7
}

fn steps_follow_the_rules(name: &str, entry: &Entry) {
    let timings = &entry.timings;
    let optional = [timings.blocked, timings.dns, timings.connect, timings.ssl];
    for step in optional {
        assert!(step >= 0.0 || same(step, -1.0), "{name}: {timings:?}");
    }
    for step in [timings.send, timings.wait, timings.receive] {
        assert!(step >= 0.0, "{name}: {timings:?}");
    }
    assert!(
        timings.ssl <= timings.connect + 5e-7,
        "ssl is inside connect: {name}: {timings:?}"
    );
    let before = [timings.blocked, timings.dns, timings.connect];
    let before: f64 = before.into_iter().filter(|step| *step >= 0.0).sum();
    let sum = before + timings.send + timings.wait + timings.receive;
    assert!(same(sum, entry.time), "{name}: {sum} is not {}", entry.time);
}

#[test]
fn every_entry_of_every_case_follows_the_rules_of_the_format() {
    let count = archives(|name, finished, archive| {
        let exchanges = Exchange::all(&finished.recording);
        let served: Vec<_> = exchanges
            .iter()
            .filter_map(|exchange| exchange.server)
            .collect();
        let asked = exchanges
            .iter()
            .filter(|exchange| !served.contains(&exchange.client));
        assert_eq!(
            archive.log.entries.len(),
            asked.count().min(har::MOST_REQUESTS),
            "{name}"
        );
        for entry in &archive.log.entries {
            steps_follow_the_rules(name, entry);
            let spent: f64 = entry.account.values().sum();
            assert!(
                same(spent, entry.time),
                "{name}: the account has {spent} of {}",
                entry.time
            );
            let is_known = archive
                .log
                .pages
                .iter()
                .any(|page| page.id == entry.pageref);
            assert!(is_known, "{name}: {}", entry.pageref);
            assert!(
                entry.response.status != 0 || entry.error.is_some(),
                "{name}: why did it fail?"
            );
        }
    });
    assert!(count > 60, "{count} variants have requests");
}

#[test]
fn a_connection_is_opened_by_one_request_and_used_again_without_steps() {
    archives(|name, _, archive| {
        let mut opened: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in &archive.log.entries {
            if let Some(socket) = entry
                .socket
                .as_deref()
                .filter(|_| entry.timings.connect > 0.0)
            {
                *opened.entry(socket).or_default() += 1;
            }
        }
        // Early data may leave before anything was opened; nothing is opened twice.
        let twice: Vec<_> = opened.iter().filter(|(_, times)| **times > 1).collect();
        assert!(twice.is_empty(), "{name}: {twice:?}");
    });
}

#[test]
fn frames_are_numbers_of_the_capture_that_carry_data() {
    archives(|name, finished, archive| {
        let index = Index::of(&finished.recording);
        for entry in &archive.log.entries {
            let Some(frames) = &entry.frames else {
                continue;
            };
            let host = index.host_named(&entry.pageref).expect("a page is a host");
            let capture = index.capture(host);
            let ends = [frames.request, frames.response].into_iter().flatten();
            for (first, last) in ends {
                assert!(
                    1 <= first && first <= last && last <= capture.len(),
                    "{name}: {frames:?}"
                );
            }
            if let (Some(request), Some(response)) = (frames.request, frames.response) {
                assert!(request.0 < response.1, "{name}: {frames:?}");
            }
            for lost in &frames.lost {
                let host = index.host_named(&lost.host).expect("a host");
                let frame = index.capture(host)[lost.frame - 1].frame;
                let story = index.frame(frame).expect("it was captured");
                assert!(story.dropped.is_some(), "{name}: {lost:?}");
            }
        }
    });
}

#[test]
fn phases_of_results_are_sums_over_the_entries() {
    archives(|name, finished, archive| {
        let only_one = archive.log.pages.len() == 1 && archive.log.pages[0].id == "client";
        let Some(phases) = finished.result.phases.as_ref().filter(|_| only_one) else {
            return;
        };
        let wait: f64 = archive
            .log
            .entries
            .iter()
            .map(|entry| entry.timings.wait)
            .sum();
        let told = phases.get("wait").copied().unwrap_or_default();
        assert!((wait - told).abs() < 1e-3, "{name}: {wait} and {told}");
    });
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let bytes = || {
        let plan = Plan::new("head-of-line", "h2-lost", 3, []).expect("it is valid");
        let finished = Run::start(&plan).finish().expect("the world ends");
        let pages = Page::all(&finished.recording);
        let mut out = Vec::new();
        let archive = har::archive(&finished.recording, &pages).expect("it has requests");
        archive.write(&mut out).expect("memory takes it");
        out
    };
    assert_eq!(bytes(), bytes());
}

/// Where `har-validator` is, if it is installed.
fn validator() -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools");
    let found = tools.join("node_modules/har-validator").is_dir();
    assert!(
        found || std::env::var_os("CI").is_none(),
        "har-validator is missing below {}: npm install --prefix target/tools har-validator",
        tools.display()
    );
    if !found {
        println!("skipped: no har-validator (npm install --prefix target/tools har-validator)");
    }
    found.then_some(tools)
}

const VALIDATE: &str = "
const validate = require('har-validator');
const fs = require('fs');
const files = process.argv.slice(1);
Promise.all(files.map(file => validate.har(JSON.parse(fs.readFileSync(file)))
    .catch(error => { throw new Error(file + ': ' + JSON.stringify(error.errors)) })))
  .then(all => console.log(all.length), error => { console.error(error.message); process.exit(1) });
";

#[test]
fn a_public_validator_accepts_the_archives_and_refuses_a_broken_one() {
    let Some(tools) = validator() else { return };
    let scratch = std::env::temp_dir().join(format!("wirelab-har-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).expect("writable");
    let mut files = Vec::new();
    archives(|name, _, archive| {
        let file = scratch.join(format!("{}.har", name.replace('/', "-")));
        let mut bytes = Vec::new();
        archive.write(&mut bytes).expect("memory takes it");
        std::fs::write(&file, bytes).expect("writable");
        files.push(file);
    });
    let run = |files: &[PathBuf]| {
        let mut node = Command::new("node");
        node.current_dir(&tools).args(["-e", VALIDATE]).args(files);
        node.output().expect("node runs where npm has installed")
    };
    let output = run(&files);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let seen = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    assert_eq!(seen, files.len().to_string());
    let broken = std::fs::read_to_string(&files[0]).expect("readable");
    let broken = broken.replace("\"startedDateTime\"", "\"begun\"");
    std::fs::write(&files[0], broken).expect("writable");
    assert!(
        !run(&files[..1]).status.success(),
        "the validator validates"
    );
    let _ = std::fs::remove_dir_all(&scratch);
}
