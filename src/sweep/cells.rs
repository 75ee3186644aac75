//! What the runs of a cell say together, and how cells differ.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::{Header, Row};
use crate::measure::Distribution;
use crate::units::Span;

/// The runs of one combination of values.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// The values of the turned knobs, in the order of the axes.
    pub values: Vec<String>,
    /// Runs that came to an end.
    pub runs: u64,
    /// Runs that did not.
    pub failed: u64,
    /// Runs that came to an end, but not as the case expects.
    pub not_kept: u64,
    /// Their times; nothing if there are none.
    pub times: Option<Distribution>,
    /// The mean of the times in ms.
    pub mean_ms: f64,
    /// Against the first cell; nothing for that itself, and where fewer than two seeds came to an end in both.
    pub difference: Option<Difference>,
}

/// The mean of what the same seeds took longer than in the first cell, with its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The mean in ms.
    pub mean_ms: f64,
    /// How far the interval reaches to either side, in ms.
    pub half_width_ms: f64,
    /// How many pairs there were.
    pub pairs: u64,
}

/// The share of intervals that have the true difference in them.
const CONFIDENCE: f64 = 0.95;

/// The cells of a whole sweep, whose rows are in order.
pub fn cells(sweep: &Header, rows: &[Row]) -> Vec<Cell> {
    let each = usize::try_from(sweep.seeds).unwrap_or(usize::MAX).max(1);
    let first = &rows[..each.min(rows.len())];
    let cell = |(number, rows): (u64, &[Row])| {
        let times = rows.iter().filter_map(total);
        let (runs, sum) = times
            .clone()
            .fold((0_u64, 0_u64), |(runs, sum), time| (runs + 1, sum + time));
        let not_kept = |row: &&Row| row.figures.as_ref().is_some_and(|figures| !figures.kept);
        let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
        Cell {
            values: sweep
                .values(number)
                .into_iter()
                .map(str::to_owned)
                .collect(),
            runs,
            failed: count(rows.len()) - runs,
            not_kept: count(rows.iter().filter(not_kept).count()),
            times: Distribution::new(
                "runs, from the first frame to the last byte",
                times.map(Span::from_nanos),
            ),
            mean_ms: if runs == 0 {
                f64::NAN
            } else {
                ms(sum) / real(runs)
            },
            difference: (number > 0).then(|| Difference::of(first, rows)).flatten(),
        }
    };
    (0..).zip(rows.chunks(each)).map(cell).collect()
}

impl Difference {
    /// Of rows of the same seeds, in pairs. Seeds with the same luck in both make the interval narrow; it is Student's,
    /// of the mean of the differences.
    fn of(first: &[Row], rows: &[Row]) -> Option<Self> {
        let both = first.iter().zip(rows);
        let longer = both.filter_map(|(one, other)| Some(ms(total(other)?) - ms(total(one)?)));
        let longer: Vec<f64> = longer.collect();
        let pairs = u64::try_from(longer.len()).ok()?;
        if pairs < 2 {
            return None;
        }
        let mean = longer.iter().sum::<f64>() / real(pairs);
        let squares: f64 = longer.iter().map(|one| (one - mean).powi(2)).sum();
        let error = (squares / real(pairs - 1) / real(pairs)).sqrt();
        let student = StudentsT::new(0.0, 1.0, real(pairs - 1)).ok()?;
        let quantile = student.inverse_cdf(f64::midpoint(1.0, CONFIDENCE));
        Some(Self {
            mean_ms: mean,
            half_width_ms: quantile * error,
            pairs,
        })
    }
}

fn total(row: &Row) -> Option<u64> {
    row.figures.as_ref().map(|figures| figures.total_ns)
}

fn ms(nanos: u64) -> f64 {
    Span::from_nanos(nanos).as_millis_f64()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "there are at most ten million runs"
)]
const fn real(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sweep::{Axis, Figures};

    fn header(seeds: u64) -> Header {
        Header {
            wirelab: "0".to_owned(),
            case: "a".to_owned(),
            variant: "b".to_owned(),
            file: None,
            knobs: std::collections::BTreeMap::new(),
            set: std::collections::BTreeMap::new(),
            axes: vec!["rtt=1ms,2ms".parse::<Axis>().expect("it is one")],
            first_seed: 1,
            seeds,
        }
    }

    fn rows(times: &[u64]) -> Vec<Row> {
        let row = |(run, total): (u64, &u64)| Row {
            run,
            figures: Some(Figures {
                total_ns: total * 1_000_000,
                kept: true,
                ..Figures::default()
            }),
            error: None,
        };
        (0..).zip(times).map(row).collect()
    }

    #[test]
    fn pairs_that_differ_by_the_same_have_no_interval_however_different_they_are() {
        let cells = cells(&header(3), &rows(&[10, 500, 90, 15, 505, 95]));
        let difference = cells[1].difference.expect("three pairs");
        assert!((difference.mean_ms - 5.0).abs() < 1e-9);
        assert!(difference.half_width_ms.abs() < 1e-9);
        assert_eq!((difference.pairs, cells[0].difference), (3, None));
    }

    #[test]
    fn the_interval_is_students() {
        // Differences 1, 2, 3, 4: mean 2.5, standard error 0.6455, t(0.975, 3) = 3.1824.
        let cells = cells(&header(4), &rows(&[10, 10, 10, 10, 11, 12, 13, 14]));
        let difference = cells[1].difference.expect("four pairs");
        assert!((difference.mean_ms - 2.5).abs() < 1e-9);
        assert!(
            (difference.half_width_ms - 2.0543).abs() < 1e-3,
            "{difference:?}"
        );
    }

    #[test]
    fn a_run_that_failed_is_counted_and_left_out_of_pairs() {
        let mut rows = rows(&[10, 10, 10, 12, 12, 12]);
        rows[4].figures = None;
        let cells = cells(&header(3), &rows);
        assert_eq!((cells[1].runs, cells[1].failed), (2, 1));
        assert_eq!(cells[1].difference.expect("two pairs").pairs, 2);
        assert_eq!(cells[1].values, ["2ms"]);
    }
}
