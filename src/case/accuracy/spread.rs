//! How well the reference itself is known: bootstrap intervals of its quantiles.

use rand::Rng;

use crate::measure::accuracy::{Spread, quantile};
use crate::rng::Dice;

/// Samples that are drawn with replacement for an interval.
const RESAMPLES: usize = 2_000;

/// A quantile of `sorted` with its 95 % bootstrap interval (percentile method). The dice have the name of the
/// experiment and a seed of their own, so the interval is always the same.
pub(super) fn interval(sorted: &[f64], share: f64, name: &str) -> Spread {
    let mut dice = Dice::new(95).stream(&format!("accuracy/{name}"));
    let mut drawn = vec![0.0; sorted.len()];
    let mut quantiles: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            for place in &mut drawn {
                let index = (u64::from(dice.next_u32()) * sorted.len() as u64) >> 32;
                *place = sorted[usize::try_from(index).expect("an index of the sample")];
            }
            drawn.sort_by(f64::total_cmp);
            quantile(&drawn, share)
        })
        .collect();
    quantiles.sort_by(f64::total_cmp);
    Spread {
        median: quantile(sorted, share),
        low: quantile(&quantiles, 0.025),
        high: quantile(&quantiles, 0.975),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_surrounds_its_quantile_and_is_always_the_same() {
        let sorted: Vec<f64> = (0..400).map(f64::from).collect();
        let spread = interval(&sorted, 0.5, "median");
        assert!(
            spread.low < spread.median && spread.median < spread.high,
            "{spread:?}"
        );
        // The standard error of the median of 400 numbers in 0..400 is 10.
        assert!(
            spread.high - spread.low > 20.0 && spread.high - spread.low < 60.0,
            "{spread:?}"
        );
        assert_eq!(spread, interval(&sorted, 0.5, "median"));
    }
}
