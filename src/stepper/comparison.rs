//! Two futures side by side: which frames both have, and which only one.

use std::collections::BTreeMap;

use super::fork::World;
use super::row::Row;
use crate::measure::account::{Account, Class};
use crate::record::events_file::EventsFileError;
use crate::units::Span;

/// Frames of each future that are compared, at most.
const COMPARED: usize = 400;

/// Two futures from a fork on.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The frames from the fork on; the same one stands in one row.
    pub rows: Vec<Pair>,
    /// Frames of both that are not compared, since they are too many.
    pub left_out: [usize; 2],
    /// How long each took, in ms.
    pub totals: [Option<f64>; 2],
    /// Where the time went in each, where that is known.
    pub accounts: [BTreeMap<Class, Span>; 2],
}

/// A row of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The frame of the first future.
    pub left: Option<Row>,
    /// The frame of the second.
    pub right: Option<Row>,
}

/// How the two halves of a row differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Not at all.
    Same,
    /// In their time or in what became of them.
    Changed,
    /// Only the first future has it.
    OnlyLeft,
    /// Only the second has it.
    OnlyRight,
}

impl Comparison {
    /// Compares two worlds from the entry at `from` on, in which a frame leaves.
    pub fn of(left: &World, right: &World, from: usize) -> Result<Self, EventsFileError> {
        let (a, left_out) = rows(left, from)?;
        let (b, right_out) = rows(right, from)?;
        let classes = |world: &World| world.account.as_ref().map(Account::by_class);
        Ok(Self {
            rows: align(a, b),
            left_out: [left_out, right_out],
            totals: [left.total_ms, right.total_ms],
            accounts: [left, right].map(|world| classes(world).unwrap_or_default()),
        })
    }

    /// How the totals and accounts differ, a line each.
    pub fn sums(&self) -> Vec<String> {
        let ms =
            |total: Option<f64>| total.map_or_else(|| "?".to_owned(), |ms| format!("{ms:.3} ms"));
        let [before, after] = self.totals;
        let mut lines = vec![format!(
            "{:<24} {:>14} {:>14} {:>14}",
            "total",
            ms(before),
            ms(after),
            before
                .zip(after)
                .map_or_else(String::new, |(before, after)| format!(
                    "{:+.3} ms",
                    after - before
                )),
        )];
        for class in Class::ALL {
            let spans = [0, 1].map(|side| self.accounts[side].get(&class).copied());
            if spans == [None, None] {
                continue;
            }
            let [before, after] = spans.map(|span| span.unwrap_or_default().as_millis_f64());
            lines.push(format!(
                "  {:<22} {before:>11.3} ms {after:>11.3} ms {:>11} ms",
                class.to_string(),
                format!("{:+.3}", after - before)
            ));
        }
        lines
    }

    /// Both futures as text, each half of a row `width` characters wide.
    pub fn text(&self, width: usize) -> String {
        let mut lines: Vec<_> = self.rows.iter().map(|pair| pair.line(width)).collect();
        if self.left_out != [0, 0] {
            let [left, right] = self.left_out;
            lines.push(format!("... and {left} more frames, {right} more there"));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// Half a row, exactly so wide.
pub(super) fn half(row: Option<&Row>, width: usize) -> String {
    let told = row.map_or_else(String::new, |row| {
        let way = format!("{} > {}", row.from, row.to);
        let remarks = if row.remarks.is_empty() {
            String::new()
        } else {
            format!(" [{}]", row.remarks)
        };
        format!(
            "{:>4} {:>11} {way} {}{remarks}",
            row.number,
            millis(row.at.as_nanos()),
            row.label
        )
    });
    let cut: String = told.chars().take(width).collect();
    format!("{cut:<width$}")
}

/// Nanoseconds as milliseconds with three decimals.
pub(super) fn millis(ns: u64) -> String {
    format!("{}.{:03}", ns / 1_000_000, ns / 1_000 % 1_000)
}

impl Pair {
    /// Both halves with the mark between them.
    fn line(&self, width: usize) -> String {
        let [left, right] = [&self.left, &self.right].map(|row| half(row.as_ref(), width));
        let line = format!("{left} {} {right}", self.mark().sign());
        line.trim_end().to_owned()
    }

    /// How both halves differ.
    pub fn mark(&self) -> Mark {
        match (&self.left, &self.right) {
            (Some(left), Some(right)) => {
                if (left.at, &left.remarks) == (right.at, &right.remarks) {
                    Mark::Same
                } else {
                    Mark::Changed
                }
            }
            (None, _) => Mark::OnlyRight,
            (_, None) => Mark::OnlyLeft,
        }
    }
}

impl Mark {
    /// One character.
    pub const fn sign(self) -> char {
        match self {
            Self::Same => ' ',
            Self::Changed => '~',
            Self::OnlyLeft => '<',
            Self::OnlyRight => '>',
        }
    }
}

fn rows(world: &World, from: usize) -> Result<(Vec<Row>, usize), EventsFileError> {
    let player = &world.player;
    let first = player.contents().frames_before(from) + 1;
    let count = player.contents().frame_count();
    let last = count.min(first + COMPARED - 1);
    let mut rows = Vec::new();
    for number in first..=last {
        rows.extend(Row::of(player, number)?);
    }
    Ok((rows, count.saturating_sub(last)))
}

/// Rows that stand for the same frame: from, to and label are the same.
fn same(a: &Row, b: &Row) -> bool {
    (&a.from, &a.to, &a.label) == (&b.from, &b.to, &b.label)
}

/// Puts the longest common subsequence of both side by side.
fn align(left: Vec<Row>, right: Vec<Row>) -> Vec<Pair> {
    // lengths[i][j]: of the longest common subsequence of left[i..] and right[j..].
    let mut lengths = vec![vec![0_u16; right.len() + 1]; left.len() + 1];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            lengths[i][j] = if same(&left[i], &right[j]) {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let (mut first, mut second) = (left.into_iter().peekable(), right.into_iter().peekable());
    let (mut i, mut j) = (0, 0);
    let mut pairs = Vec::new();
    loop {
        let takes = match (first.peek(), second.peek()) {
            (None, None) => return pairs,
            (Some(one), Some(other)) if same(one, other) => (true, true),
            (Some(_), Some(_)) => {
                let left_first = lengths[i + 1][j] >= lengths[i][j + 1];
                (left_first, !left_first)
            }
            (one, other) => (one.is_some(), other.is_some()),
        };
        i += usize::from(takes.0);
        j += usize::from(takes.1);
        pairs.push(Pair {
            left: if takes.0 { first.next() } else { None },
            right: if takes.1 { second.next() } else { None },
        });
    }
}
