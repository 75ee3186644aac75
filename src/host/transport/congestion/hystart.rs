//! `HyStart`: leaving slow start before the queue overflows (Ha and Rhee 2011, as in `tcp_cubic.c`).
//!
//! Two signs within one round of slow start say that the path is full: ACKs that come close together for half
//! of the shortest round trip (their train is as long as the pipe), and round trips that have grown longer. RFC
//! 9406 describes a later variant, which Linux does not have.

use super::{Context, Window, micros};
use crate::wire::packet::seq_before;

/// Below this many segments a window is too small to leave slow start (`hystart_low_window`).
const LOW_WINDOW: u32 = 16;
/// ACKs at most this far apart, in µs, belong to one train (`hystart_ack_delta_us`).
const TRAIN_SPACING: u64 = 2_000;
/// Samples that a round needs before its delay counts (`HYSTART_MIN_SAMPLES`).
const MIN_SAMPLES: u32 = 8;
/// Limits in µs of the growth in delay that counts (`HYSTART_DELAY_MIN`, `HYSTART_DELAY_MAX`).
const DELAY_LIMITS: (u64, u64) = (4_000, 16_000);
/// Four of the largest bursts that a network card takes, in bytes: their time at the pacing rate is forgiven.
const BURSTS: u64 = 4 * 65_536;
/// At most this much is forgiven, in µs.
const MAX_ACK_DELAY: u64 = 1_000;

/// What is known of the round under way.
#[derive(Debug)]
pub(super) struct HyStart {
    /// The round ends when this is acknowledged and more; `None` before the first ACK.
    end_seq: Option<u32>,
    /// When the round began, in µs.
    round_start: u64,
    /// The last ACK that belongs to the round's train, in µs.
    last_ack: u64,
    /// Shortest delay of the round, in µs.
    shortest: u64,
    /// Samples of the round, counted up to [`MIN_SAMPLES`].
    samples: u32,
    /// Whether slow start has ended for good, or until the retransmission timer fires.
    found: bool,
}

impl HyStart {
    /// Before the first ACK.
    pub(super) const fn new() -> Self {
        Self {
            end_seq: None,
            round_start: 0,
            last_ack: 0,
            shortest: u64::MAX,
            samples: 0,
            found: false,
        }
    }

    /// Forgets everything and begins a round now: slow start begins anew after a timeout.
    pub(super) fn restart(&mut self, context: &Context) {
        self.found = false;
        self.begin_round(context);
    }

    /// `bictcp_hystart_reset`.
    fn begin_round(&mut self, context: &Context) {
        self.round_start = clock(context);
        self.last_ack = self.round_start;
        self.end_seq = Some(context.snd_nxt);
        self.shortest = u64::MAX;
        self.samples = 0;
    }

    /// One sample of `delay`, where `delay_min` is the shortest ever, both in µs. Sets `ssthresh` to the window
    /// where slow start should end (`hystart_update`).
    pub(super) fn update(
        &mut self,
        window: &mut Window,
        delay: u64,
        delay_min: u64,
        context: &Context,
    ) {
        if self.found || !window.in_slow_start() {
            return;
        }
        // Rounds begin with an ACK, whatever the window and whether it limits the sender (Linux 6.14): one that
        // began earlier, while the sender was idle, would make any ACK look like the end of a long train.
        if self
            .end_seq
            .is_none_or(|end| seq_before(end, context.snd_una))
        {
            self.begin_round(context);
        }
        if window.cwnd < LOW_WINDOW {
            return;
        }
        let train = self.train_is_long(window, delay_min, context);
        let slower = self.delay_has_grown(delay, delay_min);
        if train || slower {
            self.found = true;
            window.ssthresh = window.cwnd;
        }
    }

    /// Whether ACKs have been close together for half of `delay_min`: half, because without pacing a window leaves
    /// as one burst, and its ACKs may fill the round trip.
    fn train_is_long(&mut self, window: &Window, delay_min: u64, context: &Context) -> bool {
        let now = clock(context);
        if now.saturating_sub(self.last_ack) > TRAIN_SPACING {
            return false;
        }
        self.last_ack = now;
        let threshold = u64::midpoint(delay_min, ack_delay(window, context));
        now.saturating_sub(self.round_start) > threshold
    }

    /// Whether even the shortest delay of the round is far above `delay_min`.
    fn delay_has_grown(&mut self, delay: u64, delay_min: u64) -> bool {
        self.shortest = self.shortest.min(delay);
        if self.samples < MIN_SAMPLES {
            self.samples += 1;
            return false;
        }
        let growth = (delay_min / 8).clamp(DELAY_LIMITS.0, DELAY_LIMITS.1);
        self.shortest > delay_min + growth
    }
}

/// The ACK's arrival in µs, as `tcp_mstamp` has it.
const fn clock(context: &Context) -> u64 {
    context.now.as_nanos() / 1_000
}

