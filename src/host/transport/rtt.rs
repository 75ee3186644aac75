//! How long a round trip takes, and how long to wait for an ACK: RFC 6298 as Linux computes it.
//!
//! Linux differs from RFC 6298 in what it takes for the variance: the largest mean deviation of a round, never
//! less than the minimum RTO, so that the timeout is at least a round trip plus that minimum, and falls slowly.
//! All inside is in microseconds.

use crate::units::{SimTime, Span};
use crate::wire::packet::seq_before;

/// The longest timeout (`TCP_RTO_MAX`).
const MAX_RTO: Span = Span::from_secs(120);
/// For how long a round trip counts as the shortest (`net.ipv4.tcp_min_rtt_wlen`).
const MIN_RTT_WINDOW: Span = Span::from_secs(300);
/// What a round trip too short to measure counts as in the minimum: one jiffy at HZ = 1000.
const SHORTEST: u64 = 1_000;

/// One connection's round-trip times and retransmission timeout.
#[derive(Debug)]
pub(in crate::host) struct RttEstimator {
    min_rto: u64,
    initial_rto: Span,
    estimate: Option<Estimate>,
    rto: Span,
    shortest: Option<RunningMin>,
}

/// The state of `tcp_rtt_estimator`, in µs.
#[derive(Debug)]
struct Estimate {
    /// Smoothed round-trip time, times 8.
    srtt: i64,
    /// Mean deviation, times 4.
    mdev: i64,
    /// The largest `mdev` of the round, at least the minimum RTO.
    mdev_max: i64,
    /// What the timeout adds to the round trip; already times 4.
    rttvar: i64,
    /// The round ends when this is acknowledged and more.
    round_end: u32,
}

impl RttEstimator {
    /// Before the first sample. `initial_rto` holds until then; Linux makes it 3 s where the handshake gave no
    /// sample since its SYN or SYN-ACK was sent again (RFC 6298 section 5.7).
    pub(in crate::host) const fn new(min_rto: Span, initial_rto: Span) -> Self {
        Self {
            min_rto: min_rto.as_nanos() / 1_000,
            initial_rto,
            estimate: None,
            rto: at_most_max(initial_rto),
            shortest: None,
        }
    }

    /// A valid sample: of a segment that was sent once (Karn), or by timestamps. `snd_una` counts the ACK that
    /// brought it. Ends any back-off.
    pub(in crate::host) fn sample(&mut self, rtt: Span, snd_una: u32, snd_nxt: u32) {
        let rtt = signed(rtt.as_nanos() / 1_000);
        let min_rto = signed(self.min_rto);
        match &mut self.estimate {
            None => self.estimate = Some(Estimate::first(rtt, min_rto, snd_nxt)),
            Some(estimate) => estimate.add(rtt, min_rto, snd_una, snd_nxt),
        }
        self.reset_back_off();
    }

    /// The smoothed round-trip time, if there was a sample.
    pub(in crate::host) fn srtt(&self) -> Option<Span> {
        self.estimate.as_ref().map(Estimate::smoothed)
    }

    /// The retransmission timeout with its back-off.
    pub(in crate::host) const fn rto(&self) -> Span {
        self.rto
    }

    /// The timer fired: twice as long next time (RFC 6298 section 5.5). The doubled value stays until the next
    /// valid sample, also when ACKs of retransmitted segments come (Karn).
    pub(in crate::host) fn back_off(&mut self) {
        self.rto = at_most_max(self.rto * 2);
    }

    /// The timeout as the estimate alone has it.
    pub(in crate::host) fn reset_back_off(&mut self) {
        let rto = self.estimate.as_ref().map(Estimate::timeout);
        self.rto = at_most_max(rto.unwrap_or(self.initial_rto));
    }

    /// A round trip for the minimum (`tcp_update_rtt_min`).
    pub(in crate::host) fn note_min(&mut self, now: SimTime, rtt: Span) {
        let rtt = match rtt.as_nanos() / 1_000 {
            0 => SHORTEST,
            micros => micros,
        };
        match &mut self.shortest {
            None => self.shortest = Some(RunningMin::new(now, rtt)),
            Some(shortest) => shortest.note(now, rtt),
        }
    }

    /// The shortest round trip of the last 300 s.
    pub(in crate::host) fn min_rtt(&self) -> Option<Span> {
        let shortest = self.shortest.as_ref()?;
        Some(Span::from_micros(shortest.best[0].1))
    }
}

