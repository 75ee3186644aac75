//! What selective acknowledgments report: data behind holes (RFC 2018), and data that came twice (RFC 2883).
//!
//! The blocks are not the ranges: a block grows with the segments that touch it, the newest comes first, and one
//! that is pushed out of the list comes back only if data touches its range again, as in Linux.

use std::collections::VecDeque;

use crate::wire::packet::seq_before;

/// First sequence number, and the first one after it.
pub(in crate::host) type Block = (u32, u32);

/// Blocks without timestamps (RFC 2018 section 3: 40 B of options).
const MOST_BLOCKS: usize = 4;
/// Ranges that are kept; a peer that leaves more holes has segments acknowledged only once they are in order.
const MOST_RANGES: usize = 1024;
/// Blocks that a peer with one loss makes; with more, ACKs do not wait (`TCP_SACK_BLOCKS_EXPECTED`).
const EXPECTED_BLOCKS: usize = 2;

/// What a segment behind a hole did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Filed {
    /// It touches no range that was there.
    pub(super) alone: bool,
    /// Its block was not among the first: the peer loses more than one segment at a time.
    pub(super) scattered: bool,
}

/// The ranges behind holes and the blocks that report them.
#[derive(Clone, Debug, Default)]
pub(super) struct Sack {
    ranges: VecDeque<Block>,
    bytes: u32,
    blocks: [Block; MOST_BLOCKS],
    count: usize,
    duplicate: Option<Block>,
}

impl Sack {
    /// Whether there is no hole.
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Bytes behind holes.
    pub(super) const fn bytes(&self) -> u32 {
        self.bytes
    }

    /// First sequence number after everything behind holes.
    pub(super) fn end(&self) -> Option<u32> {
        self.ranges.back().map(|range| range.1)
    }

