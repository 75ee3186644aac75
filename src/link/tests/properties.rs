//! Laws that hold for any frames at any times.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::units::{BitRate, Bytes};

/// Frames as they are offered: the gap before each in ns, and its length in bytes.
fn offers() -> impl Strategy<Value = Vec<(u64, usize)>> {
    vec(
        (prop_oneof![Just(0), 0..3_000_000_u64], 60..1515_usize),
        1..120,
    )
}

fn limits() -> impl Strategy<Value = QueueLimit> {
    let bytes = (1..20_000_u64).prop_map(|bytes| QueueLimit::Bytes(Bytes(bytes)));
    prop_oneof![(1..20_u32).prop_map(QueueLimit::Packets), bytes]
}

fn traces() -> impl Strategy<Value = Trace> {
    vec(0..30_u32, 1..10).prop_map(|mut moments| {
        moments.push(30);
        moments.sort_unstable();
        let lines: Vec<_> = moments.iter().map(u32::to_string).collect();
        Trace::parse("any.trace", lines.join("\n")).unwrap()
    })
}

prop_compose! {
    fn timing()(
        delay in 0..100_000_000_u64,
        rate in option::of(100_000..1_000_000_000_u64),
        trace in option::of(traces()),
        limit in option::of(limits()),
    ) -> LinkConfig {
        LinkConfig {
            delay: Span::from_nanos(delay),
            rate: rate.and_then(BitRate::from_bits_per_second),
            trace,
            limit,
            ..LinkConfig::default()
        }
    }
}

prop_compose! {
    fn chances()(
        loss in 0..500_000_000_u32,
        duplicate in 0..500_000_000_u32,
        corrupt in 0..500_000_000_u32,
        jitter in 0..50_000_000_u64,
    ) -> LinkConfig {
        LinkConfig {
            loss: Some(Percent::from_parts_per_billion(loss).into()),
            duplicate: Percent::from_parts_per_billion(duplicate),
            corrupt: Percent::from_parts_per_billion(corrupt),
            jitter: Span::from_nanos(jitter),
            ..LinkConfig::default()
        }
    }
}

fn offered(config: LinkConfig, offers: &[(u64, usize)]) -> (Bench, SimTime) {
    let (mut bench, mut now) = (Bench::new(config), SimTime::ZERO);
    for (gap, len) in offers {
        now += Span::from_nanos(*gap);
        bench.offer(now, vec![0; *len]);
    }
    (bench, now)
}

proptest! {
    #[test]
    fn every_frame_is_accounted_for_at_any_time(
        times in timing(),
        chances in chances(),
        offers in offers(),
        later in 0..200_000_000_u64,
    ) {
        let LinkConfig { delay, rate, trace, limit, .. } = times;
        let config = LinkConfig { delay, rate, trace, limit, ..chances };
        let (mut bench, end) = offered(config, &offers);
        for now in [end, end + Span::from_nanos(later), SimTime::MAX] {
            let stats = bench.link.stats(now);
            prop_assert!(stats.is_conserved(), "{stats:?} at {now}");
        }
        let stats = bench.link.stats(SimTime::MAX);
        prop_assert_eq!(stats.offered, offers.len() as u64);
        prop_assert_eq!(stats.queued, 0);
        prop_assert_eq!(stats.departed, bench.arrivals.len() as u64);
    }

    #[test]
    fn without_jitter_and_reordering_frames_arrive_in_the_order_of_their_offers(
        config in timing(),
        offers in offers(),
    ) {
        let (bench, _) = offered(config, &offers);
        prop_assert!(bench.times().is_sorted());
        prop_assert!(bench.arrived().is_sorted());
    }

    #[test]
    fn serialization_is_exact_and_the_line_sends_one_frame_at_a_time_without_idling(
        config in timing(),
        offers in offers(),
    ) {
        let (Some(rate), None) = (config.rate, &config.trace) else { return Ok(()) };
        let (bench, _) = offered(config.clone(), &offers);
        let mut free_at = SimTime::ZERO;
        let mut offered_at = Vec::new();
        offers.iter().fold(SimTime::ZERO, |now, (gap, _)| {
            offered_at.push(now + Span::from_nanos(*gap));
            now + Span::from_nanos(*gap)
        });
        for event in bench.events() {
            let Event::FrameQueued { frame, starts, departs, arrives, .. } = event else { continue };
            let index = usize::try_from(frame.0).unwrap();
            prop_assert_eq!(starts, free_at.max(offered_at[index]));
            prop_assert_eq!(departs, starts + rate.serialization(offers[index].1));
            prop_assert_eq!(arrives, departs + config.delay);
            free_at = departs;
        }
    }

    #[test]
    fn a_queue_never_holds_more_than_its_limit(config in timing(), offers in offers()) {
        let Some(QueueLimit::Packets(limit)) = config.limit else { return Ok(()) };
        let (bench, _) = offered(config, &offers);
        for event in bench.events() {
            if let Event::FrameQueued { packets, .. } = event {
                prop_assert!((1..=limit).contains(&packets));
            }
        }
    }
}
