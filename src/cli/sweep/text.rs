//! The cells of a sweep as a table, and as JSON.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::table::columns;
use crate::sweep::{Cell, Header};

/// The most cells that are printed; files have all of them.
const MOST_CELLS: usize = 40;

/// The table of cells.
pub(super) fn of(header: &Header, cells: &[Cell]) -> String {
    let turned = header.axes.len();
    let mut heads: Vec<String> = header.axes.iter().map(|axis| axis.knob.clone()).collect();
    heads.extend(
        [
            "runs",
            "median/ms",
            "p95/ms",
            "mean/ms",
            "against the first/ms",
        ]
        .map(str::to_owned),
    );
    let mut rows = vec![heads];
    rows.extend(cells.iter().take(MOST_CELLS).map(row));
    let right: Vec<usize> = (turned..turned + 4).collect();
    let mut text = columns(&rows, &right);
    if cells.len() > MOST_CELLS {
        let more = cells.len() - MOST_CELLS;
        writeln!(text, "{more} more cells are in cells.csv").expect(INFALLIBLE);
    }
    let differs = cells.iter().any(|cell| cell.difference.is_some());
    if differs {
        text += "against the first: the mean over pairs of runs with the same seed, and its 95 % confidence interval\n";
    }
    let failed: u64 = cells.iter().map(|cell| cell.failed).sum();
    if failed > 0 {
        writeln!(
            text,
            "{failed} runs did not come to an end: runs.csv says why"
        )
        .expect(INFALLIBLE);
    }
    let not_kept: u64 = cells.iter().map(|cell| cell.not_kept).sum();
    if not_kept > 0 {
        writeln!(
            text,
            "{not_kept} runs did not keep every expectation of the case"
        )
        .expect(INFALLIBLE);
    }
    text
}

fn row(cell: &Cell) -> Vec<String> {
    let ms = |ms: f64| format!("{ms:.3}");
    let times = cell.times.as_ref();
    let told = |time: Option<crate::units::Span>| {
        time.map_or_else(|| "-".to_owned(), |time| ms(time.as_millis_f64()))
    };
    let mut row = cell.values.clone();
    row.extend([
        cell.runs.to_string(),
        told(times.map(crate::measure::Distribution::median)),
        told(times.and_then(|times| times.percentile(950))),
        times.map_or_else(|| "-".to_owned(), |_| ms(cell.mean_ms)),
        cell.difference.map_or_else(String::new, |difference| {
            format!(
                "{:+.3} ± {:.3}",
                difference.mean_ms, difference.half_width_ms
            )
        }),
    ]);
    row
}

/// The names of the files.
pub(super) fn files(written: &[String], out: &Path) -> String {
    let files: Vec<_> = written.iter().map(|file| format!("  {file}\n")).collect();
    format!("\nFiles below {}:\n{}", out.display(), files.concat())
}

/// One object for each cell, a line each.
pub(super) fn json(header: &Header, cells: &[Cell]) -> String {
    let object = |cell: &Cell| {
        let knobs = header.axes.iter().map(|axis| axis.knob.clone());
        let knobs: Map<_, _> = knobs
            .zip(cell.values.iter().cloned().map(Value::from))
            .collect();
        let times = cell.times.as_ref();
        let told = |time: Option<crate::units::Span>| time.map(crate::units::Span::as_millis_f64);
        json!({
            "case": header.case, "variant": header.variant, "knobs": knobs,
            "runs": cell.runs, "failed": cell.failed, "not_kept": cell.not_kept,
            "mean_ms": times.map(|_| cell.mean_ms),
            "median_ms": told(times.map(crate::measure::Distribution::median)),
            "p95_ms": told(times.and_then(|times| times.percentile(950))),
            "difference_ms": cell.difference.map(|difference| difference.mean_ms),
            "difference_95_ms": cell.difference.map(|difference| difference.half_width_ms),
        })
    };
    cells
        .iter()
        .map(|cell| object(cell).to_string() + "\n")
        .collect()
}

const INFALLIBLE: &str = "a string takes every text";
