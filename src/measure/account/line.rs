//! A link of limited rate: when it was busy, and with whose bits.

use super::{Class, Slice};
use crate::units::SimTime;
use crate::wire::FrameId;

/// A frame on the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Busy {
    pub(super) from: SimTime,
    pub(super) until: SimTime,
    pub(super) frame: FrameId,
}

/// When a link was busy, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Vec<Busy>);

impl Line {
    pub(super) fn push(&mut self, busy: Busy) {
        self.0.push(busy);
    }

    /// The frames that were on the line between two moments.
    fn between(&self, from: SimTime, until: SimTime) -> impl Iterator<Item = &Busy> {
        let first = self.0.partition_point(|busy| busy.until <= from);
        self.0[first..]
            .iter()
            .take_while(move |busy| busy.from < until)
    }

    /// Splits a slice at the moments at which the line gets busy, idle, or busy with somebody else's bits: those times
    /// are serialization where the bits are one's own, else queueing; what is left keeps its class.
    pub(super) fn split(&self, slice: Slice, own: impl Fn(FrameId) -> bool) -> Vec<Slice> {
        let mut parts = Vec::new();
        let mut from = slice.from;
        let mut put = |until: SimTime, class| {
            if from < until {
                parts.push(Slice {
                    from,
                    until,
                    class,
                    ..slice
                });
                from = until;
            }
        };
        for busy in self.between(slice.from, slice.until) {
            put(busy.from.min(slice.until), slice.class);
            let class = if own(busy.frame) {
                Class::Serialization
            } else {
                Class::Queueing
            };
            put(busy.until.min(slice.until), class);
        }
        put(slice.until, slice.class);
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    fn at(ms: u64) -> SimTime {
        SimTime::ZERO + Span::from_millis(ms)
    }

    #[test]
    fn a_wait_is_split_by_whose_bits_are_on_the_line() {
        let busy = |from, until, frame| Busy {
            from: at(from),
            until: at(until),
            frame: FrameId(frame),
        };
        let line = Line(vec![
            busy(0, 2, 1),
            busy(3, 5, 2),
            busy(5, 9, 3),
            busy(9, 10, 4),
        ]);
        let wait = Slice {
            from: at(1),
            until: at(8),
            class: Class::CongestionWindow,
            frame: None,
            request: None,
            stream: None,
        };
        let parts = line.split(wait, |frame| frame != FrameId(3));
        let parts: Vec<_> = parts
            .iter()
            .map(|part| (part.from, part.until, part.class))
            .collect();
        assert_eq!(
            parts,
            [
                (at(1), at(2), Class::Serialization),
                (at(2), at(3), Class::CongestionWindow),
                (at(3), at(5), Class::Serialization),
                (at(5), at(8), Class::Queueing),
            ]
        );
    }
}
