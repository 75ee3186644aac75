//! One direction of a conversation as a time-sequence graph has it, from what the tap saw of it.

use super::again::Kind;
use super::{Conversation, End};
use crate::event::Mechanism;
use crate::measure::sequence::{Piece, Sequence, Unit};
use crate::units::SimTime;
use crate::wire::foreign::TcpFlags;

impl Conversation {
    /// What `sender` sent, and what was acknowledged of it. Nothing is known of its congestion window.
    pub fn sequence(&self, sender: End) -> Sequence {
        let names = [self.ends[sender], self.ends[1 - sender]].map(|end| end.to_string());
        let connection = format!("conversation {}", self.number);
        let [from, to] = names;
        let mut sequence = Sequence::empty((from, to), connection, Unit::Bytes);
        let mut direction = Direction::default();
        for seen in &self.seen {
            if seen.from == sender {
                sequence.sent.extend(direction.sent(seen));
            } else {
                direction.acknowledged(seen, &mut sequence);
            }
        }
        sequence.in_flight = sequence.unacknowledged();
        sequence
    }
}

/// Numbers of one direction as they count on from its first byte.
#[derive(Default)]
struct Direction {
    /// The first byte's number.
    first: Option<u32>,
    /// What counts as near.
    highest: u64,
    /// The shift of the receiver's windows, once it is known.
    scale: Option<u8>,
}

impl Direction {
    /// The distance of a number from the first byte; what is before it counts as zero.
    #[expect(
        clippy::cast_possible_wrap,
        clippy::cast_possible_truncation,
        reason = "RFC 9293 section 3.4: the sign of the wrapped difference is the order"
    )]
    fn offset(&self, number: u32) -> u64 {
        let first = self.first.unwrap_or(number);
        let distance = number.wrapping_sub(first.wrapping_add(self.highest as u32)) as i32;
        self.highest.saturating_add_signed(i64::from(distance))
    }

    fn sent(&mut self, seen: &super::Seen) -> Option<Piece> {
        let segment = &seen.segment;
        let syn = u32::from(segment.flags.any(TcpFlags::SYN));
        let number = segment.seq.wrapping_add(syn);
        self.first.get_or_insert(number);
        if segment.len == 0 {
            return None;
        }
        let start = self.offset(number);
        let end = start + u64::from(segment.len);
        self.highest = self.highest.max(end);
        Some(Piece {
            at: seen.at,
            start,
            end,
            again: seen.again.map(|again| mechanism(again.kind)),
            lost: false,
        })
    }

    fn acknowledged(&mut self, seen: &super::Seen, sequence: &mut Sequence) {
        let segment = &seen.segment;
        let syn = segment.flags.any(TcpFlags::SYN);
        if syn {
            self.scale = segment.shift();
        }
        if !segment.flags.any(TcpFlags::ACK) {
            return;
        }
        self.first.get_or_insert(segment.ack);
        let known: Option<&(SimTime, u64)> = sequence.acked.last();
        let known = known.map_or(0, |(_, acked)| *acked);
        let acked = self.offset(segment.ack);
        let shift = if syn { Some(0) } else { self.scale };
        sequence
            .acked
            .push((seen.at, acked.max(known).min(self.highest.max(known))));
        let edge = shift.map(|shift| acked + (u64::from(segment.window) << shift));
        sequence.edge.extend(edge.map(|edge| (seen.at, edge)));
        let blocks = segment.sacks();
        let blocks = blocks.map(|(start, end)| (seen.at, self.offset(start), self.offset(end)));
        sequence.selected.extend(blocks);
    }
}

/// The same in the vocabulary of the lab's own runs, for the ink; what it has no word for is just sent again.
const fn mechanism(kind: Kind) -> Option<Mechanism> {
    match kind {
        Kind::Fast => Some(Mechanism::FastRetransmit),
        Kind::Probe => Some(Mechanism::Tlp),
        Kind::Timeout => Some(Mechanism::Rto),
        _ => None,
    }
}
