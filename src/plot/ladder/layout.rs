//! Where everything of a ladder goes: columns from the widths of labels, rows from the order of moments.
//!
//! Labels stand outside, behind the tail of their arrow, so that no arrow of a neighbouring column crosses
//! them; the space between two columns belongs to arrows and to the causes of drops.

mod canvas;
mod legend;

use canvas::Canvas;

use super::rows::{RowKind, Rows};
use super::trace::{Fate, Flight, Trace};
use crate::plot::figure::{Figure, MARGIN};
use crate::plot::font::{self, BODY, HEADING, SMALL};
use crate::plot::scale::{Clock, spoken};
use crate::units::{SimTime, Span};

/// Heights of rows in pixels.
const BARE: i32 = 14;
const LABELLED: i32 = 18;
const BAND: i32 = 30;
/// Pixels between two columns, less what labels need there.
const GAP_OF_TWO: i32 = 340;
const GAP_OF_MANY: i32 = 200;
/// Pixels between a column and a label beside it.
const CLEARANCE: i32 = 12;
/// Length of the arrow to or from a gateway.
const STUB: i32 = 46;
/// Widest remark.
const WIDEST_REMARK: i32 = 420;
/// Height of the cause of a drop, for each but the first that begins in a row.
const CAUSE: i32 = 17;
/// Least height between the two ends of an arrow.
const LEAST_DROP: i32 = 30;
/// Height of the names above the columns.
const NAMES: i32 = 46;

/// Positions of columns and rows.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    trace: &'a Trace,
    rows: &'a Rows,
    clock: Clock,
    /// Where printed times end.
    times: i32,
    /// The columns' distance from the left.
    columns: Vec<i32>,
    width: i32,
    /// The middle of each row, from the top of the first.
    heights: Vec<i32>,
    /// Height of all rows.
    height: i32,
    /// The shortest flight seen between two columns, for arrows that never arrive.
    quickest: Vec<((usize, usize), Span)>,
}

impl<'a> Layout<'a> {
    /// Places columns and rows.
    pub(super) fn new(trace: &'a Trace, rows: &'a Rows) -> Self {
        let clock = Clock::of(
            rows.list
                .iter()
                .filter(|row| !row.is_band())
                .map(|row| row.at),
        );
        let latest = clock.number(rows.list.last().map_or(SimTime::ZERO, |row| row.at));
        let times = MARGIN + font::width(&latest, SMALL).max(font::width("ms", SMALL));
        let (columns, width) = columns(trace, rows, times);
        let (heights, height) = heights(rows);
        Self {
            trace,
            rows,
            clock,
            times,
            columns,
            width,
            heights,
            height,
            quickest: quickest(trace),
        }
    }

    /// The picture under `title`, and below that what `parts` say.
    pub(super) fn figure(&self, mut parts: Vec<String>, title: &str) -> Figure {
        let mut figure = Figure::new(title);
        figure.description = self.description();
        parts.push(format!("time in {}, not to scale", self.clock.unit()));
        let top = figure.put_heading(&parts.join(" · "), self.width);
        let mut canvas = Canvas::new(self, figure, top + NAMES);
        canvas.names(top);
        canvas.lifelines();
        canvas.times();
        canvas.bands();
        canvas.flights();
        canvas.remarks();
        canvas.finish()
    }

    /// Width that the name of a column may have: as far to each side as to the middle between it and its neighbour.
    fn room(&self, column: usize) -> i32 {
        let distance = |one: usize| Some(self.columns.get(one + 1)? - self.columns.get(one)?);
        let before = column.checked_sub(1).and_then(distance);
        let nearest = before.into_iter().chain(distance(column)).min();
        nearest.map_or(i32::MAX, |nearest| nearest - CLEARANCE)
    }

    fn description(&self) -> String {
        let flights = &self.trace.flights;
        let names: Vec<_> = self
            .trace
            .hosts
            .iter()
            .map(|host| host.name.as_str())
            .collect();
        let dropped = flights
            .iter()
            .filter(|flight| matches!(flight.fate, Fate::Dropped(..)))
            .count();
        let end = self.rows.list.last().map_or(SimTime::ZERO, |row| row.at);
        format!(
            "Ladder diagram: {} frames between {} within {}, {dropped} of them dropped.",
            flights.len(),
            names.join(", "),
            spoken(end.since(SimTime::ZERO)),
        )
    }

    /// Height of the first row from `begin` on that is not before `moment`. None if nothing happens from then
    /// on, or only after a break, beyond which heights say nothing about time.
    fn height_at(&self, begin: usize, moment: SimTime) -> Option<i32> {
        let rows = self.rows.list.iter().zip(&self.heights).skip(begin);
        let mut together = rows.take_while(|(row, _)| !matches!(row.kind, RowKind::Break(_)));
        together
            .find(|(row, _)| row.at >= moment)
            .map(|(_, height)| *height)
    }

