//! The shapes of a ladder, part by part, at the positions that the layout has computed.

use super::legend::put_legend;
use super::{CLEARANCE, Layout, NAMES, STUB, WIDEST_REMARK, labelled_row};
use crate::plot::figure::{Align, Bounds, Figure, Label, MARGIN, Point, Shape};
use crate::plot::font::{self, BODY, HEADING, SMALL};
use crate::plot::ladder::rows::RowKind;
use crate::plot::ladder::trace::{Fate, Flight};
use crate::plot::theme::Ink;

/// Rows from which on the names of hosts stand below the columns too.
const TALL: i32 = 700;
/// Pixels from a baseline to the middle of small letters and capitals.
pub(super) const TO_BASELINE: i32 = 4;

/// A figure in the making.
pub(super) struct Canvas<'a> {
    layout: &'a Layout<'a>,
    figure: Figure,
    /// Where the first row begins.
    top: i32,
    /// What causes of drops must keep off.
    words: Vec<Bounds>,
}

impl<'a> Canvas<'a> {
    /// A canvas whose rows begin at `top`.
    pub(super) fn new(layout: &'a Layout<'a>, figure: Figure, top: i32) -> Self {
        Self {
            layout,
            figure,
            top,
            words: Vec::new(),
        }
    }

    /// Name and address of each host, from `top` on, and the unit of time.
    pub(super) fn names(&mut self, top: i32) {
        for (index, host) in self.layout.trace.hosts.iter().enumerate() {
            let (x, room) = (self.layout.columns[index], self.layout.room(index));
            self.figure.put_elided(
                (x, top + 12),
                &host.name,
                (HEADING, room),
                Ink::Text,
                Align::Middle,
            );
            self.figure.put_elided(
                (x, top + 28),
                &host.address,
                (SMALL, room),
                Ink::Muted,
                Align::Middle,
            );
        }
        let unit = self.layout.clock.unit();
        self.figure.put_label(
            (self.layout.times, top + 28),
            unit,
            SMALL,
            Ink::Muted,
            Align::End,
        );
    }

    /// A line below each host, dashed where time or frames are left out.
    pub(super) fn lifelines(&mut self) {
        let bottom = self.bottom();
        for &x in &self.layout.columns {
            let mut from = self.top - 6;
            for (row, &height) in self.layout.rows.list.iter().zip(&self.layout.heights) {
                if row.is_band() {
                    let (above, below) = (self.top + height - 11, self.top + height + 11);
                    self.figure.put_line((x, from), (x, above), Ink::Rule, 1);
                    self.figure.put_line((x, above), (x, below), Ink::Pause, 1);
                    from = below;
                }
            }
            self.figure.put_line((x, from), (x, bottom), Ink::Rule, 1);
        }
    }

    /// The true time of each moment, once.
    pub(super) fn times(&mut self) {
        let mut printed = None;
        for (row, &height) in self.layout.rows.list.iter().zip(&self.layout.heights) {
            if !row.is_band() && printed != Some(row.at) {
                let at = (self.layout.times, self.top + height + TO_BASELINE);
                let number = self.layout.clock.number(row.at);
                self.figure
                    .put_label(at, &number, SMALL, Ink::Muted, Align::End);
                printed = Some(row.at);
            }
        }
    }

    /// What was left out, in words across the columns.
    pub(super) fn bands(&mut self) {
        let middle = match self.layout.columns.as_slice() {
            [first, .., last] => i32::midpoint(*first, *last),
            _ => self.layout.width / 2,
        };
        for (row, &height) in self.layout.rows.list.iter().zip(&self.layout.heights) {
            let (words, ink) = match &row.kind {
                RowKind::Break(words) => (words, Ink::Muted),
                RowKind::Omission(words) => (words, Ink::Text),
                RowKind::Bare | RowKind::Labelled => continue,
            };
            let label = Label {
                at: (middle, self.top + height + TO_BASELINE),
                text: words.clone(),
                size: SMALL,
                ink,
                align: Align::Middle,
            };
            self.words.push(label.bounds());
            self.figure.shapes.push(Shape::Label(label));
        }
    }

    /// All arrows and their labels.
    pub(super) fn flights(&mut self) {
        for (index, flight) in self.layout.trace.flights.iter().enumerate() {
            if let Some(row) = labelled_row(self.layout.rows, flight, index) {
                self.flight_label(flight, row);
            }
        }
        for (index, flight) in self.layout.trace.flights.iter().enumerate() {
            self.flight(flight, index);
        }
    }

    fn flight_label(&mut self, flight: &Flight, row: usize) {
        let y = self.y(row) + TO_BASELINE;
        let x = self.layout.columns[flight.label_column()];
        let (x, align) = if flight.labelled_right() {
            (x + CLEARANCE, Align::Start)
        } else {
            (x - CLEARANCE, Align::End)
        };
        let label = Label {
            at: (x, y),
            text: flight.label.clone(),
            size: BODY,
            ink: flight.ink,
            align,
        };
        self.words.push(label.bounds());
        self.figure.shapes.push(Shape::Label(label));
    }