    /// The blocks of the next segment, a duplicate's first (RFC 2883 section 4), `most` of them at most.
    pub(super) fn blocks(&self, most: usize) -> impl Iterator<Item = Block> + '_ {
        let listed = self.blocks.iter().take(self.count).copied();
        self.duplicate.into_iter().chain(listed).take(most)
    }

    /// The duplicate was reported; that happens once (RFC 2883 section 4).
    pub(super) const fn reported(&mut self) {
        self.duplicate = None;
    }

    /// `block` came twice (`tcp_dsack_set`).
    pub(super) const fn repeat(&mut self, block: Block) {
        self.duplicate = Some(block);
    }

    /// `block` came twice too; it is added to what is reported if it touches that (`tcp_dsack_extend`).
    fn repeat_more(&mut self, block: Block) {
        match &mut self.duplicate {
            Some(known) => {
                extend(known, block);
            }
            none => *none = Some(block),
        }
    }

    /// A segment in order ends at `end`, and with it the stream reaches `next` (`tcp_ofo_queue`).
    pub(super) fn in_order(&mut self, end: u32, next: u32) {
        while let Some(&range) = self.ranges.front() {
            if seq_before(next, range.0) {
                break;
            }
            if seq_before(range.0, end) {
                self.repeat_more((range.0, earlier(range.1, end)));
            }
            self.ranges.pop_front();
            if seq_before(next, range.1) {
                self.bytes -= next.wrapping_sub(range.0);
                self.ranges.push_front((next, range.1));
                break;
            }
            self.bytes -= range.1.wrapping_sub(range.0);
        }
        self.forget_before(next);
    }

    /// The peer's stream has ended: nothing behind it counts (`tcp_fin`).
    pub(super) fn clear(&mut self) {
        self.ranges.clear();
        self.bytes = 0;
        self.count = 0;
    }

    /// Blocks that the stream has reached leave the list (`tcp_sack_remove`).
    fn forget_before(&mut self, next: u32) {
        if self.ranges.is_empty() {
            self.count = 0;
        }
        let mut kept = 0;
        for index in 0..self.count {
            if seq_before(next, self.blocks[index].0) {
                self.blocks[kept] = self.blocks[index];
                kept += 1;
            }
        }
        self.count = kept;
    }

    /// A segment behind a hole (`tcp_data_queue_ofo`).
    pub(super) fn behind_hole(&mut self, block: Block) -> Filed {
        let alone = self.merge(block);
        let scattered = self.report(block);
        Filed { alone, scattered }
    }

    /// Adds a segment to the ranges, and notes what of it was there. Returns whether it touches none.
    fn merge(&mut self, block: Block) -> bool {
        let (start, end) = block;
        if let Some(last) = self.ranges.back_mut()
            && last.1 == start
        {
            last.1 = end;
            self.bytes += end.wrapping_sub(start);
            return false;
        }
        // Everything before `first` ends before the segment begins.
        let first = self.ranges.partition_point(|r| seq_before(r.1, start));
        let (mut merged, mut index, mut overlapping) = (block, first, false);
        while let Some(&range) = self.ranges.get(index) {
            if seq_before(end, range.0) {
                break;
            }
            self.note_overlap(block, range, &mut overlapping);
            extend(&mut merged, range);
            self.bytes -= range.1.wrapping_sub(range.0);
            index += 1;
        }
        let alone = index == first;
        if alone && self.ranges.len() == MOST_RANGES {
            return true;
        }
        self.bytes += merged.1.wrapping_sub(merged.0);
        if alone {
            self.ranges.insert(first, merged);
        } else {
            self.ranges[first] = merged;
            self.ranges.drain(first + 1..index);
        }
        alone
    }

    /// Notes what a segment has in common with one range. The first overlap replaces an unreported duplicate if
    /// the segment begins inside the range; the others only add to it.
    fn note_overlap(&mut self, segment: Block, range: Block, overlapping: &mut bool) {
        let common = (later(segment.0, range.0), earlier(segment.1, range.1));
        if !seq_before(common.0, common.1) {
            return;
        }
        let inside = seq_before(range.0, segment.0) || !seq_before(range.1, segment.1);
        if !*overlapping && inside && common.0 == segment.0 {
            self.repeat(common);
        } else {
            self.repeat_more(common);
        }
        *overlapping = true;
    }

    /// The block of a segment comes first (RFC 2018 section 4, `tcp_sack_new_ofo_skb`). Returns whether it was
    /// not among the first.
    fn report(&mut self, block: Block) -> bool {
        let touched = (0..self.count).find(|&i| extend(&mut self.blocks[i], block));
        if let Some(index) = touched {
            self.blocks[..=index].rotate_right(1);
            self.coalesce();
            return index >= EXPECTED_BLOCKS;
        }
        let scattered = self.count >= EXPECTED_BLOCKS;
        self.count = (self.count + 1).min(MOST_BLOCKS);
        self.blocks[..self.count].rotate_right(1);
        self.blocks[0] = block;
        scattered
    }

    /// The first block may have grown into others (`tcp_sack_maybe_coalesce`).
    fn coalesce(&mut self) {
        let mut index = 1;
        while index < self.count {
            let other = self.blocks[index];
            if extend(&mut self.blocks[0], other) {
                self.blocks[index..self.count].rotate_left(1);
                self.count -= 1;
            } else {
                index += 1;
            }
        }
    }
}

/// Adds `other` to `block` if they touch, and returns whether they do (`tcp_sack_extend`).
fn extend(block: &mut Block, other: Block) -> bool {
    let touch = !seq_before(block.1, other.0) && !seq_before(other.1, block.0);
    if touch {
        *block = (earlier(block.0, other.0), later(block.1, other.1));
    }
    touch
}

const fn earlier(a: u32, b: u32) -> u32 {
    if seq_before(a, b) { a } else { b }
}

const fn later(a: u32, b: u32) -> u32 {
    if seq_before(a, b) { b } else { a }
}
