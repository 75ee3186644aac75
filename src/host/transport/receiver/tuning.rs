//! How fast the application reads, which says how large the receive buffer should be (dynamic right-sizing,
//! Linux's `tcp_rcv_space_adjust`).

use crate::units::{SimTime, Span};
use crate::wire::packet::seq_before;

/// Weight of one sample of the round trip: 1/8 (RFC 6298 section 2.3).
const WEIGHT: u64 = 8;
/// Shortest round trip: less is not told apart from none.
const SHORTEST: Span = Span::from_micros(1);

/// The receiver's own estimate of the round trip.
#[derive(Clone, Debug, Default)]
struct RoundTrip {
    /// Eight times the estimate; zero if there is none.
    scaled: Span,
    /// The window whose arrival is being timed: its end, and when it was offered.
    timed: Option<(u32, SimTime)>,
}

/// What the application has read, compared with the round trip.
#[derive(Clone, Debug)]
pub(super) struct Tuning {
    round_trip: RoundTrip,
    /// Most bytes that were read in one round trip (`rcvq_space.space`).
    space: u32,
    since: SimTime,
    read_before: u32,
}

/// The application reads faster than before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Faster {
    /// Bytes per round trip now.
    pub(super) now: u32,
    /// Bytes per round trip before.
    pub(super) before: u32,
}

impl Tuning {
    /// Begins when the connection opens, with a first guess of `space` bytes per round trip.
    pub(super) fn new(now: SimTime, next: u32, space: u32) -> Self {
        Self {
            round_trip: RoundTrip::default(),
            space,
            since: now,
            read_before: next,
        }
    }

    /// The estimate of the round trip, zero if there is none.
    pub(super) fn round_trip(&self) -> Span {
        self.round_trip.scaled / WEIGHT
    }

    /// Bytes that were read in one round trip at most.
    pub(super) const fn space(&self) -> u32 {
        self.space
    }

    /// The largest window that is possible bounds what can be read in a round trip.
    pub(super) fn limit_space(&mut self, window: u32) {
        self.space = self.space.min(window).max(1);
    }

    /// A sample from an echoed timestamp (`tcp_rcv_rtt_measure_ts`); `drained` if nothing waits to be read.
    pub(super) fn sample(&mut self, sample: Span, drained: bool) {
        let old = self.round_trip.scaled;
        let sample = sample.max(SHORTEST);
        if old.is_zero() || sample * WEIGHT < old {
            self.round_trip.scaled = sample * WEIGHT;
        } else if drained {
            self.round_trip.scaled = old - old / WEIGHT + sample;
        }
    }

    /// Times the arrival of one window: at least one round trip, so only the shortest counts
    /// (`tcp_rcv_rtt_measure`).
    pub(super) fn time_window(&mut self, now: SimTime, rcv_nxt: u32, window: u32) {
        if let Some((end, since)) = self.round_trip.timed {
            if seq_before(rcv_nxt, end) {
                return;
            }
            let sample = now.since(since).max(SHORTEST) * WEIGHT;
            let old = self.round_trip.scaled;
            if old.is_zero() || sample < old {
                self.round_trip.scaled = sample;
            }
        }
        self.round_trip.timed = Some((rcv_nxt.wrapping_add(window), now));
    }

    /// The application has read up to `read` of a stream that reaches `unread` bytes further. What it read in a
    /// round trip, less what it left, shows its pace.
    pub(super) fn application_read(
        &mut self,
        now: SimTime,
        read: u32,
        unread: u32,
    ) -> Option<Faster> {
        let round_trip = self.round_trip();
        if round_trip.is_zero() || now.since(self.since) < round_trip {
            return None;
        }
        let copied = read.wrapping_sub(self.read_before).saturating_sub(unread);
        self.since = now;
        self.read_before = read;
        if copied <= self.space {
            return None;
        }
        let before = std::mem::replace(&mut self.space, copied);
        Some(Faster {
            now: copied,
            before,
        })
    }
}
