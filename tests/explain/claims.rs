//! What `explain` claims of the lab's own captures, of which the truth is known.

use std::collections::BTreeMap;

use pcap_file::DataLink;
use wirelab::case::{Plan, Run};
use wirelab::event::Mechanism;
use wirelab::measure::conversation::{Conversation, Evidence, Kind, Spent, Traffic, Vantage};
use wirelab::record::foreign::Capture;
use wirelab::record::pcapng::Captures;
use wirelab::record::{Direction, Index};
use wirelab::units::Span;

use super::rewrite::{Change, Dice, Form, changed, frames, written};
use super::samples::samples;
use super::worlds::{WORLDS, captures, harder};

/// Repairs by each mechanism, seen at the sender.
const REPAIRS: &[(&str, &str)] = &[
    ("drop", "s2c:data:5-7"),
    ("drop", "s2c:data:20"),
    ("drop", "s2c:data:69"),
    ("drop", "s2c:data:69,s2c:rtx:1"),
    ("drop", "c2s:syn:1"),
    ("drop", "s2c:synack:1"),
    ("drop", "c2s:data:1"),
    ("drop", "c2s:ackge:100000"),
];

fn traffic(bytes: &[u8]) -> Traffic {
    Traffic::of(&Capture::read(bytes).expect("readable"))
}

#[test]
fn the_account_adds_up_to_the_duration_to_the_nanosecond() {
    let mut all: Vec<_> = samples().into_iter().map(|(_, bytes)| bytes).collect();
    for (number, (case, variant, knobs)) in (100..).zip(WORLDS) {
        for capture in captures(case, variant, 1, knobs) {
            all.push(harder(&capture, &mut Dice(number)).1);
            all.push(capture);
        }
    }
    for bytes in all {
        for conversation in traffic(&bytes).conversations {
            assert_eq!(conversation.account().total(), conversation.duration());
            assert!(conversation.constraint().starts_with("the constraint is"));
        }
    }
}

#[test]
fn a_syn_that_is_answered_by_a_reset_was_refused() {
    for capture in captures("handshake", "refused", 1, &[]) {
        let sentence = traffic(&capture).conversations[0].constraint();
        assert!(
            sentence.starts_with("the constraint is that nobody listens"),
            "{sentence}"
        );
    }
    for capture in captures("handshake", "open", 1, &[]) {
        let sentence = traffic(&capture).conversations[0].constraint();
        assert!(!sentence.contains("nobody listens"), "{sentence}");
    }
}

