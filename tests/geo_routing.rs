//! What belongs here: the case `geo-routing` at other knobs than its defaults, and what its captures show.

use std::collections::BTreeSet;

use wirelab::case::{CaseError, Finished, Plan, Run};
use wirelab::event::{AppEvent, Event, SocketEvent};
use wirelab::measure::{CaseResult, HostView};
use wirelab::record::Recording;
use wirelab::units::Span;
use wirelab::wire::packet::TcpView;
use wirelab::wire::summary::{self, Isns};

use crate::support::leave_recording;

const VARIANTS: [&str; 9] = [
    "single-region",
    "round-robin",
    "geo-dns",
    "geo-dns-far-resolver",
    "edge-compute",
    "edge-proxy",
    "one-region-users",
    "ttl-expiry",
    "failover",
];

fn run_with_seed(variant: &str, seed: u64, settings: &[(&str, &str)]) -> Finished {
    let plan = Plan::new("geo-routing", variant, seed, settings.iter().copied())
        .expect("the settings are valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    leave_recording(&finished.recording);
    finished
}

fn run(variant: &str, settings: &[(&str, &str)]) -> Finished {
    run_with_seed(variant, 1, settings)
}

/// Everything was as the closed form has it.
fn is_exact(result: &CaseResult) {
    let name = format!("{} {:?}", result.variant, result.changed);
    for check in &result.checks {
        assert!(check.holds, "{name}: {check:?}");
    }
    assert_eq!(result.residual_ms, Some(0.0), "{name}");
    assert!(result.formula_ms > Some(0.0), "{name}");
}

/// A table's cells without the names.
fn cells(result: &CaseResult, table: usize) -> Vec<Vec<&str>> {
    let rows = result.tables[table].rows.iter();
    rows.map(|row| row[1..].iter().map(String::as_str).collect())
        .collect()
}

/// A column of the journal of visits: 0 the server, 1 the lookup, 2 the first object, 3 each further request.
fn journal(result: &CaseResult, column: usize) -> Vec<&str> {
    let rows = cells(result, result.tables.len() - 1);
    rows.into_iter().map(|row| row[column]).collect()
}

#[test]
fn every_variant_is_exact_at_other_ttls_sizes_and_counts() {
    for variant in VARIANTS {
        for settings in [
            &[("ttl", "300"), ("bytes", "5kB")][..],
            &[("ttl", "1"), ("bytes", "12kB")],
            &[("ttl", "0"), ("fetches", "4")],
            &[("visits", "7"), ("certificates", "9kB")],
            &[("ecs", "off")],
            &[("ecs", "on")],
        ] {
            is_exact(&run(variant, settings).result);
        }
    }
}

#[test]
fn round_robin_measures_all_nine_distances_and_each_user_gets_the_mean_of_its_row() {
    let expected = [
        vec!["30", "240", "310"],
        vec!["230", "15", "190"],
        vec!["270", "205", "10"],
    ];
    let mut orders = BTreeSet::new();
    for seed in 1..=12 {
        let result = run_with_seed("round-robin", seed, &[]).result;
        assert_eq!(cells(&result, 0), expected);
        let means = result
            .checks
            .iter()
            .filter(|check| check.claim.contains("mean"));
        let means: Vec<_> = means.map(|check| check.seen.as_str()).collect();
        assert_eq!(means, ["193.333333 ms", "145 ms", "161.666666 ms"]);
        is_exact(&result);
        let servers = journal(&result, 0).into_iter().map(str::to_owned);
        orders.insert(servers.collect::<Vec<_>>());
    }
    assert!(orders.len() > 1, "who comes first is a matter of chance");
}

#[test]
fn geo_dns_makes_150_80_180_into_30_15_10_and_a_cold_visit_costs_dns_and_three_of_them() {
    let one = run("single-region", &[]).result;
    assert_eq!(journal(&one, 3), ["150", "80", "180"]);
    assert_eq!(journal(&one, 2), ["495", "285", "585"]);
    for variant in ["geo-dns", "edge-compute"] {
        let near = run(variant, &[]).result;
        assert_eq!(journal(&near, 3), ["30", "15", "10"]);
        assert_eq!(journal(&near, 2), ["135", "90", "75"]);
    }
}

#[test]
fn an_edge_that_asks_its_origin_adds_one_round_trip_to_that() {
    let result = run("edge-proxy", &[]).result;
    assert_eq!(journal(&result, 2), ["285", "180", "255"]); // 45 + 3 x 30 + 150, ...
    assert_eq!(journal(&result, 3), ["180", "105", "190"]);
}

#[test]
fn a_far_resolver_names_the_wrong_region_unless_it_tells_the_subnet() {
    let wrong = run("geo-dns-far-resolver", &[]).result;
    assert_eq!(journal(&wrong, 0), ["frankfurt"; 3]);
    assert_eq!(journal(&wrong, 3), ["240", "15", "205"]);
    assert_eq!(
        journal(&wrong, 1),
        ["190", "80", "180"],
        "one answer for all"
    );
    let told = run("geo-dns-far-resolver", &[("ecs", "on")]).result;
    assert_eq!(journal(&told, 3), ["30", "15", "10"]);
    assert_eq!(journal(&told, 1), ["190", "120", "220"], "one answer each");
}

#[test]
fn a_near_resolver_needs_to_tell_nothing() {
    let result = run("geo-dns", &[("ecs", "off")]).result;
    assert_eq!(journal(&result, 3), ["30", "15", "10"]);
}

#[test]
fn answers_that_may_not_be_kept_are_asked_for_each_time() {
    let kept = run("ttl-expiry", &[]).result;
    assert_eq!(journal(&kept, 1), ["45", "0", "5", "45", "5"]);
    let not_kept = run("ttl-expiry", &[("ttl", "0")]).result;
    assert_eq!(journal(&not_kept, 1), ["45"; 5]);
}

#[test]
fn how_long_users_are_lost_grows_with_the_ttl_and_never_exceeds_the_bound() {
    let lost = |ttl: &str| {
        let result = run("failover", &[("ttl", ttl)]).result;
        is_exact(&result);
        let figure = |key: &str| result.extra[key].as_f64().expect("a time");
        assert!(figure("lost_ms") <= figure("lost_bound_ms"), "{ttl}");
        figure("lost_ms")
    };
    let times = ["5", "20", "60", "120"].map(lost);
    assert!(times.is_sorted(), "{times:?}");
    assert!(times[3] > times[0] + 60_000.0, "{times:?}");
}

#[test]
fn a_failover_at_other_times_is_exact_too() {
    for settings in [
        [("outage", "0"), ("detect", "0"), ("connect_timeout", "1s")],
        [
            ("outage", "59s"),
            ("detect", "90s"),
            ("connect_timeout", "10s"),
        ],
        [
            ("outage", "30s"),
            ("detect", "1s"),
            ("connect_timeout", "2500ms"),
        ],
    ] {
        is_exact(&run("failover", &settings).result);
    }
}

#[test]
fn an_outage_in_the_middle_of_a_visit_is_refused() {
    let settings = [("outage", "10100ms")];
    let error = Plan::new("geo-routing", "failover", 1, settings).unwrap_err();
    assert!(matches!(error, CaseError::Contradiction { .. }), "{error}");
    assert!(Plan::new("geo-routing", "geo-dns", 1, settings).is_ok());
}

#[test]
fn an_object_can_be_followed_from_the_answer_of_dns_to_its_last_byte() {
    let Finished { recording, result } = run("geo-dns", &[("bytes", "10kB")]);
    let user = HostView::named(&recording, "user.seoul").id();
    let told = recording
        .entries
        .iter()
        .find_map(|entry| match &entry.event {
            Event::App(host, event) if *host == user => match &**event {
                AppEvent::Dns {
                    name,
                    addresses,
                    cached: false,
                    ..
                } => Some((entry.at, name.clone(), addresses[0])),
                _ => None,
            },
            _ => None,
        });
    let (at, name, address) = told.expect("the stub tells what it was told");
    let object = &result.objects[0];
    assert!(object.name.contains(&format!("https://{name}/object/1")));
    let lines: Vec<_> = received(&recording, user).collect();
    let answer = lines
        .iter()
        .find(|line| line.contains("Standard query response"));
    assert!(answer.is_some_and(|line| line.ends_with(&format!("A {name} A {address}"))));
    let opened = recording
        .entries
        .iter()
        .find_map(|entry| match &entry.event {
            Event::Socket(socket, SocketEvent::Opened(opened))
                if socket.host == user && opened.tcp =>
            {
                Some((entry.at, *opened.remote.ip()))
            }
            _ => None,
        });
    assert_eq!(
        opened,
        Some((at, address)),
        "the connection goes where DNS says, at once"
    );
    let bytes = recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::FrameReceived { host, frame } if *host == user => TcpView::of(&frame.bytes),
            _ => None,
        });
    let from_there = bytes.filter(|segment| *segment.source.ip() == address);
    assert!(
        from_there
            .map(|segment| segment.payload.len())
            .sum::<usize>()
            > 20_000
    );
    assert_eq!(
        (object.bytes, object.total_ms.to_bits()),
        (10_000, 135_f64.to_bits())
    );
}

