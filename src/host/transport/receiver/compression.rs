//! Thins out the ACKs of segments behind a hole (Linux's SACK compression).
//!
//! The first three tell the peer of the loss (RFC 5681 section 3.2); of the rest one per millisecond does,
//! since each reports all that came (RFC 2018 section 4).

use super::Acknowledge;
use crate::units::{SimTime, Span};

/// Longest wait (`net.ipv4.tcp_comp_sack_delay_ns`).
const LONGEST: Span = Span::from_millis(1);
/// Most ACKs that wait together (`net.ipv4.tcp_comp_sack_nr`).
const MOST_HELD: u32 = 44;
/// Duplicate ACKs that leave at once (`TCP_FASTRETRANS_THRESH`).
const PROMPT: u32 = 3;
/// The wait as a part of the round trip: 5 %.
const PART_OF_ROUND_TRIP: u64 = 20;

/// The ACKs that wait together.
#[derive(Clone, Debug, Default)]
pub(super) struct Compression {
    held: u32,
    timer: Option<SimTime>,
    rcv_nxt: u32,
    prompt: u32,
}

impl Compression {
    /// A segment behind a hole wants an ACK.
    pub(super) fn offer(&mut self, now: SimTime, rcv_nxt: u32, round_trip: Span) -> Acknowledge {
        if self.held >= MOST_HELD {
            return Acknowledge::Now;
        }
        if self.rcv_nxt != rcv_nxt {
            self.rcv_nxt = rcv_nxt;
            self.prompt = 0;
        }
        if self.prompt < PROMPT {
            self.prompt += 1;
            return Acknowledge::Now;
        }
        let wait = (round_trip / PART_OF_ROUND_TRIP).min(LONGEST);
        if wait.is_zero() {
            return Acknowledge::Now; // the round trip is not known yet
        }
        self.held += 1;
        self.timer.get_or_insert(now + wait);
        Acknowledge::Later
    }

    /// Whether an ACK waits.
    pub(super) const fn is_holding(&self) -> bool {
        self.held > 0
    }

    /// A segment with an ACK left, and with it all that waited.
    pub(super) const fn clear(&mut self) {
        self.held = 0;
        self.timer = None;
    }

    /// When the waiting ends.
    pub(super) const fn deadline(&self) -> Option<SimTime> {
        self.timer
    }
}
