//! Pages from HTTP archives: each is rebuilt, calibrated on its own conditions, and takes about as long as it took.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use wirelab::case::{Plan, Run};
use wirelab::scenario::{Loaded, Scenario, calibrated, pages, read};

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/har");
    let files = fs::read_dir(folder).expect("the samples are there");
    let files = files.map(|file| file.expect("they are readable").path());
    let mut files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|end| end == "har"))
        .collect();
    files.sort();
    files
}

/// Archives whose times leave something out, with what that is.
const INCOMPLETE: [(&str, &str); 1] = [(
    "capture-har_cnn",
    "its times have no opening of a connection, and the first answer came over one that was open",
)];

#[test]
fn replays_take_about_as_long_as_was_recorded() {
    let mut table = String::from("archive, page, recorded/ms, replayed/ms, ratio\n");
    let mut far = Vec::new();
    for path in samples() {
        let name = path
            .file_stem()
            .expect("it has a name")
            .to_string_lossy()
            .into_owned();
        let bytes = fs::read(&path).expect("it is readable");
        let found = calibrated(&bytes, &name).unwrap_or_else(|error| panic!("{name}: {error}"));
        for page in found {
            let (recorded, replayed) = (
                page.recorded.expect("it is known"),
                page.replayed.expect("it was run"),
            );
            let ratio = replayed.as_millis_f64() / recorded.as_millis_f64();
            let (page, recorded, replayed) = (
                &page.variants[0].name,
                recorded.as_millis_f64(),
                replayed.as_millis_f64(),
            );
            writeln!(
                table,
                "{name}, {page}, {recorded:.0}, {replayed:.0}, {ratio:.2}"
            )
            .expect("a string takes every text");
            let explained = INCOMPLETE.iter().any(|(known, _)| *known == name);
            if !(0.8..=1.2).contains(&ratio) && !explained {
                far.push(format!("{name} {page}: {ratio:.2}"));
            }
        }
    }
    println!("{table}");
    assert!(far.is_empty(), "{far:?}\n{table}");
}

#[test]
fn a_page_that_is_shown_is_the_page() {
    for path in samples() {
        let bytes = fs::read(&path).expect("it is readable");
        for mut page in pages(&bytes, "page").expect("it is an archive") {
            let written = page.to_toml();
            let again = read(&written, "page").unwrap_or_else(|error| panic!("{error}\n{written}"));
            let again = again.scenario.expect("it has a world of its own");
            page.assumptions.clear();
            assert_eq!(*again, page, "{}", path.display());
        }
    }
}

/// An archive of these entries.
fn archive(entries: &[&str]) -> String {
    format!(
        "{{\"log\":{{\"version\":\"1.2\",\"entries\":[{}]}}}}",
        entries.join(",")
    )
}

/// An entry that began so many ms after the first, with fields of the caller's.
fn entry(start: u32, url: &str, rest: &str) -> String {
    format!(
        "{{\"startedDateTime\":\"2026-01-01T00:00:00.{start:03}Z\",\"time\":50,\"request\":{{\"method\":\"GET\",\"url\":\"{url}\",\"headers\":[]}},\
         \"response\":{{\"status\":200,\"content\":{{\"size\":1000,\"mimeType\":\"text/html\"}}}},\"timings\":{{\"send\":0,\"wait\":50,\"receive\":0}}{rest}}}"
    )
}

