//! SACK blocks (RFC 2018), duplicates reported by them (RFC 2883), and reordering seen through them.

use super::ack::{Acknowledgment, Rtts};
use super::flags::Flags;
use super::scoreboard::Place;
use super::{MOST_REORDERING, Sender, State};
use crate::units::SimTime;
use crate::wire::packet::seq_before;

impl Sender {
    /// Reads the SACK blocks of a segment (`tcp_sacktag_write_queue`).
    pub(super) fn read_blocks(
        &mut self,
        now: SimTime,
        segment: &Acknowledgment<'_>,
        prior_una: u32,
        flags: &mut Flags,
        rtts: &mut Rtts,
    ) {
        let duplicate = self.read_duplicate(segment, prior_una, flags);
        let mut blocks = [(0, 0); 4];
        let mut count = 0;
        for (index, &(start, end)) in segment.blocks.iter().take(4).enumerate() {
            let ends_above = seq_before(self.snd_una, end);
            let news = ends_above || !duplicate || index > 0;
            if news && self.is_valid_block(start, end) {
                blocks[count] = (start, end);
                count += 1;
            }
        }
        blocks[..count].sort_by_key(|&(start, _)| start.wrapping_sub(self.snd_una));
        let mut lowest = None;
        for &(start, end) in &blocks[..count] {
            self.read_block(now, (start, end), segment.echo, &mut lowest, flags, rtts);
        }
        if duplicate {
            self.forget_duplicate_retransmission(segment.blocks[0]);
        }
        self.seen_blocks = blocks;
        if (self.state != State::Loss || self.undo_marker.is_some())
            && let Some(low) = lowest
        {
            self.note_reordering(low, self.board.highest_sack(self.snd_una));
        }
    }

    /// Whether a block is about what is in flight.
    fn is_valid_block(&self, start: u32, end: u32) -> bool {
        seq_before(start, end) && !seq_before(self.snd_nxt, end) && seq_before(self.snd_una, end)
    }

    /// Enters what one block tells, as far as the last acknowledgment's blocks have not told it.
    fn read_block(
        &mut self,
        now: SimTime,
        (start, end): (u32, u32),
        echo: Option<u32>,
        lowest: &mut Option<u32>,
        flags: &mut Flags,
        rtts: &mut Rtts,
    ) {
        let mut from = start;
        let known = self.seen_blocks;
        if let Some(&(_, known_end)) = known.iter().find(|&&(known_start, known_end)| {
            known_start == start && seq_before(known_start, known_end)
        }) {
            from = if seq_before(end, known_end) {
                end
            } else {
                known_end
            };
        }
        let mut place = self.board.find(from);
        while let Some(sent) = self.board.get(place) {
            if seq_before(end, sent.end) {
                break;
            }
            if !sent.sacked && !seq_before(sent.seq, start) {
                self.sacked(now, place, echo, lowest, flags, rtts);
            }
            place += 1;
        }
    }

    /// The receiver has a segment out of order (`tcp_sacktag_one`).
    fn sacked(
        &mut self,
        now: SimTime,
        place: Place,
        echo: Option<u32>,
        lowest: &mut Option<u32>,
        flags: &mut Flags,
        rtts: &mut Rtts,
    ) {
        let sent = self.board.get(place).expect("it was found").clone();
        self.rack_advance(now, &sent, echo);
        rtts.prior_delivered = rtts.prior_delivered.max(sent.delivered);
        if !sent.ever_resent {
            let high = self.board.highest_sack(self.snd_una);
            if seq_before(sent.seq, high) {
                let low = lowest.get_or_insert(sent.seq);
                if seq_before(sent.seq, *low) {
                    *low = sent.seq;
                }
            }
            flags.original_sacked |= !seq_before(self.high_seq, sent.end);
            rtts.first_sacked.get_or_insert(now - sent.at);
            rtts.last_sacked = Some(now - sent.at);
        }
        self.board.mark_sacked(place);
        flags.data_sacked = true;
        self.delivered += 1;
    }

    /// Whether the first block reports a duplicate (RFC 2883 section 4).
    fn read_duplicate(
        &mut self,
        segment: &Acknowledgment<'_>,
        prior_una: u32,
        flags: &mut Flags,
    ) -> bool {
        let (start, end) = segment.blocks[0];
        let below = seq_before(start, segment.ack);
        let inside = segment
            .blocks
            .get(1)
            .is_some_and(|&(outer_start, outer_end)| {
                !seq_before(outer_end, end) && !seq_before(start, outer_start)
            });
        if !(below || inside) || !seq_before(start, end) {
            return false;
        }
        let len = end.wrapping_sub(start);
        let segments = len.div_ceil(self.mss);
        if segments == 1 && self.probe_end == Some(end) {
            flags.probe_duplicate = true;
        }
        self.total_duplicates += segments;
        if self.total_duplicates > self.total_resent {
            return true; // the network made it
        }
        if self.reordering_seen && !flags.probe_duplicate {
            self.rack.duplicate_seen = true;
        }
        flags.duplicate = true;
        // Of the present episode?
        if let (Some(marker), Some(left)) = (self.undo_marker, self.undo_retrans)
            && left > 0
            && !seq_before(prior_una, end)
            && seq_before(marker, end)
        {
            self.undo_retrans = Some(left.saturating_sub(segments));
        }
        true
    }

    /// A duplicate of a segment in flight: whatever was sent again of it has arrived.
    fn forget_duplicate_retransmission(&mut self, (start, end): (u32, u32)) {
        let mut place = self.board.find(start);
        while let Some(sent) = self.board.get(place) {
            if seq_before(end, sent.end) {
                return;
            }
            if sent.ever_resent
                && let (Some(marker), Some(left)) = (self.undo_marker, self.undo_retrans)
                && left > 0
                && seq_before(marker, sent.end)
            {
                self.undo_retrans = Some(left - 1);
            }
            self.board.retransmission_arrived(place);
            place += 1;
        }
    }

    /// Something at `low` came after something at `high` that was sent later (`tcp_check_sack_reordering`).
    pub(super) fn note_reordering(&mut self, low: u32, high: u32) {
        if !seq_before(low, high) {
            return;
        }
        let distance = high.wrapping_sub(low);
        if distance > self.reordering * self.mss {
            self.reordering = distance.div_ceil(self.mss).min(MOST_REORDERING);
        }
        self.reordering_seen = true;
    }
}
