//! The trace of a conversation of a foreign capture, which one tap saw.

use super::trace::{Column, Fate, Flight, Moment, Trace};
use crate::measure::conversation::{Conversation, Flag, Seen};
use crate::plot::theme::Ink;
use crate::units::SimTime;
use crate::wire::foreign::TcpFlags;

/// What is said of a segment beside its numbers, unless it was sent again.
const WORDS: [(Flag, &str); 8] = [
    (Flag::LostSegment, "behind a gap"),
    (Flag::AckLostSegment, "of what was not captured"),
    (Flag::ZeroWindowProbe, "window probe"),
    (Flag::ZeroWindow, "zero window"),
    (Flag::WindowFull, "fills the window"),
    (Flag::WindowUpdate, "window update"),
    (Flag::KeepAlive, "keep-alive"),
    (Flag::KeepAliveAck, "keep-alive ACK"),
];

/// The columns are the two ends, the client at the left; every segment passes at one moment.
pub(super) fn trace(conversation: &Conversation) -> Trace {
    let columns = ["client", "server"].iter().zip(conversation.ends);
    let mut trace = Trace {
        hosts: columns
            .map(|(role, end)| Column {
                name: (*role).to_owned(),
                address: end.to_string(),
                stack: String::new(),
            })
            .collect(),
        ..Trace::default()
    };
    let mut bases = [None; 2];
    let mut now = SimTime::ZERO;
    for (index, seen) in conversation.seen.iter().enumerate() {
        // Rows never go back in time; a clock that was set back stands still.
        now = now.max(SimTime::from_nanos(
            seen.at.since(conversation.begin()).as_nanos(),
        ));
        trace.flights.push(Flight {
            from: Some(seen.from),
            to: Some(1 - seen.from),
            sent: now,
            fate: Fate::Passed,
            label: label(seen, &mut bases),
            ink: ink(seen),
            copy_of: None,
        });
        trace.moments.push((now, Moment::Sent(index)));
    }
    trace
}

fn ink(seen: &Seen) -> Ink {
    match seen.again.map(|again| again.kind) {
        Some(kind) if kind.is_retransmission() => Ink::Again,
        _ if seen.segment.len > 0 => Ink::Data,
        _ => Ink::Control,
    }
}

/// Flags, relative numbers and length as in the lab's own ladders, then what is special.
fn label(seen: &Seen, bases: &mut [Option<u32>; 2]) -> String {
    let segment = &seen.segment;
    if segment.flags.any(TcpFlags::SYN) {
        bases[seen.from] = Some(segment.seq);
    }
    // Without a SYN the first byte counts as 1, as it would after one.
    let base = *bases[seen.from].get_or_insert(segment.seq.wrapping_sub(1));
    let mut label = format!("{} seq={}", segment.flags, segment.seq.wrapping_sub(base));
    if segment.flags.any(TcpFlags::ACK) {
        let base = *bases[1 - seen.from].get_or_insert(segment.ack.wrapping_sub(1));
        label = format!("{label} ack={}", segment.ack.wrapping_sub(base));
    }
    if segment.len > 0 {
        label = format!("{label} len={}", segment.len);
    }
    match (seen.again, seen.analysis.duplicate) {
        (Some(again), _) if again.kind.is_retransmission() => format!("{label} ↻ {}", again.kind),
        (Some(again), _) => format!("{label} {}", again.kind),
        (None, Some((count, _))) => format!("{label} duplicate {count}"),
        (None, None) => {
            let word = WORDS
                .iter()
                .find(|(flag, _)| seen.analysis.flags.has(*flag));
            word.map_or(label.clone(), |(_, word)| format!("{label} {word}"))
        }
    }
}
