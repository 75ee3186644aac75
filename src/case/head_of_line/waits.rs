//! How long bytes lay at a host and could not be delivered, since bytes before them were missing.

use crate::event::{ByteRange, SocketEvent};
use crate::measure::HostView;
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// When the bytes of one stream came to a host, and when they became readable there.
#[derive(Clone, Debug, Default)]
pub(super) struct Delivery {
    /// Segments in the order of their arrival.
    arrivals: Vec<(SimTime, ByteRange)>,
    /// First offsets that were not yet readable.
    readable: Vec<(SimTime, u64)>,
}

/// A time from the first moment to the second.
type Interval = (SimTime, SimTime);

impl Delivery {
    /// Whatever stream `arrivals` and first offsets that were not yet `readable` are of.
    pub(super) fn new(
        arrivals: impl Iterator<Item = (SimTime, ByteRange)>,
        readable: impl Iterator<Item = (SimTime, u64)>,
    ) -> Self {
        Self {
            arrivals: arrivals.collect(),
            readable: readable.collect(),
        }
    }

    /// The client's only connection; `origin` is the sequence number of its first byte.
    pub(super) fn to_client(recording: &Recording, origin: u32) -> Self {
        let client = HostView::named(recording, "client");
        let arrivals = client
            .received()
            .filter(|seen| !seen.tcp.payload.is_empty())
            .map(|seen| {
                let offset = seen.tcp.header.sequence_number().wrapping_sub(origin);
                let start = u64::from(offset);
                let end = start + seen.tcp.payload.len() as u64;
                (seen.at, ByteRange { start, end })
            });
        let readable = client.sockets().filter_map(|(at, _, event)| match event {
            SocketEvent::Readable { end } => Some((at, *end)),
            _ => None,
        });
        Self::new(arrivals, readable)
    }

    /// When the first segment with the byte at `offset` came.
    pub(super) fn arrival_of(&self, offset: u64) -> Option<SimTime> {
        let with = |range: &ByteRange| range.start <= offset && offset < range.end;
        self.arrivals
            .iter()
            .find(|(_, range)| with(range))
            .map(|(at, _)| *at)
    }

    /// The times in which any byte of `ranges` had come and was not readable, in order and apart.
    pub(super) fn waits(&self, ranges: &[ByteRange]) -> Vec<Interval> {
        let waits = self.arrivals.iter().flat_map(|(arrived, segment)| {
            ranges
                .iter()
                .filter_map(|range| overlap(*segment, *range))
                .filter_map(|bytes| Some((*arrived, self.readable_at(bytes.end)?)))
        });
        merged(waits.filter(|(from, to)| from < to))
    }

    /// When everything before `end` was readable.
    fn readable_at(&self, end: u64) -> Option<SimTime> {
        self.readable
            .iter()
            .find(|(_, readable)| *readable >= end)
            .map(|(at, _)| *at)
    }
}

/// The sum of intervals that do not overlap.
pub(super) fn sum(intervals: &[Interval]) -> Span {
    intervals
        .iter()
        .fold(Span::ZERO, |sum, (from, to)| sum + (*to - *from))
}

/// The bytes that both ranges have.
fn overlap(a: ByteRange, b: ByteRange) -> Option<ByteRange> {
    let (start, end) = (a.start.max(b.start), a.end.min(b.end));
    (start < end).then_some(ByteRange { start, end })
}

/// Intervals that begin in order, those that touch joined.
fn merged(intervals: impl Iterator<Item = Interval>) -> Vec<Interval> {
    let mut merged: Vec<Interval> = Vec::new();
    for (from, to) in intervals {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> SimTime {
        SimTime::ZERO + Span::from_millis(ms)
    }

    fn bytes(start: u64, end: u64) -> ByteRange {
        ByteRange { start, end }
    }

    /// Of three segments the second is lost, and comes again at 300 ms.
    fn delivery() -> Delivery {
        Delivery {
            arrivals: vec![
                (at(100), bytes(0, 1_000)),
                (at(102), bytes(2_000, 3_000)),
                (at(104), bytes(3_000, 4_000)),
                (at(300), bytes(1_000, 2_000)),
            ],
            readable: vec![(at(100), 1_000), (at(300), 4_000)],
        }
    }

    #[test]
    fn bytes_behind_the_gap_wait_for_what_is_missing() {
        let waits = delivery().waits(&[bytes(2_500, 3_500)]);
        assert_eq!(waits, [(at(102), at(300))]);
        assert_eq!(sum(&waits), Span::from_millis(198));
    }

    #[test]
    fn bytes_before_the_gap_and_the_missing_ones_do_not() {
        assert_eq!(delivery().waits(&[bytes(0, 1_000)]), []);
        assert_eq!(delivery().waits(&[bytes(1_000, 2_000)]), []);
    }

    #[test]
    fn what_comes_again_after_it_was_readable_does_not_wait() {
        let mut delivery = delivery();
        delivery.arrivals.push((at(400), bytes(0, 1_000)));
        assert_eq!(delivery.waits(&[bytes(0, 1_000)]), []);
    }

    #[test]
    fn a_byte_arrives_with_its_first_segment() {
        assert_eq!(delivery().arrival_of(1_500), Some(at(300)));
        assert_eq!(delivery().arrival_of(4_000), None);
    }
}
