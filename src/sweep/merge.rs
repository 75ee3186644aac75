//! Putting journals together.

use super::{Header, Journal, Row};

/// Journals that do not make a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// There is nothing to merge.
    #[error("there is no journal of a shard: `wirelab sweep ... --shard 1/2` writes one")]
    Nothing,
    /// Two are of different sweeps.
    #[error(
        "shard {one} and shard {two} are of different sweeps ({difference}): merge those of one sweep"
    )]
    Different {
        /// A shard.
        one: String,
        /// Another one.
        two: String,
        /// Where they differ.
        difference: String,
    },
    /// A run is there twice.
    #[error("run {run} is there twice: two journals overlap; leave one of them out")]
    Twice {
        /// Its number.
        run: u64,
    },
    /// A run is of no sweep like this.
    #[error(
        "there is a run {run}, but the sweep has {runs} runs, from 0 on: the journal is damaged"
    )]
    Beyond {
        /// Its number.
        run: u64,
        /// How many there are.
        runs: u64,
    },
    /// Runs are missing.
    #[error(
        "{missing} of {runs} runs are missing, the first is run {first} of shard {shard}: go on with `wirelab sweep ... --shard {shard} --resume`"
    )]
    Missing {
        /// How many.
        missing: u64,
        /// Of how many.
        runs: u64,
        /// The number of the first.
        first: u64,
        /// The shard that has to make it.
        shard: String,
    },
}

/// What the sweep is, and all its runs in order.
///
/// # Errors
/// [`MergeError`] unless every run is there once.
pub fn merge(journals: Vec<Journal>) -> Result<(Header, Vec<Row>), MergeError> {
    let first = journals.first().ok_or(MergeError::Nothing)?;
    let (sweep, of) = (first.sweep.clone(), first.shard.of());
    for other in &journals[1..] {
        if let Some(difference) = sweep.difference(&other.sweep) {
            return Err(MergeError::Different {
                one: first.shard.to_string(),
                two: other.shard.to_string(),
                difference,
            });
        }
    }
    let mut rows: Vec<Row> = journals
        .into_iter()
        .flat_map(|journal| journal.rows)
        .collect();
    rows.sort_by_key(|row| row.run);
    if let Some(pair) = rows.windows(2).find(|pair| pair[0].run == pair[1].run) {
        return Err(MergeError::Twice { run: pair[0].run });
    }
    let runs = sweep.runs();
    if let Some(row) = rows.last().filter(|row| row.run >= runs) {
        return Err(MergeError::Beyond { run: row.run, runs });
    }
    let made = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    if made < runs {
        let gap = (0..).zip(&rows).find(|(number, row)| row.run != *number);
        let first = gap.map_or(made, |(number, _)| number);
        return Err(MergeError::Missing {
            missing: runs - made,
            runs,
            first,
            shard: format!("{}/{of}", first % u64::from(of) + 1),
        });
    }
    Ok((sweep, rows))
}