impl Estimate {
    /// After one sample of `rtt` (RFC 6298 section 2.2).
    fn first(rtt: i64, min_rto: i64, snd_nxt: u32) -> Self {
        let mdev = rtt * 2;
        let rttvar = mdev.max(min_rto);
        Self {
            srtt: (rtt * 8).max(1),
            mdev,
            mdev_max: rttvar,
            rttvar,
            round_end: snd_nxt,
        }
    }

    /// One sample more (RFC 6298 section 2.3).
    fn add(&mut self, rtt: i64, min_rto: i64, snd_una: u32, snd_nxt: u32) {
        let error = rtt - (self.srtt >> 3);
        self.srtt = (self.srtt + error).max(1);
        let mut growth = error.abs() - (self.mdev >> 2);
        // A shorter round trip is no reason to wait longer: an eighth of the usual gain.
        if error < 0 && growth > 0 {
            growth >>= 3;
        }
        self.mdev += growth;
        if self.mdev > self.mdev_max {
            self.mdev_max = self.mdev;
            self.rttvar = self.rttvar.max(self.mdev_max);
        }
        if seq_before(self.round_end, snd_una) {
            let excess = self.rttvar - self.mdev_max;
            self.rttvar -= excess.max(0) >> 2;
            self.round_end = snd_nxt;
            self.mdev_max = min_rto;
        }
    }

    fn smoothed(&self) -> Span {
        Span::from_micros((self.srtt >> 3).unsigned_abs())
    }

    /// `__tcp_set_rto`.
    fn timeout(&self) -> Span {
        self.smoothed() + Span::from_micros(self.rttvar.unsigned_abs())
    }
}

/// Kathleen Nichols' running minimum, as in `lib/minmax.c`: the best three of the window, each later than the
/// one before it, so that a minimum that grows too old has a successor from within the window.
#[derive(Debug)]
struct RunningMin {
    best: [(SimTime, u64); 3],
}

impl RunningMin {
    const fn new(now: SimTime, rtt: u64) -> Self {
        Self {
            best: [(now, rtt); 3],
        }
    }

    fn note(&mut self, now: SimTime, rtt: u64) {
        let value = (now, rtt);
        let [first, second, third] = self.best;
        if rtt <= first.1 || now - third.0 > MIN_RTT_WINDOW {
            *self = Self::new(now, rtt);
            return;
        }
        if rtt <= second.1 {
            self.best = [first, value, value];
        } else if rtt <= third.1 {
            self.best[2] = value;
        }
        self.age(value);
    }

    /// Drops what is out of the window, and sees to it that the successors come from its second quarter and its
    /// second half even if they are no minima.
    fn age(&mut self, value: (SimTime, u64)) {
        let [first, second, third] = self.best;
        let age = value.0 - first.0;
        if age > MIN_RTT_WINDOW {
            self.best = [second, third, value];
            if value.0 - second.0 > MIN_RTT_WINDOW {
                self.best = [third, value, value];
            }
        } else if second.0 == first.0 && age > MIN_RTT_WINDOW / 4 {
            self.best = [first, value, value];
        } else if third.0 == second.0 && age > MIN_RTT_WINDOW / 2 {
            self.best[2] = value;
        }
    }
}

const fn at_most_max(rto: Span) -> Span {
    if rto.as_nanos() > MAX_RTO.as_nanos() {
        MAX_RTO
    } else {
        rto
    }
}

