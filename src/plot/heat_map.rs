//! Times of many runs of which two knobs differ: a grid of cells, darker where it is fast.

use super::figure::{Align, Figure, MARGIN};
use super::font::{self, BODY, SMALL};
use super::scale::{Axis, spoken};
use super::theme::{HEAT_STEPS, Ink};
use crate::measure::{Grid, Scale};
use crate::units::Span;

#[cfg(test)]
mod tests;

/// Height of a cell in pixels.
const CELL: i32 = 36;
/// Width of a step of the legend.
const STEP: i32 = 34;

/// Draws a grid under `title`; `subtitle` says of which runs. Colours follow the logarithm where times differ fiftyfold
/// or more, and every cell has its number.
pub fn heat_map(grid: &Grid, title: &str, subtitle: &str) -> Figure {
    let all = || grid.cells.iter().flatten().copied();
    let heat = Heat::of(all());
    let widest = |texts: &[String], size| {
        texts
            .iter()
            .map(|text| font::width(text, size))
            .max()
            .unwrap_or(0)
    };
    let numbers: Vec<_> = all().map(spoken).collect();
    let cell = widest(&numbers, BODY).max(widest(&grid.columns.values, BODY)) + 22;
    let names = grid.rows.as_ref().map_or(&[][..], |rows| &rows.values);
    let knob = grid
        .rows
        .as_ref()
        .map_or(0, |rows| font::width(&rows.knob, SMALL));
    let left = MARGIN + widest(names, BODY).max(knob) + 12;
    let right = left + cell * i32::try_from(grid.columns.values.len()).unwrap_or(0);
    let legend = MARGIN + 2 * font::width("000.0 ms", SMALL) + STEP * i32::from(HEAT_STEPS) + 24;
    let width = right.max(legend).max(480) + MARGIN;
    let mut figure = Figure::new(title);
    figure.description = description(grid);
    let top = figure.put_heading(subtitle, width) + 40;
    put_names(&mut figure, grid, (left, top), cell);
    for (row, times) in (0..).zip(&grid.cells) {
        for (column, time) in (0..).zip(times) {
            let (x, y) = (left + column * cell, top + row * CELL);
            figure.put_box((x + 1, y + 1), (x + cell, y + CELL), heat.ink(*time));
            let at = (x + cell / 2, y + CELL / 2 + 4);
            figure.put_label(at, &spoken(*time), BODY, Ink::Text, Align::Middle);
        }
    }
    let bottom = top + CELL * i32::try_from(grid.cells.len()).unwrap_or(0);
    heat.put_legend(&mut figure, bottom + 24);
    figure.size = (width, bottom + 54 + MARGIN);
    figure
}

/// Times as steps of the scale.
struct Heat {
    axis: Axis,
    least: Span,
    most: Span,
}

impl Heat {
    fn of(times: impl Iterator<Item = Span> + Clone) -> Self {
        Self {
            axis: Axis::of(times.clone()),
            least: times.clone().min().unwrap_or_default(),
            most: times.max().unwrap_or_default(),
        }
    }

    fn ink(&self, time: Span) -> Ink {
        const FINE: i32 = 10_000;
        let at = |time| self.axis.position(time, FINE);
        let (low, high) = (at(self.least), at(self.most));
        let along = (at(time) - low) * i32::from(HEAT_STEPS) / (high - low).max(1);
        let step = u8::try_from(along).unwrap_or(0).min(HEAT_STEPS - 1);
        Ink::Heat(step)
    }

    fn put_legend(&self, figure: &mut Figure, top: i32) {
        let least = spoken(self.least);
        let left = MARGIN + font::width(&least, SMALL) + 8;
        figure.put_label((MARGIN, top + 12), &least, SMALL, Ink::Muted, Align::Start);
        for step in 0..HEAT_STEPS {
            let x = left + i32::from(step) * STEP;
            figure.put_box((x, top), (x + STEP, top + 16), Ink::Heat(step));
        }
        let mut words = spoken(self.most);
        if self.axis.is_logarithmic() {
            words.push_str(", logarithmic");
        }
        let at = (left + i32::from(HEAT_STEPS) * STEP + 8, top + 12);
        figure.put_label(at, &words, SMALL, Ink::Muted, Align::Start);
    }
}

fn put_names(figure: &mut Figure, grid: &Grid, (left, top): (i32, i32), cell: i32) {
    let Scale { knob, values } = &grid.columns;
    for (column, value) in (0..).zip(values) {
        let at = (left + column * cell + cell / 2, top - 8);
        figure.put_label(at, value, BODY, Ink::Text, Align::Middle);
    }
    figure.put_label((left, top - 28), knob, SMALL, Ink::Muted, Align::Start);
    let Some(Scale { knob, values }) = &grid.rows else {
        return;
    };
    figure.put_label((left - 12, top - 8), knob, SMALL, Ink::Muted, Align::End);
    for (row, value) in (0..).zip(values) {
        let at = (left - 12, top + row * CELL + CELL / 2 + 4);
        figure.put_label(at, value, BODY, Ink::Text, Align::End);
    }
}

fn description(grid: &Grid) -> String {
    let all = || grid.cells.iter().flatten().copied();
    let knobs = match &grid.rows {
        Some(rows) => format!("{} and {}", grid.columns.knob, rows.knob),
        None => grid.columns.knob.clone(),
    };
    format!(
        "Heat map of times by {knobs}: from {} to {}.",
        spoken(all().min().unwrap_or_default()),
        spoken(all().max().unwrap_or_default()),
    )
}
