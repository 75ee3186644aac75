//! The requests of a recording one below the other: when each was wanted, what its time went to, and when it was over.
//!
//! The colours are those of the account of time; the outline is as high as the HAR step: low until the request was
//! sent, higher until the first byte came, highest while the response was received.

mod rows;

#[cfg(test)]
mod tests;

use super::figure::{Align, Bounds, Figure, MARGIN, Shape};
use super::font::{self, BODY, SMALL};
use super::scale::{Ruler, spoken};
use super::stack::{self, Area};
use super::theme::Ink;
use crate::measure::Page;
use crate::record::Recording;
use crate::units::Span;
use rows::{Row, Rows};

/// The most requests that a waterfall has rows for.
pub const MOST_ROWS: usize = 100;

/// Width of the axis in pixels.
const AXIS: i32 = 660;
/// Height of a row.
const ROW: i32 = 17;
/// Half the heights of the outline: until the request was sent, until the first byte came, and from there.
const REACH: [i32; 3] = [3, 5, 7];
/// Widest name.
const WIDEST_NAME: i32 = 210;
/// Room to the right of the axis, for the durations.
const DURATIONS: i32 = 74;

/// Draws the requests of these pages, the pages of one recording, under `title`; nothing if there are none.
pub fn waterfall(recording: &Recording, pages: &[Page], title: &str) -> Option<Figure> {
    let rows = Rows::of(recording, pages)?;
    let columns = Columns::of(&rows);
    let mut figure = Figure::new(title);
    figure.description = format!(
        "Waterfall of {} requests in {}.",
        rows.total,
        spoken(rows.span)
    );
    let top = figure.put_heading(&subtitle(&rows), columns.width) + 30;
    let count = i32::try_from(rows.drawn.len()).unwrap_or(0);
    let bottom = top + count * ROW;
    let scale = Ruler::of(rows.reach.as_nanos());
    put_axis(&mut figure, &columns, &rows, scale, (top, bottom));
    let first = figure.shapes.len();
    for (index, row) in (0..).zip(&rows.drawn) {
        let middle = top + index * ROW + ROW / 2;
        put_row(&mut figure, &columns, scale, row, middle);
    }
    let labels = labels_of(&figure.shapes[first..]);
    let x = put_end(&mut figure, &columns, &rows, scale, (top, bottom));
    put_halos(&mut figure, &labels, x);
    let legend = (MARGIN, bottom + 50);
    let room = columns.width - 2 * MARGIN;
    let end = stack::put_legend(&mut figure, &rows.classes(), legend, room);
    let end = put_notes(&mut figure, &rows, columns.width, end + 4);
    figure.size = (columns.width, end + MARGIN);
    Some(figure)
}

/// Where the columns are.
struct Columns {
    /// Left edge of the protocols.
    protocol: i32,
    /// Left edge of the axis.
    axis: i32,
    width: i32,
}

impl Columns {
    fn of(rows: &Rows) -> Self {
        let widest = |text: fn(&Row) -> &str| {
            let widths = rows.drawn.iter().map(|row| font::width(text(row), SMALL));
            widths.max().unwrap_or(0)
        };
        let names = widest(|row| &row.name).clamp(60, WIDEST_NAME);
        let protocol = MARGIN + 12 + names + 14;
        let axis = protocol + widest(|row| &row.protocol).max(40) + 14;
        Self {
            protocol,
            axis,
            width: axis + AXIS + DURATIONS + MARGIN,
        }
    }
}

fn subtitle(rows: &Rows) -> String {
    let mut text = format!("{} requests in {}", rows.total, spoken(rows.span));
    if rows.drawn.len() < rows.total {
        let kept = rows.drawn.len();
        text = format!(
            "{text}, {kept} of them drawn: those on which the end depended and those that failed first, the others \
             evenly spread; {} left out",
            rows.total - kept
        );
    }
    if rows.span < rows.reach {
        let last = spoken(rows.reach);
        text = format!("{text}; what the page does not wait for is over after {last}");
    }
    text
}

fn put_axis(
    figure: &mut Figure,
    columns: &Columns,
    rows: &Rows,
    scale: Ruler,
    (top, bottom): (i32, i32),
) {
    for tick in scale.ticks() {
        let x = columns.axis + scale.position(tick, AXIS);
        figure.put_line((x, top - 4), (x, bottom + 4), Ink::Rule, 1);
        let text = spoken(Span::from_nanos(tick));
        figure.put_label((x, bottom + 18), &text, SMALL, Ink::Muted, Align::Middle);
    }
    let middle = columns.axis + AXIS / 2;
    let at = (middle, bottom + 34);
    figure.put_label(at, rows.since, SMALL, Ink::Muted, Align::Middle);
}

