//! What belongs here: TLS on the lab's connections.

use wirelab::case::{Case, Finished, Plan, Run, all};
use wirelab::event::{AppEvent, Event};

use crate::support::leave_recording;

fn run(case: &str, variant: &str, seed: u64, settings: &[(&str, &str)]) -> Finished {
    let plan = Plan::new(case, variant, seed, settings.iter().copied()).expect("valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    leave_recording(&finished.recording);
    for check in &finished.result.checks {
        assert!(check.holds, "{case}/{variant} {settings:?}: {check:?}");
    }
    finished
}

fn left_after_round_trips(variant: &str, settings: &[(&str, &str)]) -> f64 {
    let result = run("handshake", variant, 1, settings).result;
    let rtt = result.total_ms / result.round_trips.expect("the path has a round trip");
    result.extra["req_first_byte_left_ms"]
        .as_f64()
        .expect("it left")
        / rtt
}

#[test]
fn a_request_leaves_after_three_two_and_one_round_trips() {
    for rtt in ["150ms", "81.234567ms"] {
        let settings = [("rtt", rtt)];
        for (variant, trips) in [("tls12", 3.0), ("tls13", 2.0), ("tls13-0rtt", 1.0)] {
            let seen = left_after_round_trips(variant, &settings);
            assert!((seen - trips).abs() < 1e-6, "{variant} at {rtt}: {seen}");
        }
    }
}

#[test]
fn certificates_that_exceed_the_first_window_cost_a_round_trip() {
    let settings = [("certificates", "20kB")];
    for (variant, trips) in [("tls12", 4.0), ("tls13", 3.0), ("tls13-0rtt", 1.0)] {
        let seen = left_after_round_trips(variant, &settings);
        assert!((seen - trips).abs() < 1e-6, "{variant}: {seen}");
    }
}

#[test]
fn both_ends_tell_the_secrets_of_a_connection() {
    let finished = run("handshake", "tls13", 1, &[]);
    let mut lines: [Vec<&str>; 2] = [Vec::new(), Vec::new()];
    for entry in &finished.recording.entries {
        if let Event::App(host, event) = &entry.event
            && let AppEvent::TlsSecret { line, .. } = &**event
        {
            lines[usize::from(host.0)].push(line);
        }
    }
    let [mut client, mut server] = lines;
    client.sort_unstable();
    server.sort_unstable();
    assert!(client.len() >= 4, "{client:?}");
    assert_eq!(client, server);
}

/// Variants in which chance decides bytes: keys, certificates, connection ids, masks.
fn secure_variants() -> impl Iterator<Item = (&'static dyn Case, &'static str)> {
    let chosen = |case: &str, variant: &str| {
        ["tls", "quic", "h3", "websocket"]
            .iter()
            .any(|word| variant.contains(word))
            || case == "geo-routing"
    };
    all().iter().flat_map(move |case| {
        let variants = case.variants().into_iter().map(|variant| variant.name);
        variants
            .filter(move |variant| chosen(case.name(), variant))
            .map(|variant| (*case, variant))
    })
}

#[test]
fn the_seed_decides_every_byte() {
    for (case, variant) in secure_variants() {
        let recording = |seed| run(case.name(), variant, seed, &[]).recording;
        let here = recording(1);
        let there = std::thread::scope(|scope| scope.spawn(|| recording(1)).join());
        let same = there.expect("it ends here as well") == here;
        assert!(
            same,
            "{}/{variant}: the same seed gives other bytes",
            case.name()
        );
        assert!(
            recording(2) != here,
            "{}/{variant}: another seed gives the same bytes",
            case.name()
        );
    }
}
