//! Several connections to several origins: what happened on one is not told of another, whatever carries them.

use std::collections::BTreeSet;

use wirelab::case::Finished;
use wirelab::measure::account::{Account, Class, PageAccount};
use wirelab::measure::{Page, har};
use wirelab::units::Span;

use super::ms;
use crate::scenario::{loaded, run};

/// A client with a slow line, two servers, and a page that works on the document for 2 s before it asks the other one.
const TWO: &str = r#"
[hosts.client]
down = "5mbit"
up = "5mbit"
[hosts.shop]
[hosts.cdn]

[[link]]
from = "client"
to = "shop"
rtt = "40ms"
[[link]]
from = "client"
to = "cdn"
rtt = "140ms"

[[serve]]
host = "shop"
name = "www.shop.test"
protocol = "h3"
[[serve]]
host = "cdn"
name = "cdn.test"
protocol = "h3"

[[page.object]]
url = "https://www.shop.test/"
bytes = "20kB"
[[page.object]]
url = "https://cdn.test/late.js"
bytes = "2kB"
after = [{ of = "/", wait = "2s" }]
"#;

const PROTOCOLS: [&str; 3] = ["http/1.1", "h2", "h3"];

fn finished(text: &str, protocol: &str) -> Finished {
    run(&loaded(text), &[("protocol", protocol)])
}

fn accounts(text: &str, protocol: &str) -> PageAccount {
    let Finished { recording, result } = finished(text, protocol);
    PageAccount::of(&recording, result.window.unwrap())
}

/// What was spent on all classes, `more` of it on the client less.
fn spent_without(account: &Account, more: Span) -> Vec<(Class, Span)> {
    let classes = account.by_class().into_iter();
    classes
        .map(|(class, span)| match class {
            Class::Client => (class, span - more),
            _ => (class, span),
        })
        .collect()
}

#[test]
fn what_the_browser_works_at_last_is_all_that_it_adds() {
    let settled = format!("{TWO}[page]\nsettle = \"2ms\"\n");
    for protocol in PROTOCOLS {
        let bare = accounts(TWO, protocol).page;
        let settled = accounts(&settled, protocol).page;
        assert_eq!(bare.of(Class::Client), ms(2_000), "{protocol}");
        assert_eq!(
            spent_without(&settled, ms(2)),
            spent_without(&bare, Span::ZERO),
            "{protocol}: {:#?}",
            settled.slices()
        );
    }
}

#[test]
fn each_of_three_connections_has_its_own_time() {
    let more = r#"
[[link]]
from = "client"
to = "api"
rtt = "100ms"
[[serve]]
host = "api"
name = "api.test"
protocol = "h3"
[[page.object]]
url = "https://api.test/last"
bytes = "1kB"
after = [{ of = "https://cdn.test/late.js", wait = "1s" }]
"#;
    let text = TWO.replace("[hosts.cdn]", "[hosts.cdn]\n[hosts.api]") + more;
    for protocol in PROTOCOLS {
        let page = accounts(&text, protocol).page;
        assert_eq!(
            page.of(Class::Client),
            ms(3_000),
            "{protocol}: {:#?}",
            page.slices()
        );
        // Two answers need no more than a first window.
        assert!(page.of(Class::CongestionWindow) < ms(50), "{protocol}");
        let requests = page.slices().iter().filter_map(|slice| slice.request);
        let requests: BTreeSet<_> = requests.collect();
        assert_eq!(requests.len(), 3, "{protocol}: the end depended on all");
    }
}

#[test]
fn a_line_that_nobody_else_uses_has_no_queue() {
    for protocol in PROTOCOLS {
        let accounts = accounts(TWO, protocol);
        for object in &accounts.objects {
            assert_eq!(
                object.account.of(Class::Queueing),
                Span::ZERO,
                "{protocol} {}: {:#?}",
                object.name,
                object.account.slices()
            );
        }
    }
}

#[test]
fn an_archive_has_the_frames_of_each_connection_apart() {
    // Both origins on one host, asked at one moment.
    let text = TWO
        .replace("host = \"cdn\"", "host = \"shop\"\nport = 8443")
        .replace("cdn.test/", "cdn.test:8443/")
        .replace("after = [{ of = \"/\", wait = \"2s\" }]", "");
    for protocol in PROTOCOLS {
        let Finished { recording, result } = finished(&text, protocol);
        let pages = Page::all(&recording, result.window);
        let archive = har::archive(&recording, &pages).unwrap();
        let entries = archive.log.entries.iter();
        let requests: Vec<_> = entries
            .map(|entry| entry.frames.as_ref().unwrap().request.unwrap())
            .collect();
        let [(_, last), (first, _)] = requests[..] else {
            panic!("{protocol}: {requests:?}");
        };
        assert!(last < first, "{protocol}: {requests:?}");
    }
}
