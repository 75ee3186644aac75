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
            self.list.push(Segment {
                frame,
                at,
                start: segment.seq,
                end: segment.end(),
            });
        }
    }

    /// Takes away what an acknowledgment covers; returns the frame whose end it acknowledges and the time since that,
    /// the first one of several that end there.
    pub(super) fn acknowledge(&mut self, at: SimTime, ack: u32) -> Option<(u64, Span)> {
        let exact = self.list.iter().find(|segment| segment.end == ack);
        let found = exact.map(|segment| (segment.frame, at.since(segment.at)));
        self.list.retain_mut(|segment| {
            if seq_before(segment.start, ack) && seq_before(ack, segment.end) {
                segment.start = ack;
            }
            seq_before(ack, segment.end)
        });
        found
    }

    /// Bytes from the first that is kept to the last.
    pub(super) fn span(&self) -> Option<u32> {
        let first = self.list.first()?;
        let (mut start, mut end) = (first.start, first.end);
        for segment in &self.list {
            if seq_before(segment.start, start) {
                start = segment.start;
            }
            if seq_before(end, segment.end) {
                end = segment.end;
            }
        }
        Some(end.wrapping_sub(start))
    }
}
