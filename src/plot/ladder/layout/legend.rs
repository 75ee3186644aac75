//! What the marks of a ladder mean: one line for each kind that occurs in it.

use super::canvas::TO_BASELINE;
use crate::plot::figure::{Align, Figure, MARGIN, Point};
use crate::plot::font::{self, SMALL};
use crate::plot::ladder::rows::Rows;
use crate::plot::ladder::trace::{Fate, Trace};
use crate::plot::theme::Ink;

/// Length of an arrow in the legend.
const SAMPLE: i32 = 30;

/// Writes the legend from `top` on, no wider than `width` if it can; returns its lower right corner.
pub(super) fn put_legend(
    figure: &mut Figure,
    (trace, rows): (&Trace, &Rows),
    width: i32,
    top: i32,
) -> Point {
    let (mut x, mut y, mut widest) = (MARGIN, top, MARGIN);
    for (ink, words) in entries(trace, rows) {
        let sample = if ink == Ink::Remark { 6 } else { SAMPLE };
        let own = sample + 8 + font::width(words, SMALL);
        if x > MARGIN && x + own > width - MARGIN {
            (x, y) = (MARGIN, y + 18);
        }
        put_sample(figure, ink, (x, y));
        let at = (x + sample + 8, y + TO_BASELINE);
        figure.put_label(at, words, SMALL, Ink::Muted, Align::Start);
        widest = widest.max(x + own);
        x += own + 24;
    }
    (widest, y + TO_BASELINE)
}

fn entries(trace: &Trace, rows: &Rows) -> impl Iterator<Item = (Ink, &'static str)> {
    let begun = trace.flights.iter().zip(&rows.sent);
    let drawn: Vec<_> = begun
        .filter_map(|(flight, row)| row.map(|_| flight))
        .collect();
    let has = |ink| drawn.iter().any(|flight| flight.ink == ink);
    let lost = drawn
        .iter()
        .any(|flight| matches!(flight.fate, Fate::Dropped(..)));
    let entries = [
        (Ink::Data, "with data", has(Ink::Data)),
        (Ink::Control, "without data", has(Ink::Control)),
        (Ink::Again, "sent again, and by what", has(Ink::Again)),
        (Ink::Lost, "dropped, and why", lost),
        (Ink::Remark, "state or remark", !rows.remarks.is_empty()),
    ];
    entries
        .into_iter()
        .filter(|(.., occurs)| *occurs)
        .map(|(ink, words, _)| (ink, words))
}

fn put_sample(figure: &mut Figure, ink: Ink, (x, y): Point) {
    match ink {
        Ink::Lost => {
            figure.put_line((x, y), (x + SAMPLE / 2, y), Ink::Control, 1);
            figure.put_cross((x + SAMPLE / 2, y), ink);
        }
        Ink::Remark => figure.put_dot((x + 3, y), 3, ink),
        _ => figure.put_arrow((x, y), (x + SAMPLE, y), ink),
    }
}
