//! What has been sent and not yet acknowledged, segment by segment (RFC 6675 section 3, RFC 8985 section 5.2).
//!
//! Segments are kept in sequence order, and linked in the order in which they were sent last, which is the order
//! in which RACK looks at them. Everything that happens once per packet is constant in the number of segments
//! in flight, except for a binary search.

use std::collections::{BTreeSet, VecDeque};

use crate::units::SimTime;
use crate::wire::packet::seq_before;

/// The place of a segment: how many were sent before it. Never used again.
pub(super) type Place = u64;

/// No segment.
const NONE: Place = Place::MAX;

/// A segment that has left and that the cumulative acknowledgment does not cover.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts of one segment"
)]
pub(super) struct Sent {
    /// First sequence number.
    pub(super) seq: u32,
    /// First sequence number after it; a FIN counts.
    pub(super) end: u32,
    /// Bytes of data.
    pub(super) data: u32,
    /// When it left last.
    pub(super) at: SimTime,
    /// Ordinal of that transmission: what left at one instant is told apart by it.
    pub(super) order: u64,
    /// Segments that had been delivered when it left last.
    pub(super) delivered: u32,
    /// The receiver has it (SACK).
    pub(super) sacked: bool,
    /// It is held for lost; if `resent`, it was.
    pub(super) lost: bool,
    /// A retransmission is in flight.
    pub(super) resent: bool,
    /// It has left more than once.
    pub(super) ever_resent: bool,
    /// Neighbours in the order of transmission.
    older: Place,
    newer: Place,
    linked: bool,
}

/// The segments in flight.
#[derive(Debug)]
pub(super) struct Scoreboard {
    queue: VecDeque<Sent>,
    /// Place of the front.
    base: Place,
    oldest: Place,
    newest: Place,
    orders: u64,
    /// Lost, and not yet sent again.
    waiting: BTreeSet<Place>,
    sacked: u32,
    lost: u32,
    resent: u32,
    /// End of the highest segment that SACK told of.
    highest_sack: Option<u32>,
}

impl Default for Scoreboard {
    fn default() -> Self {
        Self {
            queue: VecDeque::new(),
            base: 0,
            oldest: NONE,
            newest: NONE,
            orders: 0,
            waiting: BTreeSet::new(),
            sacked: 0,
            lost: 0,
            resent: 0,
            highest_sack: None,
        }
    }
}

impl Scoreboard {
    /// Segments between `SND.UNA` and `SND.NXT`.
    pub(super) fn packets_out(&self) -> u32 {
        u32::try_from(self.queue.len()).expect("fewer than 2^32 segments are in flight")
    }

    /// Segments that the receiver has out of order.
    pub(super) const fn sacked(&self) -> u32 {
        self.sacked
    }

    /// Segments held for lost, sent again or not.
    pub(super) const fn lost(&self) -> u32 {
        self.lost
    }

    /// Retransmissions in flight.
    pub(super) const fn resent(&self) -> u32 {
        self.resent
    }

    /// Segments that are neither in the network nor acknowledged.
    pub(super) const fn left_out(&self) -> u32 {
        self.sacked + self.lost
    }

    /// Segments that are thought to be in the network (RFC 6675's pipe).
    pub(super) fn in_flight(&self) -> u32 {
        (self.packets_out() + self.resent).saturating_sub(self.left_out())
    }

    /// Whether nothing is in flight.
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Whether anything that is not acknowledged has been sent again, the head at least.
    pub(super) fn any_resent(&self) -> bool {
        self.resent > 0 || self.queue.front().is_some_and(|head| head.ever_resent)
    }

    /// First sequence number beyond everything that the receiver is known to have.
    pub(super) fn highest_sack(&self, snd_una: u32) -> u32 {
        self.highest_sack
            .filter(|_| self.sacked > 0)
            .unwrap_or(snd_una)
    }

    /// The first segment.
    pub(super) fn head(&self) -> Option<&Sent> {
        self.queue.front()
    }

    /// Place of the first segment.
    pub(super) const fn head_place(&self) -> Place {
        self.base
    }

    /// Place of the last segment, if there is one.
    pub(super) fn tail_place(&self) -> Option<Place> {
        (!self.queue.is_empty()).then(|| self.base + self.queue.len() as Place - 1)
    }

