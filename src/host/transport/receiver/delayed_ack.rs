//! How long an ACK may wait: quick ACKs, interactive exchanges and the delayed-ACK timer (RFC 9293 section
//! 3.8.6.3, RFC 5681 section 4.2).
//!
//! Linux spends a credit of quick ACKs at the beginning, so that the peer's slow start is not held up; it delays
//! ACKs where they can ride on an answer ("ping-pong"), and adapts the delay to the peer's rhythm. This module
//! knows nothing of holes; [`super::compression`] thins out ACKs while there are some.

use super::Acknowledge;
use crate::units::{SimTime, Span};

/// Most ACKs that one credit pays for (`TCP_MAX_QUICKACKS`).
const MOST_QUICK: u32 = 16;
/// Least quick ACKs of a credit, however small the window is.
const LEAST_QUICK: u32 = 2;
/// Shortest delay, and the one that a connection begins with (`TCP_ATO_MIN`, `TCP_DELACK_MIN`).
const SHORTEST: Span = Span::from_millis(40);
/// Longest delay in an interactive exchange, or where the peer pushed (`TCP_DELACK_MAX`).
const LONGEST_INTERACTIVE: Span = Span::from_millis(200);
/// Longest delay in a one-way stream: the 500 ms of RFC 9293 section 3.8.6.3.
const LONGEST_BULK: Span = Span::from_millis(500);
/// What the timer never exceeds (`tcp_delack_max`): one tick of 1 ms less than the peer's shortest RTO.
const LONGEST: Span = Span::from_millis(199);

/// Whether the peer's writes ended since the last ACK (`ICSK_ACK_PUSHED`, `ICSK_ACK_PUSHED2`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pushed {
    /// Not that one could see.
    #[default]
    No,
    /// Once: an ACK follows when the application has read everything, unless it is expected to answer.
    Once,
    /// More often: an ACK follows even if the application is expected to answer.
    Again,
}

/// What waits for the next segment with an ACK, whichever it is.
#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    scheduled: bool,
    at_once: bool,
    pushed: Pushed,
    timer: Option<SimTime>,
}

/// The delayed-ACK state of a connection.
#[derive(Clone, Debug, Default)]
pub(super) struct DelayedAck {
    quick: u32,
    interactive: bool,
    /// The adaptive delay (`ato`); zero until data has come.
    delay: Span,
    last_data: SimTime,
    pending: Pending,
}

impl DelayedAck {
    /// An ACK is due some time.
    pub(super) const fn schedule(&mut self) {
        self.pending.scheduled = true;
    }

    /// An ACK is due with this segment (`ICSK_ACK_NOW`).
    pub(super) const fn demand(&mut self) {
        self.pending.at_once = true;
    }

    /// Data came in order (`tcp_event_data_recv`): the delay follows the rhythm of the arrivals, and a peer that
    /// begins, or begins again after a silence, gets quick ACKs.
    pub(super) fn data_arrived(&mut self, now: SimTime, rto: Span, window: u32, full_segment: u32) {
        let gap = now.since(self.last_data);
        self.last_data = now;
        if self.delay.is_zero() {
            self.grant(window, full_segment);
            self.delay = SHORTEST;
        } else if gap <= SHORTEST / 2 {
            self.delay = self.delay / 2 + SHORTEST / 2;
        } else if gap < self.delay {
            self.delay = (self.delay / 2 + gap).min(rto);
        } else if gap > rto {
            self.grant(window, full_segment);
        }
    }

    /// A credit of quick ACKs: half the window in full segments, within bounds (`tcp_incr_quickack`).
    fn grant(&mut self, window: u32, full_segment: u32) {
        let credit = (window / (2 * full_segment.max(1))).clamp(LEAST_QUICK, MOST_QUICK);
        self.quick = self.quick.max(credit);
    }

    /// The window grew: the peer hears of it at once (`tcp_grow_window`).
    pub(super) const fn window_grew(&mut self) {
        self.quick |= 1;
    }

    /// Memory is short, so quick ACKs end (`__tcp_select_window`).
    pub(super) const fn memory_short(&mut self) {
        self.quick = 0;
    }

