//! Congestion control as Linux does it: how many segments may be in flight.
//!
//! A [`Window`] is what the sender reads and, while it recovers from loss, writes itself; a [`Controller`] lets
//! it grow and says how far it falls. All arithmetic is on integers, in the kernel's units (segments,
//! milliseconds as jiffies at HZ = 1000, microseconds), so that every platform computes the same windows. This
//! module does not know what was lost, and never learns a number from anywhere but its arguments.

mod cubic;
mod hystart;
mod reno;

#[cfg(test)]
mod tests;

use super::CongestionControl;
use crate::units::{SimTime, Span};

/// The window of a connection without congestion control: more than any receive window can hold (RFC 7323
/// section 2.3 allows 1 GiB), and small enough that its bytes at an Ethernet MSS fit in 32 bits.
pub(in crate::host) const UNLIMITED: u32 = 1 << 20;

/// `ssthresh` of a connection that has not met its limit.
const NO_THRESHOLD: u32 = u32::MAX;

/// The congestion window, counted in segments as Linux does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::host) struct Window {
    /// Segments that may be in flight; at least 1.
    pub(in crate::host) cwnd: u32,
    /// Where slow start ends; `u32::MAX` while there is no such limit.
    pub(in crate::host) ssthresh: u32,
    /// Acknowledged segments that have not yet widened the window (`snd_cwnd_cnt`).
    pub(in crate::host) count: u32,
}

impl Window {
    /// A window of `initial` segments, at least one, that has not met its limit.
    pub(in crate::host) const fn new(initial: u32) -> Self {
        Self {
            cwnd: if initial == 0 { 1 } else { initial },
            ssthresh: NO_THRESHOLD,
            count: 0,
        }
    }

    /// The first window of a connection under `algorithm` on a system whose initial window is `initial`.
    pub(in crate::host) const fn of(algorithm: CongestionControl, initial: u32) -> Self {
        match algorithm {
            CongestionControl::Cubic | CongestionControl::Reno => Self::new(initial),
            CongestionControl::Unlimited => Self::new(UNLIMITED),
        }
    }

    /// Whether the window grows by what is acknowledged (`tcp_in_slow_start`).
    pub(in crate::host) const fn in_slow_start(&self) -> bool {
        self.cwnd < self.ssthresh
    }

    /// Widens the window by all `acked` segments, at most up to `ssthresh`, and returns those that are left for
    /// congestion avoidance (`tcp_slow_start`; RFC 3465 without its limit of two segments per ACK).
    pub(in crate::host) fn slow_start(&mut self, acked: u32) -> u32 {
        let wider = self.cwnd.saturating_add(acked).min(self.ssthresh);
        let used = wider.saturating_sub(self.cwnd);
        self.cwnd += used;
        acked - used
    }

    /// Widens the window by one segment for every `w` that are acknowledged (`tcp_cong_avoid_ai`).
    pub(in crate::host) fn additive(&mut self, w: u32, acked: u32) {
        let w = w.max(1);
        // What was saved up under a larger `w` is worth one segment now, not a burst.
        if self.count >= w {
            self.count = 0;
            self.cwnd = self.cwnd.saturating_add(1);
        }
        let saved = self.count.saturating_add(acked);
        self.cwnd = self.cwnd.saturating_add(saved / w);
        self.count = saved % w;
    }
}

/// What a controller may look at when an ACK came.
#[derive(Clone, Copy, Debug)]
pub(in crate::host) struct Context {
    /// When the ACK arrived.
    pub(in crate::host) now: SimTime,
    /// Smoothed round-trip time, this ACK's sample included.
    pub(in crate::host) srtt: Option<Span>,
    /// First sequence number that is not acknowledged, this ACK included.
    pub(in crate::host) snd_una: u32,
    /// Next sequence number to send for the first time.
    pub(in crate::host) snd_nxt: u32,
    /// Bytes in a full segment.
    pub(in crate::host) mss: u32,
}

/// One connection's congestion control. A call for every event, in the order in which Linux's `tcp_ack` makes
/// them: the RTT estimator, [`acked`](Self::acked), loss detection, and [`grow`](Self::grow) last.
pub(in crate::host) trait Controller: std::fmt::Debug {
    /// Segments were acknowledged for the first time, by ACK or SACK, and `rtt` after the latest of them was
    /// sent (`pkts_acked`). Not for the SYN: Linux starts its controller after the handshake.
    fn acked(&mut self, _window: &mut Window, _rtt: Span, _context: &Context) {}

    /// `acked` segments were newly delivered, no window reduction is under way, and the window was what limited
    /// the sender (`cong_avoid`).
    fn grow(&mut self, window: &mut Window, acked: u32, context: &Context);

    /// The threshold for the loss episode that begins now. The caller writes it into the window.
    fn ssthresh(&mut self, window: &Window) -> u32;

    /// The retransmission timer fired (`TCP_CA_Loss`); called after [`ssthresh`](Self::ssthresh).
    fn timed_out(&mut self, _context: &Context) {}

    /// A segment leaves with nothing in flight before it, and the last one left at `last_sent`
    /// (`CA_EVENT_TX_START`).
    fn transmit_start(&mut self, _now: SimTime, _last_sent: SimTime) {}
}

/// A controller for a new connection.
pub(in crate::host) fn controller(algorithm: CongestionControl) -> Box<dyn Controller> {
    match algorithm {
        CongestionControl::Cubic => Box::new(cubic::Cubic::new()),
        CongestionControl::Reno => Box::new(reno::Reno),
        CongestionControl::Unlimited => Box::new(Unlimited),
    }
}

/// No congestion control: only the peer's window limits the sender.
#[derive(Debug)]
struct Unlimited;

impl Controller for Unlimited {
    fn grow(&mut self, window: &mut Window, _acked: u32, _context: &Context) {
        window.cwnd = UNLIMITED;
    }

    fn ssthresh(&mut self, _window: &Window) -> u32 {
        UNLIMITED
    }
}

/// A span in whole microseconds, rounded down, and never none: the kernel takes 0 for the absence of a sample.
fn micros(span: Span) -> u64 {
    (span.as_nanos() / 1_000).max(1)
}