    /// The segment at a place.
    pub(super) fn get(&self, place: Place) -> Option<&Sent> {
        let index = usize::try_from(place.checked_sub(self.base)?).ok()?;
        self.queue.get(index)
    }

    fn at(&mut self, place: Place) -> &mut Sent {
        let index = usize::try_from(place - self.base).expect("places are of segments in flight");
        &mut self.queue[index]
    }

    /// All places, in sequence order.
    pub(super) fn places(&self) -> std::ops::Range<Place> {
        self.base..self.base + self.queue.len() as Place
    }

    /// Place of the first segment that ends behind `seq`.
    pub(super) fn find(&self, seq: u32) -> Place {
        let index = self
            .queue
            .partition_point(|sent| !seq_before(seq, sent.end));
        self.base + index as Place
    }

    /// Enters a segment that leaves for the first time.
    pub(super) fn push(&mut self, (seq, end): (u32, u32), data: u32, now: SimTime, delivered: u32) {
        let place = self.base + self.queue.len() as Place;
        self.queue.push_back(Sent {
            seq,
            end,
            data,
            at: now,
            order: 0,
            delivered,
            sacked: false,
            lost: false,
            resent: false,
            ever_resent: false,
            older: NONE,
            newer: NONE,
            linked: false,
        });
        self.link(place);
    }

    /// Takes off the first segment, which has been acknowledged.
    pub(super) fn pop(&mut self) -> Option<Sent> {
        let place = self.base;
        self.queue.front()?;
        self.unlink(place);
        let sent = self.queue.pop_front()?;
        self.base += 1;
        if sent.lost {
            self.waiting.remove(&place);
        }
        self.sacked -= u32::from(sent.sacked);
        self.lost -= u32::from(sent.lost);
        self.resent -= u32::from(sent.resent);
        if self.sacked == 0 {
            self.highest_sack = None;
        }
        Some(sent)
    }

    /// The receiver has the segment.
    pub(super) fn mark_sacked(&mut self, place: Place) {
        let sent = self.at(place);
        // A retransmission of what is not held for lost is believed to be in flight still.
        let (lost, resent) = (sent.lost, sent.resent && sent.lost);
        let end = sent.end;
        sent.sacked = true;
        sent.lost = false;
        sent.resent &= !resent;
        self.lost -= u32::from(lost);
        self.resent -= u32::from(resent);
        self.sacked += 1;
        self.waiting.remove(&place);
        if self.highest_sack.is_none_or(|high| seq_before(high, end)) {
            self.highest_sack = Some(end);
        }
        self.unlink(place);
    }

    /// The receiver has dropped what it had acknowledged by SACK (RFC 2018 section 8): forget all of it.
    pub(super) fn forget_sacks(&mut self) {
        for sent in &mut self.queue {
            sent.sacked = false;
        }
        self.sacked = 0;
        self.highest_sack = None;
    }

    /// Holds a segment for lost, or its retransmission. Returns whether that is news.
    pub(super) fn mark_lost(&mut self, place: Place) -> bool {
        let sent = self.at(place);
        if sent.sacked || (sent.lost && !sent.resent) {
            return false;
        }
        let (lost, resent) = (!sent.lost, sent.resent && sent.lost);
        sent.lost = true;
        if !lost {
            sent.resent = false;
        }
        self.lost += u32::from(lost);
        self.resent -= u32::from(resent);
        if !self.at(place).resent {
            self.waiting.insert(place);
        }
        self.unlink(place);
        true
    }

    /// Nothing was lost after all.
    pub(super) fn unmark_lost(&mut self) {
        for sent in &mut self.queue {
            sent.lost = false;
        }
        self.lost = 0;
        self.waiting.clear();
    }

    /// A duplicate of the segment has arrived: its retransmission is in flight no longer.
    pub(super) fn retransmission_arrived(&mut self, place: Place) {
        let sent = self.at(place);
        if std::mem::take(&mut sent.resent) {
            self.resent -= 1;
        }
    }

    /// The segment leaves again. A loss probe is not counted among the retransmissions.
    pub(super) fn send_again(&mut self, place: Place, now: SimTime, delivered: u32, probe: bool) {
        self.unlink(place);
        let sent = self.at(place);
        sent.at = now;
        sent.delivered = delivered;
        sent.ever_resent = true;
        if !probe && !sent.resent {
            sent.resent = true;
            self.resent += 1;
            self.waiting.remove(&place);
        }
        self.link(place);
    }

