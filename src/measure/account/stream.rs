//! One direction of a byte stream: what was written, sent, sent again, and readable, each with its moment.

use crate::event::{Limit, Mechanism};
use crate::units::SimTime;
use crate::wire::FrameId;

/// A moment in a recording: a time, and the position of an entry of that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) at: SimTime,
    pub(super) entry: usize,
}

/// Bytes that left in a frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub(super) when: Moment,
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) frame: FrameId,
    /// What made them leave again.
    pub(super) again: Option<Mechanism>,
}

/// One direction of a stream of TCP or QUIC.
#[derive(Clone, Debug, Default)]
pub(super) struct Stream {
    /// First transmissions, in order.
    pub(super) fresh: Vec<Sent>,
    /// Later ones, in order of time.
    pub(super) again: Vec<Sent>,
    /// After each write, how much had been written.
    pub(super) written: Vec<(Moment, u64)>,
    /// When the application found the send buffer full.
    pub(super) full: Vec<Moment>,
    /// From when on data waited for what.
    pub(super) waits: Vec<(Moment, Option<Limit>)>,
    /// At the receiver: from when on how much was readable.
    pub(super) readable: Vec<(Moment, u64)>,
}

impl Moment {
    /// Right after it.
    pub(super) const fn after(self) -> Self {
        Self {
            entry: self.entry + 1,
            ..self
        }
    }
}

impl Sent {
    const fn covers(&self, byte: u64) -> bool {
        self.start <= byte && byte < self.end
    }
}

impl Stream {
    /// Takes note of bytes that leave. What was sent before leaves again, also where nobody says why.
    pub(super) fn sent(&mut self, sent: Sent) {
        let end = self.fresh.last().map_or(0, |last| last.end);
        if sent.again.is_some() || sent.start < end {
            let again = sent.again.or(Some(Mechanism::Rto));
            self.again.push(Sent { again, ..sent });
        }
        if sent.end > end {
            let start = sent.start.max(end);
            self.fresh.push(Sent {
                start,
                again: None,
                ..sent
            });
        }
    }

    /// Takes note of bytes that came to the receiver: `held` has what came before, beyond a gap.
    pub(super) fn received(
        &mut self,
        when: Moment,
        (start, end): (u64, u64),
        held: &mut Vec<(u64, u64)>,
    ) {
        held.push((start, end));
        held.sort_unstable();
        let mut edge = self.readable.last().map_or(0, |(_, end)| *end);
        let before = edge;
        held.retain(|(start, end)| {
            let joins = *start <= edge;
            if joins {
                edge = edge.max(*end);
            }
            !joins
        });
        if edge > before {
            self.readable.push((when, edge));
        }
    }

    /// When a byte left for the first time.
    pub(super) fn first_sent(&self, byte: u64) -> Option<&Sent> {
        let position = self.fresh.partition_point(|sent| sent.end <= byte);
        self.fresh.get(position).filter(|sent| sent.covers(byte))
    }

    /// All times that a byte left from the first on and up to `until`, in order.
    pub(super) fn transmissions(&self, byte: u64, until: SimTime) -> Vec<Sent> {
        let again = self.again.iter().take_while(|sent| sent.when.at <= until);
        let again = again.filter(|sent| sent.covers(byte));
        self.first_sent(byte)
            .into_iter()
            .chain(again)
            .copied()
            .collect()
    }

    /// How much was readable before `when`.
    pub(super) fn readable_before(&self, when: Moment) -> u64 {
        let position = self.readable.partition_point(|(at, _)| *at < when);
        position
            .checked_sub(1)
            .map_or(0, |last| self.readable[last].1)
    }

    /// When everything up to and with `byte` was readable.
    pub(super) fn readable_at(&self, byte: u64) -> Option<Moment> {
        let position = self.readable.partition_point(|(_, end)| *end <= byte);
        self.readable.get(position).map(|(when, _)| *when)
    }

    /// When a byte was written.
    pub(super) fn written_at(&self, byte: u64) -> Option<Moment> {
        let position = self.written.partition_point(|(_, end)| *end <= byte);
        self.written.get(position).map(|(when, _)| *when)
    }

    /// When an application began to write what it wrote at `when`, as far as a full buffer held it up.
    pub(super) fn begun(&self, when: Moment) -> Moment {
        let mut position = self.written.partition_point(|(at, _)| *at <= when);
        let mut begun = when;
        while let Some(last) = position.checked_sub(1) {
            begun = self.written[last].0;
            let Some(before) = last.checked_sub(1) else {
                break;
            };
            if !self.was_full(self.written[before].0, begun) {
                break;
            }
            position = last;
        }
        begun
    }

