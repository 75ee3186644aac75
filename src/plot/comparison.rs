//! The variants of a case side by side: measured time as a bar, the formula as a diamond on it.

use super::figure::{Align, Figure, MARGIN};
use super::font::{self, BODY, SMALL};
use super::scale::{Axis, from_millis, spoken};
use super::theme::Ink;
use crate::measure::CaseResult;
use crate::units::Span;

#[cfg(test)]
mod tests;

/// Width of the axis in pixels.
const AXIS: i32 = 440;
/// Height of a variant: its bar and the first line of text below it.
const ROW: i32 = 52;
/// Height of a bar.
const BAR: i32 = 18;
/// Height of a further line, there and in the notes at the bottom.
const NOTE: i32 = 17;
/// Half the width of a formula's diamond.
const DIAMOND: i32 = 6;
/// Pixels between columns of the table.
const CLEARANCE: i32 = 18;
/// Widest line below a bar.
const WIDEST_FORMULA: i32 = 640;

/// Draws the results of `case` under `title`, the claim or question of the picture. The axis is logarithmic
/// where times differ fiftyfold or more.
pub fn comparison(case: &str, title: &str, results: &[CaseResult]) -> Figure {
    let mut causes = Causes::default();
    let rows: Vec<Row> = results
        .iter()
        .map(|result| Row::of(result, &mut causes))
        .collect();
    let axis = Axis::of(
        rows.iter()
            .flat_map(|row| [Some(row.measured), row.formula])
            .flatten(),
    );
    let columns = Columns::of(&rows, axis);
    let mut figure = Figure::new(title);
    figure.description = description(case, &rows);
    let top = figure.put_heading(&subtitle(case, results), columns.width) + 24;
    let bottom = top + rows.iter().map(Row::height).sum::<i32>();
    put_axis(&mut figure, &columns, axis, top, bottom);
    put_heads(&mut figure, &columns, top - 18);
    let mut here = top;
    for row in &rows {
        row.put(&mut figure, &columns, axis, here);
        here += row.height();
    }
    put_legend(
        &mut figure,
        columns.axis,
        bottom + 56,
        rows.iter().any(|row| row.formula.is_some()),
    );
    let end = causes.put(&mut figure, columns.width, bottom + 60);
    figure.size = (columns.width, end + MARGIN);
    figure
}

/// What explains residuals, each once, in the order of the rows.
#[derive(Debug, Default)]
struct Causes(Vec<String>);

impl Causes {
    /// The ordinal of a cause, counted from 1.
    fn ordinal(&mut self, cause: &str) -> usize {
        let known = self.0.iter().position(|known| known == cause);
        let position = known.unwrap_or_else(|| {
            self.0.push(cause.to_owned());
            self.0.len() - 1
        });
        position + 1
    }

    /// Puts them below `top`, and returns where they end.
    fn put(&self, figure: &mut Figure, width: i32, top: i32) -> i32 {
        let mut baseline = if self.0.is_empty() { top } else { top + NOTE };
        for (ordinal, cause) in (1..).zip(&self.0) {
            let note = format!("[{ordinal}] {cause}");
            for line in font::wrapped(&note, SMALL, width - 2 * MARGIN) {
                baseline += NOTE;
                figure.put_label((MARGIN, baseline), &line, SMALL, Ink::Muted, Align::Start);
            }
        }
        baseline
    }
}

/// One variant in the words and numbers of the picture.
struct Row {
    name: String,
    measured: Span,
    formula: Option<Span>,
    value: String,
    /// What is said below the bar, line by line.
    words: Vec<String>,
    kept: bool,
    round_trips: String,
    frames: String,
}

/// Where the columns of the table are.
struct Columns {
    /// Left edge of the axis; names end before it.
    axis: i32,
    /// Right edge of the round trips.
    round_trips: i32,
    /// Right edge of the frames.
    frames: i32,
    width: i32,
}

impl Row {
    fn of(result: &CaseResult, causes: &mut Causes) -> Self {
        let failed = result.checks.iter().find(|check| !check.holds);
        let measured = from_millis(result.total_ms);
        let words = failed.map_or_else(
            || formula(result, causes),
            |check| format!("✗ not kept: {}", check.claim),
        );
        Self {
            name: result.variant.clone(),
            measured,
            formula: result.formula_ms.map(from_millis),
            value: spoken(measured),
            words: font::wrapped(&words, SMALL, WIDEST_FORMULA),
            kept: failed.is_none(),
            round_trips: result
                .round_trips
                .map_or_else(|| "–".to_owned(), |trips| format!("{trips:.2}")),
            frames: result.frames.to_string(),
        }
    }

    fn height(&self) -> i32 {
        let further = self.words.len().saturating_sub(1);
        ROW + NOTE * i32::try_from(further).unwrap_or(0)
    }

    fn put(&self, figure: &mut Figure, columns: &Columns, axis: Axis, top: i32) {
        let middle = top + 4 + BAR / 2;
        let baseline = middle + 4;
        let length = axis.position(self.measured, AXIS).max(1);
        let name = (columns.axis - 12, baseline);
        figure.put_label(name, &self.name, BODY, Ink::Text, Align::End);
        figure.put_box(
            (columns.axis, top + 4),
            (columns.axis + length, top + 4 + BAR),
            Ink::Data,
        );
        if let Some(formula) = self.formula {
            let x = columns.axis + axis.position(formula, AXIS);
            figure.put_diamond((x, middle), DIAMOND, Ink::Text);
        }
        let value = (columns.axis + self.reach(axis) + 8, baseline);
        figure.put_label(value, &self.value, BODY, Ink::Text, Align::Start);
        let ink = if self.kept { Ink::Muted } else { Ink::Lost };
        for (line, words) in (0..).zip(&self.words) {
            let place = (columns.axis + 2, top + BAR + 19 + line * NOTE);
            figure.put_label(place, words, SMALL, ink, Align::Start);
        }
        figure.put_label(
            (columns.round_trips, baseline),
            &self.round_trips,
            BODY,
            Ink::Text,
            Align::End,
        );
        figure.put_label(
            (columns.frames, baseline),
            &self.frames,
            BODY,
            Ink::Text,
            Align::End,
        );
    }

