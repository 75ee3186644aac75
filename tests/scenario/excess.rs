//! Archives and files that ask for more than a world has, or for what cannot be: cut and told, or refused with a reason.

use std::fmt::Write;

use wirelab::case::{Plan, Run};
use wirelab::event::{DropCause, Event};
use wirelab::measure::Exchange;
use wirelab::measure::diagnosis::Component;
use wirelab::scenario::{HarError, Scenario, pages, read};

use super::{SMALL, loaded, run};
use crate::cli::{Scratch, wirelab};

/// An archive of these entries, with a page whose load event came after so many ms.
fn archive(load: Option<f64>, entries: &[String]) -> String {
    let pages = load.map_or(String::new(), |load| {
        format!(
            r#""pages":[{{"id":"p","startedDateTime":"2026-01-01T00:00:00.000Z","pageTimings":{{"onLoad":{load}}}}}],"#
        )
    });
    format!(r#"{{"log":{{{pages}"entries":[{}]}}}}"#, entries.join(","))
}

fn entry(start: &str, url: &str, response: &str) -> String {
    format!(
        r#"{{"startedDateTime":"2026-01-01T00:00:00.{start}Z","time":0.3,"request":{{"url":"{url}"}},"response":{{"status":200{response}}},"timings":{{"wait":0.3}}}}"#
    )
}

fn only(text: &str) -> Scenario {
    let mut found = pages(text.as_bytes(), "page").expect("it is an archive");
    assert_eq!(found.len(), 1);
    found.remove(0)
}

/// What it assumes, in one text; and what is shown of it can be read.
fn assumed(scenario: &Scenario) -> String {
    let written = scenario.to_toml();
    read(&written, "page").unwrap_or_else(|error| panic!("{error}\n{written}"));
    scenario.assumptions.join("; ")
}

#[test]
fn an_archive_has_as_many_servers_as_a_world_has_hosts() {
    let urls = (0..700).map(|number| format!("http://s{number}.test/"));
    let entries: Vec<_> = urls.map(|url| entry("000", &url, "")).collect();
    let page = only(&archive(None, &entries));
    assert_eq!(page.servers.len(), 400);
    assert!(assumed(&page).contains("after the first 400 servers: 300"));
    // It is also run and drawn: its ladder is 80,000 pixels wide.
    let scratch = Scratch::new("excess-servers");
    std::fs::write(scratch.path().join("many.har"), archive(None, &entries)).unwrap();
    let ended = wirelab(scratch.path(), &["run", "many.har", "--quiet"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    assert!(scratch.path().join("plots/many/page.svg").exists());
}

#[test]
fn answers_have_as_many_bytes_as_a_world_can_carry() {
    for (response, bytes) in [
        // A length that nobody has, and one of a video that was broken off.
        (
            r#","headers":[{"name":"content-length","value":"18446744073709551615"}]"#,
            300,
        ),
        (
            r#","_transferSize":1000000,"headers":[{"name":"content-length","value":"4000000000"}]"#,
            50_000_000,
        ),
        (r#","_transferSize":900000000000"#, 50_000_000),
    ] {
        let page = only(&archive(None, &[entry("000", "http://a.test/", response)]));
        assert_eq!(page.page.objects[0].bytes, bytes, "{response}");
        let is_cut = bytes > 300;
        assert_eq!(assumed(&page).contains("first 50 MB: 1"), is_cut);
    }
    let large = |number| {
        let url = format!("http://a.test/{number}");
        entry("000", &url, r#","_transferSize":49000000"#)
    };
    let entries: Vec<_> = (0..9).map(large).collect();
    let page = only(&archive(None, &entries));
    assert_eq!(page.page.objects.len(), 4);
    assert!(assumed(&page).contains("after the first 200 MB: 5"));
}

#[test]
fn a_load_event_before_the_first_request_is_not_that_of_the_page() {
    let entries = [entry("001", "http://a.test/", "")];
    let page = only(&archive(Some(0.5), &entries));
    assert_eq!(page.page.objects.len(), 1);
    assumed(&page);
    let nothing = pages(archive(Some(0.5), &[]).as_bytes(), "page");
    assert!(matches!(nothing, Err(HarError::Nothing(_))));
}

#[test]
fn hosts_that_no_certificate_can_name_answer_to_no_url() {
    for (name, url) in [("1", "https://1/"), ("a..b", "http://a..b/")] {
        let quoted = format!("\"{name}\"");
        let text = SMALL
            .replace("[hosts.shop]", &format!("[hosts.{quoted}]"))
            .replace("to = \"shop\"", &format!("to = {quoted}"))
            .replace("http://shop/", url);
        let error = read(&text, "small").expect_err(url).to_string();
        assert!(
            error.starts_with("11:7:") && error.contains("is no name of a server"),
            "{error}"
        );
    }
}

/// The small scenario's server with two names and a port, and other objects.
fn aliases() -> String {
    let (world, _) = SMALL.split_once("[[page.object]]").expect("it has objects");
    format!(
        r#"{world}[[serve]]
host = "shop"
name = "a.test"
aliases = ["b.test"]
port = 8080
[[page.object]]
url = "http://a.test:8080/"
bytes = "10kB"
[[page.object]]
url = "http://b.test:8080/img/hero.jpg"
bytes = "5kB"
after = ["/"]
"#
    )
}

#[test]
fn a_server_has_one_object_of_a_path_whichever_its_names_are() {
    let text = aliases().replace("b.test:8080/img/hero.jpg", "b.test:8080/");
    let error = read(&text, "small").expect_err("it is refused").to_string();
    assert!(
        error.contains("another object of this server has this path"),
        "{error}"
    );
}

#[test]
fn a_port_has_one_server() {
    let second = "[[serve]]\nhost = \"shop\"\nname = \"c.test\"\nport = 8080\n";
    let text = aliases() + second;
    let error = read(&text, "small").expect_err("it is refused").to_string();
    assert!(
        error.starts_with("22:1:")
            && error.contains("another server listens on port 8080 of `shop`"),
        "{error}"
    );
    let other = text.replace(
        "name = \"c.test\"\nport = 8080",
        "name = \"c.test\"\nport = 8081",
    );
    loaded(&other);
}

#[test]
fn a_port_that_is_not_the_schemes_own_is_a_part_of_a_url() {
    let recording = run(&loaded(&aliases()), &[]).recording;
    let urls: Vec<_> = Exchange::all(&recording)
        .into_iter()
        .map(|one| one.url)
        .collect();
    assert_eq!(
        urls,
        ["http://a.test:8080/", "http://b.test:8080/img/hero.jpg"]
    );
}

#[test]
fn an_object_is_expected_by_any_of_its_names() {
    for name in [
        "/img/hero.jpg",
        "hero.jpg",
        "http://b.test:8080/img/hero.jpg",
        "http://b.test/img/hero.jpg",
        "http://a.test/img/hero.jpg",
    ] {
        for protocol in ["http/1.1", "h2"] {
            let expect = format!("[[expect]]\nobject = \"{name}\"\nobject_under = \"10s\"\n");
            let settings = [("protocol", protocol)];
            let result = run(&loaded(&(aliases() + &expect)), &settings).result;
            let checks = &result.checks;
            assert!(checks.iter().all(|check| check.holds), "{name}: {checks:?}");
        }
    }
    for name in ["ero.jpg", "http://c.test/img/hero.jpg", "hero.jp", ""] {
        let expect = format!("[[expect]]\nobject = \"{name}\"\nobject_under = \"10s\"\n");
        let error = read(&(aliases() + &expect), "small");
        let error = error.expect_err(name).to_string();
        assert!(error.contains("no object is called"), "{name}: {error}");
    }
}

#[test]
fn losses_of_a_timeline_are_chances_each_of_its_own() {
    let share = |faults: usize| {
        let mut text =
            "case = \"transfer/download\"\n[set]\nbytes = \"1MB\"\nrtt = \"10ms\"\n".to_owned();
        for _ in 0..faults {
            writeln!(
                text,
                "[[fault]]\nbetween = [\"server\", \"client\"]\none_way = true\nat = \"5ms\"\nloss = \"20%\""
            )
            .expect("a string takes every text");
        }
        let loaded = loaded(&text);
        let plan = super::plan(&loaded, &[]).expect("it is a plan");
        assert!(loaded.case.is_random(&plan));
        let recording = Run::start(&plan).finish().expect("it ends").recording;
        let entries = || recording.entries.iter();
        let lost = entries().filter(|entry| {
            matches!(
                entry.event,
                Event::FrameDropped {
                    cause: DropCause::Loss,
                    ..
                }
            )
        });
        let server = recording.hosts().find(|(_, info)| info.name == "server");
        let (server, _) = server.expect("it is there");
        let sent = entries()
            .filter(|entry| matches!(entry.event, Event::FrameSent { host, .. } if host == server));
        #[expect(clippy::cast_precision_loss, reason = "there are not that many frames")]
        let share = lost.count() as f64 / sent.count() as f64;
        share
    };
    let (one, two) = (share(1), share(2));
    assert!((0.15..0.25).contains(&one), "{one}");
    // 1 - 0.8 * 0.8.
    assert!((0.31..0.41).contains(&two), "{two}");
}

#[test]
fn a_line_without_limit_is_offered_whoever_has_the_limit() {
    let text = SMALL.replace("[hosts.shop]", "[hosts.shop]\nup = \"1mbit\"");
    let text = text.replace("10kB", "200kB");
    let loaded = loaded(&text);
    let plan = super::plan(&loaded, &[]).expect("it is a plan");
    let reliefs = loaded.case.reliefs(&plan);
    let line = reliefs
        .iter()
        .find(|relief| relief.component == Component::Rate);
    let line = line.expect("a faster line is a relief");
    let settings: Vec<_> = line
        .settings
        .iter()
        .map(|(key, value)| (*key, value.as_str()))
        .collect();
    let (slow, fast) = (run(&loaded, &[]).result, run(&loaded, &settings).result);
    assert!(
        fast.total_ms < 0.5 * slow.total_ms,
        "{} {}",
        slow.total_ms,
        fast.total_ms
    );
    let _: Plan = plan;
}
