//! What belongs here: QUIC and HTTP/3 as the cases use them. When bytes may leave, who waits for a lost datagram, and
//! that every byte comes from the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use wirelab::case::{Finished, Plan, Run};
use wirelab::event::{AppEvent, Event, QuicPacketKind};
use wirelab::measure::{HostView, QuicCarriers};
use wirelab::record::Recording;
use wirelab::record::qlog::Qlog;

use crate::cli::{Scratch, wirelab};
use crate::support::leave_recording;

const VARIANTS: [(&str, &str); 3] = [
    ("handshake", "quic"),
    ("handshake", "quic-0rtt"),
    ("head-of-line", "h3-lost"),
];

fn run(case: &str, variant: &str, settings: &[(&str, &str)]) -> Finished {
    let plan =
        Plan::new(case, variant, 1, settings.iter().copied()).expect("the settings are valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    leave_recording(&finished.recording);
    finished
}

/// The time from the first frame to the answer, in ms.
fn total(variant: &str, settings: &[(&str, &str)]) -> f64 {
    let result = run("handshake", variant, settings).result;
    assert!(result.checks.iter().all(|check| check.holds), "{result:?}");
    result.total_ms
}

fn same(seen: f64, expected: f64) {
    assert_eq!(seen.to_bits(), expected.to_bits(), "{seen} for {expected}");
}

#[test]
fn a_request_over_quic_takes_two_round_trips_and_one_with_early_data() {
    for rtt in ["10ms", "150ms", "333ms"] {
        let expected: f64 = rtt.trim_end_matches("ms").parse().expect("a number");
        same(total("quic", &[("rtt", rtt)]), expected * 2.0);
        same(total("quic-0rtt", &[("rtt", rtt)]), expected);
    }
}

#[test]
fn one_byte_of_certificates_too_many_costs_a_round_trip() {
    same(total("quic", &[("certificates", "3029B")]), 300.0);
    same(total("quic", &[("certificates", "3030B")]), 450.0);
    same(total("quic", &[("certificates", "15712B")]), 450.0);
    same(total("quic", &[("certificates", "15713B")]), 600.0);
}

#[test]
fn early_data_needs_no_certificates_so_their_size_does_not_matter() {
    same(total("quic-0rtt", &[("certificates", "30kB")]), 150.0);
}

#[test]
fn the_request_of_a_resumed_session_is_in_the_first_datagram() {
    let recording = run("handshake", "quic-0rtt", &[]).recording;
    let carriers = QuicCarriers::of(&recording);
    let client = HostView::named(&recording, "client");
    let kinds = client.frames_sent().filter_map(|(_, frame)| {
        let packets = carriers.packets(frame.id);
        let early = packets
            .iter()
            .find(|packet| packet.kind == QuicPacketKind::ZeroRtt)?;
        Some((
            packets[0].kind,
            early.streams().map(|(stream, _)| stream).max(),
        ))
    });
    let kinds: Vec<_> = kinds.collect();
    assert_eq!(kinds, [(QuicPacketKind::Initial, Some(10))]);
}

#[test]
fn only_the_stream_that_lost_a_datagram_waits() {
    for (object, byte) in [("1", "100"), ("3", "2000"), ("7", "0"), ("11", "2000")] {
        let result = run(
            "head-of-line",
            "h3-lost",
            &[("object", object), ("byte", byte)],
        )
        .result;
        let own = format!("/object/{object}");
        let innocent = result.objects.iter().filter(|waiting| waiting.name != own);
        assert!(
            innocent.clone().count() == 11
                && innocent.clone().all(|other| other.blocked_ms == Some(0.0))
        );
        let checks: Vec<_> = result.checks.iter().filter(|check| !check.holds).collect();
        assert!(
            checks.is_empty(),
            "object {object}, byte {byte}: {checks:?}"
        );
    }
}

#[test]
fn the_same_loss_holds_back_nearly_everybody_on_one_tcp_stream() {
    let waited = |variant| {
        let objects = run("head-of-line", variant, &[]).result.objects;
        objects
            .iter()
            .filter(|object| object.blocked_ms > Some(0.0))
            .count()
    };
    assert_eq!(waited("h3-lost"), 1);
    assert!(waited("h2-lost") > 1);
}

#[test]
fn everything_is_answered_in_spite_of_random_loss() {
    for seed in 1..=20 {
        let settings = [("loss", "10%"), ("jitter", "5ms")];
        let plan = Plan::new("head-of-line", "h3-lost", seed, settings).expect("valid");
        let result = Run::start(&plan).finish().expect("the world ends").result;
        let whole = result.objects.iter().filter(|object| object.bytes == 4_000);
        assert_eq!(whole.count(), 12, "seed {seed}");
    }
}

/// Packets by the host that sent or received them.
fn packets(recording: &Recording, sent: bool) -> Vec<(u64, QuicPacketKind, u64, [u8; 8])> {
    let told = recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::App(_, event) => match &**event {
                AppEvent::QuicPacket(packet) if packet.sent == sent => {
                    Some((packet.connection, packet.kind, packet.number, packet.seal))
                }
                _ => None,
            },
            _ => None,
        });
    told.collect()
}

