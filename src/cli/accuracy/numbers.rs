//! How numbers of the comparison are written, in the terminal as in Markdown.

use crate::case::accuracy::SEEDS;
use crate::measure::accuracy::{Accuracy, Errors, Estimator, Metric, Verdict};

/// A time in ms with as many decimals as it deserves, or a count.
pub(super) fn number(metric: &Metric, value: f64) -> String {
    match value.abs() {
        _ if !metric.is_time() => format!("{value}"),
        1_000.0.. => format!("{value:.1}"),
        100.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// Linux's range.
pub(super) fn range(metric: &Metric) -> String {
    let spread = metric.linux;
    format!(
        "{}..{}",
        number(metric, spread.low),
        number(metric, spread.high)
    )
}

/// An estimate, or a dash.
pub(super) fn estimate(metric: &Metric, estimator: Estimator) -> String {
    metric
        .estimates
        .of(estimator)
        .map_or_else(|| "-".to_owned(), |value| number(metric, value))
}

/// An error in per cent with its sign, or nothing.
pub(super) fn error(metric: &Metric, estimator: Estimator) -> String {
    metric.error(estimator).map_or_else(String::new, |error| {
        let error = if error.abs() < 0.05 { 0.0 } else { error };
        format!("{error:+.1}%")
    })
}

/// How far off an estimator is, in cells: how many numbers, median, 90th percentile, maximum.
pub(super) fn errors(errors: Option<Errors>) -> [String; 4] {
    errors.map_or_else(
        || ["0", "-", "-", "-"].map(str::to_owned),
        |errors| {
            [
                errors.count.to_string(),
                format!("{:.2}%", errors.median),
                format!("{:.2}%", errors.p90),
                format!("{:.2}%", errors.max),
            ]
        },
    )
}

/// How many rows are in their bands, in a sentence.
pub(super) fn tally(accuracy: &Accuracy) -> String {
    let count = |verdict| {
        let rows = accuracy.rows.iter();
        rows.filter(|row| row.verdict() == verdict).count()
    };
    let few = if accuracy.seeds < SEEDS {
        format!(", which are judged by {SEEDS}: fewer may put a row outside that is not")
    } else {
        String::new()
    };
    format!(
        "{} rows: {} in band, {} outside; {} seeds in each row with random loss{few}",
        accuracy.rows.len(),
        count(Verdict::Inside),
        count(Verdict::Outside),
        accuracy.seeds,
    )
}
