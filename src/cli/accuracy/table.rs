//! The comparison in a terminal: aligned columns, one table per kind.

use super::numbers;
use crate::measure::accuracy::{Accuracy, Estimator, Finding, Kind, Metric, Row};

/// Columns of a table: the words first, then numbers, the verdict last.
const HEADS: [&str; 11] = [
    "row", "metric", "Linux", "range", "lab", "", "smoltcp", "", "formula", "", "verdict",
];

/// Columns that hold words and are aligned to the left.
const WORDS: [usize; 3] = [0, 1, 10];

/// One line per row, with the metric that stands for it.
pub(super) fn one_line_each(accuracy: &Accuracy) -> String {
    let mut text = String::new();
    for kind in Kind::ALL {
        let of_kind = accuracy.rows.iter().filter(|row| row.kind == kind);
        let lines: Vec<_> = of_kind
            .map(|row| {
                let mut cells = cells(&row.case, row.main());
                row.verdict().word().clone_into(&mut cells[10]);
                cells
            })
            .collect();
        text += kind.title();
        text.push('\n');
        text.push_str(&aligned(&HEADS, &lines, &WORDS, 2));
        text.push('\n');
    }
    text
}

/// Every metric of every row, with what is no number and what must be known.
pub(super) fn every_metric(accuracy: &Accuracy) -> String {
    let mut text = String::new();
    for row in &accuracy.rows {
        let Row {
            case, about, runs, ..
        } = row;
        let head = format!("{case}: {about}; {runs} runs on Linux\n");
        text.push_str(&head);
        let lines: Vec<_> = row
            .metrics
            .iter()
            .map(|metric| cells("", metric)[1..].to_vec())
            .collect();
        let heads: Vec<&str> = HEADS[1..].to_vec();
        text.push_str(&aligned(&heads, &lines, &[0, 9], 2));
        for finding in &row.findings {
            text.push_str(&told(finding));
        }
        for note in &row.notes {
            text.push_str("  note: ");
            text.push_str(note);
            text.push('\n');
        }
        text.push('\n');
    }
    text
}

fn told(finding: &Finding) -> String {
    let Finding {
        name,
        linux,
        lab,
        smoltcp,
        verdict,
    } = finding;
    format!(
        "  {name}: {}\n    Linux    {linux}\n    lab      {lab}\n    smoltcp  {smoltcp}\n",
        verdict.word()
    )
}

fn cells(row: &str, metric: &Metric) -> [String; 11] {
    let [lab, smoltcp, formula] = Estimator::ALL.map(|one| numbers::estimate(metric, one));
    let [lab_error, smoltcp_error, formula_error] =
        Estimator::ALL.map(|one| numbers::error(metric, one));
    [
        row.to_owned(),
        metric.name.clone(),
        numbers::number(metric, metric.linux.median),
        numbers::range(metric),
        lab,
        lab_error,
        smoltcp,
        smoltcp_error,
        formula,
        formula_error,
        metric.verdict.word().to_owned(),
    ]
}

/// How far off each estimator is.
pub(super) fn errors(accuracy: &Accuracy) -> String {
    let lines: Vec<_> = Estimator::ALL
        .iter()
        .map(|one| {
            let main = numbers::errors(accuracy.main_errors(*one));
            let all = numbers::errors(accuracy.errors(*one));
            [&[one.name().to_owned()][..], &main, &all].concat()
        })
        .collect();
    let heads = [
        "absolute error",
        "rows",
        "median",
        "p90",
        "max",
        "all times",
        "median",
        "p90",
        "max",
    ];
    aligned(&heads, &lines, &[0], 0)
}

/// A table with its heads, so many blanks from the left.
fn aligned<C: AsRef<[String]>>(
    heads: &[&str],
    lines: &[C],
    words: &[usize],
    indent: usize,
) -> String {
    let mut widths: Vec<_> = heads.iter().map(|head| head.len()).collect();
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line.as_ref()) {
            *width = cell.chars().count().max(*width);
        }
    }
    let heads: Vec<_> = heads.iter().map(|head| (*head).to_owned()).collect();
    let all = [&heads[..]].into_iter();
    let mut text = String::new();
    for line in all.chain(lines.iter().map(AsRef::as_ref)) {
        let cells: Vec<_> = line
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| {
                if words.contains(&column) {
                    format!("{cell:<width$}")
                } else {
                    format!("{cell:>width$}")
                }
            })
            .collect();
        let line = format!("{}{}", " ".repeat(indent), cells.join("  "));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