    fn flight(&mut self, flight: &Flight, index: usize) {
        let rows = self.layout.rows;
        let begin = rows.sent[flight.copy_of.unwrap_or(index)];
        match (begin, rows.arrived[index], flight.fate) {
            (Some(begin), _, Fate::Dropped(cause, part)) => {
                self.dropped(flight, begin, &cause.to_string(), part);
            }
            (Some(begin), Some(end), _) => {
                let (from, to) = (self.point(flight.from, begin), self.point(flight.to, end));
                self.figure.put_arrow(from, to, flight.ink);
            }
            (Some(begin), None, _) => self.open(flight, begin),
            (None, Some(end), _) if flight.from.is_none() => {
                let to = self.point(flight.to, end);
                self.gateway(
                    (to.0 + stub(!flight.rightwards()), to.1),
                    to,
                    flight.ink,
                    false,
                );
            }
            (None, ..) => {}
        }
    }

    /// An arrow that ends at a cross, with the cause beyond it.
    fn dropped(&mut self, flight: &Flight, begin: usize, cause: &str, part: i32) {
        let from = self.point(flight.from, begin);
        let nowhere = from.0 + 3 * stub(flight.rightwards());
        let far = flight
            .to
            .map_or(nowhere, |column| self.layout.columns[column]);
        let x = from.0 + (far - from.0) * part / 100;
        let expected = self.top + self.layout.expected_height(flight, begin);
        let y = from.1 + (expected - from.1) * part / 100;
        let (beside, align) = if flight.rightwards() {
            (10, Align::Start)
        } else {
            (-10, Align::End)
        };
        let mut label = Label {
            at: (x + beside, y + TO_BASELINE),
            text: cause.to_owned(),
            size: SMALL,
            ink: Ink::Lost,
            align,
        };
        while self
            .words
            .iter()
            .any(|other| other.overlaps(&label.bounds().padded(2)))
        {
            label.at.1 += 1;
        }
        self.words.push(label.bounds());
        let cross = (x, label.at.1 - TO_BASELINE);
        self.figure.put_line(from, cross, flight.ink, 1);
        self.figure.put_cross(cross, Ink::Lost);
        self.figure.shapes.push(Shape::Label(label));
    }

    /// A frame for the gateway, or one that is still under way at the end: half an arrow without a head.
    fn open(&mut self, flight: &Flight, begin: usize) {
        let from = self.point(flight.from, begin);
        match flight.to {
            Some(to) => {
                let end = self.top + self.layout.expected_height(flight, begin);
                let half = (
                    i32::midpoint(from.0, self.layout.columns[to]),
                    i32::midpoint(from.1, end),
                );
                self.figure.put_line(from, half, flight.ink, 1);
            }
            None => self.gateway(
                from,
                (from.0 + stub(flight.rightwards()), from.1),
                flight.ink,
                true,
            ),
        }
    }

    /// A short arrow with a bar where the gateway is: at its end if it is `towards` it.
    fn gateway(&mut self, from: Point, to: Point, ink: Ink, towards: bool) {
        let (x, y) = if towards { to } else { from };
        self.figure.put_line((x, y - 6), (x, y + 6), ink, 1);
        self.figure.put_arrow(from, to, ink);
    }

    /// What hosts and applications say, with a dot on the host's line.
    pub(super) fn remarks(&mut self) {
        for (row, remark) in &self.layout.rows.remarks {
            let (x, y) = self.point(Some(remark.column), *row);
            self.figure.put_dot((x, y), 3, remark.ink);
            let (x, align) = if remark.column == 0 {
                (x - CLEARANCE, Align::End)
            } else {
                (x + CLEARANCE, Align::Start)
            };
            let text = font::elided(&remark.text, BODY, WIDEST_REMARK);
            self.figure
                .put_label((x, y + TO_BASELINE), &text, BODY, remark.ink, align);
        }
    }

    /// Names below a tall picture, the legend, and the size of it all.
    pub(super) fn finish(mut self) -> Figure {
        let mut y = self.bottom() + 8;
        if self.layout.height > TALL {
            for (index, host) in self.layout.trace.hosts.iter().enumerate() {
                let (x, room) = (self.layout.columns[index], self.layout.room(index));
                self.figure.put_elided(
                    (x, y + 12),
                    &host.name,
                    (HEADING, room),
                    Ink::Text,
                    Align::Middle,
                );
            }
            y += NAMES / 2;
        }
        let drawn = (self.layout.trace, self.layout.rows);
        let (x, y) = put_legend(&mut self.figure, drawn, self.layout.width, y + 20);
        self.figure.size = (self.layout.width.max(x + MARGIN), y + MARGIN);
        self.figure
    }

    fn bottom(&self) -> i32 {
        self.top + self.layout.height + 10
    }

    fn y(&self, row: usize) -> i32 {
        self.top + self.layout.heights[row]
    }

    fn point(&self, column: Option<usize>, row: usize) -> Point {
        let x = column
            .and_then(|column| self.layout.columns.get(column))
            .copied()
            .unwrap_or(MARGIN);
        (x, self.y(row))
    }
}

/// The distance to a gateway.
const fn stub(right: bool) -> i32 {
    if right { STUB } else { -STUB }
}
