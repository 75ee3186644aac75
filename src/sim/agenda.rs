//! What will happen when: entries ordered by `(time, seq)`, so that what was entered first happens first.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BinaryHeap, VecDeque};

use crate::units::SimTime;

/// Future entries. Only keys are in the heap, so that frames are not moved about, and of the entries that come
/// in order by themselves, as the frames on a link do, only the key of the first: the heap stays small however
/// many are on their way.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    heap: BinaryHeap<Reverse<Key>>,
    lines: Vec<Line>,
    entries: Vec<Option<T>>,
    free: Vec<u32>,
    seq: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    at: SimTime,
    seq: u64,
    slot: u32,
    /// The line whose next entry follows this one into the heap.
    line: Option<u16>,
}

/// Entries in order of their times.
#[derive(Debug, Default)]
struct Line {
    /// Whether the key of its first entry is in the heap.
    leads: bool,
    /// The keys of the others.
    behind: VecDeque<Key>,
    /// When its last entry is due.
    last: SimTime,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self {
            heap: BinaryHeap::new(),
            lines: Vec::new(),
            entries: Vec::new(),
            free: Vec::new(),
            seq: 0,
        }
    }
}

impl<T> Agenda<T> {
    /// Enters `entry` at `at`, after everything that was entered for that moment before.
    pub(super) fn push(&mut self, at: SimTime, entry: T) {
        let key = self.enter(at, entry);
        self.heap.push(Reverse(key));
    }

    /// The same for an entry that most likely comes after those of its line. Lines are numbered from zero.
    pub(super) fn push_in_line(&mut self, line: u16, at: SimTime, entry: T) {
        let key = self.enter(at, entry);
        let index = usize::from(line);
        if index >= self.lines.len() {
            self.lines.resize_with(index + 1, Line::default);
        }
        let waiting = &mut self.lines[index];
        if waiting.leads && at < waiting.last {
            self.heap.push(Reverse(key)); // it overtakes
            return;
        }
        waiting.last = at;
        let line = Some(line);
        if std::mem::replace(&mut waiting.leads, true) {
            waiting.behind.push_back(Key { line, ..key });
        } else {
            self.heap.push(Reverse(Key { line, ..key }));
        }
    }

    /// The moment of the next entry.
    pub(super) fn next_at(&self) -> Option<SimTime> {
        self.heap.peek().map(|Reverse(key)| key.at)
    }

    /// Takes the next entry.
    pub(super) fn pop(&mut self) -> Option<(SimTime, T)> {
        let mut first = self.heap.peek_mut()?;
        let Reverse(key) = *first;
        let line = key.line.map(|line| &mut self.lines[usize::from(line)]);
        let follower = line.and_then(Line::advance);
        if let Some(follower) = follower {
            *first = Reverse(follower);
            drop(first);
        } else {
            PeekMut::pop(first);
        }
        let entry = self.entries[key.slot as usize]
            .take()
            .expect("a key in the heap has its entry");
        self.free.push(key.slot);
        Some((key.at, entry))
    }

    /// How many entries there are.
    pub(super) const fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    fn enter(&mut self, at: SimTime, entry: T) -> Key {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            u32::try_from(self.entries.len() - 1).expect("fewer than 2^32 entries at once")
        });
        self.entries[slot as usize] = Some(entry);
        let seq = self.seq;
        self.seq += 1;
        Key {
            at,
            seq,
            slot,
            line: None,
        }
    }
}

impl Line {
    /// The first entry is taken: the key that takes its place in the heap.
    fn advance(&mut self) -> Option<Key> {
        let next = self.behind.pop_front();
        self.leads = next.is_some();
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    proptest! {
        /// `None` takes an entry, the rest are times and lines.
        #[test]
        fn entries_come_in_the_order_of_time_then_entry(
            acts in prop::collection::vec(prop::option::weighted(0.7, (0u64..20, prop::option::of(0u16..3))), 0..300),
        ) {
            let (mut agenda, mut model) = (Agenda::default(), BTreeSet::new());
            for (index, act) in acts.into_iter().enumerate() {
                let Some((time, line)) = act else {
                    let taken = agenda.pop().map(|(at, index)| (at.as_nanos(), index));
                    prop_assert_eq!(taken, model.pop_first());
                    continue;
                };
                model.insert((time, index));
                let at = SimTime::from_nanos(time);
                match line {
                    Some(line) => agenda.push_in_line(line, at, index),
                    None => agenda.push(at, index),
                }
                prop_assert_eq!(agenda.len(), model.len());
            }
            let rest: Vec<_> = std::iter::from_fn(|| agenda.pop()).map(|(at, index)| (at.as_nanos(), index)).collect();
            prop_assert_eq!(rest, model.into_iter().collect::<Vec<_>>());
            prop_assert_eq!(agenda.len(), 0);
        }
    }
}