fn only(text: &str) -> Scenario {
    let mut found = pages(text.as_bytes(), "page").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn replayed(scenario: Scenario) -> f64 {
    let loaded = Loaded::of(scenario);
    let plan = Plan::of(loaded.case, &loaded.variants[0], 1, []).expect("it is a plan");
    let result = Run::start(&plan).finish().expect("it ends").result;
    assert!(
        result.checks.iter().all(|check| check.holds),
        "{:?}",
        result.checks
    );
    result.total_ms
}

#[test]
fn odd_archives_are_replayed_all_the_same() {
    let first = entry(0, "https://shop.test/", "");
    let odd = [
        (
            "a mark of byte order",
            format!("\u{feff}{}", archive(&[&first])),
        ),
        (
            "no pages and no pageref",
            archive(&[&first, &entry(60, "https://shop.test/a.css", "")]),
        ),
        (
            "an IPv6 address",
            archive(&[&entry(
                0,
                "http://[2001:db8::1]:8080/x",
                ",\"serverIPAddress\":\"[2001:db8::1]\"",
            )]),
        ),
        (
            "a number as a host",
            archive(&[&entry(0, "http://192.0.2.1/", "")]),
        ),
        (
            "data and ws",
            archive(&[
                &first,
                &entry(1, "data:text/plain,x", ""),
                &entry(2, "wss://shop.test/s", ""),
            ]),
        ),
        (
            "the same URL twice",
            archive(&[&first, &entry(70, "https://shop.test/", "")]),
        ),
        (
            "a query with braces",
            archive(&[&first, &entry(70, "https://shop.test/a?q={x|y}&z=%", "")]),
        ),
        (
            "HTTP/3 under an old name",
            archive(&[&first.replace(
                "\"status\":200",
                "\"status\":200,\"httpVersion\":\"http/2+quic/46\"",
            )]),
        ),
        (
            "cached",
            archive(&[
                &first,
                &entry(60, "https://shop.test/c.js", ",\"_fromCache\":\"memory\""),
            ]),
        ),
        (
            "blocked",
            archive(&[
                &first,
                &entry(60, "https://ads.test/", "")
                    .replace("200", "0")
                    .replace("1000", "-1"),
            ]),
        ),
        (
            "negative sizes",
            archive(&[&first.replace("\"size\":1000", "\"size\":-1").replace(
                "\"status\":200",
                "\"status\":200,\"bodySize\":-1,\"headersSize\":-1",
            )]),
        ),
        (
            "no timings",
            archive(&[&first
                .replace(
                    "\"timings\":{\"send\":0,\"wait\":50,\"receive\":0}",
                    "\"timings\":{}",
                )
                .replace("\"time\":50", "\"time\":null")]),
        ),
        (
            "no response",
            archive(&[
                &first,
                &entry(60, "https://shop.test/n", "").replace("\"response\":", "\"_response\":"),
            ]),
        ),
    ];
    for (what, text) in odd {
        let total = replayed(only(&text));
        assert!(total > 0.0, "{what}");
    }
}

#[test]
fn redirects_initiators_and_moments_become_dependencies() {
    let redirect = entry(0, "http://shop.test/", "").replace(
        "\"status\":200",
        "\"status\":301,\"redirectURL\":\"https://shop.test/\"",
    );
    let script = entry(120, "https://shop.test/app.js", "").replace("text/html", "text/javascript");
    let datum = entry(
        180,
        "https://shop.test/data.json",
        ",\"_initiator\":{\"type\":\"script\",\"stack\":{\"callFrames\":[{\"url\":\"https://shop.test/app.js\"}]}}",
    );
    let text = archive(&[
        &redirect,
        &entry(52, "https://shop.test/", ""),
        &script,
        &datum,
    ]);
    let page = only(&text).page;
    let causes: Vec<Vec<usize>> = page
        .objects
        .iter()
        .map(|object| object.after.iter().map(|trigger| trigger.of).collect())
        .collect();
    assert_eq!(causes, [vec![], vec![0], vec![1], vec![2]]);
    assert_eq!(page.objects[3].after[0].wait.as_millis_f64(), 10.0);
}

#[test]
fn pages_of_one_archive_are_told_apart() {
    let pages_of = "\"pages\":[{\"id\":\"a\",\"startedDateTime\":\"2026-01-01T00:00:00.000Z\",\"pageTimings\":{\"onLoad\":90}},{\"id\":\"b\",\"startedDateTime\":\"2026-01-01T00:00:00.500Z\",\"pageTimings\":{}}],\"entries\"";
    let text = archive(&[
        &entry(0, "https://shop.test/", ",\"pageref\":\"a\""),
        &entry(20, "https://shop.test/late.png", ",\"pageref\":\"a\"")
            .replace("\"time\":50", "\"time\":150")
            .replace("\"wait\":50", "\"wait\":150"),
        &entry(95, "https://shop.test/after.png", ",\"pageref\":\"a\""),
        &entry(510, "https://shop.test/b", ""),
    ])
    .replace("\"entries\"", pages_of);
    let found = pages(text.as_bytes(), "two").expect("it is an archive");
    let names: Vec<_> = found
        .iter()
        .map(|page| page.variants[0].name.as_str())
        .collect();
    assert_eq!(names, ["a", "b"]);
    let background: Vec<_> = found[0]
        .page
        .objects
        .iter()
        .map(|object| object.background)
        .collect();
    assert_eq!(
        background,
        [false, true],
        "what came after the load event is not waited for"
    );
    assert_eq!(
        found[0].recorded.expect("it is known").as_millis_f64(),
        90.0
    );
    assert_eq!(found[1].page.objects[0].wait.as_millis_f64(), 10.0);
}

#[test]
fn a_slow_server_stays_slow_where_the_network_is_fast() {
    // 200 ms of think time at 40 ms of distance, as connect and wait show them.
    let timings = "\"timings\":{\"blocked\":0,\"dns\":-1,\"connect\":80,\"ssl\":40,\"send\":0,\"wait\":240,\"receive\":0}";
    let first = entry(0, "https://shop.test/", "")
        .replace(
            "\"timings\":{\"send\":0,\"wait\":50,\"receive\":0}",
            timings,
        )
        .replace("\"time\":50", "\"time\":320");
    let found = calibrated(archive(&[&first]).as_bytes(), "slow").expect("it can be replayed");
    let page = &found[0];
    assert_eq!(
        page.replayed.expect("it was run").as_millis_f64().round(),
        320.0
    );
    assert_eq!(page.page.objects[0].think.as_millis_f64().round(), 200.0);
    let loaded = Loaded::of(page.clone());
    let near =
        Plan::of(loaded.case, &loaded.variants[0], 1, [("rtt", "4ms")]).expect("it is a plan");
    let total = Run::start(&near).finish().expect("it ends").result.total_ms;
    assert!((total - 212.0).abs() < 2.0, "{total}");
}
