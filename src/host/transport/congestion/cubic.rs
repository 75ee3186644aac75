//! CUBIC (RFC 9438) as `tcp_cubic.c` computes it.
//!
//! After a loss at `w_max` segments the window follows W(t) = C (t - K)³ + `w_max`: steep, flat around `w_max`,
//! steep again. The curve depends on time and not on round trips; where Reno would be faster, Reno's window is
//! what counts. Linux keeps the curve one round trip ahead of the ACKs and turns its slope into "one segment
//! more for so many acknowledged".

use super::hystart::HyStart;
use super::{Context, Controller, Window, micros};
use crate::units::{SimTime, Span};

/// β = 0.7 in 1/1024: what is left of the window after a loss (RFC 9438 section 4.6).
const BETA: u32 = 717;
/// The unit of [`BETA`].
const BETA_UNIT: u32 = 1_024;
/// C = 0.4 segments per s³, as `bic_scale` 41 of 1/1024, for a round trip of 100 ms.
const SCALE: u64 = 41 * 10;
/// Binary digits after the point of `SCALE` × (time in 1/1024 s)³.
const SCALE_SHIFT: u32 = 10 + 3 * 10;
/// 1/C in (1/1024 s)³ per segment (`cube_factor`).
const INVERSE_SCALE: u64 = (1 << SCALE_SHIFT) / SCALE;
/// Reno with CUBIC's β gains 3 (1 - β) / (1 + β) segments per window (RFC 9438 section 4.3): one per this many
/// eighths of it (`beta_scale`).
const RENO_EIGHTHS: u64 = (8 * (BETA_UNIT + BETA) / 3 / (BETA_UNIT - BETA)) as u64;
/// While the window stays the same, the slope is computed at most this often, in ms (`HZ / 32`).
const UPDATE_INTERVAL: u64 = 1_000 / 32;
/// After the beginning of an epoch, round trips are not representative for this long, in ms.
const SETTLING: u64 = 1_000;
/// Without a known `w_max`, the window grows at least by one segment for this many.
const SEARCHING: u32 = 20;
/// The window never grows faster than by one segment for this many.
const FASTEST: u32 = 2;
/// Further from the origin than 4.5 h the curve is past every window; its cube still fits in 128 bits.
const FARTHEST: u64 = 1 << 24;

/// One connection's CUBIC. Times are in ms unless they say otherwise.
#[derive(Debug)]
pub(super) struct Cubic {
    hystart: HyStart,
    /// Acknowledged segments that widen the window by one (`cnt`).
    per_segment: u32,
    /// Window at the last loss, less if the path has been getting narrower; 0 before the first loss.
    w_max: u32,
    /// Window at the last computation, and when that was.
    computed: (u32, u64),
    /// Where the curve is flat, and after how many 1/1024 s (K).
    origin: (u32, u64),
    /// Shortest round trip in µs.
    delay_min: Option<u64>,
    /// When the epoch began: at the first growth after a loss.
    epoch_start: Option<u64>,
    /// Segments acknowledged that Reno's window has not seen.
    unseen: u32,
    /// The window that Reno would have (`tcp_cwnd`).
    reno: u32,
}

impl Cubic {
    /// As it is after the handshake.
    pub(super) const fn new() -> Self {
        Self {
            hystart: HyStart::new(),
            per_segment: 0,
            w_max: 0,
            computed: (0, 0),
            origin: (0, 0),
            delay_min: None,
            epoch_start: None,
            unseen: 0,
            reno: 0,
        }
    }

    /// Computes how fast a window of `cwnd` may grow (`bictcp_update`).
    fn update(&mut self, cwnd: u32, acked: u32, now: u64) {
        self.unseen = self.unseen.saturating_add(acked);
        let age = now.saturating_sub(self.computed.1);
        if self.computed.0 == cwnd && age <= UPDATE_INTERVAL {
            return;
        }
        // The curve does not move within a millisecond; Reno's window does.
        if self.epoch_start.is_none() || age > 0 {
            self.computed = (cwnd, now);
            self.follow_curve(cwnd, acked, now);
        }
        self.keep_up_with_reno(cwnd);
        self.per_segment = self.per_segment.max(FASTEST);
    }

