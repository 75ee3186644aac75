//! Loss, duplication, corruption, reordering, and the dice behind them.

use super::*;

fn losing(loss: &str) -> LinkConfig {
    LinkConfig {
        loss: Some(loss.parse().unwrap()),
        ..LinkConfig::default()
    }
}

#[test]
fn iid_loss_drops_its_share() {
    let mut bench = Bench::new(losing("2%"));
    bench.offer_many(50_000, 60);
    let lost = bench.drops_of(DropCause::Loss);
    assert!((900..1_100).contains(&lost), "{lost} of 50000");
    let mut bench = Bench::new(losing("100%"));
    bench.offer_many(100, 60);
    assert_eq!(bench.drops_of(DropCause::Loss), 100);
}

#[test]
fn gilbert_elliott_loses_its_stationary_share_in_bursts_of_one_over_r() {
    // In the bad state p / (p + r) = 1/11 of the time; bursts of 1 / r = 10 frames.
    let mut bench = Bench::new(losing("gemodel 1% 10%"));
    bench.offer_many(200_000, 60);
    let lost = bench.drops_of(DropCause::Loss);
    assert!(
        (16_500..20_000).contains(&lost),
        "{lost} of 200000, expected 18182"
    );
    let arrived = bench.arrived();
    let bursts = arrived
        .windows(2)
        .filter(|pair| pair[1] - pair[0] > 1)
        .count() as u64;
    assert!(
        (90..110).contains(&(lost * 10 / bursts)),
        "mean burst {}",
        lost / bursts
    );
}

#[test]
fn gilbert_elliott_weighs_the_loss_of_both_states() {
    // 1/2 of the time in each state: (50 % + 10 %) / 2.
    let mut bench = Bench::new(losing("gemodel 10% 10% 50% 10%"));
    bench.offer_many(50_000, 60);
    let lost = bench.drops_of(DropCause::Loss);
    assert!((14_400..15_600).contains(&lost), "{lost} of 50000");
}

#[test]
fn a_duplicate_follows_its_original_under_a_name_of_its_own() {
    let mut bench = Bench::new(LinkConfig {
        duplicate: Percent::HUNDRED,
        ..LinkConfig::default()
    });
    bench.offer(at_ms(0), vec![7; 60]);
    let [original, copy] = &bench.arrivals[..] else {
        panic!("two arrivals")
    };
    assert_eq!((original.frame.id, copy.frame.id), (FrameId(0), FrameId(1)));
    assert_eq!(original.frame.bytes, copy.frame.bytes);
    let duplicated = Event::FrameDuplicated {
        link: LinkId(0),
        frame: FrameId(0),
        copy: FrameId(1),
    };
    assert_eq!(bench.events()[1], duplicated);
    assert_eq!(bench.link.stats(at_ms(0)).duplicated, 1);
}

#[test]
fn corruption_flips_exactly_one_bit_and_leaves_shared_bytes_alone() {
    let mut bench = Bench::new(LinkConfig {
        corrupt: Percent::HUNDRED,
        ..LinkConfig::default()
    });
    let sent = Frame::new(FrameId(9), vec![0; 100].into());
    for _ in 0..200 {
        let frame = sent.clone();
        bench.link.offer(
            at_ms(0),
            frame,
            &bench.probe,
            &mut || FrameId(0),
            &mut bench.arrivals,
        );
    }
    let flipped = |frame: &Frame| {
        frame
            .bytes
            .iter()
            .map(|byte| byte.count_ones())
            .sum::<u32>()
    };
    assert!(
        bench
            .arrivals
            .iter()
            .all(|arrival| flipped(&arrival.frame) == 1 && arrival.frame.corrupted)
    );
    assert_eq!(flipped(&sent), 0);
    let Event::FrameCorrupted { bit, .. } = bench.events()[0] else {
        panic!("corrupted first")
    };
    assert_eq!(
        bench.arrivals[0].frame.bytes[bit as usize / 8],
        0x80 >> (bit % 8)
    );
}

