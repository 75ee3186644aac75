//! How much new data leaves together. Linux builds large segments and cuts them late (TSO, GSO), even where the
//! wire takes small ones only; how many leave at once, which of them carries PSH, and which wait for the next
//! acknowledgment follows from that.

use super::{Sender, State};
use crate::event::Limit;
use crate::units::{SimTime, Span};
use crate::wire::packet::seq_before;

/// Largest burst in bytes (`sk_gso_max_size`).
const LARGEST: u64 = 65_536;

/// Segments of a burst, where they wait to be sent, at least (`net.ipv4.tcp_min_tso_segs`).
const SEGMENTS: u32 = 2;

/// Share of the window that is worth sending at once (`net.ipv4.tcp_tso_win_divisor`).
const WINDOW_DIVISOR: u32 = 3;

/// A write that is longer ago than this lets the next one leave at once.
const RECENT: Span = Span::from_millis(1);

impl Sender {
    /// How many bytes of new data leave together now, of `unsent` ones: none if they have to wait, else one
    /// segment or several full ones (`tcp_write_xmit`). `nagle` holds a small segment back while another is in
    /// flight (RFC 896); `last` says that nothing more will be written.
    pub(in crate::host) fn burst(
        &mut self,
        now: SimTime,
        unsent: u32,
        nagle: bool,
        last: bool,
    ) -> Option<u32> {
        self.usage.limit = None;
        if unsent == 0 {
            return None;
        }
        let (in_flight, cwnd) = (self.board.in_flight(), self.window.cwnd);
        if in_flight >= cwnd {
            self.usage.blocked = true;
            self.usage.limit = Some(Limit::CongestionWindow);
            return None;
        }
        let window = self.window_left();
        if window < unsent.min(self.mss) {
            self.usage.limit = Some(Limit::PeerWindow);
            return None; // the peer's window does not take a whole segment
        }
        if unsent <= self.mss {
            let held = self.holds_back(unsent, nagle);
            self.usage.limit = held.then_some(Limit::Nagle);
            return (!held).then_some(unsent);
        }
        let most = self.autosize();
        if self.defers(now, unsent, most, last) {
            return None;
        }
        let segments = (cwnd - in_flight).min((cwnd / 2).max(1)).min(most);
        let longest = segments * self.mss;
        let needed = unsent.min(window);
        if longest <= needed {
            return Some(longest);
        }
        let partial = needed % self.mss;
        if partial > 0 && (needed < unsent || self.holds_back(partial, nagle)) {
            return Some(needed - partial);
        }
        Some(needed)
    }

    /// What kept new data from leaving when it was last tried.
    pub(in crate::host) const fn limit(&self) -> Option<Limit> {
        self.usage.limit
    }

    /// How many bytes a segment beyond both windows may carry: for a loss probe.
    pub(super) fn fitting(&self, unsent: u32) -> Option<u32> {
        let size = unsent.min(self.mss);
        (self.window_left() >= size).then_some(size)
    }

    /// Bytes that the peer's window still takes.
    pub(super) fn window_left(&self) -> u32 {
        let edge = self.snd_una.wrapping_add(self.snd_wnd);
        if seq_before(self.snd_nxt, edge) {
            edge.wrapping_sub(self.snd_nxt)
        } else {
            0
        }
    }

    /// Nagle's algorithm in Minshall's form: a small segment waits only for another small one (`tcp_nagle_check`).
    fn holds_back(&self, size: u32, nagle: bool) -> bool {
        let small_in_flight = self
            .small_end
            .is_some_and(|end| seq_before(self.snd_una, end));
        nagle && size < self.mss && small_in_flight && !self.board.is_empty()
    }

    /// Segments of a burst: about a millisecond's worth at the rate at which the window lets data leave
    /// (`tcp_tso_autosize`, `tcp_update_pacing_rate`).
    fn autosize(&self) -> u32 {
        let (mss, cwnd) = (u64::from(self.mss), u64::from(self.window.cwnd));
        let share = if self.window.cwnd < self.window.ssthresh / 2 {
            200
        } else {
            120
        };
        let out = cwnd.max(u64::from(self.board.packets_out()));
        let mut bytes = LARGEST;
        if let Some(srtt) = self.rtt.srtt() {
            let micros = (srtt.as_nanos() / 1_000).max(1);
            bytes = (mss * out * 10_000 * share / micros) >> 10;
        }
        if let Some(least) = self.rtt.min_rtt() {
            let shift = (least.as_nanos() / 1_000) >> 9; // more on short paths
            bytes += LARGEST
                .checked_shr(u32::try_from(shift).unwrap_or(u32::MAX))
                .unwrap_or(0);
        }
        let segments = bytes.min(LARGEST) / mss;
        u32::try_from(segments).map_or(SEGMENTS, |segments| segments.max(SEGMENTS))
    }

    /// Whether it is better to wait for the next acknowledgment and send more then (`tcp_tso_should_defer`).
    fn defers(&mut self, now: SimTime, unsent: u32, most: u32, last: bool) -> bool {
        if self.state >= State::Recovery || now - self.usage.last_sent > RECENT {
            return false;
        }
        let mss = self.mss;
        let open = (self.window.cwnd - self.board.in_flight()) * mss;
        let window = self.window_left();
        let limit = open.min(window);
        let chunk = self.snd_wnd.min(self.window.cwnd.saturating_mul(mss)) / WINDOW_DIVISOR;
        if limit >= most * mss || limit >= chunk {
            return false;
        }
        let (Some(head), Some(srtt)) = (self.board.head(), self.rtt.srtt()) else {
            return false;
        };
        if now - head.at < srtt / 2 {
            return false; // the next acknowledgment is too far away
        }
        if open < window {
            if open <= unsent {
                self.usage.blocked = true;
                self.usage.limit = Some(Limit::CongestionWindow);
                return true;
            }
        } else if window <= unsent {
            self.usage.limit = Some(Limit::PeerWindow);
            return true;
        }
        self.usage.limit = (!last).then_some(Limit::CongestionWindow);
        !last
    }
}