    /// The slope that reaches the curve within one window's ACKs (RFC 9438 sections 4.2, 4.4 and 4.5).
    fn follow_curve(&mut self, cwnd: u32, acked: u32, now: u64) {
        let start = match self.epoch_start {
            Some(start) => start,
            None => self.begin_epoch(cwnd, acked, now),
        };
        let ahead = self.delay_min.unwrap_or(0).div_ceil(1_000);
        let time = (now.saturating_sub(start) + ahead) * 1_024 / 1_000;
        let (flat, k) = self.origin;
        let distance = u128::from(time.abs_diff(k).min(FARTHEST));
        let height = (u128::from(SCALE) * distance * distance * distance) >> SCALE_SHIFT;
        let height = u32::try_from(height).unwrap_or(u32::MAX);
        let target = if time < k {
            flat.saturating_sub(height)
        } else {
            flat.saturating_add(height)
        };
        self.per_segment = match target.checked_sub(cwnd) {
            None | Some(0) => cwnd.saturating_mul(100),
            Some(missing) => cwnd / missing,
        };
        if self.w_max == 0 {
            self.per_segment = self.per_segment.min(SEARCHING);
        }
    }

    /// Places the curve so that it starts at `cwnd` now, and returns now.
    fn begin_epoch(&mut self, cwnd: u32, acked: u32, now: u64) -> u64 {
        self.epoch_start = Some(now);
        self.unseen = acked;
        self.reno = cwnd;
        self.origin = match self.w_max.checked_sub(cwnd) {
            None | Some(0) => (cwnd, 0),
            Some(missing) => (self.w_max, cube_root(INVERSE_SCALE * u64::from(missing))),
        };
        now
    }

    /// Never slower than Reno (RFC 9438 section 4.3).
    fn keep_up_with_reno(&mut self, cwnd: u32) {
        let per_segment = (u64::from(cwnd) * RENO_EIGHTHS) >> 3;
        let per_segment = u32::try_from(per_segment).unwrap_or(u32::MAX).max(1);
        let gained = self.unseen.saturating_sub(1) / per_segment;
        self.unseen -= gained * per_segment;
        self.reno = self.reno.saturating_add(gained);
        if self.reno > cwnd {
            self.per_segment = self.per_segment.min(cwnd / (self.reno - cwnd));
        }
    }
}

impl Controller for Cubic {
    /// `cubictcp_acked`.
    fn acked(&mut self, window: &mut Window, rtt: Span, context: &Context) {
        let now = millis(context.now);
        let settling = |start: u64| now.saturating_sub(start) < SETTLING;
        if self.epoch_start.is_some_and(settling) {
            return;
        }
        let delay = micros(rtt);
        let shortest = self.delay_min.map_or(delay, |min| min.min(delay));
        self.delay_min = Some(shortest);
        self.hystart.update(window, delay, shortest, context);
    }

    /// `cubictcp_cong_avoid`.
    fn grow(&mut self, window: &mut Window, acked: u32, context: &Context) {
        let mut left = acked;
        if window.in_slow_start() {
            left = window.slow_start(acked);
            if left == 0 {
                return;
            }
        }
        self.update(window.cwnd, left, millis(context.now));
        window.additive(self.per_segment, left);
    }

    /// The multiplicative decrease, with fast convergence (RFC 9438 sections 4.6 and 4.7): a flow that lost
    /// before it was back at its old window gives up more than its own loss asks for, so that a newcomer finds
    /// room.
    fn ssthresh(&mut self, window: &Window) -> u32 {
        self.epoch_start = None;
        self.w_max = if window.cwnd < self.w_max {
            scaled(window.cwnd, BETA_UNIT + BETA, 2 * BETA_UNIT)
        } else {
            window.cwnd
        };
        scaled(window.cwnd, BETA, BETA_UNIT).max(2)
    }

