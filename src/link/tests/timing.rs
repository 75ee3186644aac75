//! Delay, jitter, rate and queue.

use super::*;
use crate::units::Bytes;

fn bottleneck(limit: &str) -> LinkConfig {
    LinkConfig {
        delay: Span::from_millis(15),
        rate: "10mbit".parse().ok(),
        limit: limit.parse().ok(),
        ..LinkConfig::default()
    }
}

fn jittered(distribution: Distribution) -> LinkConfig {
    LinkConfig {
        delay: Span::from_millis(75),
        jitter: Span::from_millis(5),
        distribution,
        ..LinkConfig::default()
    }
}

#[test]
fn an_ideal_link_delivers_at_once() {
    let mut bench = Bench::new(LinkConfig::default());
    assert!(bench.link.is_ideal());
    assert_eq!(bench.offer(at_ms(3), vec![0; 60]), Outcome::Carried);
    assert_eq!(bench.times(), [3_000_000]);
}

#[test]
fn a_link_with_any_effect_or_a_verdict_pending_is_not_ideal() {
    let ideal = |config| Bench::new(config).link.is_ideal();
    assert!(!ideal(LinkConfig {
        delay: Span::from_nanos(1),
        ..LinkConfig::default()
    }));
    assert!(!ideal(LinkConfig {
        loss: Some(percent("1%").into()),
        ..LinkConfig::default()
    }));
    assert!(!ideal(LinkConfig {
        mtu: Some(1500),
        ..LinkConfig::default()
    }));
    assert!(ideal(LinkConfig {
        in_order: true,
        limit: "5p".parse().ok(),
        ..LinkConfig::default()
    }));
    let mut bench = Bench::new(LinkConfig::default());
    bench.link.inject(Verdict::Drop);
    assert!(!bench.link.is_ideal());
    bench.offer(at_ms(0), vec![0; 60]);
    assert!(bench.link.is_ideal());
}

#[test]
fn frames_wait_for_the_line_and_travel_after_it() {
    let mut bench = Bench::new(bottleneck("100p"));
    for _ in 0..3 {
        bench.offer(at_ms(0), vec![0; 1514]);
    }
    assert_eq!(bench.times(), [16_211_200, 17_422_400, 18_633_600]);
    let Event::FrameQueued {
        packets,
        starts,
        departs,
        arrives,
        ..
    } = bench.events()[2]
    else {
        panic!("the third event is of the third frame");
    };
    assert_eq!(
        (packets, starts.as_nanos(), departs.as_nanos()),
        (3, 2_422_400, 3_633_600)
    );
    assert_eq!(arrives, bench.arrivals[2].at);
}

#[test]
fn a_limit_in_packets_counts_the_frame_being_sent() {
    let mut bench = Bench::new(bottleneck("20p"));
    for _ in 0..25 {
        bench.offer(at_ms(0), vec![0; 1514]);
    }
    assert_eq!(bench.arrived(), (0..20).collect::<Vec<_>>());
    assert_eq!(bench.drops_of(DropCause::QueueFull), 5);
}

#[test]
fn a_frame_leaves_room_the_moment_its_last_bit_is_on_the_line() {
    let mut bench = Bench::new(bottleneck("1p"));
    bench.offer(at_ms(0), vec![0; 1514]);
    let sent = SimTime::from_nanos(1_211_200);
    let full = Outcome::Dropped(DropCause::QueueFull);
    assert_eq!(
        bench.offer(SimTime::from_nanos(1_211_199), vec![0; 60]),
        full
    );
    assert_eq!(bench.offer(sent, vec![0; 60]), Outcome::Carried);
}

#[test]
fn a_limit_in_bytes_admits_what_still_fits() {
    let mut bench = Bench::new(LinkConfig {
        limit: Some(QueueLimit::Bytes(Bytes(3_100))),
        ..bottleneck("1p")
    });
    for len in [1514, 1514, 1514, 72, 1] {
        bench.offer(at_ms(0), vec![0; len]);
    }
    assert_eq!(bench.arrived(), [0, 1, 3]);
}

#[test]
fn uniform_jitter_stays_within_one_jitter_and_fills_it() {
    let mut bench = Bench::new(jittered(Distribution::Uniform));
    bench.offer_many(2_000, 60);
    let delays: Vec<u64> = delays_ns(&bench).collect();
    assert!(
        delays
            .iter()
            .all(|delay| (70_000_000..80_000_000).contains(delay))
    );
    assert!(
        *delays.iter().min().unwrap() < 70_100_000 && *delays.iter().max().unwrap() > 79_900_000
    );
}

#[test]
fn normal_jitter_has_the_mean_and_the_deviation_that_were_asked_for() {
    let mut bench = Bench::new(jittered(Distribution::Normal));
    bench.offer_many(20_000, 60);
    let within: usize = delays_ns(&bench)
        .filter(|delay| delay.abs_diff(75_000_000) <= 5_000_000)
        .count();
    assert!(
        (13_400..13_900).contains(&within),
        "{within} of 20000 within one deviation, expected 68.3%"
    );
    let mean = delays_ns(&bench).sum::<u64>() / 20_000;
    assert!(mean.abs_diff(75_000_000) < 150_000, "{mean}");
}