/// What the recording says of each segment of the sender's that left again, and what `explain` makes of it.
fn judged(drop: &[(&str, &str)], host: usize) -> BTreeMap<(String, String), usize> {
    let plan = Plan::new("transfer", "download", 1, drop.iter().copied()).expect("valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    let host = finished
        .recording
        .hosts()
        .nth(host)
        .expect("there are two")
        .0;
    let mut bytes = Vec::new();
    let captured = Captures::of(&finished.recording);
    captured.write(host, &mut bytes).expect("memory takes it");
    let index = Index::of(&finished.recording);
    let mut truth = BTreeMap::new();
    for (number, captured) in (1_u64..).zip(index.capture(host)) {
        let story = index.frame(captured.frame).expect("known");
        let again = story.segment.and_then(|segment| segment.again);
        if captured.direction == Direction::Out {
            truth.extend(again.map(|mechanism| (number, mechanism)));
        }
    }
    let mut judged = BTreeMap::new();
    for seen in traffic(&bytes)
        .conversations
        .iter()
        .flat_map(|one| &one.seen)
    {
        let ours = seen.again.map(|again| again.kind.to_string());
        let theirs = truth.get(&seen.frame).map(Mechanism::to_string);
        if (theirs.is_some() || ours.is_some()) && is_own(&index, host, seen.frame) {
            let pair = (theirs.unwrap_or_default(), ours.unwrap_or_default());
            *judged.entry(pair).or_default() += 1;
        }
    }
    judged
}

fn is_own(index: &Index<'_>, host: wirelab::event::HostId, frame: u64) -> bool {
    let position = usize::try_from(frame - 1).expect("small");
    let captured = index.capture(host).get(position);
    captured.is_some_and(|captured| captured.direction == Direction::Out)
}

#[test]
fn the_sender_s_tap_tells_the_mechanisms_apart() {
    let mut all = BTreeMap::new();
    for repair in REPAIRS {
        for host in [0, 1] {
            for (pair, count) in judged(&[*repair], host) {
                *all.entry(pair).or_default() += count;
            }
        }
    }
    let lines: Vec<_> = all
        .iter()
        .map(|((truth, ours), count): (&(String, String), &usize)| {
            format!("{count} {truth}: {ours}")
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    1 RTO: timeout (RTO-like)
    2 SYN timer: SYN timer
    2 SYN-ACK again: SYN-ACK timer
    4 fast retransmit: fast retransmit
    4 tail loss probe: loss probe (TLP-like)
    ");
}

#[test]
fn a_lost_syn_is_the_constraint_of_its_connection() {
    let bytes = &captures("handshake", "syn-lost", 1, &[])[0];
    let one = &traffic(bytes).conversations[0];
    assert_eq!(one.account().of(Spent::ConnectAgain), Span::from_secs(1));
    assert_eq!(one.handshake().round_trip(), Some(Span::from_millis(150)));
    assert_eq!(one.again(Kind::SynTimer), 1);
    assert_eq!(one.vantage(), Vantage::At(0, Evidence::Ttl));
}

#[test]
fn link_layer_and_ip_version_change_nothing_but_addresses() {
    let bytes = &captures("transfer", "download", 1, &[("drop", "s2c:data:20")])[1];
    let summary = |bytes: &[u8]| {
        let mut summary = traffic(bytes).summary();
        summary.others.clear();
        summary.packets = 0;
        for one in &mut summary.conversations {
            one.first_frame = 0;
            one.client.address.clear();
            one.server.address.clear();
        }
        summary
    };
    let plain = summary(&written(&frames(bytes), Form::default()));
    for link in [
        DataLink::LINUX_SLL,
        DataLink::LINUX_SLL2,
        DataLink::RAW,
        DataLink::NULL,
    ] {
        for change in [None, Some(Change::Ipv6)] {
            let mut frames = frames(bytes);
            if let Some(change) = change {
                frames = changed(frames, change, &mut Dice(1));
            }
            let form = Form {
                link,
                ..Form::default()
            };
            assert_eq!(
                summary(&written(&frames, form)),
                plain,
                "{link:?} {change:?}"
            );
        }
    }
}

#[test]
fn sixty_bytes_of_each_frame_tell_what_was_sent_again() {
    let bytes = &captures(
        "transfer",
        "download",
        1,
        &[("drop", "s2c:data:69,c2s:syn:1")],
    )[1];
    let kinds = |one: &Conversation| Kind::ALL.map(|kind| one.again(kind));
    let whole = traffic(bytes);
    let form = Form {
        snaplen: 60,
        ..Form::default()
    };
    let cut = traffic(&written(&frames(bytes), form));
    assert!(cut.cut > 0);
    let (whole, cut) = (&whole.conversations[0], &cut.conversations[0]);
    assert_eq!((kinds(cut), cut.data(1)), (kinds(whole), whole.data(1)));
    assert_eq!(cut.duration(), whole.duration());
}

#[test]
fn traffic_that_is_not_tcp_is_counted_and_named() {
    let (_, bytes) = samples()
        .into_iter()
        .find(|(name, _)| name == "pptp.pcap")
        .expect("there");
    let others = traffic(&bytes).others;
    assert_eq!(
        others.into_iter().collect::<Vec<_>>(),
        [("GRE".to_owned(), 1)]
    );
}

fn sample(wanted: &str) -> Conversation {
    let found = samples().into_iter().find(|(name, _)| name == wanted);
    let (_, bytes) = found.expect("there");
    traffic(&bytes).conversations.remove(0)
}

#[test]
fn what_answers_near_the_tap_is_not_the_server() {
    for (name, way_us, answer_us) in [("whois.pcap", 116_800, 3_000), ("dns_tcp.pcap", 125_000, 0)]
    {
        let one = sample(name);
        assert_eq!(one.vantage(), Vantage::At(0, Evidence::Relay), "{name}");
        let relay = one.relay().expect("told");
        let way = Span::from_micros(way_us);
        assert!(
            relay.way >= way && relay.acknowledges < Span::from_millis(1),
            "{relay:?}"
        );
        let server = one.account().of(Spent::Server);
        assert!(
            server <= Span::from_micros(answer_us) + Span::from_millis(1),
            "{server}"
        );
        let told = one.constraint();
        assert!(told.starts_with("the constraint is distance"), "{told}");
    }
    assert_eq!(sample("print-flags.pcap").vantage(), Vantage::Both);
}

#[test]
fn the_acknowledgments_of_the_tap_s_own_end_tell_of_no_queue() {
    let worlds = [
        ("download", &[("rate", "5mbit"), ("queue", "200p")][..]),
        ("download", &[]),
    ];
    for (variant, knobs) in worlds {
        let knobs = [knobs, &[("bytes", "2MB")]].concat();
        let captures = captures("transfer", variant, 1, &knobs);
        let told = captures
            .iter()
            .map(|bytes| traffic(bytes).conversations[0].constraint());
        let told: Vec<_> = told.collect();
        assert!(
            !told[0].contains("round trips"),
            "at the client: {}",
            told[0]
        );
        let is_queued = knobs.len() > 1;
        assert_eq!(
            told[1].contains("with a queue"),
            is_queued,
            "at the server: {}",
            told[1]
        );
    }
}

#[test]
fn a_small_part_is_no_constraint() {
    let told = sample("print-flags.pcap").constraint();
    insta::assert_snapshot!(
        told,
        @"the constraint is not to be seen: for 1.29 s of 1.293 s (100%) the connection stands open, or closes, and the capture does not show what it waited for; of what it does show the largest part, 1.753 ms (0.1%), is the server, or a queue before it, over 1 answer"
    );
}