#[test]
fn a_frame_is_corrupted_once_at_most() {
    let mut bench = Bench::new(LinkConfig {
        corrupt: Percent::HUNDRED,
        ..LinkConfig::default()
    });
    let frame = Frame {
        corrupted: true,
        ..Frame::new(FrameId(0), vec![0; 60].into())
    };
    bench.link.offer(
        at_ms(0),
        frame.clone(),
        &bench.probe,
        &mut || FrameId(1),
        &mut bench.arrivals,
    );
    assert_eq!(bench.arrivals[0].frame, frame);
    assert_eq!(bench.link.stats(at_ms(0)).corrupted, 0);
}

#[test]
fn with_a_gap_every_nth_frame_goes_without_delay() {
    let mut bench = Bench::new(LinkConfig {
        delay: Span::from_millis(10),
        reorder: "100% gap 3".parse().ok(),
        ..LinkConfig::default()
    });
    bench.offer_many(6, 60);
    let ms: Vec<u64> = bench.times().iter().map(|ns| ns / 1_000_000).collect();
    assert_eq!(ms, [10, 11, 2, 13, 14, 5]);
}

#[test]
fn the_same_seed_has_the_same_outcome_and_another_has_another() {
    let run = |seed| {
        let mut bench = Bench::seeded(seed, every_effect());
        bench.offer_many(500, 60);
        (bench.arrivals, bench.log.borrow().0.clone())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

#[test]
fn turning_an_effect_on_never_shifts_the_dice_of_another() {
    // Copies take names too, so the frames are told apart by the moment of their offers.
    let lost = |config: LinkConfig| {
        let mut bench = Bench::new(config);
        let lost = Outcome::Dropped(DropCause::Loss);
        (0..500)
            .filter(|ms| bench.offer(at_ms(*ms), vec![0; 60]) == lost)
            .collect::<Vec<_>>()
    };
    let alone = lost(losing("10%"));
    assert!(!alone.is_empty());
    assert_eq!(
        alone,
        lost(LinkConfig {
            loss: "10%".parse().ok(),
            ..every_effect()
        })
    );
}

#[test]
fn an_injected_verdict_shifts_no_dice_of_later_frames() {
    let lost = |verdict: Option<Verdict>| {
        let mut bench = Bench::new(losing("20%"));
        if let Some(verdict) = verdict {
            bench.link.inject(verdict);
        }
        bench.offer_many(200, 60);
        bench
            .arrived()
            .into_iter()
            .filter(|name| *name > 0)
            .collect::<Vec<_>>()
    };
    assert_eq!(lost(None), lost(Some(Verdict::Drop)));
    assert_eq!(lost(None), lost(Some(Verdict::Deliver)));
}

#[test]
fn a_verdict_decides_for_one_frame() {
    let mut bench = Bench::new(losing("100%"));
    let verdicts = [
        Verdict::Deliver,
        Verdict::Delay(Span::from_millis(5)),
        Verdict::Duplicate,
        Verdict::Corrupt,
    ];
    for verdict in verdicts {
        bench.link.inject(verdict);
        assert_eq!(bench.offer(at_ms(0), vec![0; 60]), Outcome::Carried);
        assert_eq!(
            bench.offer(at_ms(0), vec![0; 60]),
            Outcome::Dropped(DropCause::Loss)
        );
    }
    assert_eq!(bench.times(), [0, 5_000_000, 0, 0, 0]);
    assert!(bench.arrivals[4].frame.corrupted);
    bench.link.inject(Verdict::Drop);
    assert_eq!(
        bench.offer(at_ms(0), vec![0; 60]),
        Outcome::Dropped(DropCause::Injected)
    );
}

/// Every chance at once.
fn every_effect() -> LinkConfig {
    LinkConfig {
        delay: Span::from_millis(20),
        jitter: Span::from_millis(5),
        distribution: Distribution::Normal,
        duplicate: percent("5%"),
        corrupt: percent("5%"),
        reorder: "10%".parse().ok(),
        ..losing("5%")
    }
}
