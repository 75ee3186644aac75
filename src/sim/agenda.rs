//! What will happen when: entries ordered by `(time, seq)`, so that what was entered first happens first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::units::SimTime;

/// Future entries. Only their keys are in the heap, so that frames are not moved about.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    heap: BinaryHeap<Reverse<Key>>,
    entries: Vec<Option<T>>,
    free: Vec<u32>,
    seq: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    at: SimTime,
    seq: u64,
    slot: u32,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            entries: Vec::new(),
            free: Vec::new(),
            seq: 0,
        }
    }
}

impl<T> Agenda<T> {
    /// Enters `entry` at `at`, after everything that was entered for that moment before.
    pub(super) fn push(&mut self, at: SimTime, entry: T) {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            u32::try_from(self.entries.len() - 1).expect("fewer than 2^32 entries at once")
        });
        self.entries[slot as usize] = Some(entry);
        self.heap.push(Reverse(Key {
            at,
            seq: self.seq,
            slot,
        }));
        self.seq += 1;
    }

    /// The moment of the next entry.
    pub(super) fn next_at(&self) -> Option<SimTime> {
        self.heap.peek().map(|Reverse(key)| key.at)
    }

    /// Takes the next entry.
    pub(super) fn pop(&mut self) -> Option<(SimTime, T)> {
        let Reverse(key) = self.heap.pop()?;
        let entry = self.entries[key.slot as usize]
            .take()
            .expect("a key in the heap has its entry");
        self.free.push(key.slot);
        Some((key.at, entry))
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn entries_come_in_the_order_of_time_then_entry(times in prop::collection::vec(0u64..20, 0..200)) {
            let mut agenda = Agenda::default();
            for (index, time) in times.iter().enumerate() {
                agenda.push(SimTime::from_nanos(*time), index);
            }
            let mut expected: Vec<_> = times.iter().copied().enumerate().map(|(index, time)| (time, index)).collect();
            expected.sort_unstable();
            let taken: Vec<_> = std::iter::from_fn(|| agenda.pop()).map(|(at, index)| (at.as_nanos(), index)).collect();
            prop_assert_eq!(taken, expected);
            prop_assert_eq!(agenda.len(), 0);
        }
    }
}