    /// Whether the buffer was found full between two moments.
    fn was_full(&self, from: Moment, until: Moment) -> bool {
        let position = self.full.partition_point(|at| *at < from);
        self.full.get(position).is_some_and(|at| *at < until)
    }

    /// Whether the application waited for room in the buffer at `at`.
    pub(super) fn is_full(&self, at: SimTime) -> bool {
        let position = self.full.partition_point(|full| full.at <= at);
        let Some(full) = position.checked_sub(1).map(|last| self.full[last]) else {
            return false;
        };
        let next = self.written.partition_point(|(when, _)| *when <= full);
        self.written.get(next).is_none_or(|(when, _)| when.at > at)
    }

    /// What data waited for at `at`, as far as the transport said so.
    pub(super) fn limit(&self, at: SimTime) -> Option<Limit> {
        let position = self.waits.partition_point(|(when, _)| when.at <= at);
        position.checked_sub(1).and_then(|last| self.waits[last].1)
    }

    /// The moments in `from..until` at which what data waits for, or who waits, may change.
    pub(super) fn changes(&self, from: SimTime, until: SimTime) -> Vec<SimTime> {
        let inside = |at: &SimTime| from < *at && *at < until;
        let waits = self.waits.iter().map(|(when, _)| when.at);
        let writes = self.written.iter().map(|(when, _)| when.at);
        let full = self.full.iter().map(|when| when.at);
        let mut changes: Vec<_> = waits.chain(writes).chain(full).filter(inside).collect();
        changes.sort_unstable();
        changes.dedup();
        changes
    }
}

/// A stream of QUIC: one of the application's, or the handshake's in packets of a type.
pub(super) type QuicStream = Result<u64, crate::event::QuicPacketKind>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    fn moment(ms: u64) -> Moment {
        Moment {
            at: SimTime::ZERO + Span::from_millis(ms),
            entry: usize::try_from(ms).expect("tests are short"),
        }
    }

    fn sent(ms: u64, start: u64, end: u64) -> Sent {
        Sent {
            when: moment(ms),
            start,
            end,
            frame: FrameId(ms),
            again: None,
        }
    }

    #[test]
    fn a_byte_that_leaves_again_keeps_its_first_time() {
        let mut stream = Stream::default();
        stream.sent(sent(1, 0, 100));
        stream.sent(sent(2, 100, 200));
        stream.sent(Sent {
            again: Some(Mechanism::FastRetransmit),
            ..sent(5, 0, 100)
        });
        let times = |byte| -> Vec<_> {
            let all = stream.transmissions(byte, moment(9).at);
            all.iter()
                .map(|sent| (sent.when.entry, sent.again))
                .collect()
        };
        assert_eq!(times(50), [(1, None), (5, Some(Mechanism::FastRetransmit))]);
        assert_eq!(times(150), [(2, None)]);
        assert_eq!(stream.transmissions(50, moment(4).at).len(), 1);
    }

    #[test]
    fn bytes_beyond_a_gap_become_readable_with_what_fills_it() {
        let (mut stream, mut held) = (Stream::default(), Vec::new());
        for (ms, range) in [
            (1, (0, 100)),
            (2, (200, 300)),
            (3, (300, 400)),
            (9, (100, 200)),
        ] {
            stream.received(moment(ms), range, &mut held);
        }
        assert_eq!(stream.readable, [(moment(1), 100), (moment(9), 400)]);
        assert_eq!(stream.readable_before(moment(9)), 100);
        assert_eq!(stream.readable_at(250), Some(moment(9)));
    }

    #[test]
    fn a_write_that_a_full_buffer_held_up_began_with_the_first() {
        let stream = Stream {
            written: vec![
                (moment(1), 10),
                (moment(4), 20),
                (moment(7), 30),
                (moment(9), 40),
            ],
            full: vec![moment(1), moment(4)],
            ..Stream::default()
        };
        assert_eq!(stream.begun(moment(7)), moment(1));
        assert_eq!(stream.begun(moment(9)), moment(9));
        let full = |ms| stream.is_full(moment(ms).at);
        assert_eq!(
            [full(0), full(2), full(5), full(8)],
            [false, true, true, false]
        );
    }
}
