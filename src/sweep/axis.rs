//! A knob that is turned, and its values: `rtt=5ms,50ms,150ms`, or evenly spaced `rtt=5ms..150ms/30`.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The most values that a range makes.
const MOST_VALUES: u32 = 10_000;

/// Decimals of the values of a range.
const DECIMALS: usize = 3;

/// A knob and the values that it takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Axis {
    /// The knob.
    pub knob: String,
    /// Its values, as people write them.
    pub values: Vec<String>,
}

/// Something that is no axis.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AxisError {
    /// It has no knob, or no value.
    #[error(
        "write it as KEY=A,B,C or KEY=A..B/N, for example rtt=5ms,50ms,150ms or loss=0%..5%/11"
    )]
    Form,
    /// A range has ends without numbers, or of different units.
    #[error(
        "`{0}..{1}` is no range: write both ends as numbers with the same unit, for example 5ms..150ms/30"
    )]
    Ends(String, String),
    /// A range does not say how many values it has.
    #[error(
        "`{0}` is no number of values: write 2 to 10000 after the slash, for example 5ms..150ms/30"
    )]
    Count(String),
}

impl FromStr for Axis {
    type Err = AxisError;

    fn from_str(text: &str) -> Result<Self, AxisError> {
        let (knob, values) = text.split_once('=').ok_or(AxisError::Form)?;
        let values = match values.split_once("..") {
            // What begins a path is no range; nor is a list, whose values may be windows of time.
            Some((from, rest))
                if !from.is_empty() && !from.ends_with('/') && !values.contains(',') =>
            {
                range(from, rest)?
            }
            _ => values.split(',').map(str::to_owned).collect(),
        };
        if knob.is_empty() || values.iter().any(String::is_empty) {
            return Err(AxisError::Form);
        }
        Ok(Self {
            knob: knob.to_owned(),
            values,
        })
    }
}

/// `from..to/count`, both ends included.
fn range(from: &str, rest: &str) -> Result<Vec<String>, AxisError> {
    let (to, count) = rest.split_once('/').ok_or(AxisError::Form)?;
    let count: u32 = count
        .parse()
        .ok()
        .filter(|count| (2..=MOST_VALUES).contains(count))
        .ok_or_else(|| AxisError::Count(count.to_owned()))?;
    let ends = || AxisError::Ends(from.to_owned(), to.to_owned());
    let (first, unit) = number(from).ok_or_else(ends)?;
    let (last, other) = number(to).ok_or_else(ends)?;
    if unit != other {
        return Err(ends());
    }
    let value = |step: u32| {
        let share = f64::from(step) / f64::from(count - 1);
        let text = format!("{:.DECIMALS$}", first + (last - first) * share);
        let text = text.trim_end_matches('0').trim_end_matches('.');
        format!("{text}{unit}")
    };
    Ok((0..count).map(value).collect())
}

/// A number and the unit that follows it.
fn number(text: &str) -> Option<(f64, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        text.parse::<Axis>().expect("it is an axis").values
    }

    #[test]
    fn an_axis_is_a_list_or_a_range_with_both_ends() {
        assert_eq!(values("rtt=5ms,50ms"), ["5ms", "50ms"]);
        assert_eq!(values("loss=0%..5%/3"), ["0%", "2.5%", "5%"]);
        assert_eq!(values("objects=10..1/4"), ["10", "7", "4", "1"]);
        assert_eq!(values("trace=../a,b/../c"), ["../a", "b/../c"]);
        assert_eq!(
            values("down=none,1s..2s,1s..2s/10s"),
            ["none", "1s..2s", "1s..2s/10s"]
        );
        assert_eq!(
            values("rtt=0ms..1ms/4"),
            ["0ms", "0.333ms", "0.667ms", "1ms"]
        );
    }

    #[test]
    fn what_is_no_axis_is_refused_with_an_example() {
        for (text, words) in [
            ("rtt", "KEY=A,B,C"),
            ("=5ms", "KEY=A,B,C"),
            ("rtt=", "KEY=A,B,C"),
            ("rtt=5ms,,9ms", "KEY=A,B,C"),
            ("rtt=5ms..9ms", "KEY=A..B/N"),
            ("rtt=5ms..9s/3", "same unit"),
            ("rtt=fast..9ms/3", "`fast..9ms`"),
            ("rtt=5ms..9ms/1", "2 to 10000"),
            ("rtt=5ms..9ms/many", "`many`"),
        ] {
            let error = text.parse::<Axis>().expect_err(text).to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
    }
}
