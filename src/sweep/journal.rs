//! The journal of a shard: one line of JSON that says what the sweep is, then one for each run that is over.
//!
//! A line counts once its end is there. What a process that was killed has left of its last line is no run; everything
//! before it is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Axis, MOST_RUNS, Row, Shard, Sweep};

/// What a sweep is: two of them with the same header have the same runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of wirelab that makes the runs; another one may measure something else.
    pub wirelab: String,
    /// The case.
    pub case: String,
    /// The variant.
    pub variant: String,
    /// The SHA-256 of the file that makes the case, if it is none of the catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Every knob with its value, but for those that are turned.
    pub knobs: BTreeMap<String, String>,
    /// Those that differ from the case's defaults.
    pub set: BTreeMap<String, String>,
    /// What is turned; the last one changes fastest.
    pub axes: Vec<Axis>,
    /// The first seed of each cell.
    pub first_seed: u64,
    /// How many seeds each cell has.
    pub seeds: u64,
}

/// The first line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct First {
    sweep: Header,
    shard: Shard,
}

/// What a journal has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Journal {
    /// Of which sweep.
    pub sweep: Header,
    /// Of which part.
    pub shard: Shard,
    /// The runs that are over, in the order in which they ended.
    pub rows: Vec<Row>,
    /// How many bytes of it are whole lines.
    pub whole: usize,
}

/// A file that is no journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It has no first line; whatever wrote it was killed at once.
    #[error("it has no first line")]
    Empty,
    /// A line is none of a journal.
    #[error(
        "line {line} is not one of a sweep's journal: {reason}; remove it and what follows to make these runs again"
    )]
    Line {
        /// Which, from 1.
        line: usize,
        /// What is wrong with it.
        reason: serde_json::Error,
    },
    /// Its first line is that of no sweep.
    #[error("line 1 is that of no sweep: {reason}; the journal is damaged")]
    Header {
        /// What is wrong with it.
        reason: String,
    },
}

impl Header {
    pub(super) fn of(sweep: &Sweep) -> Self {
        let plan = sweep.base();
        let is_turned = |knob: &str| sweep.axes().iter().any(|axis| axis.knob == knob);
        let kept = plan.values().filter(|(knob, _)| !is_turned(knob));
        Self {
            wirelab: env!("CARGO_PKG_VERSION").to_owned(),
            case: plan.case().name().to_owned(),
            variant: plan.variant().to_owned(),
            file: sweep.file.clone(),
            knobs: kept
                .map(|(knob, value)| (knob.to_owned(), value.to_owned()))
                .collect(),
            set: plan
                .run_info()
                .params
                .into_iter()
                .filter(|(knob, _)| !is_turned(knob))
                .collect(),
            axes: sweep.axes().to_vec(),
            first_seed: plan.seed(),
            seeds: sweep.seeds(),
        }
    }

    /// Whether it is that of a sweep, whoever wrote it; or else why not.
    fn check(&self) -> Result<(), String> {
        // They become names of files and directories.
        let is_name = |name: &str| {
            let is_fine = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
            !name.is_empty() && !name.starts_with(['.', '-']) && name.chars().all(is_fine)
        };
        let knobs = self.axes.iter().map(|axis| &axis.knob);
        let mut names = [&self.case, &self.variant].into_iter().chain(knobs);
        if let Some(name) = names.find(|name| !is_name(name)) {
            return Err(format!(
                "`{name}` is no name of a case, a variant or a knob"
            ));
        }
        if let Some(axis) = self.axes.iter().find(|axis| axis.values.is_empty()) {
            return Err(format!("`{}` takes no value", axis.knob));
        }
        if self.seeds == 0 || self.first_seed.checked_add(self.seeds).is_none() {
            return Err(format!(
                "no {} seeds follow {}",
                self.seeds, self.first_seed
            ));
        }
        if self.runs() > MOST_RUNS {
            return Err(format!("it has more than {MOST_RUNS} runs"));
        }
        Ok(())
    }

    /// How many runs the sweep has.
    pub fn runs(&self) -> u64 {
        self.axes.iter().fold(self.seeds, |runs, axis| {
            runs.saturating_mul(u64::try_from(axis.values.len()).unwrap_or(u64::MAX))
        })
    }

    /// The values of the turned knobs in cell `cell`, in the order of the axes.
    pub fn values(&self, cell: u64) -> Vec<&str> {
        let mut rest = cell;
        let mut values = Vec::new();
        for axis in self.axes.iter().rev() {
            let count = u64::try_from(axis.values.len().max(1)).unwrap_or(u64::MAX);
            let at = usize::try_from(rest % count).unwrap_or(0);
            values.push(axis.values.get(at).map_or("", String::as_str));
            rest /= count;
        }
        values.reverse();
        values
    }

    /// Where two headers differ first, and how; nothing if they do not.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let told = |header: &Self| {
            let axes: Vec<_> = header
                .axes
                .iter()
                .map(|axis| format!("{}={}", axis.knob, axis.values.join(",")))
                .collect();
            let knobs: Vec<_> = header
                .knobs
                .iter()
                .map(|(knob, value)| format!("{knob}={value}"))
                .collect();
            [
                ("wirelab", header.wirelab.clone()),
                ("variant", format!("{}/{}", header.case, header.variant)),
                ("file", header.file.clone().unwrap_or_default()),
                ("--vary", axes.join(" ")),
                ("--seed", header.first_seed.to_string()),
                ("--seeds", header.seeds.to_string()),
                ("knobs", knobs.join(" ")),
            ]
        };
        let both = told(self).into_iter().zip(told(other));
        both.into_iter()
            .find(|((_, one), (_, two))| one != two)
            .map(|((what, one), (_, two))| format!("{what}: {one}, and here {two}"))
    }
}

/// The first line of the journal of a shard, with its end.
///
/// # Panics
/// Never: headers are JSON.
pub fn header_line(sweep: &Header, shard: Shard) -> String {
    let first = First {
        sweep: sweep.clone(),
        shard,
    };
    serde_json::to_string(&first).expect("a header is JSON") + "\n"
}

/// The line of a run, with its end.
///
/// # Panics
/// Never: rows are JSON.
pub fn row_line(row: &Row) -> String {
    serde_json::to_string(row).expect("a row is JSON") + "\n"
}

impl Journal {
    /// Reads a journal. A last line without its end is left out.
    ///
    /// # Errors
    /// [`JournalError`] if a whole line is none of a journal.
    pub fn read(text: &[u8]) -> Result<Self, JournalError> {
        let whole = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        let mut lines = (1..).zip(text[..whole].split_inclusive(|byte| *byte == b'\n'));
        let (line, first) = lines.next().ok_or(JournalError::Empty)?;
        let first: First = parsed(line, first)?;
        let checked = first.sweep.check();
        checked.map_err(|reason| JournalError::Header { reason })?;
        let rows: Result<_, _> = lines.map(|(line, text)| parsed(line, text)).collect();
        Ok(Self {
            sweep: first.sweep,
            shard: first.shard,
            rows: rows?,
            whole,
        })
    }
}

fn parsed<'a, T: Deserialize<'a>>(line: usize, text: &'a [u8]) -> Result<T, JournalError> {
    serde_json::from_slice(text).map_err(|reason| JournalError::Line { line, reason })
}