fn received(recording: &Recording, user: wirelab::event::HostId) -> impl Iterator<Item = String> {
    recording
        .entries
        .iter()
        .filter_map(move |entry| match &entry.event {
            Event::FrameReceived { host, frame } if *host == user => {
                Some(summary::line(&frame.bytes, Isns::ABSOLUTE))
            }
            _ => None,
        })
}

#[test]
fn small_answers_take_the_same_round_trips_on_both_stacks() {
    for variant in VARIANTS {
        let settings = [
            ("stack", "smoltcp"),
            ("bytes", "100B"),
            ("certificates", "1kB"),
        ];
        is_exact(&run(variant, &settings).result);
    }
}

#[test]
fn an_answer_beyond_the_first_window_takes_longer_and_says_why() {
    let result = run("geo-dns", &[("bytes", "100kB")]).result;
    assert!(result.residual_ms > Some(10.0), "{:?}", result.residual_ms);
    let cause = result.residual_cause.expect("there is a residual");
    assert!(cause.contains("slow start"), "{cause}");
    assert!(result.checks.iter().all(|check| check.holds));
}

#[test]
fn the_same_seed_gives_the_same_recording_and_another_one_other_ids() {
    for variant in VARIANTS {
        let (one, again) = (run(variant, &[]), run(variant, &[]));
        assert!(one.recording == again.recording, "{variant}");
        let other = run_with_seed(variant, 2, &[]);
        assert!(
            one.recording.entries != other.recording.entries,
            "{variant}"
        );
        assert!(one.result.total_ms > Span::from_millis(1).as_millis_f64());
    }
}
