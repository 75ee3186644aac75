//! A part of a sweep: every Nth run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The `number`th of `of` parts, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct Shard {
    number: u32,
    of: u32,
}

/// A shard as a journal has it.
#[derive(Deserialize)]
struct Parts {
    number: u32,
    of: u32,
}

/// Something that is no shard.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no shard: write K/N with 1 <= K <= N, for example 3/8")]
pub struct ShardError(String);

impl Shard {
    /// The whole.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// The `number`th of `of` parts.
    ///
    /// # Errors
    /// [`ShardError`] unless `number` is from 1 to `of`.
    pub fn new(number: u32, of: u32) -> Result<Self, ShardError> {
        if 1 <= number && number <= of {
            Ok(Self { number, of })
        } else {
            Err(ShardError(format!("{number}/{of}")))
        }
    }

    /// Which part, from 1.
    pub const fn number(self) -> u32 {
        self.number
    }

    /// How many parts there are.
    pub const fn of(self) -> u32 {
        self.of
    }

    /// The numbers of its runs, of `runs` of the whole sweep. Neighbours go to different shards, so that all have some
    /// of every cell and take as long.
    pub fn runs(self, runs: u64) -> impl Iterator<Item = u64> {
        let step = usize::try_from(self.of).unwrap_or(usize::MAX);
        (u64::from(self.number) - 1..runs).step_by(step)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parsed = text
            .split_once('/')
            .and_then(|(number, of)| Self::new(number.parse().ok()?, of.parse().ok()?).ok());
        parsed.ok_or_else(|| ShardError(text.to_owned()))
    }
}

impl TryFrom<Parts> for Shard {
    type Error = ShardError;

    fn try_from(Parts { number, of }: Parts) -> Result<Self, ShardError> {
        Self::new(number, of)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_divide_the_runs_without_rest_or_repetition() {
        for of in [1, 2, 7, 30] {
            let mut all: Vec<u64> = (1..=of)
                .flat_map(|number| Shard::new(number, of).expect("it is one").runs(23))
                .collect();
            all.sort_unstable();
            assert_eq!(all, (0..23).collect::<Vec<_>>(), "{of} shards");
        }
    }

    #[test]
    fn a_shard_is_written_as_one_of_many() {
        assert_eq!("3/8".parse(), Ok(Shard { number: 3, of: 8 }));
        for text in ["0/8", "9/8", "3", "3/", "-1/2", "a/b", "1/0"] {
            let error = text.parse::<Shard>().expect_err(text).to_string();
            assert!(error.contains(text) && error.contains("3/8"), "{error}");
        }
    }
}
