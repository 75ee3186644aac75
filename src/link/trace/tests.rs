//! What traces say, and what is no trace.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::units::SimTime;

fn trace(moments: &[u32]) -> Trace {
    let lines: Vec<_> = moments.iter().map(u32::to_string).collect();
    Trace::parse("test.trace", lines.join("\n")).expect("it is a trace")
}

fn at_us(us: u64) -> SimTime {
    SimTime::ZERO + Span::from_micros(us)
}

/// When frames of these lengths that come at these times in µs are through, in ms.
fn delivered(moments: &[u32], frames: &[(u64, usize)]) -> Vec<u64> {
    let mut cursor = Cursor::new(trace(moments));
    let frames = frames.iter();
    frames
        .map(|(us, len)| cursor.deliver(at_us(*us), *len).as_nanos() / 1_000_000)
        .collect()
}

#[test]
fn one_full_sized_frame_fits_one_opportunity_exactly() {
    let frames = [(0, 1_514), (0, 1_514), (0, 1_514)];
    assert_eq!(delivered(&[1], &frames), [1, 2, 3]);
    assert_eq!(delivered(&[0, 5], &frames), [0, 5, 5]);
}

#[test]
fn small_frames_share_an_opportunity_until_it_is_full() {
    // 44 bytes each as mahimahi counts them, 34 of which are 1,496.
    let acks = [(0, 54); 35];
    let moments = delivered(&[3, 7], &acks);
    assert_eq!((moments[33], moments[34]), (3, 7));
}

#[test]
fn a_frame_that_does_not_fit_is_carried_over() {
    // 1,000 bytes, then 1,000 of which 504 go with the first.
    let frames = [(0, 1_010), (0, 1_010), (0, 1_010)];
    assert_eq!(delivered(&[2, 4, 9], &frames), [2, 4, 4]);
    assert_eq!(delivered(&[10], &[(0, 3 * 1_504 + 10)]), [30]);
}

#[test]
fn what_has_passed_is_lost_and_what_is_left_of_this_very_moment_is_not() {
    assert_eq!(delivered(&[2, 4], &[(2_000, 1_514)]), [2]);
    assert_eq!(delivered(&[2, 4], &[(2_001, 1_514)]), [4]);
    assert_eq!(
        delivered(&[2, 4], &[(0, 60), (2_000, 60), (2_001, 60)]),
        [2, 2, 4]
    );
}

#[test]
fn a_trace_begins_again_after_its_last_moment() {
    // 4, then 4 again as the 0 of the next repetition, then 7 and 8.
    let frames = [(4_000, 1_514); 4];
    assert_eq!(delivered(&[0, 3, 4], &frames), [4, 4, 7, 8]);
    assert_eq!(
        delivered(&[0, 3, 4], &[(86_400_000_001, 1_514)]),
        [86_400_003]
    );
}

#[test]
fn a_name_goes_with_the_content() {
    let one = Trace::parse("a", "1\n2\n").expect("a trace");
    let same = Trace::parse("a", "1\r\n 2").expect("a trace");
    assert_eq!(one, same);
    assert_ne!(
        one.digest(),
        Trace::parse("a", "1\n3\n").expect("a trace").digest()
    );
    assert_eq!(one.to_string(), format!("a#{}", one.digest()));
    assert_eq!(format!("{one:?}"), format!("Trace({one}, 2 opportunities)"));
}

/// Texts that are no traces: what an error says of each.
const BAD: &[(&[u8], &str)] = &[
    (b"", "bad is empty: write a number"),
    (b"\n", "bad:1: the line is blank"),
    (b"1\n\n2\n", "bad:2: the line is blank"),
    (b"1\n2\n\n", "bad:3: the line is blank"),
    (b"# only a comment\n", "bad:1: the line is a comment"),
    (b"1\nfast\n", "bad:2: `fast` is no number"),
    (b"1\n0x10\n", "bad:2: `0x10` is no number"),
    (b"-1\n2\n", "bad:1: `-1` has a sign"),
    (b"1\n+2\n", "bad:2: `+2` has a sign"),
    (b"1.5\n", "bad:1: `1.5` is a fraction"),
    (b"1\n2,5\n", "bad:2: `2,5` is a fraction"),
    (b"10ms\n", "bad:1: `10ms` has a unit"),
    (b"5 + 1504\n", "bad:1: `5 + 1504` is more than a number"),
    (b"1\t2\n", "is more than a number"),
    (b"7\n5\n", "bad:2: 5 comes after 7"),
    (b"1\n86400001\n", "bad:2: `86400001` is later"),
    (b"1760000000000\n", "not from 1970"),
    (
        b"99999999999999999999999\n",
        "bad:1: `99999999999999999999999` is later",
    ),
    (b"0\n", "bad:1: the last moment is 0"),
    (b"0\n0\n0\n", "bad:3: the last moment is 0"),
    (b"1\n\xff\xfe2\n", "bad:2: the byte 0xff"),
    (b"1\n\x002\n", "bad:2: the byte 0x00"),
    (b"\xff\xfe1\0\n\0", "bad is UTF-16"),
    (b"\xef\xbb\xbf1\n", "bad is UTF-8 with a byte order mark"),
    (b"\x1f\x8b\x08", "bad is compressed by gzip"),
];

