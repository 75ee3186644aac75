//! How times are distributed: the share that is over after each time, and percentiles.

use super::figure::{Align, Figure, MARGIN};
use super::font::{self, BODY, SMALL};
use super::scale::{Axis, spoken};
use super::steps::put_steps;
use super::theme::Ink;
use crate::measure::Distribution;

#[cfg(test)]
mod tests;

/// Width of the plot in pixels.
const WIDTH: i32 = 520;
/// Height of the plot.
const HEIGHT: i32 = 300;
/// Width of the numbers at the left.
const NUMBERS: i32 = 44;
/// Height of a line of the table.
const LINE: i32 = 22;

/// The percentiles of the table, in tenths of a percent.
const PERCENTILES: [(usize, &str); 5] = [
    (500, "50%"),
    (900, "90%"),
    (950, "95%"),
    (990, "99%"),
    (999, "99.9%"),
];

/// Draws a distribution under `title`; `subtitle` says of which runs.
pub fn distribution(distribution: &Distribution, title: &str, subtitle: &str) -> Figure {
    let times = distribution.times();
    let axis = Axis::of(times.iter().copied());
    let table = Table::of(distribution);
    let left = MARGIN + NUMBERS;
    let width = left + WIDTH + 36 + table.width() + MARGIN;
    let mut figure = Figure::new(title);
    figure.description = table.description(distribution);
    let words = format!("{subtitle} · {} {}", times.len(), distribution.what());
    let top = figure.put_heading(&words, width) + 8;
    let bottom = top + HEIGHT;
    put_grid(&mut figure, axis, left, top);
    let count = i64::try_from(times.len()).unwrap_or(i64::MAX);
    let mut points = vec![(left, bottom)];
    for (rank, time) in (1..).zip(times) {
        let rise = i64::from(HEIGHT) * rank / count;
        let rise = i32::try_from(rise).unwrap_or(HEIGHT);
        points.push((left + axis.position(*time, WIDTH), bottom - rise));
    }
    put_steps(&mut figure, &points, left + WIDTH, Ink::Data, None);
    for (permille, time) in &table.marks {
        let rise = i32::try_from(*permille).unwrap_or(0) * HEIGHT / 1_000;
        let x = left + axis.position(*time, WIDTH);
        figure.put_dot((x, bottom - rise), 4, Ink::Text);
    }
    table.put(&mut figure, left + WIDTH + 36, top);
    figure.size = (width, bottom + 40 + MARGIN);
    figure
}

/// Percentiles in words.
struct Table {
    rows: Vec<(String, String)>,
    marks: Vec<(usize, crate::units::Span)>,
}

impl Table {
    fn of(distribution: &Distribution) -> Self {
        let told =
            PERCENTILES.map(|(permille, name)| (permille, name, distribution.percentile(permille)));
        let mut rows: Vec<_> = told
            .iter()
            .map(|(_, name, time)| {
                let time = time.map_or_else(|| "too few".to_owned(), spoken);
                ((*name).to_owned(), time)
            })
            .collect();
        rows.push(("greatest".to_owned(), spoken(distribution.max())));
        let marks = told
            .iter()
            .filter_map(|(permille, _, time)| Some((*permille, (*time)?)));
        Self {
            rows,
            marks: marks.collect(),
        }
    }

    /// Widths of its two columns.
    fn columns(&self) -> (i32, i32) {
        let widest =
            |text: &dyn Fn(&(String, String)) -> i32| self.rows.iter().map(text).max().unwrap_or(0);
        (
            widest(&|(name, _)| font::width(name, BODY)),
            widest(&|(_, time)| font::width(time, BODY)),
        )
    }

    fn width(&self) -> i32 {
        let (names, times) = self.columns();
        names + 16 + times
    }

    fn put(&self, figure: &mut Figure, left: i32, top: i32) {
        let (names, times) = self.columns();
        for (index, (name, time)) in (1..).zip(&self.rows) {
            let baseline = top + index * LINE;
            figure.put_label((left + names, baseline), name, BODY, Ink::Muted, Align::End);
            let right = left + names + 16 + times;
            figure.put_label((right, baseline), time, BODY, Ink::Text, Align::End);
        }
    }

    fn description(&self, distribution: &Distribution) -> String {
        let rows: Vec<_> = self
            .rows
            .iter()
            .map(|(name, time)| format!("{name} {time}"))
            .collect();
        format!(
            "Cumulative distribution of {}: {}.",
            distribution.what(),
            rows.join(", ")
        )
    }
}

fn put_grid(figure: &mut Figure, axis: Axis, left: i32, top: i32) {
    let bottom = top + HEIGHT;
    for quarter in 0..=4 {
        let y = bottom - HEIGHT * quarter / 4;
        figure.put_line((left, y), (left + WIDTH, y), Ink::Rule, 1);
        let share = format!("{}%", 25 * quarter);
        figure.put_label((left - 8, y + 4), &share, SMALL, Ink::Muted, Align::End);
    }
    for tick in axis.ticks() {
        let x = left + axis.position(tick, WIDTH);
        figure.put_line((x, top), (x, bottom + 5), Ink::Rule, 1);
        figure.put_label(
            (x, bottom + 18),
            &spoken(tick),
            SMALL,
            Ink::Muted,
            Align::Middle,
        );
    }
    let words = if axis.is_logarithmic() {
        "time, logarithmic; the line is the share that is over after it"
    } else {
        "time; the line is the share that is over after it"
    };
    let at = (left + WIDTH / 2, bottom + 36);
    figure.put_label(at, words, SMALL, Ink::Muted, Align::Middle);
}