    /// Where the arrow of a flight that never arrives points to: parallel to those that do, if there are any.
    fn expected_height(&self, flight: &Flight, begin: usize) -> i32 {
        let least = self.heights[begin] + LABELLED;
        let pair = flight.from.zip(flight.to);
        let known = self
            .quickest
            .iter()
            .find(|(columns, _)| Some(*columns) == pair);
        let arrival = known.and_then(|(_, span)| self.height_at(begin, flight.sent + *span));
        arrival.map_or(least, |height| height.max(least))
    }
}

/// The least time between each two columns.
fn quickest(trace: &Trace) -> Vec<((usize, usize), Span)> {
    let mut quickest: Vec<((usize, usize), Span)> = Vec::new();
    for flight in &trace.flights {
        let (Some(pair), Some(span)) = (flight.from.zip(flight.to), flight.span()) else {
            continue;
        };
        match quickest.iter_mut().find(|(known, _)| *known == pair) {
            Some((_, least)) => *least = span.min(*least),
            None => quickest.push((pair, span)),
        }
    }
    quickest
}

/// The middle of each row and the height of all; an arrow that arrives in the next row still slants.
fn heights(rows: &Rows) -> (Vec<i32>, i32) {
    let mut height = 0;
    let mut middles: Vec<i32> = Vec::with_capacity(rows.list.len());
    for row in &rows.list {
        let own = match row.kind {
            RowKind::Bare => BARE,
            RowKind::Labelled => LABELLED,
            RowKind::Break(_) | RowKind::Omission(_) => BAND,
        };
        if let Some(begin) = row.latest_begin {
            height = height.max(middles[begin] + LEAST_DROP - own / 2);
        }
        middles.push(height + own / 2);
        height += own + CAUSE * (row.drops - 1).max(0);
    }
    (middles, height)
}

/// Distances of the columns from the left, and the width of the picture.
fn columns(trace: &Trace, rows: &Rows, times: i32) -> (Vec<i32>, i32) {
    let gutters = gutters(trace, rows);
    let gap = gap(trace, rows);
    let mut x = times + CLEARANCE;
    let mut columns = Vec::with_capacity(gutters.len());
    for (index, (left, right)) in gutters.iter().enumerate() {
        x += left + if index == 0 { 0 } else { gap };
        columns.push(x);
        x += right;
    }
    (columns, x + MARGIN)
}

/// Widths that each column needs to its left and to its right.
fn gutters(trace: &Trace, rows: &Rows) -> Vec<(i32, i32)> {
    let half_name = |index: usize| {
        let host = &trace.hosts[index];
        (font::width(&host.name, HEADING).max(font::width(&host.address, SMALL)) + 1) / 2
    };
    let mut gutters: Vec<(i32, i32)> = vec![(0, 0); trace.columns()];
    if let Some(first) = gutters.first_mut() {
        first.0 = half_name(0);
    }
    if let Some(last) = gutters.last_mut() {
        last.1 = half_name(trace.columns() - 1).max(STUB);
    }
    let mut widen = |column: usize, right: bool, width: i32| {
        let gutter = &mut gutters[column];
        let side = if right { &mut gutter.1 } else { &mut gutter.0 };
        *side = width.max(*side);
    };
    for (index, flight) in trace.flights.iter().enumerate() {
        if labelled_row(rows, flight, index).is_some() {
            let width = font::width(&flight.label, BODY) + CLEARANCE;
            widen(flight.label_column(), flight.labelled_right(), width);
        }
    }
    for (_, remark) in &rows.remarks {
        let width = font::width(&remark.text, BODY).min(WIDEST_REMARK) + CLEARANCE;
        widen(remark.column, remark.column > 0, width);
    }
    gutters
}

/// The row in which a flight's label stands, if it is drawn and has one: a copy shares its original's.
fn labelled_row(rows: &Rows, flight: &Flight, index: usize) -> Option<usize> {
    if flight.from.is_some() {
        rows.sent[index]
    } else {
        rows.arrived[index]
    }
}

/// Width between two columns: enough for the causes of drops beside their crosses.
fn gap(trace: &Trace, rows: &Rows) -> i32 {
    let least = if trace.columns() > 2 {
        GAP_OF_MANY
    } else {
        GAP_OF_TWO
    };
    let drawn = trace
        .flights
        .iter()
        .zip(&rows.sent)
        .filter(|(_, row)| row.is_some());
    let needed = drawn.filter_map(|(flight, _)| match flight.fate {
        Fate::Dropped(cause, part) => {
            let beside = font::width(&cause.to_string(), SMALL) + 2 * CLEARANCE;
            Some(beside * 100 / (100 - part))
        }
        _ => None,
    });
    needed.max().unwrap_or(0).max(least)
}