    /// The part of a segment before `seq` has been acknowledged.
    pub(super) fn trim_head(&mut self, seq: u32) {
        if let Some(head) = self.queue.front_mut()
            && seq_before(head.seq, seq)
        {
            let gone = seq.wrapping_sub(head.seq);
            head.seq = seq;
            head.data = head.data.saturating_sub(gone);
        }
    }

    /// Place of the first segment that is lost and has not been sent again.
    pub(super) fn first_waiting(&self) -> Option<Place> {
        self.waiting.first().copied()
    }

    /// Place of the segment that was sent longest ago, of those in the network.
    pub(super) const fn oldest(&self) -> Option<Place> {
        existing(self.oldest)
    }

    /// Place of the segment sent next after that at `place`.
    pub(super) fn sent_after(&self, place: Place) -> Option<Place> {
        existing(self.get(place)?.newer)
    }

    /// Appends to the order of transmission.
    fn link(&mut self, place: Place) {
        let (newest, order) = (self.newest, self.orders);
        self.orders += 1;
        let sent = self.at(place);
        (sent.older, sent.newer) = (newest, NONE);
        (sent.linked, sent.order) = (true, order);
        if newest == NONE {
            self.oldest = place;
        } else {
            self.at(newest).newer = place;
        }
        self.newest = place;
    }

    /// Takes out of the order of transmission.
    fn unlink(&mut self, place: Place) {
        let sent = self.at(place);
        if !std::mem::take(&mut sent.linked) {
            return;
        }
        let (older, newer) = (sent.older, sent.newer);
        if older == NONE {
            self.oldest = newer;
        } else {
            self.at(older).newer = newer;
        }
        if newer == NONE {
            self.newest = older;
        } else {
            self.at(newer).older = older;
        }
    }
}

const fn existing(place: Place) -> Option<Place> {
    if place == NONE { None } else { Some(place) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(segments: u32) -> Scoreboard {
        let mut board = Scoreboard::default();
        for index in 0..segments {
            let seq = (u32::MAX - 2_000).wrapping_add(index * 1_000);
            board.push((seq, seq.wrapping_add(1_000)), 1_000, SimTime::ZERO, 0);
        }
        board
    }

    fn by_time(board: &Scoreboard) -> Vec<Place> {
        std::iter::successors(board.oldest(), |&place| board.sent_after(place)).collect()
    }

    #[test]
    fn segments_are_found_by_sequence_number_across_the_wrap() {
        let board = board(5);
        let first = u32::MAX - 2_000;
        let found =
            [0, 999, 1_000, 4_999, 5_000].map(|offset| board.find(first.wrapping_add(offset)));
        assert_eq!(found, [0, 0, 1, 4, 5]);
    }

    #[test]
    fn counters_follow_the_life_of_a_segment() {
        let mut board = board(4);
        assert!(board.mark_lost(1));
        assert!(!board.mark_lost(1));
        assert_eq!((board.in_flight(), board.first_waiting()), (3, Some(1)));
        board.send_again(1, SimTime::ZERO, 0, false);
        assert_eq!((board.in_flight(), board.first_waiting()), (4, None));
        assert!(board.mark_lost(1), "the retransmission is lost too");
        assert_eq!((board.in_flight(), board.first_waiting()), (3, Some(1)));
        board.mark_sacked(1);
        assert_eq!((board.in_flight(), board.sacked(), board.lost()), (3, 1, 0));
        board.pop();
        board.pop();
        assert_eq!((board.in_flight(), board.sacked()), (2, 0));
        assert_eq!(board.head_place(), 2);
    }

    #[test]
    fn what_is_sent_again_is_the_newest() {
        let mut board = board(4);
        board.send_again(1, SimTime::ZERO, 0, true);
        assert_eq!(by_time(&board), [0, 2, 3, 1]);
        board.mark_sacked(2);
        board.mark_lost(0);
        assert_eq!(by_time(&board), [3, 1]);
        board.send_again(0, SimTime::ZERO, 0, false);
        assert_eq!(by_time(&board), [3, 1, 0]);
        assert_eq!(board.resent(), 1, "a probe is not counted");
    }
}