#[test]
fn what_is_no_trace_is_refused_with_its_line_and_what_to_do() {
    for (text, words) in BAD {
        let error = Trace::parse("bad", text).expect_err(words).to_string();
        assert!(error.contains(words), "{words}: {error}");
        let remedies = ["write", "remove", "round", "save", "give", "put", "end it"];
        assert!(remedies.iter().any(|word| error.contains(word)), "{error}");
    }
    let long = vec![b'1'; MAX_TRACE + 1];
    let error = Trace::parse("bad", long).expect_err("too long").to_string();
    assert!(error.contains("longer than 64 MiB: cut it"), "{error}");
    let line = "9".repeat(1_000);
    let error = Trace::parse("bad", line).expect_err("too late").to_string();
    assert!(error.len() < 200, "{error}");
}

/// A trace, and frames as they come: the gap before each in µs, and its length.
fn traffic() -> impl Strategy<Value = (Vec<u32>, Vec<(u64, usize)>)> {
    let moments = vec(0..40_u32, 1..20).prop_map(|mut moments| {
        moments.sort_unstable();
        if let Some(last) = moments.last_mut() {
            *last = (*last).max(1);
        }
        moments
    });
    let gaps = prop_oneof![Just(0), 0..3_000_u64, 0..100_000_u64];
    (moments, vec((gaps, 54..4_000_usize), 1..100))
}

/// How many opportunities there are from one moment to another, both included.
fn opportunities(moments: &[u32], from: SimTime, until: SimTime) -> u64 {
    let (from, until) = (from.as_nanos(), until.as_nanos());
    let period = u64::from(*moments.last().expect("one at least")) * 1_000_000;
    let in_all = |repetition: u64| {
        moments.iter().filter(move |ms| {
            let at = repetition * period + u64::from(**ms) * 1_000_000;
            from <= at && at <= until
        })
    };
    let first = (from / period).saturating_sub(1);
    let count = (first..=until / period).flat_map(in_all).count();
    count as u64
}

proptest! {
    #[test]
    fn no_more_is_delivered_than_opportunities_have_room_for((moments, frames) in traffic()) {
        let mut cursor = Cursor::new(trace(&moments));
        let mut now = SimTime::ZERO;
        let mut through: Vec<(SimTime, SimTime, u64)> = Vec::new();
        for (gap, len) in frames {
            now += Span::from_micros(gap);
            let departs = cursor.deliver(now, len);
            prop_assert!(now <= departs, "a frame left before it came");
            if let Some((_, before, _)) = through.last() {
                prop_assert!(*before <= departs, "a frame overtook another");
            }
            prop_assert!(opportunities(&moments, departs, departs) > 0, "{departs} is no opportunity");
            through.push((now, departs, cost(len) as u64));
        }
        for first in 0..through.len() {
            let mut bytes = 0;
            for (_, departs, cost) in &through[first..] {
                bytes += cost;
                let room = opportunities(&moments, through[first].0, *departs) * u64::from(OPPORTUNITY);
                prop_assert!(bytes <= room, "{bytes} bytes in {room}");
            }
        }
    }

    #[test]
    fn a_frame_that_meets_no_other_takes_the_first_opportunities_after_it_came(
        (moments, _) in traffic(),
        us in 0..10_000_000_u64,
        repetitions in 0..1_000_u64,
    ) {
        let alone = |us| Cursor::new(trace(&moments)).deliver(at_us(us), 1_514);
        let departs = alone(us);
        prop_assert_eq!(opportunities(&moments, at_us(us), departs).min(1), 1);
        if departs > at_us(us) {
            let before = SimTime::from_nanos(departs.as_nanos() - 1);
            prop_assert_eq!(opportunities(&moments, at_us(us), before), 0);
        }
        // Every repetition is like the first that has one before it, whose end may be an opportunity of both.
        let period = Trace::period(&trace(&moments));
        let later = period * (repetitions + 1);
        let us = us + period.as_nanos() / 1_000;
        prop_assert_eq!(alone(us + later.as_nanos() / 1_000), alone(us) + later);
    }
}
