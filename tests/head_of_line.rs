//! What belongs here: what the HTTP roles say and send, seen through the case `head-of-line`.

use std::collections::BTreeMap;

use wirelab::case::{Finished, Plan, Run};
use wirelab::event::{AppEvent, Event, Layer, Phase, RequestId};
use wirelab::measure::HostView;
use wirelab::record::Recording;

use crate::support::leave_recording;

const VARIANTS: [&str; 6] = [
    "h1-serial",
    "h1-pipelined",
    "h1-six",
    "h2-slow",
    "h2-lost",
    "h3-lost",
];

fn run(variant: &str, settings: &[(&str, &str)]) -> Finished {
    let plan = Plan::new("head-of-line", variant, 1, settings.iter().copied())
        .expect("the settings are valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    leave_recording(&finished.recording);
    finished
}

/// The requests that reached a phase on a host, in order.
fn reached(recording: &Recording, host: &str, wanted: Phase) -> Vec<RequestId> {
    let id = HostView::named(recording, host).id();
    let of_host = recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::App(host, event) if *host == id => Some(&**event),
            _ => None,
        });
    of_host
        .filter_map(|event| match event {
            AppEvent::Phase { request, phase, .. } if *phase == wanted => Some(*request),
            _ => None,
        })
        .collect()
}

#[test]
fn eighty_tiny_objects_over_one_connection_at_150_ms_take_12_15_s() {
    let settings = [("objects", "80"), ("think", "0")];
    let result = run("h1-serial", &settings).result;
    assert_eq!(result.total_ms.to_bits(), 12_150_f64.to_bits());
}

#[test]
fn one_lost_segment_holds_back_objects_that_lost_nothing() {
    let result = run("h2-lost", &[]).result;
    let blocked = |object: usize| result.objects[object - 1].blocked_ms;
    assert_eq!(blocked(1), Some(0.0), "before the gap");
    assert!(blocked(4) > Some(0.0), "behind the gap");
    assert!(result.extra["innocent_waited"].as_u64() >= Some(1));
}

#[test]
fn client_and_server_call_a_request_by_the_same_name() {
    for variant in VARIANTS {
        let recording = run(variant, &[]).recording;
        let sent = reached(&recording, "client", Phase::RequestStart);
        assert_eq!(sent.len(), 12, "{variant}");
        let met = reached(&recording, "server", Phase::ServerStart);
        assert_eq!(met, sent, "{variant}");
    }
}

#[test]
fn connections_close_in_order_and_nobody_resets() {
    for variant in VARIANTS.into_iter().filter(|variant| *variant != "h3-lost") {
        let Finished { recording, result } = run(variant, &[]);
        for host in ["client", "server"] {
            let host = HostView::named(&recording, host);
            let fins = host.sent().filter(|seen| seen.tcp.header.fin()).count();
            assert_eq!(fins as u64, result.connections, "{variant}");
            assert!(host.sent().all(|seen| !seen.tcp.header.rst()), "{variant}");
        }
    }
}

#[test]
fn the_byte_ranges_of_http1_responses_fill_their_streams_without_a_gap() {
    for variant in ["h1-serial", "h1-pipelined", "h1-six"] {
        let recording = run(variant, &[]).recording;
        let mut ends = BTreeMap::new();
        for entry in &recording.entries {
            if let Event::App(_, event) = &entry.event
                && let AppEvent::Bytes {
                    socket,
                    layer: Layer::Transport,
                    response,
                    range,
                    ..
                } = &**event
            {
                let end = ends.entry((*socket, *response)).or_insert(0);
                assert_eq!(range.start, *end, "{variant}");
                assert!(range.end > range.start + 40, "{variant}");
                *end = range.end;
            }
        }
        let connections = if variant == "h1-six" { 6 } else { 1 };
        assert_eq!(ends.len(), 2 * connections, "{variant}");
    }
}

#[test]
fn an_object_that_nobody_answers_ends_with_the_error() {
    for variant in ["h1-serial", "h1-pipelined", "h1-six", "h2-slow"] {
        let settings = [("drop", "c2s:syn:*"), ("objects", "2"), ("object", "1")];
        let recording = run(variant, &settings).recording;
        let errors = recording
            .entries
            .iter()
            .filter_map(|entry| match &entry.event {
                Event::App(_, event) => match &**event {
                    AppEvent::Response { error, .. } => error.clone(),
                    _ => None,
                },
                _ => None,
            });
        let errors: Vec<_> = errors.collect();
        assert_eq!(errors.len(), 2, "{variant}");
        assert!(
            errors.iter().all(|error| error.contains("ETIMEDOUT")),
            "{variant}: {errors:?}"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_recording() {
    for variant in VARIANTS {
        assert!(
            run(variant, &[]).recording == run(variant, &[]).recording,
            "{variant}"
        );
    }
}
