//! What belongs here: what the payment service charges, says and stores, seen through the case `payment`.

use std::collections::BTreeMap;
use std::process::Command;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;
use wirelab::case::{Finished, Plan, Run};
use wirelab::event::{AppEvent, Event, LedgerStep};
use wirelab::measure::HostView;
use wirelab::record::Recording;

use crate::support::leave_recording;

/// Each variant with the charges that it leaves and the statuses of its attempts, 0 where no answer came.
const VARIANTS: [(&str, u64, &[u64]); 13] = [
    ("plain", 1, &[201]),
    ("lost-packet", 1, &[201]),
    ("no-key", 2, &[0, 201]),
    ("idempotency-key", 1, &[0, 201]),
    ("key-check-then-insert", 2, &[201, 0]),
    ("in-progress", 1, &[0, 409, 201]),
    ("crash-before-commit", 1, &[0, 201]),
    ("crash-after-commit", 1, &[0, 201]),
    ("crash-after-commit-apart", 2, &[0, 201]),
    ("key-reused-other-body", 1, &[201, 422]),
    ("missing-key", 0, &[400]),
    ("key-expired", 2, &[0, 201]),
    ("read-only", 0, &[0, 200]),
];

fn run(variant: &str, settings: &[(&str, &str)]) -> Finished {
    let plan =
        Plan::new("payment", variant, 1, settings.iter().copied()).expect("the settings are valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    leave_recording(&finished.recording);
    finished
}

fn charges(finished: &Finished) -> u64 {
    finished.result.extra["charges"]
        .as_u64()
        .expect("a number of charges")
}

/// What the server did, in order.
fn steps(recording: &Recording) -> Vec<&LedgerStep> {
    recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::App(_, event) => match &**event {
                AppEvent::Ledger { step, .. } => Some(step),
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// The answers that the server sent, by the client's port; each fits one segment.
fn answers(recording: &Recording) -> BTreeMap<u16, Vec<u8>> {
    let mut answers = BTreeMap::new();
    for seen in HostView::named(recording, "server").sent() {
        if seen.tcp.payload.starts_with(b"HTTP/1.1 ") {
            let port = seen.tcp.destination.port();
            answers
                .entry(port)
                .or_insert_with(|| seen.tcp.payload.to_vec());
        }
    }
    answers
}

#[test]
fn each_variant_charges_and_answers_as_its_name_says() {
    for (variant, expected, statuses) in VARIANTS {
        let finished = run(variant, &[]);
        assert_eq!(charges(&finished), expected, "{variant}");
        let seen = &finished.result.extra["statuses"];
        assert_eq!(*seen, Value::from(statuses.to_vec()), "{variant}");
        assert_eq!(finished.result.residual_ms, Some(0.0), "{variant}");
    }
}

#[test]
fn a_stored_answer_is_the_first_one_byte_for_byte() {
    let recording = run("idempotency-key", &[]).recording;
    let answers: Vec<_> = answers(&recording).into_values().collect();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0], answers[1]);
    assert!(answers[0].starts_with(b"HTTP/1.1 201 Created\r\n"));
    let without = run("no-key", &[]).recording;
    let without: Vec<_> = self::answers(&without).into_values().collect();
    assert_ne!(without[0], without[1], "two charges have two names");
}

#[test]
fn refusals_are_problems_that_name_the_key() {
    for (variant, line) in [
        ("missing-key", "HTTP/1.1 400 Bad Request"),
        ("in-progress", "HTTP/1.1 409 Conflict"),
        ("key-reused-other-body", "HTTP/1.1 422 Unprocessable Entity"),
    ] {
        let recording = run(variant, &[]).recording;
        let text = answers(&recording)
            .into_values()
            .map(|answer| String::from_utf8(answer).expect("answers are text"))
            .find(|answer| answer.starts_with(line))
            .unwrap_or_else(|| panic!("{variant} has no `{line}`"));
        assert!(text.contains("application/problem+json"), "{text}");
        assert!(text.contains("Idempotency-Key"), "{text}");
    }
}

#[test]
fn a_killed_process_loses_its_transaction_and_keeps_its_file() {
    let before = run("crash-before-commit", &[]).recording;
    let steps_before = steps(&before);
    let at = |wanted: &LedgerStep| steps_before.iter().position(|step| *step == wanted);
    assert!(at(&LedgerStep::Stored) < at(&LedgerStep::Killed));
    assert!(at(&LedgerStep::Killed) < at(&LedgerStep::Restarted));
    let again = &steps_before[at(&LedgerStep::Restarted).expect("it runs again")..];
    assert!(again.contains(&&LedgerStep::Checked { stored: false }));
    let after = run("crash-after-commit", &[]).recording;
    let steps_after = steps(&after);
    let restart = steps_after
        .iter()
        .position(|step| **step == LedgerStep::Restarted);
    let again = &steps_after[restart.expect("it runs again")..];
    assert!(again.contains(&&LedgerStep::Checked { stored: true }));
}

#[test]
fn a_transaction_around_check_and_insert_charges_once_without_a_unique_constraint() {
    let deferred = run("key-check-then-insert", &[("isolation", "deferred")]);
    assert_eq!(charges(&deferred), 1);
    let busy = deferred.result.extra["ledger_busy"].as_u64();
    assert!(busy > Some(0), "the two transactions met");
    let immediate = run("key-check-then-insert", &[("isolation", "immediate")]);
    assert_eq!(charges(&immediate), 1);
}

#[test]
fn the_unique_constraint_refuses_the_second_of_two_that_overlap() {
    let settings = [("design", "one-transaction"), ("isolation", "autocommit")];
    let finished = run("key-check-then-insert", &settings);
    assert_eq!(charges(&finished), 1);
    assert_eq!(finished.result.extra["keys_refused"].as_u64(), Some(1));
}

#[test]
fn the_kernel_repairs_the_answer_of_a_process_that_is_dead() {
    let settings = [("crash", "answered"), ("drop", "s2c:data:1")];
    let finished = run("plain", &settings);
    let statuses = &finished.result.extra["statuses"];
    assert_eq!(*statuses, Value::from(vec![201]));
    assert!(steps(&finished.recording).contains(&&LedgerStep::Killed));
}

#[test]
fn the_explorer_finds_what_fails_and_its_shortest_schedule_can_be_run_again() {
    let settings = [("schedules", "250"), ("seeds", "12")];
    let finished = run("explorer", &settings);
    for check in &finished.result.checks {
        assert!(check.holds, "{check:?}");
    }
    let designs = &finished.result.extra["designs"];
    assert_eq!(designs["one-transaction"]["double"], 0);
    assert_eq!(designs["one-transaction"]["lost"], 0);
    for design in ["no-key", "check-then-insert", "key-after"] {
        let shortest = designs[design]["shortest"]
            .as_str()
            .expect("a schedule fails");
        let settings: Vec<_> = shortest
            .split(' ')
            .filter_map(|set| set.split_once('='))
            .collect();
        assert!(charges(&run("plain", &settings)) > 1, "{shortest}");
    }
}

#[test]
fn the_same_seed_gives_the_same_recording() {
    for (variant, ..) in VARIANTS {
        let once = run(variant, &[]).recording;
        assert!(once == run(variant, &[]).recording, "{variant}");
    }
    let small = [("schedules", "30"), ("seeds", "3")];
    let once = run("explorer", &small).recording;
    assert!(once == run("explorer", &small).recording, "explorer");
}

#[test]
fn no_ledger_is_left_behind() {
    let scratch = std::env::temp_dir().join(format!("wirelab-payment-{}", std::process::id()));
    let (out, temporary) = (scratch.join("out"), scratch.join("tmp"));
    std::fs::create_dir_all(&temporary).expect("a directory can be made");
    for variant in ["crash-after-commit", "explorer"] {
        let status = Command::new(env!("CARGO_BIN_EXE_wirelab"))
            .args(["run", &format!("payment/{variant}"), "-q"])
            .args(["--set", "schedules=20", "--set", "seeds=2", "--out"])
            .arg(&out)
            .env("TMPDIR", &temporary)
            .status()
            .expect("the program runs");
        assert!(status.success(), "{variant}");
    }
    let left = std::fs::read_dir(&temporary).expect("it is there").count();
    assert_eq!(left, 0);
    std::fs::remove_dir_all(&scratch).expect("it can be removed");
}

/// Settings of a world in which much goes wrong.
fn faults() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let directions = select(vec!["s2c", "c2s"]);
    let kinds = select(vec!["data", "rtx", "syn", "synack", "ack", "fin"]);
    let drop = (directions, kinds, 1u32..4)
        .prop_map(|(direction, kind, nth)| format!("{direction}:{kind}:{nth}"));
    let drops = prop::collection::vec(drop, 0..4).prop_map(|drops| match drops.is_empty() {
        true => "none".to_owned(),
        false => drops.join(","),
    });
    let word = |words: &[&'static str]| select(words.to_vec()).prop_map(ToOwned::to_owned);
    let crashes = word(&[
        "none",
        "received",
        "checked",
        "charged",
        "stored",
        "committed",
        "answered",
    ]);
    let ms = |range: std::ops::Range<u64>| range.prop_map(|ms| format!("{ms}ms"));
    let network = (drops, word(&["0", "10%", "30%"]), ms(0..200));
    let client = (
        ms(1..3_000),
        1u64..6,
        ms(0..800),
        word(&["after", "beside"]),
    );
    let server = (crashes, ms(1..1_500), ms(0..1_000), ms(0..200));
    let ledger = (
        word(&["autocommit", "deferred", "immediate"]),
        word(&["conflict", "work"]),
    );
    (network, client, server, ledger).prop_map(|(network, client, server, ledger)| {
        vec![
            ("drop", network.0),
            ("loss", network.1),
            ("rtt", network.2),
            ("timeout", client.0),
            ("attempts", client.1.to_string()),
            ("backoff", client.2),
            ("retries", client.3),
            ("crash", server.0),
            ("restart", server.1),
            ("think", server.2),
            ("finish", server.3),
            ("isolation", ledger.0),
            ("in_progress", ledger.1),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn one_transaction_never_charges_twice_and_never_lies(settings in faults(), seed in 0u64..1_000) {
        let settings = settings.iter().map(|(key, value)| (*key, value.as_str()));
        let plan = Plan::new("payment", "plain", seed, settings).expect("the settings are valid");
        let finished = Run::start(&plan).finish().expect("the world ends");
        let confirmed = finished.result.extra["statuses"]
            .as_array()
            .is_some_and(|statuses| statuses.contains(&Value::from(201)));
        let charges = charges(&finished);
        prop_assert!(charges <= 1);
        prop_assert!(!confirmed || charges == 1);
    }
}
