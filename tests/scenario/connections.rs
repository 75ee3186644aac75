//! What a browser does with the connections that it has to one origin by HTTP/1.1.

use wirelab::event::Phase;
use wirelab::measure::Exchange;
use wirelab::scenario::pages;
use wirelab::units::SimTime;

use super::{loaded, run};

/// A page of three objects, of which the last two are wanted as soon as the first is there.
const PAGE: &str = r#"
[hosts.client]
[hosts.shop]

[[link]]
from = "client"
to = "shop"
rtt = "200ms"

[[page.object]]
url = "http://shop/"
bytes = "1kB"

[[page.object]]
url = "http://shop/a"
bytes = "1kB"
after = ["/"]

[[page.object]]
url = "http://shop/b"
bytes = "1kB"
after = ["/"]
"#;

fn total_ms(settings: &[(&str, &str)]) -> f64 {
    run(&loaded(PAGE), settings).result.total_ms
}

/// The paths of a page's requests, in the order in which they were sent.
fn sent(text: &str, settings: &[(&str, &str)]) -> Vec<String> {
    let recording = run(&loaded(text), settings).recording;
    let exchanges = Exchange::all(&recording).into_iter();
    let mut sent: Vec<_> = exchanges
        .map(|exchange| (exchange.at(Phase::RequestStart), exchange.url))
        .collect();
    sent.sort();
    let path = |url: &str| url.trim_start_matches("http://shop").to_owned();
    sent.iter().map(|(_, url)| path(url)).collect()
}

#[test]
fn where_the_first_connection_takes_long_another_is_opened() {
    // Handshake, `/`, `/a` on the same connection, and `/b` as soon as that or another is there.
    assert_eq!(total_ms(&[]), 800.0);
    assert_eq!(total_ms(&[("rtt", "240ms")]), 4.0 * 240.0);
    // Beyond 250 ms another is there by then, and takes `/b`.
    assert_eq!(total_ms(&[("rtt", "260ms")]), 3.0 * 260.0);
    assert_eq!(
        total_ms(&[("rtt", "260ms"), ("connections", "1")]),
        4.0 * 260.0
    );
    // A SYN that is lost costs 250 ms instead of a second.
    let lost = [("rtt", "100ms"), ("drop", "c2s:syn:1")];
    assert_eq!(total_ms(&lost), 250.0 + 4.0 * 100.0);
    // The browser waits for the handshake meanwhile; it does not work.
    let account = run(&loaded(PAGE), &lost).result.account;
    let account = account.expect("a page has an account");
    assert_eq!(account.get("client"), None, "{account:?}");
    assert_eq!(account["connect"], 250.0 + 2.0 * 100.0, "{account:?}");
}

#[test]
fn who_has_a_turn_takes_it_before_any_priority() {
    let page = |of_b: &str, of_c: &str| {
        let another = PAGE.rfind("[[page.object]]").expect("it has objects");
        let text = format!("{PAGE}{of_b}\n{}{of_c}\n", &PAGE[another..]);
        let (before, after) = text.rsplit_once("shop/b").expect("it has two of them");
        format!("{before}shop/c{after}")
    };
    let sent = |text: &str| sent(text, &[("connections", "1")]);
    // Nobody waits for the connection when `/a` takes it.
    assert_eq!(sent(&page("", "")), ["/", "/a", "/b", "/c"]);
    let high = "priority = \"high\"";
    assert_eq!(sent(&page("", high)), ["/", "/a", "/c", "/b"]);
    assert_eq!(sent(&page("turn = 7", high)), ["/", "/a", "/b", "/c"]);
    assert_eq!(sent(&page("turn = 7", "turn = 3")), ["/", "/a", "/c", "/b"]);
}

#[test]
fn a_connection_that_another_takes_is_told_of_that_one() {
    // `/a` takes two round trips on the first connection, `/b` opens another, and `/c` is before it.
    let third = PAGE[PAGE.rfind("[[page.object]]").expect("it has objects")..].to_owned();
    let large = PAGE.replacen("shop/a\"\nbytes = \"1kB\"", "shop/a\"\nbytes = \"30kB\"", 1);
    let text = format!(
        "{large}turn = 2\n{}turn = 1\n",
        third.replace("shop/b", "shop/c")
    );
    let recording = run(&loaded(&text), &[("connections", "2")]).recording;
    let exchanges = Exchange::all(&recording);
    let opened = |path: &str| {
        let exchange = exchanges.iter().find(|one| one.path() == path);
        let exchange = exchange.expect("it was asked for");
        let ms = |phase| {
            exchange
                .at(phase)
                .map(|at| at.since(SimTime::ZERO).as_millis_f64())
        };
        [Phase::ConnectStart, Phase::ConnectEnd, Phase::RequestStart].map(ms)
    };
    assert_eq!(opened("/b"), [None, None, Some(800.0)]);
    assert_eq!(opened("/c"), [Some(400.0), Some(600.0), Some(600.0)]);
}

/// An archive whose requests to one origin are all wanted at once and sent in another order.
fn archive(version: &str, blocked: &[u32]) -> String {
    let entries = blocked.iter().enumerate().map(|(ordinal, blocked)| {
        format!(
            "{{\"startedDateTime\":\"2026-01-01T00:00:00.000Z\",\"time\":{},\"request\":{{\"method\":\"GET\",\
             \"url\":\"http://shop.test/{ordinal}\",\"httpVersion\":\"{version}\",\"headers\":[]}},\"response\":{{\"status\":200,\
             \"httpVersion\":\"{version}\",\"content\":{{\"size\":1000,\"mimeType\":\"image/gif\"}}}},\
             \"timings\":{{\"blocked\":{blocked},\"send\":0,\"wait\":50,\"receive\":0}}}}",
            blocked + 50
        )
    });
    let entries: Vec<_> = entries.collect();
    format!(
        "{{\"log\":{{\"version\":\"1.2\",\"entries\":[{}]}}}}",
        entries.join(",")
    )
}

fn turns(archive: &str) -> Vec<Option<u32>> {
    let found = pages(archive.as_bytes(), "page").expect("it is an archive");
    let objects = found[0].page.objects.iter();
    objects.map(|object| object.turn).collect()
}

#[test]
fn requests_take_turns_as_they_were_recorded() {
    let blocked = [0, 1, 400, 3, 4, 5, 200, 100];
    let found = turns(&archive("http/1.1", &blocked));
    assert_eq!(found, [1, 2, 8, 3, 4, 5, 7, 6].map(Some));
    // There were connections for all, or one for all.
    assert_eq!(turns(&archive("http/1.1", &blocked[..6])), [None; 6]);
    assert_eq!(turns(&archive("h2", &blocked)), [None; 8]);
}
