//! smoltcp's own congestion control and loss recovery, observed from outside.

use super::{Segment, Sending};
use crate::event::Mechanism;
use crate::wire::packet::seq_before;

/// Duplicate ACKs that make smoltcp retransmit at once (RFC 5681 section 3.2).
const DUPLICATE_ACKS: u32 = 3;

/// Watches one connection: tells a retransmission's mechanism and counts fruitless ones.
#[derive(Debug)]
pub(in crate::host) struct Native {
    snd_una: u32,
    snd_max: u32,
    peer_window: u16,
    duplicates: u32,
    fast_retransmit_due: bool,
    fruitless: u32,
    retries: u32,
}

impl Native {
    /// A watch that gives up after `retries` fruitless retransmissions. `isn` is the initial sequence number.
    pub(in crate::host) const fn new(isn: u32, retries: u32) -> Self {
        Self {
            snd_una: isn,
            snd_max: isn,
            peer_window: 0,
            duplicates: 0,
            fast_retransmit_due: false,
            fruitless: 0,
            retries,
        }
    }

    fn mechanism(&mut self, segment: Segment) -> Mechanism {
        if self.peer_window == 0 && segment.data == 1 {
            return Mechanism::WindowProbe;
        }
        if segment.seq == self.snd_una && std::mem::take(&mut self.fast_retransmit_due) {
            return Mechanism::FastRetransmit;
        }
        Mechanism::Rto
    }

    /// A segment arrived; smoltcp has not seen it yet.
    pub(in crate::host) fn received(&mut self, segment: Segment) {
        let Some(ack) = segment.ack else { return };
        if seq_before(self.snd_una, ack) && !seq_before(self.snd_max, ack) {
            self.snd_una = ack;
            self.duplicates = 0;
            self.fruitless = 0;
        } else if ack == self.snd_una
            && segment.len == 0
            && segment.window == self.peer_window
            && seq_before(self.snd_una, self.snd_max)
        {
            self.duplicates += 1;
            self.fast_retransmit_due = self.duplicates == DUPLICATE_ACKS;
        }
        if segment.window == 0 {
            self.fruitless = 0; // an answered window probe keeps the connection (RFC 9293 section 3.8.6.1)
        }
        self.peer_window = segment.window;
    }

    /// smoltcp wants to send a segment with data, SYN or FIN.
    pub(in crate::host) fn sending(&mut self, segment: Segment) -> Sending {
        let end = segment.seq.wrapping_add(segment.len);
        if seq_before(self.snd_max, end) {
            self.snd_max = end;
            return Sending::First;
        }
        let mechanism = self.mechanism(segment);
        if segment.seq == self.snd_una && mechanism != Mechanism::FastRetransmit {
            self.fruitless += 1;
        }
        if self.fruitless > self.retries {
            Sending::GiveUp
        } else {
            Sending::Again(mechanism)
        }
    }

    /// First sequence number after everything that was sent.
    pub(in crate::host) const fn snd_max(&self) -> u32 {
        self.snd_max
    }

    /// First sequence number that is not acknowledged.
    pub(in crate::host) const fn snd_una(&self) -> u32 {
        self.snd_una
    }
}
