//! A window that is not used says nothing about the path: it does not grow, and it shrinks in time.

use super::{Sender, State};
use crate::event::Limit;
use crate::units::{SimTime, Span};
use crate::wire::packet::seq_before;

/// How far the congestion window has been used.
#[derive(Debug)]
pub(super) struct Usage {
    /// Something waited because of the congestion window since the last look.
    pub(super) blocked: bool,
    /// What kept new data from leaving when it was last tried.
    pub(super) limit: Option<Limit>,
    /// The congestion window was the limit within the present round.
    limited: bool,
    /// Most segments in flight within the round, which ends where `round_end` is acknowledged.
    most: u32,
    round_end: u32,
    /// Most segments in flight since the window was last known to be in use, at `used_at`.
    used: u32,
    used_at: SimTime,
    /// When data was last sent.
    pub(super) last_sent: SimTime,
}

impl Usage {
    pub(super) const fn new(isn: u32) -> Self {
        Self {
            blocked: false,
            limit: None,
            limited: false,
            most: 0,
            round_end: isn,
            used: 0,
            used_at: SimTime::ZERO,
            last_sent: SimTime::ZERO,
        }
    }

    /// The connection is open.
    pub(super) const fn begin(&mut self, now: SimTime, next: u32) {
        self.used_at = now;
        self.last_sent = now;
        self.round_end = next;
    }
}

impl Sender {
    /// Whether the window may grow: it was used up, or in slow start half of it (`tcp_is_cwnd_limited`).
    pub(super) const fn is_window_limited(&self) -> bool {
        self.usage.limited
            || (self.window.in_slow_start() && self.window.cwnd < 2 * self.usage.most)
    }

    /// After sending: was the congestion window the limit? (`tcp_cwnd_validate`)
    pub(super) fn validate_window(&mut self, now: SimTime, limited: bool) {
        let out = self.board.packets_out();
        let usage = &mut self.usage;
        if !seq_before(self.snd_una, usage.round_end)
            || limited
            || (!usage.limited && out > usage.most)
        {
            usage.limited = limited;
            usage.most = out;
            usage.round_end = self.snd_nxt;
        }
        if self.is_window_limited() {
            self.usage.used = 0;
            self.usage.used_at = now;
            return;
        }
        self.usage.used = self.usage.used.max(out);
        if self.setup.restart && now - self.usage.used_at >= self.rtt.rto() {
            self.shrink_to_use(now);
        }
    }

    /// The application, or the peer's window, has been the limit for a whole timeout (RFC 2861 section 3,
    /// `tcp_cwnd_application_limited`).
    fn shrink_to_use(&mut self, now: SimTime) {
        if self.state == State::Open {
            let used = self.usage.used.max(self.setup.initial_window);
            if used < self.window.cwnd {
                self.window.ssthresh = self.current_ssthresh();
                self.window.cwnd = u32::midpoint(self.window.cwnd, used);
            }
            self.usage.used = 0;
        }
        self.usage.used_at = now;
    }

    /// Nothing was in flight for a while: the window is halved for every timeout that has passed, down to the
    /// initial one (`tcp_cwnd_restart`).
    pub(super) fn restart_after_idle(&mut self, now: SimTime) {
        let rto = self.rtt.rto();
        let idle = now - self.usage.last_sent;
        if idle <= rto {
            return;
        }
        let mut left = idle - rto;
        self.window.ssthresh = self.current_ssthresh();
        let floor = self.setup.initial_window.min(self.window.cwnd);
        let mut cwnd = self.window.cwnd;
        while left > Span::ZERO && cwnd > floor {
            cwnd >>= 1;
            left = left.saturating_sub(rto);
        }
        self.window.cwnd = cwnd.max(floor);
        self.usage.used_at = now;
        self.usage.used = 0;
    }
}