    /// The peer repeats itself, so it may miss ACKs (`tcp_enter_quickack_mode`).
    pub(super) fn repetition(&mut self, window: u32, full_segment: u32) {
        self.grant(window, full_segment);
        self.interactive = false;
        self.delay = SHORTEST;
    }

    /// A full segment ended a write of the peer's.
    pub(super) fn pushed(&mut self) {
        self.pending.pushed = self.pending.pushed.max(Pushed::Once);
    }

    /// A small segment ended a write of the peer's.
    pub(super) const fn pushed_small(&mut self) {
        self.pending.pushed = match self.pending.pushed {
            Pushed::No => Pushed::Once,
            Pushed::Once | Pushed::Again => Pushed::Again,
        };
    }

    /// The exchange is interactive from now on.
    pub(super) const fn enter_interactive(&mut self) {
        self.interactive = true;
    }

    /// The application asks for quick ACKs (`tcp_sock_set_quickack`). Returns whether one waits.
    pub(super) const fn hurry(&mut self) -> bool {
        self.interactive = false;
        self.pending.scheduled
    }

    /// Data left: an answer if it comes soon after the last data (`tcp_event_data_sent` with
    /// `net.ipv4.tcp_pingpong_thresh` = 1, the default).
    pub(super) fn data_sent(&mut self, now: SimTime) {
        self.interactive |= now.since(self.last_data) < self.delay;
    }

    /// A segment with an ACK left (`tcp_event_ack_sent`).
    pub(super) fn ack_sent(&mut self) {
        if self.pending.scheduled && self.quick > 0 {
            self.quick -= 1;
            if self.quick == 0 {
                self.delay = SHORTEST;
            }
        }
        self.pending = Pending::default();
    }

    /// Whether the segment that came must be acknowledged at once for what this module knows.
    pub(super) const fn is_urgent(&self) -> bool {
        self.pending.at_once || (self.quick > 0 && !self.interactive)
    }

    /// Whether an ACK is due some time.
    pub(super) const fn is_scheduled(&self) -> bool {
        self.pending.scheduled
    }

    /// Whether an ACK is due once the application has read everything (`tcp_cleanup_rbuf`).
    pub(super) const fn is_due_when_drained(&self) -> bool {
        match self.pending.pushed {
            Pushed::No => false,
            Pushed::Once => !self.interactive,
            Pushed::Again => true,
        }
    }

    /// Lets the ACK wait for data, or for the timer (`tcp_send_delayed_ack`): no longer than a round trip, and
    /// never longer than a timer that runs already.
    pub(super) fn wait(&mut self, now: SimTime, srtt: Option<Span>) -> Acknowledge {
        let mut wait = self.delay;
        if wait > SHORTEST {
            let prompt = self.interactive || self.pending.pushed != Pushed::No;
            let longest = if prompt {
                LONGEST_INTERACTIVE
            } else {
                LONGEST_BULK
            };
            let round_trip = srtt.map_or(longest, |srtt| srtt.max(SHORTEST));
            wait = wait.min(longest).min(round_trip);
        }
        wait = wait.min(LONGEST);
        let mut due = now + wait;
        if let Some(running) = self.pending.timer {
            if running <= now + wait / 4 {
                return Acknowledge::Now;
            }
            due = due.min(running);
        }
        self.pending.scheduled = true;
        self.pending.timer = Some(due);
        Acknowledge::Later
    }

    /// When the timer fires.
    pub(super) const fn deadline(&self) -> Option<SimTime> {
        self.pending.timer
    }

    /// The timer is due (`tcp_delack_timer_handler`): whether an ACK leaves. No answer came in time, so the
    /// exchange was not interactive, or the delay too short.
    pub(super) fn fired(&mut self, rto: Span) -> bool {
        self.pending.timer = None;
        if !self.pending.scheduled {
            return false;
        }
        if self.interactive {
            self.interactive = false;
            self.delay = SHORTEST;
        } else {
            self.delay = (self.delay * 2).min(rto);
        }
        true
    }
}
