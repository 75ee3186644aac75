//! What belongs here: messages by long polling, server-sent events and WebSocket, seen through the case `messaging`.

use std::collections::BTreeMap;

use wirelab::case::{Finished, Plan, Run};
use wirelab::event::{AppEvent, Event, MessageId, MessageStep};
use wirelab::measure::HostView;
use wirelab::record::Recording;
use wirelab::units::{SimTime, Span};

use crate::support::leave_recording;

const CARRIERS: [&str; 4] = ["long-polling", "long-polling-reconnect", "sse", "websocket"];

fn run_with(seed: u64, variant: &str, settings: &[(&str, &str)]) -> Finished {
    let plan = Plan::new("messaging", variant, seed, settings.iter().copied())
        .expect("the settings are valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    leave_recording(&finished.recording);
    finished
}

fn run(variant: &str, settings: &[(&str, &str)]) -> Finished {
    run_with(1, variant, settings)
}

fn keeps_its_word(name: &str, finished: &Finished) {
    for check in &finished.result.checks {
        assert!(check.holds, "{name}: {check:?}");
    }
    assert_eq!(finished.result.residual_ms, Some(0.0), "{name}");
}

/// How long each message took, in the order of their names.
fn latencies(recording: &Recording) -> Vec<Span> {
    let mut accepted: BTreeMap<MessageId, SimTime> = BTreeMap::new();
    let mut latencies = BTreeMap::new();
    for entry in &recording.entries {
        if let Event::App(_, event) = &entry.event
            && let AppEvent::Message { message, step, .. } = &**event
        {
            match step {
                MessageStep::Accepted => {
                    accepted.insert(*message, entry.at);
                }
                MessageStep::Delivered => {
                    latencies.insert(*message, entry.at - accepted[message]);
                }
                MessageStep::Written => {}
            }
        }
    }
    latencies.into_values().collect()
}

fn micros(spans: &[Span]) -> Vec<u64> {
    spans.iter().map(|span| span.as_nanos() / 1_000).collect()
}

#[test]
fn the_slowest_delivery_is_what_the_transits_say_at_any_round_trip() {
    for rtt in [30, 250] {
        let text = format!("{rtt}ms");
        let settings = [
            ("rtt", text.as_str()),
            ("message_rate", "40"),
            ("follow", "3us"),
        ];
        for (variant, half_trips, less_us) in [
            ("long-polling", 3, 3),
            ("long-polling-reconnect", 5, 3),
            ("sse", 1, 0),
            ("websocket", 1, 0),
        ] {
            let finished = run(variant, &settings);
            keeps_its_word(variant, &finished);
            let expected = Span::from_millis(rtt) / 2 * half_trips;
            let expected = expected.saturating_sub(Span::from_micros(less_us));
            let total = finished.result.total_ms;
            assert_eq!(
                total.to_bits(),
                expected.as_millis_f64().to_bits(),
                "{variant} at {rtt} ms"
            );
        }
    }
}

/// One client, a message each 20 ms, a round trip of 90 ms: each answer has all that came in the gap.
#[test]
fn messages_in_the_gap_wait_for_the_next_poll_and_share_its_answer() {
    let settings = [
        ("rtt", "90ms"),
        ("clients", "1"),
        ("arrivals", "steady"),
        ("message_rate", "50"),
        ("messages", "9"),
        ("uploads", "0"),
    ];
    let finished = run("long-polling", &settings);
    keeps_its_word("long-polling", &finished);
    let latencies = latencies(&finished.recording);
    let waits: Vec<_> = latencies[2..]
        .iter()
        .map(|latency| latency.saturating_sub(Span::from_millis(45)))
        .collect();
    // Answers at 0, 90 and 180 ms.
    let expected = [0, 70, 50, 30, 10, 80, 60, 40, 20].map(|ms| ms * 1_000);
    assert_eq!(micros(&waits), expected);
    let answers = finished.result.extra["requests_per_message"].as_f64();
    assert_eq!(
        answers,
        Some(5.0 / 11.0),
        "two for the pair, three for the others"
    );
}

#[test]
fn carriers_differ_in_what_a_message_costs_and_not_in_what_it_says() {
    let figures = |variant: &str| {
        let result = run(variant, &[]).result;
        let figure = |key: &str| result.extra[key].clone();
        let pair = |key: &str| {
            figure(key).as_array().map(|both| {
                both.iter()
                    .map(|one| one.as_f64().expect("a number"))
                    .sum::<f64>()
            })
        };
        (
            figure("handshakes_per_message").as_f64(),
            pair("bytes_per_message").expect("down and up"),
            pair("bytes_per_upload").expect("down and up"),
        )
    };
    let [polls, reconnects, sse, websocket] = CARRIERS.map(figures);
    assert_eq!(
        (polls.0, sse.0, websocket.0),
        (Some(0.0), Some(0.0), Some(0.0))
    );
    assert!(reconnects.0 > Some(0.5), "{reconnects:?}");
    assert!(reconnects.1 > polls.1 && polls.1 > 3.0 * sse.1 && sse.1 > websocket.1);
    // The other way events are no help: each message is a request.
    assert!(sse.2 > 3.0 * websocket.2, "{sse:?} {websocket:?}");
}

/// Bytes of TCP payload that the client sent, in order, after the upgrade.
fn client_frames(recording: &Recording) -> Vec<Vec<u8>> {
    let client = HostView::named(recording, "client");
    let payloads = client.sent().map(|seen| seen.tcp.payload.to_vec());
    payloads
        .filter(|payload| !payload.is_empty() && !payload.starts_with(b"GET "))
        .collect()
}

#[test]
fn masks_come_from_the_seed_and_every_frame_of_the_client_has_one() {
    let frames = |seed| client_frames(&run_with(seed, "websocket", &[]).recording);
    let (one, same, other) = (frames(1), frames(1), frames(2));
    assert!(one.len() > 30, "uploads and closes");
    assert!(one.iter().all(|frame| frame[1] & 0x80 != 0));
    assert_eq!(one, same);
    let masks = |frames: &[Vec<u8>]| -> Vec<[u8; 4]> {
        frames
            .iter()
            .map(|frame| frame[2..6].try_into().expect("a mask"))
            .collect()
    };
    assert_ne!(masks(&one), masks(&other));
}

#[test]
fn the_same_seed_gives_the_same_bytes_in_another_process() {
    let scratch = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("messaging");
    let _ = std::fs::remove_dir_all(&scratch);
    let outputs = ["one", "other"].map(|name| scratch.join(name));
    for out in &outputs {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_wirelab"));
        program.args(["run", "messaging", "-q", "--out"]).arg(out);
        assert!(
            program
                .status()
                .expect("the program can be started")
                .success()
        );
    }
    for variant in CARRIERS.into_iter().chain(["fan-in", "saturation"]) {
        for file in ["client.pcapng", "server.pcapng", "events.bin"] {
            let read = |out: &std::path::PathBuf| {
                let path = out.join("captures/messaging").join(variant).join(file);
                std::fs::read(path).expect("the run has written it")
            };
            assert!(read(&outputs[0]) == read(&outputs[1]), "{variant}/{file}");
        }
    }
    let _ = std::fs::remove_dir_all(&scratch);
}

#[test]
fn a_frame_of_126_bytes_has_a_header_of_four() {
    for bytes in ["125B", "126B", "1kB"] {
        keeps_its_word(bytes, &run("websocket", &[("bytes", bytes)]));
        keeps_its_word(bytes, &run("sse", &[("bytes", bytes)]));
    }
}

#[test]
fn a_silent_websocket_is_pinged_and_answers() {
    let settings = [
        ("ping", "200ms"),
        ("clients", "2"),
        ("messages", "1"),
        ("uploads", "1"),
    ];
    let recording = run("websocket", &settings).recording;
    let pings = HostView::named(&recording, "server")
        .sent()
        .filter(|seen| seen.tcp.payload.first() == Some(&0x89))
        .count();
    let pongs = client_frames(&recording)
        .iter()
        .filter(|frame| frame[0] == 0x8a && frame[1] == 0x80)
        .count();
    assert!(pings > 10, "{pings}");
    assert_eq!(pings, pongs);
}

#[test]
fn connections_close_in_order_and_nobody_resets() {
    for variant in CARRIERS {
        let Finished { recording, result } = run(variant, &[]);
        for host in ["client", "server"] {
            let host = HostView::named(&recording, host);
            assert!(host.sent().all(|seen| !seen.tcp.header.rst()), "{variant}");
            let fins = host.sent().filter(|seen| seen.tcp.header.fin()).count();
            assert_eq!(fins as u64, result.connections, "{variant}");
        }
    }
}

#[test]
fn every_message_comes_once_though_segments_are_lost() {
    for variant in CARRIERS {
        for seed in 1..=3 {
            let result = run_with(seed, variant, &[("loss", "5%")]).result;
            assert!(
                result.checks.iter().all(|check| check.holds),
                "{variant}: {:?}",
                result.checks
            );
            assert_eq!(result.formula_ms, None);
        }
    }
}

#[test]
fn a_server_that_nobody_reaches_is_an_expectation_not_kept() {
    for variant in CARRIERS {
        let result = run(variant, &[("drop", "c2s:syn:*"), ("clients", "2")]).result;
        assert!(result.checks.iter().any(|check| !check.holds), "{variant}");
    }
}

#[test]
fn many_connections_are_held_at_once_and_each_has_its_message() {
    let settings = [("connections", "301"), ("addresses", "3"), ("rtt", "20ms")];
    let finished = run("fan-in", &settings);
    keeps_its_word("fan-in", &finished);
    assert_eq!(finished.result.extra["sockets_at_server"], 301);
    assert_eq!(micros(&latencies(&finished.recording)), [10_000; 301]);
    let left_out = finished
        .recording
        .entries
        .iter()
        .rev()
        .find_map(|entry| match entry.event {
            Event::LeftOut { flows, .. } => Some(flows),
            _ => None,
        });
    assert_eq!(left_out, Some(297));
}

/// The processor does 1,000 messages a second: beyond that each waits longer than the one before.
#[test]
fn latency_grows_without_end_beyond_the_predicted_load_and_not_before() {
    let settings = [("cpu_message", "1ms"), ("messages", "100"), ("rtt", "40ms")];
    let finished = run("saturation", &settings);
    keeps_its_word("saturation", &finished);
    let latencies = micros(&latencies(&finished.recording));
    let stage = |number: usize| &latencies[number * 100..(number + 1) * 100];
    assert!(stage(1).iter().all(|latency| *latency == 21_000), "90 %");
    let overload = stage(4);
    assert!(overload.is_sorted(), "150 %");
    // The interval is 2/3 ms: each waits 1/3 ms longer than the one before.
    assert_eq!((overload[0], overload[99]), (21_000, 54_000));
}

#[test]
fn a_busy_processor_slows_every_carrier_down() {
    for variant in CARRIERS {
        let idle = run(variant, &[]).result;
        let busy = run(variant, &[("cpu", "on")]).result;
        assert!(busy.total_ms > idle.total_ms, "{variant}");
        assert!(busy.checks.iter().all(|check| check.holds), "{variant}");
    }
}

/// What a message costs the processor besides itself (500 us): a request (200 us), a handshake (1 ms).
#[test]
fn the_predicted_limit_of_each_carrier_is_where_its_latency_begins_to_grow() {
    for (variant, work) in [
        ("long-polling", 700),
        ("long-polling-reconnect", 1_700),
        ("sse", 500),
        ("websocket", 500),
    ] {
        let after = |percent: u64| {
            let rate = (1_000_000 * percent / work / 100).to_string();
            let settings = [
                ("cpu", "on"),
                ("rtt", "20ms"),
                ("clients", "200"),
                ("messages", "400"),
                ("uploads", "0"),
                ("arrivals", "steady"),
                ("message_rate", rate.as_str()),
            ];
            let recording = run(variant, &settings).recording;
            let latencies = micros(&latencies(&recording)[2..]);
            let most =
                |messages: &[u64]| messages.iter().copied().max().expect("there are messages");
            (most(&latencies[..100]), most(&latencies[300..]))
        };
        // One delay, the message's own work, and what is under way when it comes.
        let quick = 10_000 + 500 + work;
        let (early, late) = after(90);
        assert!(early <= quick && late <= quick, "{variant}: {early} {late}");
        let (early, late) = after(125);
        assert!(
            late > quick && late > 2 * early.saturating_sub(10_000),
            "{variant}: {early} {late}"
        );
    }
}
