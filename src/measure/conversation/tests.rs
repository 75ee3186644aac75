//! What the analysis makes of many segments, without a file that holds them.

use std::net::SocketAddr;

use super::again::Reader;
use super::flags::Flag;
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
    const SEGMENTS: u32 = 200_000;
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