/// Microseconds that can be added up: an hour is more than any round trip.
fn signed(micros: u64) -> i64 {
    i64::from(u32::try_from(micros).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const fn ms(ms: u64) -> Span {
        Span::from_millis(ms)
    }

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + Span::from_secs(secs)
    }

    fn linux() -> RttEstimator {
        RttEstimator::new(ms(200), Span::from_secs(1))
    }

    #[test]
    fn before_the_first_sample_the_initial_timeout_holds() {
        let estimator = linux();
        assert_eq!(estimator.rto(), ms(1_000));
        assert_eq!((estimator.srtt(), estimator.min_rtt()), (None, None));
    }

    #[test]
    fn the_first_sample_is_the_round_trip_and_twice_it_the_variance() {
        for (rtt, rto) in [(1, 201), (80, 280), (100, 300), (150, 450)] {
            let mut estimator = linux();
            estimator.sample(ms(rtt), 2, 2);
            assert_eq!(estimator.srtt(), Some(ms(rtt)));
            assert_eq!(estimator.rto(), ms(rto));
        }
    }

    #[test]
    fn a_steady_round_trip_of_80_ms_gives_280_ms() {
        let mut estimator = linux();
        for round in 1..200 {
            estimator.sample(ms(80), round, round + 10);
            assert_eq!(estimator.rto(), ms(280));
        }
    }

    #[test]
    fn a_large_first_variance_falls_by_a_quarter_of_its_excess_per_round() {
        let mut estimator = linux();
        estimator.sample(ms(160), 1, 1);
        assert_eq!(estimator.rto(), ms(480));
        // The first round keeps its own maximum of 320 ms; from then on 200 ms is the least.
        let mut expected = 320_000;
        for round in 2..20 {
            estimator.sample(ms(160), round, round);
            assert_eq!(estimator.rto(), Span::from_micros(160_000 + expected));
            expected -= (expected - 200_000) >> 2;
        }
    }

    #[test]
    fn a_jump_up_counts_at_once_and_a_jump_down_does_not_lengthen_the_timeout() {
        let mut estimator = linux();
        estimator.sample(ms(80), 1, 100);
        estimator.sample(ms(480), 2, 100);
        // Error 400 ms: srtt 80 + 50, mdev 160 + 400 - 40.
        assert_eq!(estimator.srtt(), Some(ms(130)));
        assert_eq!(estimator.rto(), ms(650));
        let mut estimator = linux();
        estimator.sample(ms(80), 1, 100);
        estimator.sample(ms(1), 2, 100);
        assert!(estimator.rto() < ms(280));
    }

    #[test]
    fn the_timeout_doubles_up_to_two_minutes_and_a_sample_ends_that() {
        let mut estimator = linux();
        estimator.sample(ms(80), 1, 1);
        for doubling in 1..=8 {
            estimator.back_off();
            assert_eq!(estimator.rto(), ms(280 << doubling));
        }
        estimator.back_off();
        assert_eq!(estimator.rto(), MAX_RTO);
        estimator.sample(ms(80), 2, 2);
        assert_eq!(estimator.rto(), ms(280));
        estimator.back_off();
        estimator.reset_back_off();
        assert_eq!(estimator.rto(), ms(280));
    }

    #[test]
    fn the_minimum_lasts_300_seconds() {
        let mut estimator = linux();
        estimator.note_min(at(0), ms(50));
        for second in 1..=300 {
            estimator.note_min(at(second), ms(80));
            assert_eq!(estimator.min_rtt(), Some(ms(50)), "{second} s");
        }
        estimator.note_min(at(301), ms(80));
        assert_eq!(estimator.min_rtt(), Some(ms(80)));
        estimator.note_min(at(302), ms(20));
        assert_eq!(estimator.min_rtt(), Some(ms(20)));
        estimator.note_min(at(2_000), ms(90));
        assert_eq!(estimator.min_rtt(), Some(ms(90)));
    }

    /// Which call, its sequence numbers, and its time in ns.
    fn calls() -> impl Strategy<Value = (u8, u32, u32, u64)> {
        let ns = prop_oneof![0..1_000_000_000_u64, any::<u64>()];
        (0..4_u8, any::<u32>(), any::<u32>(), ns)
    }

    proptest! {
        #[test]
        fn the_timeout_is_never_below_the_minimum_and_nothing_panics(
            calls in vec(calls(), 0..200),
        ) {
            let mut estimator = linux();
            let mut now = SimTime::ZERO;
            for (call, snd_una, snd_nxt, ns) in calls {
                let rtt = Span::from_nanos(ns);
                match call {
                    0 => estimator.back_off(),
                    1 => {
                        now += rtt;
                        estimator.note_min(now, rtt);
                    }
                    2 => estimator.reset_back_off(),
                    _ => estimator.sample(rtt, snd_una, snd_nxt),
                }
                prop_assert!(estimator.rto() >= ms(200) && estimator.rto() <= MAX_RTO);
            }
        }

        #[test]
        fn the_running_minimum_comes_from_its_window_and_is_no_more_than_the_latest_value(
            notes in vec((0..100_u64, 1..1_000_u64), 1..200),
        ) {
            let (mut estimator, mut now) = (linux(), 0);
            let mut seen = Vec::new();
            for (gap, rtt) in notes {
                now += gap;
                seen.push((now, ms(rtt)));
                estimator.note_min(at(now), ms(rtt));
                let min = estimator.min_rtt().unwrap();
                let mut window = seen.iter().filter(|(time, _)| now - time <= 300);
                prop_assert!(window.any(|(_, rtt)| *rtt == min));
                prop_assert!(min <= ms(rtt));
            }
        }
    }
}
