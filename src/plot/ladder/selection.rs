//! Which frames are drawn when there are too many, and the words for those that are not.

use std::collections::BTreeSet;

use super::trace::Trace;
use crate::plot::scale::spoken;
use crate::units::SimTime;

/// Most frames that a ladder draws.
pub const MOST_FRAMES: usize = 200;

/// Frames that are drawn at the end, whatever happened before.
const TAIL: usize = 40;
/// Frames around drops and retransmissions that are drawn between the beginning and the end.
const NOTABLE: usize = 80;
/// Neighbours on each side of a notable frame that are drawn with it.
const CONTEXT: usize = 3;
/// Fewer frames than these between two notable ones are drawn rather than counted.
const SHORTEST_GAP: usize = 12;

/// The frames that are drawn and the gaps between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// Indices of the flights that are drawn.
    pub(super) drawn: BTreeSet<usize>,
    /// What is left out, in order.
    pub(super) omissions: Vec<Omission>,
}

/// Consecutive frames that are not drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Omission {
    /// Index of the first flight.
    pub(super) first: usize,
    /// How many.
    pub(super) count: usize,
    /// When the first was sent.
    pub(super) from: SimTime,
    /// When the last was sent.
    pub(super) to: SimTime,
}

impl Selection {
    /// Picks frames: the first, the last, and in between those with a story.
    pub(super) fn of(trace: &Trace) -> Self {
        let count = trace.flights.len();
        let drawn = if count <= MOST_FRAMES {
            (0..count).collect()
        } else {
            picked(trace)
        };
        let omissions = omissions(trace, &drawn);
        Self { drawn, omissions }
    }

    /// Whether a remark at this moment falls among frames that are left out.
    pub(super) fn omits(&self, at: SimTime) -> bool {
        self.omissions
            .iter()
            .any(|omission| omission.from < at && at < omission.to)
    }
}

impl Omission {
    /// What is left out, in words.
    pub(super) fn sentence(&self) -> String {
        let plural = if self.count == 1 { "" } else { "s" };
        let [from, to] = [self.from, self.to].map(|at| spoken(at.since(SimTime::ZERO)));
        let when = if from == to {
            format!("at {from}")
        } else {
            format!("between {from} and {to}")
        };
        format!("{} further frame{plural} {when} not drawn", self.count)
    }
}

fn picked(trace: &Trace) -> BTreeSet<usize> {
    let count = trace.flights.len();
    let tail = count - TAIL;
    let mut notable = BTreeSet::new();
    for index in
        (MOST_FRAMES - TAIL - NOTABLE..tail).filter(|index| trace.flights[*index].is_notable())
    {
        let from = match notable.last() {
            Some(last) if index - CONTEXT <= last + SHORTEST_GAP => last + 1,
            _ => index - CONTEXT,
        };
        let around = (from..=index + CONTEXT).filter(|index| *index < tail);
        let with: BTreeSet<usize> = notable.iter().copied().chain(around).collect();
        if with.len() > NOTABLE {
            break;
        }
        notable = with;
    }
    let mut drawn: BTreeSet<usize> = notable.into_iter().chain(tail..count).collect();
    let mut head = 0;
    while drawn.len() < MOST_FRAMES {
        drawn.insert(head);
        head += 1;
    }
    drawn
}

fn omissions(trace: &Trace, drawn: &BTreeSet<usize>) -> Vec<Omission> {
    let mut omissions: Vec<Omission> = Vec::new();
    for (index, flight) in trace
        .flights
        .iter()
        .enumerate()
        .filter(|(index, _)| !drawn.contains(index))
    {
        match omissions.last_mut() {
            Some(last) if last.first + last.count == index => {
                last.count += 1;
                last.to = flight.sent;
            }
            _ => omissions.push(Omission {
                first: index,
                count: 1,
                from: flight.sent,
                to: flight.sent,
            }),
        }
    }
    omissions
}
