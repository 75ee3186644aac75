//! Sweeps: one variant run with every combination of some knobs' values, each with the same seeds.
//!
//! A [`Sweep`] is a list of runs with numbers. A shard makes every Nth of them and writes each into its journal as soon
//! as it is over, in any order; the journals of all shards, put in order by [`merge()`], are the result. A sweep on one
//! machine is one shard, so its result has the same bytes. Whoever opens the files is somebody else.
//!
//! Cells share their seeds, and a link draws for each frame that it is offered whatever its configuration is. So the
//! same seed has the same luck in every cell, frame by frame, and cells are compared in pairs (common random numbers).

mod axis;
mod cells;
mod journal;
mod merge;
mod row;
mod run;
mod shard;
mod tables;

pub use axis::{Axis, AxisError};
pub use cells::{Cell, Difference, cells};
pub use journal::{Header, Journal, JournalError, header_line, row_line};
pub use merge::{MergeError, merge};
pub use row::{Figures, Row};
pub use run::{Interrupted, run};
pub use shard::{Shard, ShardError};
#[cfg(feature = "parquet")]
pub use tables::write_parquet;
pub use tables::{TableError, write_cells, write_csv};

use crate::case::{CaseError, Plan};

/// The most runs of a sweep: their journal has some GB then.
pub const MOST_RUNS: u64 = 10_000_000;

/// The most combinations of values: each is checked before anything runs.
pub const MOST_CELLS: usize = 100_000;

/// A sweep that cannot be made.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SweepError {
    /// A knob has two axes.
    #[error("`--vary {0}` comes twice: give one with all values")]
    TwiceVaried(String),
    /// A knob has a value and an axis.
    #[error("`{0}` is turned by --set and by --vary: leave one of them out")]
    SetAndVaried(String),
    /// An axis has a value twice.
    #[error("`--vary {knob}` has {value} twice: each value makes a cell of its own")]
    TwiceValue {
        /// The knob.
        knob: String,
        /// The value, as it is understood.
        value: String,
    },
    /// There is nothing to run.
    #[error("no seed, no run: give --seeds 1 or more")]
    NoSeeds,
    /// Seeds end.
    #[error(
        "{seeds} seeds from {first} on go beyond the largest seed, {}: give a smaller --seed",
        u64::MAX
    )]
    SeedsEnd {
        /// The first.
        first: u64,
        /// How many.
        seeds: u64,
    },
    /// There is too much to run.
    #[error(
        "{cells} cells with {seeds} seeds each are more than {MOST_RUNS} runs or {MOST_CELLS} cells: give fewer values or seeds"
    )]
    TooMany {
        /// Combinations of values.
        cells: u64,
        /// Seeds of each.
        seeds: u64,
    },
    /// A combination of values is none that the case takes.
    #[error(transparent)]
    Case(#[from] CaseError),
}

/// Which runs there are. A run has a number: its cell times the seeds of a cell, plus the ordinal of its seed.
#[derive(Clone, Debug)]
pub struct Sweep {
    base: Plan,
    axes: Vec<Axis>,
    cells: Vec<Plan>,
    seeds: u64,
    file: Option<String>,
}

impl Sweep {
    /// The sweep of a plan over some axes, the first of which changes slowest, with so many seeds, from the plan's own
    /// on.
    ///
    /// # Errors
    /// [`SweepError`], also of the first cell that the case refuses.
    pub fn new(base: Plan, axes: Vec<Axis>, seeds: u64) -> Result<Self, SweepError> {
        if seeds == 0 {
            return Err(SweepError::NoSeeds);
        }
        if base.seed().checked_add(seeds).is_none() {
            let first = base.seed();
            return Err(SweepError::SeedsEnd { first, seeds });
        }
        let count = axes.iter().fold(1_u64, |count, axis| {
            count.saturating_mul(u64::try_from(axis.values.len()).unwrap_or(u64::MAX))
        });
        let most = u64::try_from(MOST_CELLS).unwrap_or(u64::MAX);
        if count > most || count.saturating_mul(seeds) > MOST_RUNS {
            return Err(SweepError::TooMany {
                cells: count,
                seeds,
            });
        }
        for (at, axis) in axes.iter().enumerate() {
            if axes[..at].iter().any(|other| other.knob == axis.knob) {
                return Err(SweepError::TwiceVaried(axis.knob.clone()));
            }
            check_values(&base, axis)?;
        }
        let cells = plans(&base, &axes)?;
        Ok(Self {
            base,
            axes,
            cells,
            seeds,
            file: None,
        })
    }

    /// The same, of a case that a file of these bytes makes: another file under the same name is another sweep.
    #[must_use]
    pub fn of_file(mut self, bytes: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        let hex = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
        self.file = Some(hex.collect::<Vec<_>>().concat());
        self
    }

    /// How many runs there are.
    pub fn runs(&self) -> u64 {
        self.seeds * u64::try_from(self.cells.len()).unwrap_or(u64::MAX)
    }

    /// How many seeds each cell has.
    pub const fn seeds(&self) -> u64 {
        self.seeds
    }

    /// What is turned.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// What is run, but for what is turned.
    pub const fn base(&self) -> &Plan {
        &self.base
    }

    /// What run `number` is.
    ///
    /// # Panics
    /// If there is no such run.
    pub fn plan(&self, number: u64) -> Plan {
        let cell = usize::try_from(number / self.seeds).expect("it is one of the cells");
        self.cells[cell].seeded(self.base.seed() + number % self.seeds)
    }

    /// What the result says of itself.
    pub fn header(&self) -> Header {
        Header::of(self)
    }
}

/// Refuses values that mean the same.
fn check_values(base: &Plan, axis: &Axis) -> Result<(), SweepError> {
    let mut known: Vec<String> = Vec::new();
    for value in &axis.values {
        // The combination may be refused where other knobs have to change too; that shows later.
        let Ok(plan) = base.changed(None, [(axis.knob.as_str(), value.as_str())]) else {
            continue;
        };
        // `stack` is no knob itself: it turns two.
        let meant = if plan.has(&axis.knob) {
            plan.text(&axis.knob).to_owned()
        } else {
            value.clone()
        };
        if known.contains(&meant) {
            return Err(SweepError::TwiceValue {
                knob: axis.knob.clone(),
                value: meant,
            });
        }
        known.push(meant);
    }
    Ok(())
}

/// The cells, the last axis changing fastest.
fn plans(base: &Plan, axes: &[Axis]) -> Result<Vec<Plan>, SweepError> {
    let mut combinations: Vec<Vec<(&str, &str)>> = vec![Vec::new()];
    for axis in axes {
        let longer = combinations.iter().flat_map(|combination| {
            axis.values.iter().map(move |value| {
                let mut longer = combination.clone();
                longer.push((axis.knob.as_str(), value.as_str()));
                longer
            })
        });
        combinations = longer.collect();
    }
    let plans = combinations
        .into_iter()
        .map(|settings| base.changed(None, settings));
    Ok(plans.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests;
