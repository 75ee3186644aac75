//! The order from top to bottom: which moment is in which row, and where time is skipped.
//!
//! Moments of one instant share a row as long as they keep out of each other's way; every label has its row
//! to itself on its side of its column. Rows never go back in time.

use super::remark::Remark;
use super::selection::{Omission, Selection};
use super::trace::{Fate, Flight, Moment, Trace};
use crate::plot::scale::spoken;
use crate::units::{SimTime, Span};

/// Shortest idle time that is worth a break.
const SHORTEST_BREAK: Span = Span::from_millis(100);

/// All rows and what is in them.
#[derive(Debug, Default)]
pub(super) struct Rows {
    /// From top to bottom.
    pub(super) list: Vec<Row>,
    /// The row in which a flight begins, by its index; `None` if it is not drawn.
    pub(super) sent: Vec<Option<usize>>,
    /// The row in which a flight arrives.
    pub(super) arrived: Vec<Option<usize>>,
    /// Remarks and their rows.
    pub(super) remarks: Vec<(usize, Remark)>,
}

/// One row.
#[derive(Debug)]
pub(super) struct Row {
    /// Its moment.
    pub(super) at: SimTime,
    /// What it is for.
    pub(super) kind: RowKind,
    /// The last row in which an arrow begins that ends here.
    pub(super) latest_begin: Option<usize>,
    /// How many arrows begin here that end at a cross.
    pub(super) drops: i32,
    taken: Vec<Slot>,
}

/// What a row is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RowKind {
    /// Ends of arrows only.
    Bare,
    /// At least one label.
    Labelled,
    /// Words across the picture: idle time.
    Break(String),
    /// Words across the picture: frames that are not drawn.
    Omission(String),
}

/// A place beside a column in one row that only one thing can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    column: usize,
    right: bool,
    role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Label,
    Arrival,
    Departure,
}

impl Rows {
    /// Orders what is selected of `trace`.
    pub(super) fn of(trace: &Trace, selection: &Selection) -> Self {
        let mut builder = Builder::new(trace, selection);
        for (at, moment) in &trace.moments {
            builder.add(*at, moment);
        }
        builder.rows
    }
}

impl Row {
    const fn new(at: SimTime, kind: RowKind) -> Self {
        Self {
            at,
            kind,
            latest_begin: None,
            drops: 0,
            taken: Vec::new(),
        }
    }

    /// Whether it is words across the picture rather than a moment.
    pub(super) const fn is_band(&self) -> bool {
        matches!(self.kind, RowKind::Break(_) | RowKind::Omission(_))
    }
}

struct Builder<'a> {
    trace: &'a Trace,
    selection: &'a Selection,
    rows: Rows,
    /// Drawn flights that have begun and will arrive.
    under_way: usize,
    /// The last moment at which something happened, drawn or not.
    busy_until: SimTime,
    shortest_break: Span,
}

impl<'a> Builder<'a> {
    fn new(trace: &'a Trace, selection: &'a Selection) -> Self {
        let longest = trace
            .flights
            .iter()
            .filter_map(Flight::span)
            .max()
            .unwrap_or(Span::ZERO);
        let rows = Rows {
            sent: vec![None; trace.flights.len()],
            arrived: vec![None; trace.flights.len()],
            ..Rows::default()
        };
        let shortest_break = SHORTEST_BREAK.max(longest * 2);
        Self {
            trace,
            selection,
            rows,
            under_way: 0,
            busy_until: SimTime::ZERO,
            shortest_break,
        }
    }

    fn add(&mut self, at: SimTime, moment: &Moment) {
        match moment {
            Moment::Sent(index) => self.sent(at, *index),
            Moment::Arrived(index) if self.selection.drawn.contains(index) => {
                self.arrived(at, *index);
            }
            Moment::Remark(remark) if !self.selection.omits(at) => self.remark(at, remark),
            Moment::Arrived(_) | Moment::Remark(_) => {}
        }
    }