fn put_row(figure: &mut Figure, columns: &Columns, scale: Ruler, row: &Row, middle: i32) {
    let baseline = middle + SMALL / 3;
    if row.critical {
        figure.put_dot((MARGIN + 4, middle), 3, Ink::Text);
    }
    let ink = if row.failed { Ink::Lost } else { Ink::Text };
    let name = font::elided(&row.name, SMALL, WIDEST_NAME);
    figure.put_label((MARGIN + 12, baseline), &name, SMALL, ink, Align::Start);
    let at = (columns.protocol, baseline);
    figure.put_label(at, &row.protocol, SMALL, Ink::Muted, Align::Start);
    let place = |at: Span| columns.axis + scale.position(at.as_nanos(), AXIS);
    let areas = row.slices.iter().map(|(from, until, class)| Area {
        class: *class,
        from: place(*from),
        until: place(*until),
    });
    let areas = stack::joined(areas);
    let marks = row.marks.map(place);
    for (step, reach) in REACH.into_iter().enumerate() {
        let ends = (marks[step], marks[step + 1]);
        put_step(figure, &areas, ends, (middle - reach, middle + reach));
    }
    for mark in &row.inner {
        let x = place(*mark);
        let reach = REACH[0];
        figure.put_line((x, middle - reach), (x, middle + reach), Ink::Text, 1);
    }
    let duration = spoken(row.total());
    let (words, ink) = if row.failed {
        (format!("✗ {duration}"), Ink::Lost)
    } else {
        (duration, Ink::Muted)
    };
    let at = (marks[3] + 6, baseline);
    figure.put_label(at, &words, SMALL, ink, Align::Start);
}

/// What lies between two pixel columns, with a frame around it.
fn put_step(figure: &mut Figure, areas: &[Area], ends: (i32, i32), (top, bottom): (i32, i32)) {
    let parts = areas.iter().map(|area| Area {
        from: area.from.max(ends.0),
        until: area.until.min(ends.1),
        ..*area
    });
    let parts = stack::joined(parts);
    if bottom - top < stack::HEIGHT {
        for part in parts {
            figure.put_box(
                (part.from, top),
                (part.until, bottom),
                Ink::Time(part.class),
            );
        }
    } else {
        stack::put(figure, &parts, top, bottom - top);
    }
    put_outline(figure, ends, (top, bottom));
}

/// A frame around a step; nothing if it has no width.
fn put_outline(figure: &mut Figure, (from, until): (i32, i32), (top, bottom): (i32, i32)) {
    if from == until {
        return;
    }
    let corners = [(from, top), (until, top), (until, bottom), (from, bottom)];
    for (index, corner) in corners.into_iter().enumerate() {
        figure.put_line(corner, corners[(index + 1) % 4], Ink::Control, 1);
    }
}

/// The line at which the page ends; returns where it is.
fn put_end(
    figure: &mut Figure,
    columns: &Columns,
    rows: &Rows,
    scale: Ruler,
    (top, bottom): (i32, i32),
) -> i32 {
    let x = columns.axis + scale.position(rows.span.as_nanos(), AXIS);
    figure.put_line((x, top - 8), (x, bottom + 4), Ink::Lost, 2);
    let words = format!("end, {}", spoken(rows.span));
    figure.put_label((x, top - 13), &words, SMALL, Ink::Lost, Align::Middle);
    x
}

/// The pixels of the labels among some shapes.
fn labels_of(shapes: &[Shape]) -> Vec<Bounds> {
    let bounds = |shape: &Shape| match shape {
        Shape::Label(label) => Some(label.bounds()),
        _ => None,
    };
    shapes.iter().filter_map(bounds).collect()
}

/// Keeps the line at `x` away from labels that it would strike through: text is drawn above all marks.
fn put_halos(figure: &mut Figure, labels: &[Bounds], x: i32) {
    for label in labels {
        if (label.left - 2..=label.right + 2).contains(&x) {
            let corner = (label.left - 2, label.top - 1);
            figure.put_box(corner, (label.right + 2, label.bottom + 1), Ink::Canvas);
        }
    }
}

/// What the marks mean that are no colours; returns where the words end.
fn put_notes(figure: &mut Figure, rows: &Rows, width: i32, top: i32) -> i32 {
    let mut notes = vec![
        "outline: low until the request is sent (waiting, DNS, connecting, TLS), middle until the first byte, high \
         while the response is received",
    ];
    if rows.drawn.iter().any(|row| row.critical) {
        notes.push("● the end depended on it");
    }
    if rows.drawn.iter().any(|row| row.failed) {
        notes.push("✗ no answer");
    }
    let mut baseline = top + BODY;
    for line in font::wrapped(&notes.join("   "), SMALL, width - 2 * MARGIN) {
        figure.put_label((MARGIN, baseline), &line, SMALL, Ink::Muted, Align::Start);
        baseline += 16;
    }
    baseline - 12
}
