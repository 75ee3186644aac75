//! What is remembered of the data that one end sent: which bytes were captured when, what was acknowledged, and where
//! gaps are. Numbers are unwrapped: they count on where sequence numbers begin again.

use std::collections::BTreeMap;

use crate::units::SimTime;
use crate::wire::foreign::{TcpFlags, TcpSegment};

/// Bytes behind the acknowledgment for which segments are still remembered.
const MEMORY: i64 = 1 << 20;

/// The last transmission of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sent {
    /// First number behind it.
    pub(super) end: i64,
    /// When it was captured.
    pub(super) at: SimTime,
    /// How often it was captured.
    pub(super) times: u32,
    /// Its position among the conversation's segments.
    pub(super) index: usize,
    /// The segment itself.
    pub(super) segment: TcpSegment,
}

/// Bytes that were passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Gap {
    end: i64,
    /// When the first segment behind it was captured.
    pub(super) since: SimTime,
}

/// The data of one end.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    /// Whether anything is known.
    begun: bool,
    /// First number behind everything that was captured.
    pub(super) highest: i64,
    /// First number that the other end has not acknowledged; `None` if nothing was.
    pub(super) acked: Option<i64>,
    /// First number behind what the other end has acknowledged selectively.
    pub(super) sacked: Option<i64>,
    /// The newest segment, the one that `highest` comes from.
    pub(super) newest: Option<Sent>,
    sent: BTreeMap<i64, Sent>,
    /// Gaps by their beginnings. None overlaps another: each begins behind all that was captured before it.
    gaps: BTreeMap<i64, Gap>,
}

impl History {
    /// A sequence number as it counts on from what is known.
    #[expect(
        clippy::cast_possible_wrap,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "RFC 9293 section 3.4: the sign of the wrapped difference is the order"
    )]
    pub(super) fn unwrapped(&self, number: u32) -> i64 {
        if !self.begun {
            return i64::from(number);
        }
        let distance = number.wrapping_sub(self.highest as u32) as i32;
        self.highest + i64::from(distance)
    }

    /// The last transmission of what begins there.
    pub(super) fn last(&self, start: i64) -> Option<&Sent> {
        self.sent.get(&start).or_else(|| {
            // Cut otherwise than before: the one that covers it.
            let (_, sent) = self.sent.range(..start).next_back()?;
            (sent.end > start).then_some(sent)
        })
    }

    /// The gap that these bytes are in, if they were not captured before.
    pub(super) fn gap(&self, start: i64, end: i64) -> Option<Gap> {
        let (_, gap) = self.gaps.range(..=start).next_back()?;
        (end <= gap.end).then_some(*gap)
    }

    /// Takes note of a segment with data, SYN or FIN.
    pub(super) fn sent(&mut self, at: SimTime, index: usize, segment: &TcpSegment) {
        let start = self.unwrapped(segment.seq);
        let end = start + i64::from(segment.sequence_len());
        if !self.begun {
            (self.begun, self.highest) = (true, start);
        }
        if start > self.highest && !segment.flags.any(TcpFlags::SYN) {
            let (end, since) = (start, at);
            self.gaps.insert(self.highest, Gap { end, since });
        }
        self.fill(start, end);
        let times = self.sent.get(&start).map_or(1, |before| before.times + 1);
        let sent = Sent {
            end,
            at,
            times,
            index,
            segment: *segment,
        };
        self.sent.insert(start, sent);
        if end > self.highest {
            self.highest = end;
            self.newest = Some(sent);
        }
    }

    /// What is captured is in no gap any more. Only gaps that it touches are looked at: where nothing acknowledges, as in
    /// one direction alone, none is ever forgotten.
    fn fill(&mut self, start: i64, end: i64) {
        while let Some((&from, &gap)) = self.gaps.range(..end).next_back()
            && gap.end > start
        {
            self.gaps.remove(&from);
            let parts = [(from, start.min(gap.end)), (end.max(from), gap.end)];
            for (from, end) in parts.into_iter().filter(|(from, to)| from < to) {
                let since = gap.since;
                self.gaps.insert(from, Gap { end, since });
            }
        }
    }

    /// Takes note of what the other end acknowledges; returns the position of a segment that was needless, if a D-SACK
    /// (RFC 2883) says so.
    pub(super) fn acknowledged(&mut self, segment: &TcpSegment) -> Option<usize> {
        if !segment.flags.any(TcpFlags::ACK) {
            return None;
        }
        if !self.begun {
            self.begun = true;
            self.highest = i64::from(segment.ack);
        }
        let ack = self.unwrapped(segment.ack);
        self.acked = self.acked.max(Some(ack));
        // Acknowledged and not captured: the tap missed it.
        self.highest = self.highest.max(ack);
        let blocks: Vec<_> = segment
            .sacks()
            .map(|(start, end)| (self.unwrapped(start), self.unwrapped(end)))
            .collect();
        let again = blocks.first().copied().filter(|(start, end)| {
            let inside = |(from, to): &(i64, i64)| from <= start && end <= to;
            *end <= ack || blocks.get(1).is_some_and(inside)
        });
        let new = blocks.iter().skip(usize::from(again.is_some()));
        self.sacked = new.map(|(_, end)| *end).chain(self.sacked).max();
        let needless = again.and_then(|(start, _)| self.last(start)).copied();
        self.forget(ack - MEMORY);
        needless
            .filter(|sent| sent.times > 1)
            .map(|sent| sent.index)
    }

    fn forget(&mut self, below: i64) {
        while let Some(entry) = self.sent.first_entry()
            && entry.get().end < below
        {
            entry.remove();
        }
        while let Some(entry) = self.gaps.first_entry()
            && entry.get().end < below
        {
            entry.remove();
        }
    }
}