    fn sent(&mut self, at: SimTime, index: usize) {
        if !self.selection.drawn.contains(&index) {
            if let Some(omission) = self
                .selection
                .omissions
                .iter()
                .find(|omission| omission.first == index)
            {
                self.omission(at, omission);
            }
            self.busy_until = self.busy_until.max(at);
            return;
        }
        let flight = &self.trace.flights[index];
        let column = flight.label_column();
        let right = flight.rightwards();
        let label = Slot {
            column,
            right: flight.labelled_right(),
            role: Role::Label,
        };
        let departure = Slot {
            column,
            right,
            role: Role::Departure,
        };
        let mut slots = vec![label, departure];
        if flight.to.is_none() {
            // The short arrow to a gateway would lie on one that arrives from the same side.
            slots.push(Slot {
                role: Role::Arrival,
                ..departure
            });
        }
        if let (Fate::Passed, Some(to)) = (flight.fate, flight.to) {
            // A level arrow fills its row: no other may lie on it.
            let inner = [(column, right), (to, !right)];
            let ends = inner.map(|(column, right)| {
                [Role::Arrival, Role::Departure].map(|role| Slot {
                    column,
                    right,
                    role,
                })
            });
            slots.extend(ends.into_iter().flatten());
        }
        let row = self.row(at, RowKind::Labelled, &slots, None);
        self.rows.sent[index] = Some(row);
        match flight.fate {
            // Nobody knows how long it takes: it is drawn level.
            Fate::Passed => self.rows.arrived[index] = Some(row),
            Fate::Arrived(_) => self.under_way += 1,
            Fate::Dropped(..) => self.rows.list[row].drops += 1,
            Fate::Open => {}
        }
    }

    fn arrived(&mut self, at: SimTime, index: usize) {
        let flight = &self.trace.flights[index];
        let column = flight.to.unwrap_or(0);
        let right = !flight.rightwards();
        let arrival = Slot {
            column,
            right,
            role: Role::Arrival,
        };
        if flight.from.is_none() {
            let label = Slot {
                column,
                right: flight.labelled_right(),
                role: Role::Label,
            };
            let departure = Slot {
                role: Role::Departure,
                ..arrival
            };
            let row = self.row(at, RowKind::Labelled, &[label, arrival, departure], None);
            self.rows.arrived[index] = Some(row);
            return;
        }
        let begun = self.rows.sent[flight.copy_of.unwrap_or(index)];
        let row = self.row(at, RowKind::Bare, &[arrival], begun);
        self.rows.arrived[index] = Some(row);
        let latest = &mut self.rows.list[row].latest_begin;
        *latest = begun.max(*latest);
        if flight.copy_of.is_none() {
            self.under_way = self.under_way.saturating_sub(1);
        }
    }

    fn remark(&mut self, at: SimTime, remark: &Remark) {
        let right = remark.column > 0;
        let label = Slot {
            column: remark.column,
            right,
            role: Role::Label,
        };
        let row = self.row(at, RowKind::Labelled, &[label], None);
        self.rows.remarks.push((row, remark.clone()));
    }

    fn omission(&mut self, at: SimTime, omission: &Omission) {
        self.skip(at);
        self.rows
            .list
            .push(Row::new(at, RowKind::Omission(omission.sentence())));
    }

    /// The row for a moment that needs `slots` and comes below row `above`: the last one if it has room.
    fn row(&mut self, at: SimTime, kind: RowKind, slots: &[Slot], above: Option<usize>) -> usize {
        self.skip(at);
        let last = self.rows.list.len().checked_sub(1);
        let fits = |row: &Row| {
            !row.is_band() && row.at == at && slots.iter().all(|slot| row.has_room(*slot))
        };
        let index = match last {
            Some(last) if Some(last) != above && fits(&self.rows.list[last]) => last,
            _ => {
                self.rows.list.push(Row::new(at, RowKind::Bare));
                self.rows.list.len() - 1
            }
        };
        let row = &mut self.rows.list[index];
        row.taken.extend_from_slice(slots);
        if kind == RowKind::Labelled {
            row.kind = kind;
        }
        index
    }

    /// Puts a break before `at` if nothing happened for long.
    fn skip(&mut self, at: SimTime) {
        let idle = at.since(self.busy_until);
        if self.under_way == 0 && idle >= self.shortest_break && !self.rows.list.is_empty() {
            let words = format!("{} without a frame", spoken(idle));
            self.rows
                .list
                .push(Row::new(self.busy_until, RowKind::Break(words)));
        }
        self.busy_until = self.busy_until.max(at);
    }
}

impl Row {
    /// Whether nothing is where `slot` would be. A label beside a column is in the way of arrows that come
    /// from its side or leave to it.
    fn has_room(&self, slot: Slot) -> bool {
        self.taken.iter().all(|taken| {
            let apart = taken.column != slot.column || taken.right != slot.right;
            let both_arrows = taken.role != Role::Label && slot.role != Role::Label;
            apart || (both_arrows && taken.role != slot.role)
        })
    }
}