#[test]
fn every_packet_is_found_in_one_frame_and_comes_as_it_left() {
    for (case, variant) in VARIANTS {
        let recording = run(case, variant, &[]).recording;
        let carriers = QuicCarriers::of(&recording);
        let mut carried = 0;
        for host in ["client", "server"] {
            let frames = HostView::named(&recording, host).frames_sent();
            carried += frames
                .map(|(_, frame)| carriers.packets(frame.id).len())
                .sum::<usize>();
        }
        let sent = packets(&recording, true);
        assert_eq!(carried, sent.len(), "{case}/{variant}");
        let sent: BTreeSet<_> = sent.into_iter().collect();
        let received: BTreeSet<_> = packets(&recording, false).into_iter().collect();
        assert!(received.is_subset(&sent), "{case}/{variant}");
        // Of a connection that was closed nothing more is decrypted, and one datagram of h3-lost is lost.
        assert!(received.len() * 10 >= sent.len() * 9, "{case}/{variant}");
    }
}

#[test]
fn the_same_seed_gives_the_same_packets_and_another_seed_others() {
    for (case, variant) in VARIANTS {
        let recording = |seed| {
            let plan = Plan::new(case, variant, seed, []).expect("defaults are valid");
            Run::start(&plan)
                .finish()
                .expect("the world ends")
                .recording
        };
        let once = recording(1);
        assert!(once == recording(1), "{case}/{variant}");
        let elsewhere = std::thread::spawn(move || {
            let plan = Plan::new(case, variant, 1, []).expect("defaults are valid");
            Run::start(&plan)
                .finish()
                .expect("the world ends")
                .recording
        });
        assert!(
            once == elsewhere.join().expect("it ends"),
            "{case}/{variant}"
        );
        let seals = |recording: &Recording| {
            packets(recording, true)
                .into_iter()
                .map(|packet| packet.3)
                .collect::<BTreeSet<_>>()
        };
        assert!(
            seals(&once).is_disjoint(&seals(&recording(2))),
            "{case}/{variant}"
        );
    }
}

#[test]
fn two_processes_write_the_same_files() {
    let files = |name: &str| {
        let scratch = Scratch::new(name);
        let ended = wirelab(
            scratch.path(),
            &[
                "run",
                "handshake/quic",
                "handshake/quic-0rtt",
                "head-of-line/h3-lost",
                "-q",
            ],
        );
        assert_eq!(ended.status, 0, "{}", ended.stderr);
        let files = scratch.tree().into_iter().filter_map(|file| {
            let bytes = fs::read(scratch.path().join(&file)).ok()?;
            Some((file, bytes))
        });
        files.collect::<BTreeMap<_, _>>()
    };
    let (once, again) = (files("quic-once"), files("quic-again"));
    assert!(once.keys().any(|file| file.ends_with("client-2.sqlog")));
    assert!(once.keys().eq(again.keys()));
    let different = once
        .keys()
        .filter(|file| once.get(*file) != again.get(*file));
    let different: Vec<_> = different.collect();
    assert!(different.is_empty(), "{different:?}");
}

#[test]
fn a_qlog_file_has_every_packet_of_its_side() {
    let recording = run("handshake", "quic", &[]).recording;
    for host in ["client", "server"] {
        let host = HostView::named(&recording, host);
        let logs = Qlog::of(&recording, host.id());
        assert_eq!(logs.len(), 1);
        let mut out = Vec::new();
        logs[0].write(&mut out).expect("writing to memory succeeds");
        let text = String::from_utf8(out).expect("JSON is text");
        let count = |name: &str| text.matches(&format!("\"name\":\"{name}\"")).count();
        let told = count("transport:packet_sent") + count("transport:packet_received");
        assert_eq!(told, host.quic().count());
        assert!(count("recovery:metrics_updated") > 0);
    }
}