#[test]
fn pareto_jitter_is_mostly_early_and_seldom_very_late() {
    let mut bench = Bench::new(jittered(Distribution::Pareto));
    bench.offer_many(20_000, 60);
    let early = delays_ns(&bench)
        .filter(|delay| *delay < 75_000_000)
        .count();
    let very_late = delays_ns(&bench)
        .filter(|delay| *delay > 90_000_000)
        .count();
    assert!(early > 13_000, "{early} of 20000 before the mean");
    assert!(
        (200..1_000).contains(&very_late),
        "{very_late} of 20000 three jitters late"
    );
}

#[test]
fn a_jitter_longer_than_the_delay_never_arrives_before_it_was_sent() {
    for distribution in [
        Distribution::Uniform,
        Distribution::Normal,
        Distribution::Pareto,
    ] {
        let mut bench = Bench::new(LinkConfig {
            delay: Span::from_millis(1),
            ..jittered(distribution)
        });
        bench.offer_many(500, 60);
        assert!(
            bench
                .arrivals
                .iter()
                .enumerate()
                .all(|(ms, arrival)| arrival.at >= at_ms(ms as u64))
        );
    }
}

#[test]
fn jittered_frames_overtake_unless_told_to_stay_in_order() {
    let times = |in_order| {
        let mut bench = Bench::new(LinkConfig {
            in_order,
            ..jittered(Distribution::Normal)
        });
        bench.offer_many(100, 60);
        bench.times()
    };
    assert!(!times(false).is_sorted());
    assert!(times(true).is_sorted());
}

/// How long each frame travelled, for frames offered one each millisecond.
fn delays_ns(bench: &Bench) -> impl Iterator<Item = u64> {
    let sent = (0..).map(|ms: u64| ms * 1_000_000);
    bench
        .arrivals
        .iter()
        .zip(sent)
        .map(|(arrival, sent)| arrival.at.as_nanos() - sent)
}

#[test]
fn a_late_frame_is_overtaken_and_no_other_waits_for_it() {
    let late = Late {
        frames: "c2s:data:1".parse().unwrap(),
        by: Span::from_secs(10),
    };
    let mut bench = Bench::new(LinkConfig {
        delay: Span::from_millis(50),
        late: Some(late),
        ..LinkConfig::default()
    });
    for sequence in [1, 101] {
        bench.offer(at_ms(0), Segment::to_server(5, sequence).data(100).frame());
    }
    assert_eq!(bench.times(), [10_050_000_000, 50_000_000]);
    assert_eq!(
        bench.link.description(),
        "delay 50ms late c2s:data:1 by 10s"
    );
}

#[test]
fn a_link_that_follows_a_trace_delivers_at_its_moments_and_says_so() {
    let mut bench = Bench::new(LinkConfig {
        delay: Span::from_millis(15),
        trace: Trace::parse("lte.down", "5\n20\n").ok(),
        limit: "2p".parse().ok(),
        ..LinkConfig::default()
    });
    assert!(!bench.link.is_ideal());
    let said = bench.link.description();
    assert!(said.starts_with("delay 15ms trace lte.down#"), "{said}");
    for _ in 0..3 {
        bench.offer(at_ms(1), vec![0; 1514]);
    }
    assert_eq!(bench.times(), [20_000_000, 35_000_000]);
    assert_eq!(bench.drops_of(DropCause::QueueFull), 1);
    let Event::FrameQueued {
        starts, departs, ..
    } = bench.events()[1]
    else {
        panic!("the second event is of the second frame");
    };
    // It is at the head of the queue once the first has left.
    assert_eq!((starts, departs), (at_ms(5), at_ms(20)));
}

#[test]
fn a_link_holds_what_it_is_offered_until_the_end_of_the_window() {
    let mut bench = Bench::new(LinkConfig {
        delay: Span::from_millis(10),
        holds: vec!["20ms..50ms/100ms".parse().unwrap()],
        ..LinkConfig::default()
    });
    for ms in [19, 20, 49, 50, 125] {
        bench.offer(at_ms(ms), vec![0; 60]);
    }
    let times: Vec<_> = bench.times().iter().map(|ns| ns / 1_000_000).collect();
    assert_eq!(times, [29, 60, 60, 60, 160]);
    assert!(bench.link.stats(at_ms(130)).is_conserved());
    assert_eq!(bench.link.stats(at_ms(130)).queued, 1);
}

#[test]
fn what_is_held_fills_the_queue_and_then_takes_its_turn() {
    let mut bench = Bench::new(LinkConfig {
        rate: "12.112mbit".parse().ok(),
        limit: "2p".parse().ok(),
        holds: vec!["0s..50ms".parse().unwrap()],
        ..LinkConfig::default()
    });
    for _ in 0..3 {
        bench.offer(at_ms(0), vec![0; 1514]);
    }
    assert_eq!(bench.times(), [51_000_000, 52_000_000]);
    assert_eq!(bench.drops_of(DropCause::QueueFull), 1);
}

#[test]
fn an_episode_can_hold_frames_and_a_verdict_does_not_let_them_go() {
    let mut bench = Bench::new(LinkConfig::default());
    let episode = Episode {
        from: at_ms(0),
        until: at_ms(50),
        what: Trouble::Hold,
    };
    bench.link.afflict(&episode, Dice::new(1), "episode");
    bench.link.inject(Verdict::Deliver);
    bench.offer(at_ms(10), vec![0; 60]);
    bench.offer(at_ms(20), vec![0; 60]);
    bench.offer(at_ms(60), vec![0; 60]);
    assert_eq!(bench.times(), [50_000_000, 50_000_000, 60_000_000]);
}
