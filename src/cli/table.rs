//! Results as one aligned table, with the expectations that were not kept below it.

use std::fmt::Write;

use super::terminal::Terminal;
use crate::measure::{CaseResult, Check};

/// Columns of a terminal that a table should fit.
const WIDTH: usize = 120;

/// The least that the last column gets.
const NARROWEST: usize = 30;

/// Blanks between columns.
const GAP: usize = 2;

const HEADS: [&str; 8] = [
    "case",
    "variant",
    "time/ms",
    "RTTs",
    "frames",
    "formula/ms",
    "diff/ms",
    "cause",
];

/// Columns that hold words and are aligned to the left.
const WORDS: [usize; 2] = [0, 1];

/// The last column, whose text is wrapped.
const LAST: usize = HEADS.len() - 1;

/// One line per result.
pub(super) fn table(results: &[CaseResult]) -> String {
    let rows: Vec<_> = results.iter().map(cells).collect();
    let mut widths = HEADS.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let before: usize = widths[..LAST].iter().map(|width| width + GAP).sum();
    widths[LAST] = WIDTH.saturating_sub(before).max(NARROWEST);
    let mut text = String::new();
    for row in [HEADS.map(str::to_owned)].iter().chain(&rows) {
        put_row(&mut text, row, &widths);
    }
    text
}

fn cells(result: &CaseResult) -> [String; 8] {
    let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        result.case.clone(),
        result.variant.clone(),
        grouped(result.total_ms, 3),
        or_dash(result.round_trips.map(|trips| grouped(trips, 2))),
        result.frames.to_string(),
        or_dash(result.formula_ms.map(|ms| grouped(ms, 3))),
        or_dash(result.residual_ms.map(signed)),
        result.residual_cause.clone().unwrap_or_default(),
    ]
}

fn put_row(text: &mut String, row: &[String; 8], widths: &[usize; 8]) {
    let mut line = String::new();
    for (column, (cell, width)) in row[..LAST].iter().zip(widths).enumerate() {
        if WORDS.contains(&column) {
            write!(line, "{cell:<width$}").expect("a string takes every text");
        } else {
            write!(line, "{cell:>width$}").expect("a string takes every text");
        }
        line.push_str("  ");
    }
    let indent = line.chars().count();
    for (number, words) in wrapped(&row[LAST], widths[LAST]).iter().enumerate() {
        if number > 0 {
            line = " ".repeat(indent);
        }
        line.push_str(words);
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// Rows with their cells one below the other; those of `right` end where their column ends.
pub(super) fn columns<R: AsRef<[String]>>(rows: &[R], right: &[usize]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        let row = row.as_ref();
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    rows.iter().fold(String::new(), |text, row| {
        let cells = row.as_ref().iter().zip(&widths).enumerate();
        let line: Vec<_> = cells
            .map(|(column, (cell, width))| {
                if right.contains(&column) {
                    format!("{cell:>width$}")
                } else {
                    format!("{cell:width$}")
                }
            })
            .collect();
        text + line.join("  ").trim_end() + "\n"
    })
}

/// The text in lines of at most `width` characters, broken between words; at least one line.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.chars().count() + 1 + word.chars().count() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// A number with `decimals` places and its thousands apart.
fn grouped(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut apart = String::new();
    for (place, digit) in whole.char_indices() {
        let left = whole.len() - place;
        if place > 0 && left.is_multiple_of(3) && !apart.ends_with('-') {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart + rest
}

/// A difference in ms with its sign; nothing below half a microsecond.
fn signed(ms: f64) -> String {
    if ms.abs() < 0.0005 {
        return "0".to_owned();
    }
    let sign = if ms > 0.0 { "+" } else { "" };
    format!("{sign}{}", grouped(ms, 3))
}

/// Every expectation that was not kept, with what was expected and what was seen.
pub(super) fn failures(results: &[CaseResult], terminal: Terminal) -> String {
    let mut text = String::new();
    for result in results {
        for check in result.checks.iter().filter(|check| !check.holds) {
            text.push_str(&terminal.failed(&failure(result, check)));
            text.push('\n');
        }
    }
    text
}

fn failure(result: &CaseResult, check: &Check) -> String {
    format!(
        "not kept: {}/{}: {}\n  expected  {}\n  seen      {}",
        result.case, result.variant, check.claim, check.expected, check.seen
    )
}

/// How many expectations were kept, in a sentence.
pub(super) fn summary(results: &[CaseResult]) -> String {
    let checks = || results.iter().flat_map(|result| &result.checks);
    let all = checks().count();
    let kept = checks().filter(|check| check.holds).count();
    let variants = match results.len() {
        1 => "1 variant".to_owned(),
        count => format!("{count} variants"),
    };
    format!("{variants}, {kept} of {all} expectations kept")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_apart() {
        let texts = [0.0, 12.5, 999.0, 1_000.0, 131_000.0, -1_234_567.8].map(|n| grouped(n, 1));
        assert_eq!(
            texts,
            [
                "0.0",
                "12.5",
                "999.0",
                "1,000.0",
                "131,000.0",
                "-1,234,567.8"
            ]
        );
        assert_eq!(grouped(-123.0, 0), "-123");
    }

    #[test]
    fn long_causes_are_wrapped_in_their_column() {
        let result = CaseResult {
            case: "transfer".to_owned(),
            variant: "download".to_owned(),
            total_ms: 1_300.0,
            formula_ms: Some(240.0),
            residual_ms: Some(1_060.0),
            residual_cause: Some("the congestion window starts at two segments and so ".repeat(3)),
            ..CaseResult::default()
        };
        let text = table(&[result]);
        assert!(text.lines().all(|line| line.len() <= WIDTH), "{text}");
        insta::assert_snapshot!(text, @r"
        case      variant     time/ms  RTTs  frames  formula/ms     diff/ms  cause
        transfer  download  1,300.000     -       0     240.000  +1,060.000  the congestion window starts at two segments and so
                                                                             the congestion window starts at two segments and so
                                                                             the congestion window starts at two segments and so
        ");
    }
}
