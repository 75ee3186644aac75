//! What the analysis makes of many segments, without a file that holds them.

use std::net::SocketAddr;

use super::again::Reader;
use super::flags::Flag;
use super::history::History;
use super::rules::Rules;
use super::{Again, Seen};
use crate::units::{SimTime, Span};
use crate::wire::foreign::{TcpFlags, TcpOptions, TcpSegment};

/// Bytes of each segment.
const SIZE: u32 = 1000;

/// A segment of data, by its place in the stream.
fn segment(place: u32) -> TcpSegment {
    TcpSegment {
        source: SocketAddr::from(([198, 18, 0, 2], 40000)),
        destination: SocketAddr::from(([198, 18, 1, 2], 80)),
        ttl: 64,
        ip_id: None,
        seq: 1 + place * SIZE,
        ack: 1,
        flags: TcpFlags::ACK,
        window: 1000,
        len: SIZE,
        checksum: 0,
        options: TcpOptions::default(),
    }
}

/// One direction alone: nothing is ever acknowledged, so nothing may be walked through for each segment.
#[test]
fn a_long_capture_of_one_direction_keeps_every_gap_apart() {
    const SEGMENTS: u32 = 500_000;
    let (mut rules, mut reader) = (Rules::default(), Reader::default());
    let (mut gaps, mut filled, mut in_flight) = (0, 0, None);
    let is_missing = |place: &u32| place % 10 == 5;
    let late = (0..SEGMENTS).filter(|place| is_missing(place) && place % 20 == 5);
    let first = (0..SEGMENTS).filter(|place| !is_missing(place));
    for (frame, place) in (1..).zip(first.chain(late)) {
        let (at, segment) = (
            SimTime::ZERO + Span::from_micros(10 * frame),
            segment(place),
        );
        let analysis = rules.take(at, frame, 0, &segment);
        gaps += u32::from(analysis.flags.has(Flag::LostSegment));
        in_flight = in_flight.max(analysis.in_flight);
        let mut seen = Seen {
            frame,
            at,
            from: 0,
            segment,
            analysis,
            again: None,
        };
        assert_eq!(reader.take(&mut seen), None);
        let Some(Again {
            waited, captured, ..
        }) = seen.again
        else {
            continue;
        };
        // It waited since the segment behind its gap, nine frames for every ten places.
        let behind = u64::from(place / 10 * 9 + 5) + 1;
        assert_eq!(
            (waited, captured),
            (Span::from_micros(10 * (frame - behind)), false)
        );
        filled += 1;
    }
    assert_eq!((gaps, filled), (SEGMENTS / 10, SEGMENTS / 20));
    // Nothing more is counted once a gap was seen and nobody answers.
    assert_eq!(in_flight, Some(5 * SIZE));
}

#[test]
fn what_is_in_flight_of_one_direction_is_counted_as_far_as_segments_are_kept() {
    let mut rules = Rules::default();
    let mut take = |frame: u32| {
        let at = SimTime::ZERO + Span::from_micros(10 * u64::from(frame));
        let segment = segment(frame - 1);
        rules.take(at, u64::from(frame), 0, &segment).in_flight
    };
    for frame in 1..=200_000 {
        assert_eq!(take(frame), Some(frame.min(10_000) * SIZE));
    }
}

/// Numbers that look like chance (Knuth's linear congruential generator).
fn chances() -> impl Iterator<Item = u32> {
    let next = |state: &u64| {
        Some(
            state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1),
        )
    };
    std::iter::successors(Some(1_u64), next).map(|state| (state >> 33) as u32)
}

/// What is kept of gaps says of each byte what a list of all bytes says.
#[test]
fn a_byte_is_in_a_gap_from_where_it_was_passed_over_to_where_it_is_captured() {
    const BYTES: usize = 400;
    let mut history = History::default();
    let mut passed: [Option<SimTime>; BYTES] = [None; BYTES];
    let mut highest = 0;
    let mut chances = chances();
    let mut chance = |below: u32| chances.next().map_or(0, |chance| chance % below);
    for step in 0..300 {
        // Mostly forward, some of it behind a gap, and older bytes anew.
        let start = if chance(3) > 0 {
            highest + chance(4)
        } else {
            chance(highest + 1)
        };
        let len = 1 + chance(5);
        let end = start + len;
        if end as usize > BYTES {
            continue;
        }
        let at = SimTime::from_nanos(step);
        let segment = TcpSegment {
            seq: start,
            len,
            ..segment(0)
        };
        if step > 0 {
            passed[highest.min(start) as usize..start as usize].fill(Some(at));
        }
        passed[start as usize..end as usize].fill(None);
        highest = highest.max(end);
        history.sent(at, 0, &segment);
        for (byte, since) in (0..).zip(passed) {
            let gap = history.gap(byte, byte + 1).map(|gap| gap.since);
            assert_eq!(gap, since, "byte {byte} after step {step}");
        }
    }
    assert!(passed.iter().flatten().count() > 20);
}
