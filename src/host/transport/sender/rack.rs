//! RACK: what was sent a round trip and a reordering window before something that has arrived is lost (RFC 8985).

use super::scoreboard::{Place, Sent};
use super::timers::Alarm;
use super::{Sender, State};
use crate::units::{SimTime, Span};

/// Recoveries for which a widened reordering window lasts (RFC 8985 section 6.2 step 4).
const PERSIST: u32 = 16;

/// Added to the reordering timer, against firing too early (`TCP_TIMEOUT_MIN_US`).
pub(super) const MARGIN: Span = Span::from_millis(2);

/// What RACK remembers of the connection.
#[derive(Debug)]
pub(super) struct Rack {
    /// Time and ordinal of the latest transmission that has arrived.
    latest: Option<(SimTime, u64)>,
    /// The round trip of the segment that was delivered last.
    rtt: Span,
    /// Something was delivered since the last look for losses.
    pub(super) advanced: bool,
    /// A retransmission turned out to be for nothing.
    pub(super) duplicate_seen: bool,
    /// The reordering window in quarters of the least RTT, and for how many recoveries it lasts.
    steps: u32,
    pub(super) persist: u32,
    /// Deliveries when the window was last widened.
    widened_at: u32,
}

impl Default for Rack {
    fn default() -> Self {
        Self {
            latest: None,
            rtt: Span::ZERO,
            advanced: false,
            duplicate_seen: false,
            steps: 1,
            persist: 0,
            widened_at: 0,
        }
    }
}

impl Rack {
    /// How much longer a segment that was sent at `at` may be on its way.
    fn left(&self, now: SimTime, at: SimTime, window: Span) -> Span {
        (self.rtt + window).saturating_sub(now - at)
    }

    /// A recovery ended because of DSACK: the reordering window is kept for one more, at most.
    pub(super) fn persist_longer(&mut self) {
        self.persist = (self.persist + 1).min(PERSIST);
    }
}

impl Sender {
    /// A segment was delivered (RFC 8985 section 6.2 step 2, `tcp_rack_advance`).
    pub(super) fn rack_advance(&mut self, now: SimTime, sent: &Sent, echo: Option<u32>) {
        let rtt = now - sent.at;
        if sent.ever_resent {
            // It may be the original that has arrived, and not what was sent again.
            let too_soon = self.rtt.min_rtt().is_some_and(|least| rtt < least);
            if too_soon || self.echo_before(echo, sent.at) {
                return;
            }
        }
        self.rack.advanced = true;
        self.rack.rtt = rtt;
        let latest = (sent.at, sent.order);
        if self.rack.latest.is_none_or(|before| before < latest) {
            self.rack.latest = Some(latest);
        }
    }

    /// How much reordering is waited for (RFC 8985 section 6.2 step 4, `tcp_rack_reo_wnd`).
    fn reordering_window(&self) -> Span {
        let certain = self.state >= State::Recovery || self.board.sacked() >= self.reordering;
        if !self.reordering_seen && certain {
            return Span::ZERO;
        }
        let least = self.rtt.min_rtt().unwrap_or(Span::ZERO);
        let window = least / 4 * u64::from(self.rack.steps);
        self.rtt.srtt().map_or(window, |srtt| window.min(srtt))
    }

    /// Holds for lost what has been on its way too long, and says how long to wait for the rest.
    fn detect_losses(&mut self, now: SimTime) -> Option<Span> {
        let latest = self.rack.latest?;
        let window = self.reordering_window();
        let mut wait = None;
        let mut next = self.board.oldest();
        while let Some(place) = next {
            let sent = self.board.get(place).expect("it is linked");
            if (sent.at, sent.order) >= latest {
                break;
            }
            next = self.board.sent_after(place);
            let left = self.rack.left(now, sent.at, window);
            if left.is_zero() {
                self.lose(place);
            } else {
                wait = wait.max(Some(left));
            }
        }
        wait
    }

    /// Holds a segment for lost.
    pub(super) fn lose(&mut self, place: Place) {
        if self.board.mark_lost(place) {
            self.lost += 1;
        }
    }

    /// After an acknowledgment: what is lost? Sets the reordering timer if need be (`tcp_rack_mark_lost`).
    pub(super) fn identify_losses(&mut self, now: SimTime, flags: &mut super::flags::Flags) {
        if self.board.is_empty() || !std::mem::take(&mut self.rack.advanced) {
            return;
        }
        let resent = self.board.resent();
        if let Some(wait) = self.detect_losses(now) {
            flags.set_timer = false;
            self.alarm = Some((Alarm::Reorder, now + wait + MARGIN));
        }
        flags.lost_retransmission |= self.board.resent() < resent;
    }

    /// The reordering timer is due (`tcp_rack_reo_timeout`). Returns whether anything is to be sent again.
    pub(super) fn reordering_is_over(&mut self, now: SimTime) -> bool {
        let (in_flight, lost) = (self.board.in_flight(), self.lost);
        self.detect_losses(now);
        let found = self.board.in_flight() != in_flight;
        if found && self.state != State::Recovery {
            self.enter_recovery();
            self.reduce(1, self.lost - lost, false);
        }
        found
    }

    /// Whether a segment sent at `at` has been on its way for a whole round trip.
    pub(super) fn is_overdue(&self, now: SimTime, at: SimTime) -> bool {
        self.rack.left(now, at, Span::ZERO).is_zero()
    }

    /// Widens the reordering window where retransmissions proved to be for nothing (RFC 8985 section 6.2 step 4).
    pub(super) fn adapt_reordering_window(&mut self, prior_delivered: u32) {
        if prior_delivered == 0 {
            return;
        }
        let rack = &mut self.rack;
        if prior_delivered < rack.widened_at {
            rack.duplicate_seen = false; // less than a round trip since the last time
        }
        if std::mem::take(&mut rack.duplicate_seen) {
            rack.steps = (rack.steps + 1).min(255);
            rack.widened_at = self.delivered;
            rack.persist = PERSIST;
        } else if rack.persist == 0 {
            rack.steps = 1;
        }
    }
}
