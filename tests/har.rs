//! What belongs here: HTTP archives of all cases. Their rules by property, a public validator's opinion, and a public
//! viewer's picture.
//!
//! `har-validator` and the viewer `perf-cascade` are npm's; `.ci/run` installs them below `target/tools`. Where one is
//! missing its test prints why it is skipped; where `CI` is set it fails instead.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use wirelab::case::{Finished, Plan, Run, all};
use wirelab::measure::{Exchange, Page, har};
use wirelab::record::Index;
use wirelab::record::har::{Entry, Har};

use crate::support::Browser;

/// Every variant that has requests of the cases that are wanted, with its archive.
fn archives(wanted: impl Fn(&str) -> bool, mut check: impl FnMut(&str, &Finished, &Har)) -> usize {
    let mut count = 0;
    for case in all().iter().filter(|case| wanted(case.name())) {
        for variant in case.variants() {
            let plan = Plan::new(case.name(), variant.name, 1, []).expect("defaults are valid");
            let finished = Run::start(&plan).finish().expect("the world ends");
            let pages = Page::all(&finished.recording, finished.result.window);
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
fn every_archive_follows_the_rules() {
    let count = archives(
        |_| true,
        |name, finished, archive| {
            entries_are_whole(name, finished, archive);
            connections_are_opened_once(name, archive);
            frames_are_in_the_captures(name, finished, archive);
            phases_are_sums(name, finished, archive);
        },
    );
    assert!(count > 60, "{count} variants have requests");
}

fn entries_are_whole(name: &str, finished: &Finished, archive: &Har) {
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
}

/// A connection is opened by one request, and used again without steps.
fn connections_are_opened_once(name: &str, archive: &Har) {
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
}

/// Frames are numbers of captures, and those that were lost were.
fn frames_are_in_the_captures(name: &str, finished: &Finished, archive: &Har) {
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
}

/// The phases of a result are sums over the entries.
fn phases_are_sums(name: &str, finished: &Finished, archive: &Har) {
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
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let bytes = || {
        let plan = Plan::new("head-of-line", "h2-lost", 3, []).expect("it is valid");
        let finished = Run::start(&plan).finish().expect("the world ends");
        let pages = Page::all(&finished.recording, finished.result.window);
        let mut out = Vec::new();
        let archive = har::archive(&finished.recording, &pages).expect("it has requests");
        archive.write(&mut out).expect("memory takes it");
        out
    };
    assert_eq!(bytes(), bytes());
}

/// Where npm's packages are, if this one is among them.
fn tools_with(package: &str) -> Option<PathBuf> {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools");
    let found = tools.join("node_modules").join(package).is_dir();
    assert!(
        found || std::env::var_os("CI").is_none(),
        "{package} is missing below {}: npm install --prefix target/tools {package}",
        tools.display()
    );
    if !found {
        println!("skipped: no {package} (npm install --prefix target/tools {package})");
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
    let Some(tools) = tools_with("har-validator") else {
        return;
    };
    let scratch = std::env::temp_dir().join(format!("wirelab-har-{}", std::process::id()));
    std::fs::create_dir_all(&scratch).expect("writable");
    let mut files = Vec::new();
    // The others have the same kinds of entries, and many more.
    let few = |case: &str| !matches!(case, "image-page" | "time-wait");
    archives(few, |name, _, archive| {
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

/// A page that lets the viewer draw every archive of a list, one below the other.
const VIEW: &str = "
const archives = JSON.parse(document.getElementById('archives').textContent);
for (const archive of archives) {
  const section = document.body.appendChild(document.createElement('section'));
  section.append(perfCascade.fromHar(archive));
}
document.documentElement.dataset.ready = 'true';
";

#[test]
fn a_public_viewer_draws_a_row_for_every_request() {
    let Some(tools) = tools_with("perf-cascade") else {
        return;
    };
    let Some(mut browser) = Browser::find("har", 1400) else {
        return;
    };
    // A viewer shows the first page of an archive.
    let few = |case: &str| matches!(case, "head-of-line" | "keep-alive" | "payment");
    let mut shown = Vec::new();
    let mut expected = Vec::new();
    archives(few, |_, _, archive| {
        let first = &archive.log.pages[0].id;
        let entries = archive.log.entries.iter();
        expected.push(entries.filter(|entry| entry.pageref == *first).count());
        shown.push(serde_json::to_value(archive).expect("it is JSON"));
    });
    let viewer = tools.join("node_modules/perf-cascade/dist/perf-cascade.min.js");
    let viewer = std::fs::read_to_string(viewer).expect("the package has it");
    let shown = serde_json::to_string(&shown).expect("it is JSON");
    let page = format!(
        "<!doctype html><meta charset=utf-8><title>HAR</title><script>{viewer}</script>\
         <script type=application/json id=archives>{}</script><body><script>{VIEW}</script>",
        shown.replace('<', "\\u003c")
    );
    let file = format!("wirelab-har-{}.html", std::process::id());
    let file = std::env::temp_dir().join(file);
    std::fs::write(&file, page).expect("writable");
    browser.open(&file, "");
    let rows = "[...document.querySelectorAll('section')] \
        .map((section) => section.querySelectorAll('.row-item').length)";
    let drawn = browser.ask(rows);
    std::fs::remove_file(&file).expect("the file is ours");
    assert_eq!(drawn, serde_json::json!(expected));
    assert!(
        browser.complaints().is_empty(),
        "{:?}",
        browser.complaints()
    );
}