/// How much of a train, in µs, is due to bursts and not to the path (`hystart_ack_delay`). The rate is the one
/// that `tcp_update_pacing_rate` computes whether or not anything paces.
fn ack_delay(window: &Window, context: &Context) -> u64 {
    let Some(srtt) = context.srtt else {
        return 0;
    };
    let percent = if window.cwnd < window.ssthresh / 2 {
        200
    } else {
        120
    };
    let in_flight = u128::from(window.cwnd) * u128::from(context.mss.max(1)) * percent;
    let delay = u128::from(BURSTS) * u128::from(micros(srtt)) * 100 / in_flight.max(1);
    u64::try_from(delay).unwrap_or(u64::MAX).min(MAX_ACK_DELAY)
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;
    use crate::units::Span;

    /// A connection in slow start on a path of `rtt` µs.
    struct Flow {
        hystart: HyStart,
        window: Window,
        rtt: u64,
        snd_una: u32,
        snd_nxt: u32,
    }

    /// More segments than any test acknowledges in a round.
    const ROUND: u32 = 1_000_000;

    impl Flow {
        fn new(cwnd: u32, rtt: u64) -> Self {
            Self {
                hystart: HyStart::new(),
                window: Window::new(cwnd),
                rtt,
                snd_una: 0,
                snd_nxt: ROUND,
            }
        }

        /// What was sent up to now is acknowledged, and the next ACK begins a round.
        fn end_round(&mut self) {
            self.snd_una = self.snd_nxt;
            self.snd_nxt += ROUND;
        }

        /// One ACK at `now` µs with a sample of `delay` µs; `true` if slow start ends with it.
        fn ack(&mut self, now: u64, delay: u64) -> bool {
            self.snd_una += 1;
            let context = Context {
                srtt: Some(Span::from_micros(self.rtt)),
                snd_una: self.snd_una,
                snd_nxt: self.snd_nxt,
                ..at(now)
            };
            self.hystart
                .update(&mut self.window, delay, self.rtt, &context);
            self.hystart.found
        }

        /// When an ACK train of one ACK every `gap` µs ends slow start, if it does within `length` µs.
        fn train(&mut self, from: u64, gap: u64, length: u64) -> Option<u64> {
            let mut times = (0..=length / gap).map(|ack| ack * gap);
            times.find(|time| self.ack(from + time, self.rtt))
        }
    }

    #[test]
    fn a_train_of_half_a_round_trip_ends_slow_start() {
        let mut flow = Flow::new(100, 80_000);
        // 40 ms of the round trip and half of the 1 ms that is forgiven.
        assert_eq!(flow.train(500_000, 250, 80_000), Some(40_750));
        assert_eq!(flow.window.ssthresh, 100);
    }

    #[test]
    fn at_a_high_rate_less_is_forgiven() {
        // 20,000 segments of 1460 B in 10 ms at 200 %: 256 KiB take 44 µs.
        let mut flow = Flow::new(20_000, 10_000);
        assert_eq!(flow.train(0, 1, 20_000), Some(5_023));
        // Without a threshold twice as large it is 120 %: 74 µs.
        let mut flow = Flow::new(20_000, 10_000);
        flow.window.ssthresh = 30_000;
        assert_eq!(flow.train(0, 1, 20_000), Some(5_038));
    }

    #[test]
    fn a_train_with_a_gap_does_not_count_even_when_it_goes_on() {
        let mut flow = Flow::new(100, 80_000);
        assert_eq!(flow.train(0, 1_000, 10_000), None);
        assert_eq!(flow.train(12_001, 1_000, 68_000), None);
        let mut flow = Flow::new(100, 80_000);
        assert_eq!(flow.train(0, 2_001, 80_000), None);
        assert_eq!(flow.window.ssthresh, u32::MAX);
    }

    #[test]
    fn a_burst_of_acks_is_no_train() {
        let mut flow = Flow::new(100, 80_000);
        assert!((0..200).all(|_| !flow.ack(1_000, 80_000)));
    }

    /// Whether nine samples of `delay` end slow start where the shortest ever was `rtt`, and eight do not.
    fn nine_samples(rtt: u64, delay: u64) -> bool {
        let mut flow = Flow::new(16, rtt);
        assert!((0..8).all(|_| !flow.ack(1_000, delay)));
        flow.ack(1_000, delay)
    }

    #[test]
    fn a_longer_round_trip_ends_slow_start_at_the_ninth_sample() {
        assert!(nine_samples(80_000, 90_001));
        assert!(!nine_samples(80_000, 90_000));
        // At least 4 ms, at most 16 ms.
        assert!(nine_samples(8_000, 12_001));
        assert!(!nine_samples(8_000, 12_000));
        assert!(nine_samples(400_000, 416_001));
        assert!(!nine_samples(400_000, 416_000));
    }

    #[test]
    fn one_short_round_trip_clears_the_round_and_a_new_round_counts_anew() {
        let mut flow = Flow::new(16, 80_000);
        flow.ack(0, 80_000);
        assert!((0..20).all(|_| !flow.ack(1_000, 120_000)));
        flow.end_round();
        assert!((0..8).all(|_| !flow.ack(80_000, 120_000)));
        assert!(flow.ack(80_000, 120_000));
    }

    #[test]
    fn a_small_window_stays_in_slow_start_but_its_rounds_are_followed() {
        let mut flow = Flow::new(15, 80_000);
        assert_eq!(flow.train(0, 500, 160_000), None);
        // A second later the window is larger: a round that began at 0 would end slow start at once.
        flow.window.cwnd = 16;
        flow.end_round();
        assert!(!flow.ack(1_000_000, 80_000));
        assert_eq!(flow.hystart.round_start, 1_000_000);
    }

    #[test]
    fn after_a_timeout_slow_start_is_watched_again() {
        let mut flow = Flow::new(16, 80_000);
        assert!(flow.train(0, 500, 80_000).is_some());
        flow.window.ssthresh = 100;
        assert!(flow.ack(100_000, 80_000));
        flow.hystart.restart(&at(400_000));
        assert!(!flow.ack(401_000, 80_000));
    }
}
