//! What one end sent and the other did not acknowledge.

use crate::units::{SimTime, Span};
use crate::wire::foreign::TcpSegment;
use crate::wire::packet::seq_before;

/// Segments that are kept; Wireshark keeps as many.
const MOST: usize = 10_000;

/// Segments that await acknowledgment, in the order in which they were captured.
#[derive(Clone, Debug, Default)]
pub(super) struct Unacked {
    list: Vec<Segment>,
    /// First and last number of the list, which is not walked through for each segment.
    edges: Option<(u32, u32)>,
    /// The newest acknowledgment, and how many of the list were held against it.
    checked: Option<(u32, usize)>,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    frame: u64,
    at: SimTime,
    start: u32,
    end: u32,
}

impl Unacked {
    /// Adds a segment.
    pub(super) fn push(&mut self, frame: u64, at: SimTime, segment: &TcpSegment) {
        if self.list.len() < MOST {
            let (start, end) = (segment.seq, segment.end());
            self.list.push(Segment {
                frame,
                at,
                start,
                end,
            });
            self.edges = Some(widened(self.edges, start, end));
        }
    }

    /// Takes away what an acknowledgment covers; returns the frame whose end it acknowledges and the time since that,
    /// the first one of several that end there.
    pub(super) fn acknowledge(&mut self, at: SimTime, ack: u32) -> Option<(u64, Span)> {
        // What the same number left before, it leaves again.
        let known = self.checked.filter(|(before, _)| *before == ack);
        let known = known.map_or(0, |(_, count)| count);
        let mut new = self.list.iter().skip(known).peekable();
        new.peek()?;
        let exact = new.find(|segment| segment.end == ack);
        let found = exact.map(|segment| (segment.frame, at.since(segment.at)));
        let (mut position, mut changed) = (0, false);
        self.list.retain_mut(|segment| {
            position += 1;
            if position <= known {
                return true;
            }
            let is_left = seq_before(ack, segment.end);
            let is_cut = is_left && seq_before(segment.start, ack);
            if is_cut {
                segment.start = ack;
            }
            changed |= is_cut || !is_left;
            is_left
        });
        if changed {
            let all = self.list.iter();
            self.edges = all.fold(None, |edges, one| Some(widened(edges, one.start, one.end)));
        }
        self.checked = Some((ack, self.list.len()));
        found
    }

    /// Bytes from the first that is kept to the last.
    pub(super) fn span(&self) -> Option<u32> {
        self.edges.map(|(start, end)| end.wrapping_sub(start))
    }
}

/// The edges of a list to which this segment is added.
fn widened(edges: Option<(u32, u32)>, start: u32, end: u32) -> (u32, u32) {
    let (first, last) = edges.unwrap_or((start, end));
    let first = if seq_before(start, first) {
        start
    } else {
        first
    };
    let last = if seq_before(last, end) { end } else { last };
    (first, last)
}