    /// Pixels of the axis that bar and diamond cover.
    fn reach(&self, axis: Axis) -> i32 {
        let diamond = self
            .formula
            .map_or(0, |formula| axis.position(formula, AXIS) + DIAMOND + 1);
        axis.position(self.measured, AXIS).max(diamond)
    }
}

impl Columns {
    fn of(rows: &[Row], axis: Axis) -> Self {
        let widest = |text: fn(&Row) -> &str, head: &str| {
            let texts = rows.iter().map(text);
            texts
                .map(|text| font::width(text, BODY))
                .max()
                .unwrap_or(0)
                .max(font::width(head, SMALL))
        };
        let left = MARGIN + widest(|row| &row.name, "") + 12;
        let values = rows
            .iter()
            .map(|row| row.reach(axis) + 8 + font::width(&row.value, BODY));
        let plot = values.max().unwrap_or(0).max(AXIS + 20);
        let round_trips = left + plot + CLEARANCE + widest(|row| &row.round_trips, "round trips");
        let frames = round_trips + CLEARANCE + widest(|row| &row.frames, "frames");
        let words = rows
            .iter()
            .flat_map(|row| &row.words)
            .map(|line| font::width(line, SMALL))
            .max()
            .unwrap_or(0);
        Self {
            axis: left,
            round_trips,
            frames,
            width: frames.max(left + 2 + words) + MARGIN,
        }
    }
}

/// The closed form, its value, and what is left to explain.
fn formula(result: &CaseResult, causes: &mut Causes) -> String {
    let (Some(text), Some(ms)) = (&result.formula, result.formula_ms) else {
        return "no closed form".to_owned();
    };
    let mut words = format!("{text} = {}", spoken(from_millis(ms)));
    let residual = from_millis(result.residual_ms.unwrap_or(0.0).abs());
    if !residual.is_zero() {
        let sign = if result.residual_ms < Some(0.0) {
            '−'
        } else {
            '+'
        };
        words = format!("{words}, measured {sign}{}", spoken(residual));
        if let Some(cause) = result
            .residual_cause
            .as_deref()
            .filter(|cause| !cause.is_empty())
        {
            words = format!("{words} [{}]", causes.ordinal(cause));
        }
    }
    words
}

fn subtitle(case: &str, results: &[CaseResult]) -> String {
    let mut parts = vec![format!("case {case}")];
    if let Some(first) = results.first() {
        if results.iter().all(|result| result.seed == first.seed) {
            parts.push(format!("seed {}", first.seed));
        }
        let common = |(knob, value): &(&String, &String)| {
            results
                .iter()
                .all(|result| result.changed.get(*knob) == Some(*value))
        };
        let knobs = first.changed.iter().filter(common);
        parts.extend(knobs.map(|(knob, value)| format!("{knob}={value}")));
        if results.iter().all(|result| result.stack == first.stack) {
            parts.push(format!("stack {}", first.stack));
        }
    }
    parts.join(" · ")
}

fn description(case: &str, rows: &[Row]) -> String {
    let values: Vec<_> = rows
        .iter()
        .map(|row| format!("{} {}", row.name, row.value))
        .collect();
    format!(
        "Bar chart of the variants of {case}: {}.",
        values.join(", ")
    )
}

fn put_axis(figure: &mut Figure, columns: &Columns, axis: Axis, top: i32, bottom: i32) {
    for tick in axis.ticks() {
        let x = columns.axis + axis.position(tick, AXIS);
        figure.put_line((x, top - 6), (x, bottom + 5), Ink::Rule, 1);
        figure.put_label(
            (x, bottom + 18),
            &spoken(tick),
            SMALL,
            Ink::Muted,
            Align::Middle,
        );
    }
    let words = if axis.is_logarithmic() {
        "time, logarithmic"
    } else {
        "time"
    };
    let middle = columns.axis + AXIS / 2;
    figure.put_label(
        (middle, bottom + 36),
        words,
        SMALL,
        Ink::Muted,
        Align::Middle,
    );
}

fn put_heads(figure: &mut Figure, columns: &Columns, baseline: i32) {
    for (x, head) in [
        (columns.round_trips, "round trips"),
        (columns.frames, "frames"),
    ] {
        figure.put_label((x, baseline), head, SMALL, Ink::Muted, Align::End);
    }
}

fn put_legend(figure: &mut Figure, left: i32, middle: i32, formulas: bool) {
    figure.put_box((left, middle - 6), (left + 24, middle + 6), Ink::Data);
    figure.put_label(
        (left + 32, middle + 4),
        "measured",
        SMALL,
        Ink::Muted,
        Align::Start,
    );
    if formulas {
        let x = left + 32 + font::width("measured", SMALL) + 30;
        figure.put_diamond((x, middle), DIAMOND, Ink::Text);
        figure.put_label(
            (x + 14, middle + 4),
            "formula",
            SMALL,
            Ink::Muted,
            Align::Start,
        );
    }
}