    /// Nothing that was learnt holds after a timeout, the shortest round trip included (`bictcp_reset`).
    fn timed_out(&mut self, context: &Context) {
        *self = Self::new();
        self.hystart.restart(context);
    }

    /// The curve does not run on while there is nothing to send (RFC 9438 section 5.8): its beginning moves by
    /// the idle time (`cubictcp_cwnd_event`).
    fn transmit_start(&mut self, now: SimTime, last_sent: SimTime) {
        if let Some(start) = &mut self.epoch_start {
            let (now, last_sent) = (millis(now), millis(last_sent));
            *start = (*start + now.saturating_sub(last_sent)).min(now);
        }
    }
}

/// Jiffies at HZ = 1000.
const fn millis(time: SimTime) -> u64 {
    time.as_nanos() / 1_000_000
}

/// `cwnd` × `numerator` / `denominator`, for fractions below one.
fn scaled(cwnd: u32, numerator: u32, denominator: u32) -> u32 {
    let scaled = u64::from(cwnd) * u64::from(numerator) / u64::from(denominator);
    u32::try_from(scaled).unwrap_or(u32::MAX)
}

/// The integer part of the cube root, one binary digit after the other.
fn cube_root(number: u64) -> u64 {
    (0..=21).rev().fold(0_u64, |root, digit| {
        let larger = root | (1 << digit);
        // 2^22 cubed does not fit: such a root is too large as well.
        match larger.checked_pow(3) {
            Some(cube) if cube <= number => larger,
            _ => root,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::at;
    use super::*;

    /// A connection with an RTT of `rtt` ms that meets no loss but those it is told of.
    struct Flow {
        cubic: Cubic,
        window: Window,
        rtt: u64,
        /// ms.
        now: u64,
    }

    impl Flow {
        fn new(cwnd: u32, rtt: u64) -> Self {
            Self {
                cubic: Cubic::new(),
                window: Window::new(cwnd),
                rtt,
                now: 1,
            }
        }

        fn lose(&mut self) {
            self.window.ssthresh = self.cubic.ssthresh(&self.window);
            self.window.cwnd = self.window.ssthresh;
        }

        /// One round trip with an ACK for every segment, spread evenly.
        fn round(&mut self) {
            let (cwnd, start) = (self.window.cwnd, self.now);
            for ack in 0..u64::from(cwnd) {
                self.now = start + self.rtt * ack / u64::from(cwnd);
                let context = at(self.now * 1_000);
                let rtt = Span::from_millis(self.rtt);
                self.cubic.acked(&mut self.window, rtt, &context);
                self.cubic.grow(&mut self.window, 1, &context);
            }
            self.now = start + self.rtt;
        }
    }

    /// W(t) = 0.4 (t - K)³ + `w_max`, t and K in ms.
    fn closed_form(time: i128, k: i128, w_max: i128) -> i128 {
        (time - k).pow(3) * 4 / 10 / 1_000_000_000 + w_max
    }

    #[test]
    fn the_window_follows_the_curve_of_rfc_9438() {
        let mut flow = Flow::new(1_000, 100);
        flow.lose();
        assert_eq!(flow.window.cwnd, 700);
        // K = cbrt(w_max (1 - β) / C), in ms.
        let k = i128::from(cube_root(300 * 10 / 4 * 1_000_000_000));
        assert_eq!(k, 9_085);
        for _ in 0..160 {
            let start = flow.now;
            flow.round();
            let expected = closed_form(i128::from(start + 99), k, 1_000);
            let off = i128::from(flow.window.cwnd).abs_diff(expected);
            assert!(
                off * 100 <= expected.unsigned_abs() * 2,
                "{start} ms: {} for {expected}",
                flow.window.cwnd
            );
        }
    }

    #[test]
    fn the_curve_does_not_depend_on_the_round_trip() {
        let reached = |rtt: u64| {
            let mut flow = Flow::new(1_000, rtt);
            flow.lose();
            while flow.now < 6_000 {
                flow.round();
            }
            flow.window.cwnd
        };
        let (near, far) = (reached(20), reached(200));
        assert!(near.abs_diff(far) <= near / 50, "{near} and {far}");
    }

    #[test]
    fn a_loss_below_the_last_maximum_gives_up_more() {
        let mut cubic = Cubic::new();
        assert_eq!(cubic.ssthresh(&Window::new(100)), 70);
        assert_eq!(cubic.w_max, 100);
        assert_eq!(cubic.ssthresh(&Window::new(80)), 56);
        assert_eq!(cubic.w_max, 68);
        assert_eq!(cubic.ssthresh(&Window::new(90)), 63);
        assert_eq!(cubic.w_max, 90);
        assert_eq!(cubic.ssthresh(&Window::new(2)), 2);
    }

    #[test]
    fn on_a_short_path_the_window_grows_as_renos_with_the_same_beta() {
        let mut flow = Flow::new(40, 10);
        flow.lose();
        let start = flow.window.cwnd;
        for _ in 0..60 {
            flow.round();
        }
        // 8/15 of a segment per round trip; the curve alone would need seconds.
        let gained = flow.window.cwnd - start;
        assert!((30..=33).contains(&gained), "{gained}");
    }

    #[test]
    fn without_a_maximum_growth_is_between_a_twentieth_and_a_half_per_round_trip() {
        let mut flow = Flow::new(400, 40);
        flow.window.ssthresh = 400;
        flow.round();
        assert_eq!(flow.window.cwnd, 420);
        flow.now += 100_000;
        let before = flow.window.cwnd;
        flow.round();
        assert_eq!(flow.window.cwnd, before + before / 2);
    }

    #[test]
    fn idle_time_does_not_count_on_the_curve() {
        let mut flow = Flow::new(1_000, 100);
        flow.lose();
        for _ in 0..20 {
            flow.round();
        }
        let (before, last_sent) = (flow.window.cwnd, flow.now);
        flow.now += 30_000;
        flow.cubic
            .transmit_start(at(flow.now * 1_000).now, at(last_sent * 1_000).now);
        flow.round();
        assert!(flow.window.cwnd - before < 20, "{}", flow.window.cwnd);
        // More idle time than there can have been leaves the epoch beginning now.
        flow.cubic
            .transmit_start(at(flow.now * 1_000).now, SimTime::ZERO);
        assert_eq!(flow.cubic.epoch_start, Some(flow.now));
    }

    #[test]
    fn a_timeout_forgets_everything_and_round_trips_after_an_epochs_start_do_not_count() {
        let mut flow = Flow::new(100, 50);
        flow.round();
        assert_eq!(flow.cubic.delay_min, Some(50_000));
        flow.lose();
        flow.round();
        let (now, rtt) = (flow.cubic.epoch_start.unwrap(), Span::from_millis(20));
        let context = at((now + 999) * 1_000);
        flow.cubic.acked(&mut flow.window, rtt, &context);
        assert_eq!(flow.cubic.delay_min, Some(50_000));
        let context = at((now + 1_000) * 1_000);
        flow.cubic.acked(&mut flow.window, rtt, &context);
        assert_eq!(flow.cubic.delay_min, Some(20_000));
        flow.cubic.timed_out(&context);
        assert_eq!((flow.cubic.w_max, flow.cubic.delay_min), (0, None));
    }

    #[test]
    fn cube_roots_are_exact() {
        for root in [0, 1, 2, 3, 1_000, 1_664_510, 2_642_245] {
            assert_eq!(cube_root(root * root * root), root);
            assert_eq!(cube_root((root + 1).saturating_pow(3) - 1), root);
        }
        assert_eq!(cube_root(u64::MAX), 2_642_245);
    }
}
