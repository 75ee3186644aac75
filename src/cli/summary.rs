//! What a scenario says beyond its times: its tables, its constraint, and what is said of it beside the packets.

use std::fmt::Write;

use super::table::wrapped;
use crate::measure::{CaseResult, Claim, Table};

/// Columns of a terminal that the text should fit.
const WIDTH: usize = 120;

/// Blanks before each line below a heading.
const INDENT: usize = 2;

/// Width of the words before a claim's parts.
const LABEL: usize = 9;

/// Tables, constraints and claims of all results, each under the name of its variant.
pub(super) fn figures(results: &[CaseResult]) -> String {
    let mut text = String::new();
    for result in results {
        put_result(&mut text, result);
    }
    text
}

fn put_result(text: &mut String, result: &CaseResult) {
    if result.tables.is_empty() && result.claims.is_empty() && result.constraint.is_none() {
        return;
    }
    writeln!(text, "{}/{}", result.case, result.variant).expect("a string takes every text");
    if let Some(constraint) = &result.constraint {
        put_part(text, "", constraint);
    }
    for table in &result.tables {
        put_table(text, table);
    }
    for Claim { said, packets, why } in &result.claims {
        put_part(text, "said", said);
        put_part(text, "packets", packets);
        put_part(text, "why", why);
    }
    text.push('\n');
}

/// A label and its text, wrapped beside it; nothing if there is no text.
fn put_part(text: &mut String, label: &str, words: &str) {
    if words.is_empty() {
        return;
    }
    let width = if label.is_empty() { 0 } else { LABEL };
    let room = WIDTH - INDENT - width;
    for (number, line) in wrapped(words, room).iter().enumerate() {
        let label = if number == 0 { label } else { "" };
        writeln!(text, "{:INDENT$}{label:width$}{line}", "").expect("a string takes every text");
    }
}

/// The first column to the left, all others to the right.
fn put_table(text: &mut String, table: &Table) {
    put_part(text, "", &table.title);
    let rows = || std::iter::once(&table.columns).chain(&table.rows);
    let width = |column: usize| {
        let cells = rows().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<_> = (0..table.columns.len()).map(width).collect();
    for row in rows() {
        let mut line = " ".repeat(2 * INDENT);
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            if column == 0 {
                write!(line, "{cell:<width$}").expect("a string takes every text");
            } else {
                write!(line, "  {cell:>width$}").expect("a string takes every text");
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_without_figures_says_nothing() {
        assert_eq!(figures(&[CaseResult::default()]), "");
    }

    #[test]
    fn tables_are_aligned_and_claims_wrapped() {
        let texts = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect();
        let result = CaseResult {
            case: "geo-routing".to_owned(),
            variant: "geo-dns".to_owned(),
            constraint: Some("the constraint is distance".to_owned()),
            tables: vec![Table {
                title: "RTT in ms, user against server".to_owned(),
                columns: texts(&["", "tokyo", "frankfurt"]),
                rows: vec![
                    texts(&["seoul", "30", "240"]),
                    texts(&["london", "230", "15"]),
                ],
            }],
            claims: vec![Claim {
                said: "150 ms become 30 ms".to_owned(),
                packets: "30.000 ms".to_owned(),
                why: "the authority sees the user's subnet ".repeat(4),
            }],
            ..CaseResult::default()
        };
        insta::assert_snapshot!(figures(&[result]), @r"
        geo-routing/geo-dns
          the constraint is distance
          RTT in ms, user against server
                    tokyo  frankfurt
            seoul      30        240
            london    230         15
          said     150 ms become 30 ms
          packets  30.000 ms
          why      the authority sees the user's subnet the authority sees the user's subnet the authority sees the user's
                   subnet the authority sees the user's subnet

        ");
    }
}
