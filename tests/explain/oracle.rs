//! Wireshark's opinion of each segment of a capture, beside ours.

use std::collections::{BTreeMap, BTreeSet};

use wirelab::measure::conversation::{Conversation, Flag, Seen, Traffic};
use wirelab::record::foreign::Capture;

use crate::wireshark::tshark::Tshark;

/// What is asked for besides the flags.
const FIELDS: [&str; 9] = [
    "frame.number",
    "tcp.stream",
    "tcp.completeness",
    "tcp.analysis.duplicate_ack_num",
    "tcp.analysis.duplicate_ack_frame",
    "tcp.analysis.acks_frame",
    "tcp.analysis.ack_rtt",
    "tcp.analysis.bytes_in_flight",
    "tcp.analysis.initial_rtt",
];

/// Everything that is compared of one segment, by field.
type Opinion = BTreeMap<&'static str, String>;

/// Shows the differences that were found, if there are any.
pub(crate) fn assert_none(differences: &[String]) {
    let count = differences.len();
    assert!(
        count == 0,
        "{count} differences:\n{}",
        differences.join("\n")
    );
}

/// Compares a capture segment by segment; returns each difference in a line.
pub(crate) fn differences(tshark: Tshark, name: &str, bytes: &[u8]) -> Vec<String> {
    let capture = Capture::read(bytes).expect("the capture is readable");
    let traffic = Traffic::of(&capture);
    let theirs = theirs(tshark, name, bytes);
    let mut differences = Vec::new();
    for conversation in &traffic.conversations {
        for seen in &conversation.seen {
            let own = ours(conversation, seen);
            let mut other = theirs.get(&seen.frame).cloned().unwrap_or_default();
            // It stands on some frames of a conversation, and is one for all of them.
            if let Some(trip) = other.remove("initial_rtt") {
                let own = conversation
                    .initial_rtt
                    .map(|span| seconds(span.as_nanos()));
                if own.as_ref() != Some(&trip) {
                    differences.push(format!(
                        "{name} frame {}: initial_rtt: tshark {trip}, explain {own:?}",
                        seen.frame
                    ));
                }
            }
            if !own.contains_key("tcp.completeness") {
                other.remove("tcp.completeness");
            }
            let keys: BTreeSet<_> = own.keys().chain(other.keys()).copied().collect();
            for key in keys {
                let (own, other) = (own.get(key), other.get(key));
                if own != other {
                    differences.push(format!(
                        "{name} frame {}: {key}: tshark {other:?}, explain {own:?}",
                        seen.frame
                    ));
                }
            }
        }
    }
    differences
}

fn ours(conversation: &Conversation, seen: &Seen) -> Opinion {
    let analysis = seen.analysis;
    let mut opinion: Opinion = Flag::ALL
        .into_iter()
        .filter(|flag| analysis.flags.has(*flag))
        .map(|flag| (flag.key(), String::new()))
        .collect();
    let mut put = |key, value: Option<String>| opinion.extend(value.map(|value| (key, value)));
    put("tcp.stream", Some((conversation.number - 1).to_string()));
    // Of a conversation as a whole: frames before its last one need not say the same.
    let is_last = conversation
        .seen
        .last()
        .is_some_and(|last| last.frame == seen.frame);
    let completeness = is_last.then(|| conversation.completeness().to_string());
    put("tcp.completeness", completeness);
    put(
        "duplicate_ack_num",
        analysis.duplicate.map(|(count, _)| count.to_string()),
    );
    put(
        "duplicate_ack_frame",
        analysis.duplicate.map(|(_, frame)| frame.to_string()),
    );
    put(
        "acks_frame",
        analysis.acks.map(|(frame, _)| frame.to_string()),
    );
    // tshark has no round trip where no time has passed.
    let trip = analysis.acks.map(|(_, trip)| trip.as_nanos());
    put("ack_rtt", trip.filter(|ns| *ns > 0).map(seconds));
    put(
        "bytes_in_flight",
        analysis.in_flight.map(|bytes| bytes.to_string()),
    );
    opinion
}

fn seconds(ns: u64) -> String {
    format!("{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

fn theirs(tshark: Tshark, name: &str, bytes: &[u8]) -> BTreeMap<u64, Opinion> {
    let flags = Flag::ALL.map(|flag| format!("tcp.analysis.{}", flag.key()));
    let fields: Vec<&str> = FIELDS
        .into_iter()
        .chain(flags.iter().map(String::as_str))
        .collect();
    let mut opinions = BTreeMap::new();
    for row in tshark.fields(name, bytes, &fields) {
        let frame = row[0].parse().expect("a frame has a number");
        let mut opinion = Opinion::new();
        for (field, value) in FIELDS.into_iter().zip(&row).skip(1) {
            let key = field.strip_prefix("tcp.analysis.").unwrap_or(field);
            if !value.is_empty() {
                opinion.insert(key, value.clone());
            }
        }
        for (flag, value) in Flag::ALL.into_iter().zip(&row[FIELDS.len()..]) {
            if !value.is_empty() {
                opinion.insert(flag.key(), String::new());
            }
        }
        opinions.insert(frame, opinion);
    }
    opinions
}
