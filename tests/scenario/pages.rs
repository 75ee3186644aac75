//! What a page is beside its requests: pictures and archives have the beginning and the end that the result has.

use wirelab::case::Finished;
use wirelab::measure::{Page, har};
use wirelab::plot::{Theme, waterfall};
use wirelab::record::har::Har;

use super::{loaded, run};

/// Two servers, and a page that asks the second for something late.
const PAGE: &str = r#"
[hosts.client]
[hosts.shop]
[hosts.cdn]

[[link]]
from = "client"
to = "shop"
rtt = "80ms"
[[link]]
from = "client"
to = "cdn"
rtt = "100ms"

[[serve]]
host = "shop"
name = "www.shop.test"
protocol = "h2"
[[serve]]
host = "cdn"
name = "cdn.test"
protocol = "h2"

[[page.object]]
url = "https://www.shop.test/"
bytes = "20kB"
[[page.object]]
url = "https://www.shop.test/a.js"
bytes = "20kB"
after = [{ of = "/", wait = "5ms" }]
[[page.object]]
url = "https://www.shop.test/z"
bytes = "1kB"
after = [{ of = "/a.js", wait = "500ms" }]
[[page.object]]
url = "https://cdn.test/late.js"
bytes = "2kB"
after = [{ of = "/", wait = "2s" }]
"#;

const IN_THE_BACKGROUND: &str = "after = [{ of = \"/\", wait = \"2s\" }]\nbackground = true";

/// A run with its archive and its waterfall.
fn drawn(text: &str, settings: &[(&str, &str)]) -> (Finished, Har, String) {
    let finished = run(&loaded(text), settings);
    let Finished { recording, result } = &finished;
    let pages = Page::all(recording, result.window);
    let archive = har::archive(recording, &pages).expect("it has requests");
    let figure = waterfall(recording, &pages, "title").expect("it has requests");
    let picture = figure.svg(Theme::Adaptive);
    (finished, archive, picture)
}

/// The archive and the picture end when the result does, which is said to be after `end`.
fn assert_ends(text: &str, settings: &[(&str, &str)], end: &str) -> (Har, String) {
    let (finished, archive, picture) = drawn(text, settings);
    let page = &archive.log.pages[0];
    assert_eq!(
        page.page_timings.on_load, finished.result.total_ms,
        "{end} {settings:?}"
    );
    assert!(
        picture.contains(&format!(">end, {end}</text>")),
        "{settings:?}: {picture}"
    );
    (archive, picture)
}

/// How many requests have the mark that the end depended on them.
fn marks(picture: &str) -> usize {
    picture.matches("<circle class=\"text\"").count()
}

#[test]
fn what_goes_on_in_the_background_does_not_make_a_page_longer() {
    let (_, picture) = assert_ends(PAGE, &[], "2.62 s");
    assert!(picture.contains(">4 requests in 2.62 s</text>"));
    let text = PAGE.replace("after = [{ of = \"/\", wait = \"2s\" }]", IN_THE_BACKGROUND);
    for protocol in ["http/1.1", "h2", "h3"] {
        let (finished, archive, picture) = drawn(&text, &[("protocol", protocol)]);
        let total = finished.result.total_ms;
        assert!(total < 1_000.0, "{protocol}: {total}");
        assert_eq!(archive.log.pages[0].page_timings.on_load, total);
        // Three of four, and the mark in the legend is a letter.
        assert_eq!(marks(&picture), 3, "{protocol}: {picture}");
        assert!(picture.contains("what the page does not wait for is over after 2."));
    }
    let (_, picture) = assert_ends(&text, &[("protocol", "h3")], "985 ms");
    assert!(picture.contains(">4 requests in 985 ms; what the page does not wait for is over"));
    assert!(picture.contains(">time since the first frame or request</text>"));
}

#[test]
fn a_page_begins_before_its_first_request_is_wanted() {
    let text = PAGE.replacen("bytes", "wait = \"300ms\"\nbytes", 1);
    let (archive, picture) = assert_ends(&text, &[], "2.92 s");
    let begun = "2026-01-01T00:00:00.000000Z";
    assert_eq!(archive.log.pages[0].started_date_time, begun);
    assert_ne!(archive.log.entries[0].started_date_time, begun);
    assert!(picture.contains(">time since the page began</text>"));
}

#[test]
fn a_page_ends_when_the_browser_has_worked_on_what_it_got() {
    let text = format!("{PAGE}[page]\nsettle = \"1s\"\n");
    assert_ends(&text, &[], "3.62 s");
    assert_ends(&text, &[("protocol", "h3")], "3.44 s");
}

#[test]
fn a_page_with_connections_from_before_begins_after_them() {
    let text = PAGE.replace("protocol = \"h2\"", "protocol = \"h2\"\nwarm = true");
    let (archive, picture) = assert_ends(&text, &[], "2.26 s");
    let begun = "2026-01-01T00:00:00.000000Z";
    assert_ne!(archive.log.pages[0].started_date_time, begun);
    assert!(picture.contains(">time since the page began</text>"));
}
