//! Claims about every controller, and what their tests share.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

const ALGORITHMS: [CongestionControl; 3] = [
    CongestionControl::Cubic,
    CongestionControl::Reno,
    CongestionControl::Unlimited,
];

/// An ACK at `micros` µs on a path of 80 ms.
pub(super) fn at(micros: u64) -> Context {
    Context {
        now: SimTime::from_nanos(micros * 1_000),
        srtt: Some(Span::from_millis(80)),
        snd_una: 1,
        snd_nxt: 1,
        mss: 1_460,
    }
}

#[test]
fn slow_start_doubles_whatever_the_pattern_of_acks() {
    for algorithm in [CongestionControl::Cubic, CongestionControl::Reno] {
        for per_ack in [1, 2, 3, 7, 1_000] {
            let mut controller = controller(algorithm);
            let mut window = Window::of(algorithm, 10);
            for expected in [20, 40, 80, 160, 320] {
                let mut left = window.cwnd;
                while left > 0 {
                    let acked = left.min(per_ack);
                    controller.grow(&mut window, acked, &at(80_000));
                    left -= acked;
                }
                assert_eq!(window.cwnd, expected, "{algorithm:?}");
            }
        }
    }
}

#[test]
fn slow_start_stops_at_the_threshold_and_returns_the_rest() {
    let mut window = Window::new(10);
    window.ssthresh = 15;
    assert!(window.in_slow_start());
    assert_eq!(window.slow_start(8), 3);
    assert_eq!(window.cwnd, 15);
    assert!(!window.in_slow_start());
    assert_eq!(window.slow_start(8), 8);
}

#[test]
fn additive_growth_saves_acks_and_pays_old_savings_with_one_segment() {
    let mut window = Window::new(10);
    window.additive(10, 25);
    assert_eq!((window.cwnd, window.count), (12, 5));
    window.additive(2, 1);
    assert_eq!((window.cwnd, window.count), (13, 1));
    window.additive(2, 1);
    assert_eq!((window.cwnd, window.count), (14, 0));
}

#[test]
fn without_congestion_control_nothing_narrows_the_window() {
    let algorithm = CongestionControl::Unlimited;
    let mut controller = controller(algorithm);
    let mut window = Window::of(algorithm, 10);
    assert_eq!(window.cwnd, UNLIMITED);
    window.ssthresh = controller.ssthresh(&window);
    window.cwnd = 1;
    controller.grow(&mut window, 1, &at(0));
    assert_eq!((window.cwnd, window.ssthresh), (UNLIMITED, UNLIMITED));
}

/// What can happen to a controller.
#[derive(Clone, Debug)]
enum Happening {
    Acked(u64),
    Grow(u32),
    Loss,
    Timeout,
    Start(u64),
}

fn happenings() -> impl Strategy<Value = (u64, u32, Happening)> {
    let happening = prop_oneof![
        4 => prop_oneof![0..500_000_000_u64, any::<u64>()].prop_map(Happening::Acked),
        4 => prop_oneof![0..100_u32, any::<u32>()].prop_map(Happening::Grow),
        1 => Just(Happening::Loss),
        1 => Just(Happening::Timeout),
        1 => any::<u64>().prop_map(Happening::Start),
    ];
    let gap = prop_oneof![Just(0), 0..200_000_000_u64, any::<u64>()];
    (gap, any::<u32>(), happening)
}

proptest! {
    #[test]
    fn no_sequence_of_calls_panics_or_closes_the_window(
        algorithm in prop::sample::select(ALGORITHMS.to_vec()),
        (initial, mss) in (any::<u32>(), any::<u32>()),
        calls in vec(happenings(), 0..200),
    ) {
        let mut controller = controller(algorithm);
        let mut window = Window::of(algorithm, initial);
        let mut context = Context { mss, srtt: None, ..at(0) };
        for (gap, seq, happening) in calls {
            context.now += Span::from_nanos(gap);
            context.snd_nxt = context.snd_nxt.wrapping_add(seq);
            match happening {
                Happening::Acked(rtt) => {
                    let rtt = Span::from_nanos(rtt);
                    context.snd_una = seq;
                    context.srtt = Some(rtt);
                    controller.acked(&mut window, rtt, &context);
                }
                Happening::Grow(acked) => controller.grow(&mut window, acked, &context),
                Happening::Loss => {
                    window.ssthresh = controller.ssthresh(&window);
                    window.cwnd = window.ssthresh;
                    window.count = 0;
                }
                Happening::Timeout => {
                    window.ssthresh = controller.ssthresh(&window);
                    controller.timed_out(&context);
                    window.cwnd = 1;
                    window.count = 0;
                }
                Happening::Start(last) => {
                    controller.transmit_start(context.now, SimTime::from_nanos(last));
                }
            }
            prop_assert!(window.cwnd >= 1, "{window:?}");
            prop_assert!(window.ssthresh >= 2, "{window:?}");
        }
    }
}
