//! How late frames were written to devices.

use crate::units::{SimTime, Span};

/// What counts as late: a frame that is written more than this after its moment.
const LATE: Span = Span::from_millis(1);

/// How late frames were written to the devices, after the moments at which they arrived in the world.
#[derive(Clone, Debug, Default)]
pub struct Punctuality {
    /// By how much each frame was late.
    delays: Vec<Span>,
    /// The frame that was latest: when it was due, and by how much it was late.
    worst: Option<(SimTime, Span)>,
    /// Frames that a device refused.
    refused: u64,
    /// The longest time between two looks at the devices, by which what they send can at most be noticed late.
    longest_turn: Span,
}

impl Punctuality {
    pub(super) fn written(&mut self, due: SimTime, late: Span) {
        self.delays.push(late);
        if self.worst.is_none_or(|(_, worst)| late > worst) {
            self.worst = Some((due, late));
        }
    }

    pub(super) const fn refuse(&mut self) {
        self.refused += 1;
    }

    pub(super) fn turned(&mut self, span: Span) {
        self.longest_turn = self.longest_turn.max(span);
    }

    /// The two together.
    pub(super) fn join(&mut self, other: Self) {
        self.delays.extend(other.delays);
        let both = [self.worst, other.worst].into_iter().flatten();
        self.worst = both.max_by_key(|(_, late)| *late);
        self.refused += other.refused;
        self.longest_turn = self.longest_turn.max(other.longest_turn);
    }

    /// Frames that were written.
    pub const fn written_frames(&self) -> usize {
        self.delays.len()
    }

    /// Frames that were written more than 1 ms after their moment.
    pub fn late_frames(&self) -> usize {
        self.delays.iter().filter(|delay| **delay > LATE).count()
    }

    /// The delay that so many percent of the frames did not exceed, by the nearest rank; zero without frames.
    pub fn percentile(&self, percent: usize) -> Span {
        let mut sorted = self.delays.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }

    /// The frame that was latest: when it was due, and by how much it was late.
    pub const fn worst(&self) -> Option<(SimTime, Span)> {
        self.worst
    }

    /// Frames that a device refused, as one that is down does; they are lost.
    pub const fn refused(&self) -> u64 {
        self.refused
    }

    /// The longest time between two looks at the devices.
    pub const fn longest_turn(&self) -> Span {
        self.longest_turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let mut punctuality = Punctuality::default();
        assert_eq!(punctuality.percentile(50), Span::ZERO);
        for late in [5, 1, 4, 2, 3] {
            let due = SimTime::from_nanos(late);
            punctuality.written(due, Span::from_millis(late));
        }
        assert_eq!(punctuality.percentile(50), Span::from_millis(3));
        assert_eq!(punctuality.percentile(99), Span::from_millis(5));
        assert_eq!(punctuality.late_frames(), 4);
        let worst = (SimTime::from_nanos(5), Span::from_millis(5));
        assert_eq!(punctuality.worst(), Some(worst));
    }
}
