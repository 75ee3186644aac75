//! The classes add up to the time, to the nanosecond: in every case, and in thousands of random worlds.

use proptest::prelude::*;
use wirelab::case::{CaseError, Finished, Plan, Run, all};
use wirelab::measure::Exchange;
use wirelab::measure::account::{Account, PageAccount, Window};
use wirelab::record::Recording;
use wirelab::units::SimTime;

use super::client_window;
use crate::integrity::{Faults, conversation, converse, paths};
use crate::support::sweep;

/// An account begins, goes on and ends where it should.
fn assert_conserved(account: &Account, from: SimTime, until: SimTime) {
    let mut edge = from;
    for slice in account.slices() {
        assert_eq!(slice.from, edge, "a gap in {:#?}", account.slices());
        assert!(slice.from < slice.until);
        edge = slice.until;
    }
    assert_eq!(edge, until.max(from), "{:#?}", account.slices());
    assert_eq!(account.total(), until.max(from) - from);
}

fn check_recording(recording: &Recording, window: Window) {
    let account = PageAccount::of(recording, window);
    assert_conserved(&account.page, window.from, window.until);
    let exchanges = Exchange::all(recording);
    let own: Vec<_> = exchanges
        .iter()
        .filter(|exchange| exchange.client == window.host)
        .collect();
    assert_eq!(own.len(), account.objects.len());
    for (exchange, object) in std::iter::zip(own, &account.objects) {
        let ended = exchange.ended.unwrap_or(recording.end());
        assert_conserved(&object.account, exchange.wanted, ended);
    }
}

fn check_finished(finished: &Finished) {
    let result = &finished.result;
    check_recording(&finished.recording, result.window.unwrap());
    let sum: f64 = result.account.iter().flatten().map(|(_, ms)| ms).sum();
    assert!(
        (sum - result.total_ms).abs() < 1e-6,
        "{sum} of {}",
        result.total_ms
    );
    for object in &result.objects {
        if let Some(account) = &object.account {
            let sum: f64 = account.values().sum();
            assert!(
                (sum - object.total_ms).abs() < 1e-6,
                "{}: {sum}",
                object.name
            );
        }
    }
}

#[test]
fn in_every_variant_of_every_case() {
    for case in all() {
        for variant in case.variants() {
            for stack in ["linux", "smoltcp"] {
                let plan = Plan::new(case.name(), variant.name, 1, [("stack", stack)]).unwrap();
                check_finished(&Run::start(&plan).finish().unwrap());
            }
        }
    }
}

#[test]
fn in_random_worlds_of_bytes() {
    sweep(
        "account of bytes",
        3_000,
        || conversation(paths(Faults::Outage)),
        |plan| {
            let mut lab = plan.pair().build();
            converse(&mut lab, plan);
            let (recording, window) = client_window(&lab);
            check_recording(&recording, window);
        },
    );
}

#[test]
fn where_the_answer_to_one_attempt_ends_another() {
    let settings = [
        ("loss", "30%"),
        ("rtt", "186ms"),
        ("timeout", "1076ms"),
        ("attempts", "4"),
        ("backoff", "533ms"),
        ("crash", "received"),
        ("restart", "1256ms"),
        ("think", "803ms"),
        ("finish", "140ms"),
        ("retries", "beside"),
        ("isolation", "autocommit"),
    ];
    let plan = Plan::new("payment", "plain", 6, settings).unwrap();
    check_finished(&Run::start(&plan).finish().unwrap());
}

/// A page under conditions of all kinds.
#[derive(Clone, Debug)]
struct Page {
    case: &'static str,
    variant: &'static str,
    seed: u64,
    settings: Vec<(&'static str, String)>,
}

/// Small pages over every protocol, with every fault.
fn pages() -> impl Strategy<Value = Page> {
    let variants = prop::sample::select(vec![
        ("image-page", "new-connection-each"),
        ("image-page", "origin-h1-serial"),
        ("image-page", "origin-h1-six"),
        ("image-page", "origin-h2"),
        ("image-page", "origin-h3"),
        ("image-page", "origin-h1-six-tls"),
        ("image-page", "origin-h2-tls"),
        ("image-page", "edge-miss"),
        ("head-of-line", "h1-pipelined"),
        ("head-of-line", "h2-slow"),
        ("handshake", "tls13-0rtt"),
        ("handshake", "quic-0rtt"),
        ("keep-alive", "per-request"),
        ("transfer", "download"),
    ]);
    let pick = |values: &'static [&'static str]| prop::sample::select(values.to_vec());
    let knobs = (
        pick(&["0", "1ms", "40ms", "150ms"]),
        pick(&["0", "0", "3ms"]),
        pick(&["unlimited", "unlimited", "300kbit", "2mbit", "50mbit"]),
        pick(&["unlimited", "8p", "30p"]),
        pick(&["0", "0", "1%", "5%"]),
        pick(&[
            "none",
            "none",
            "s2c:data:1",
            "s2c:data:3-5",
            "c2s:syn:1",
            "s2c:synack:1",
        ]),
        pick(&["linux", "linux", "smoltcp"]),
        pick(&["200B", "9kB", "40kB"]),
    );
    (variants, any::<u16>(), knobs).prop_map(|((case, variant), seed, knobs)| {
        let (rtt, jitter, rate, queue, loss, drop, stack, bytes) = knobs;
        let mut settings = vec![
            ("rtt", rtt),
            ("jitter", jitter),
            ("rate", rate),
            ("queue", queue),
            ("loss", loss),
            ("drop", drop),
            ("stack", stack),
        ];
        match case {
            "image-page" => settings.extend([("bytes", bytes), ("objects", "7"), ("think", "3ms")]),
            "transfer" | "head-of-line" => settings.push(("bytes", bytes)),
            _ => {}
        }
        Page {
            case,
            variant,
            seed: u64::from(seed),
            settings: settings
                .into_iter()
                .map(|(key, value)| (key, value.to_owned()))
                .collect(),
        }
    })
}

#[test]
fn in_random_pages() {
    sweep("account of pages", 2_000, pages, |page| {
        let settings = page
            .settings
            .iter()
            .map(|(key, value)| (*key, value.as_str()));
        let plan = match Plan::new(page.case, page.variant, page.seed, settings) {
            Ok(plan) => plan,
            // Not every case has every knob, and some values contradict each other.
            Err(CaseError::UnknownKey { .. } | CaseError::Contradiction { .. }) => return,
            Err(error) => panic!("{error}"),
        };
        match Run::start(&plan).finish() {
            Ok(finished) => check_finished(&finished),
            // Whoever loses everything for ever has no end to account for.
            Err(CaseError::World { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    });
}
