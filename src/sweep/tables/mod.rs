//! The result of a sweep as CSV and, with the feature `parquet`, as Parquet: a row for each run, with everything that
//! tells it from others; and a row for each cell.

#[cfg(feature = "parquet")]
mod parquet;

use std::io::{self, Write};

#[cfg(feature = "parquet")]
pub use self::parquet::write_parquet;
use super::{Cell, Figures, Header, Row};
use crate::measure::Distribution;
use crate::measure::account::Class;
use crate::units::Span;

/// A table that cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Its bytes cannot.
    #[error(transparent)]
    Output(#[from] io::Error),
    /// The CSV cannot.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// The Parquet cannot.
    #[cfg(feature = "parquet")]
    #[error(transparent)]
    Parquet(#[from] ::parquet::errors::ParquetError),
}

/// The values of a column, one for each row.
enum Values {
    Text(Vec<String>),
    Count(Vec<Option<u64>>),
    Flag(Vec<Option<bool>>),
    /// Nanoseconds, told as milliseconds.
    Time(Vec<Option<u64>>),
}

struct Column {
    name: String,
    values: Values,
}

/// The columns of the runs: which run it was, then what was measured.
fn columns(sweep: &Header, rows: &[Row]) -> Vec<Column> {
    let column = |name: &str, values| Column {
        name: name.to_owned(),
        values,
    };
    let text = |of: &dyn Fn(&Row) -> String| Values::Text(rows.iter().map(of).collect());
    let measured = |of: &dyn Fn(&Figures) -> u64| {
        let figures = rows.iter().map(|row| row.figures.as_ref());
        figures.map(|figures| figures.map(of)).collect()
    };
    let seed = |row: &Row| Some(sweep.first_seed + row.run % sweep.seeds);
    let mut columns = vec![
        column("case", text(&|_| sweep.case.clone())),
        column("variant", text(&|_| sweep.variant.clone())),
    ];
    for (at, axis) in sweep.axes.iter().enumerate() {
        let value = |row: &Row| sweep.values(row.run / sweep.seeds)[at].to_owned();
        columns.push(column(&axis.knob, text(&value)));
    }
    let kept = rows
        .iter()
        .map(|row| row.figures.as_ref().map(|figures| figures.kept));
    columns.extend([
        column("seed", Values::Count(rows.iter().map(seed).collect())),
        column(
            "total_ms",
            Values::Time(measured(&|figures| figures.total_ns)),
        ),
        column("kept", Values::Flag(kept.collect())),
        column("frames", Values::Count(measured(&|figures| figures.frames))),
        column(
            "bytes_on_wire",
            Values::Count(measured(&|figures| figures.bytes_on_wire)),
        ),
        column(
            "connections",
            Values::Count(measured(&|figures| figures.connections)),
        ),
    ]);
    for class in Class::ALL {
        let spent = |figures: &Figures| figures.account_ns.get(class.key()).copied().unwrap_or(0);
        let name = format!("{}_ms", class.key().replace('-', "_"));
        columns.push(column(&name, Values::Time(measured(&spent))));
    }
    columns.push(column(
        "error",
        text(&|row| row.error.clone().unwrap_or_default()),
    ));
    columns
}

/// Writes a row for each run as CSV (RFC 4180, with a header); what a run that failed does not have is empty.
///
/// # Errors
/// [`TableError`] if `out` fails.
pub fn write_csv(sweep: &Header, rows: &[Row], out: impl Write) -> Result<(), TableError> {
    let columns = columns(sweep, rows);
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(columns.iter().map(|column| &column.name))?;
    for row in 0..rows.len() {
        csv.write_record(columns.iter().map(|column| column.values.text(row)))?;
    }
    Ok(csv.flush()?)
}

/// Writes a row for each cell as CSV: its percentiles, and the paired difference to the first cell.
///
/// # Errors
/// [`TableError`] if `out` fails.
pub fn write_cells(sweep: &Header, cells: &[Cell], out: impl Write) -> Result<(), TableError> {
    const PERCENTILES: [(usize, &str); 7] = [
        (50, "p5_ms"),
        (250, "p25_ms"),
        (500, "p50_ms"),
        (750, "p75_ms"),
        (900, "p90_ms"),
        (950, "p95_ms"),
        (990, "p99_ms"),
    ];
    let mut csv = csv::Writer::from_writer(out);
    let knobs = sweep.axes.iter().map(|axis| axis.knob.as_str());
    let names = ["runs", "failed", "not_kept", "mean_ms"].into_iter();
    let percentiles = PERCENTILES.iter().map(|(_, name)| *name);
    let rest = [
        "max_ms",
        "difference_ms",
        "difference_95_low_ms",
        "difference_95_high_ms",
        "pairs",
    ];
    csv.write_record(knobs.chain(names).chain(percentiles).chain(rest))?;
    for cell in cells {
        let told =
            |time: Option<Span>| time.map(|time| millis(time.as_nanos())).unwrap_or_default();
        let times = cell.times.as_ref();
        let mut record = cell.values.clone();
        record.extend([cell.runs, cell.failed, cell.not_kept].map(|count| count.to_string()));
        record.push(
            times
                .map(|_| format!("{:.6}", cell.mean_ms))
                .unwrap_or_default(),
        );
        record.extend(
            PERCENTILES
                .map(|(permille, _)| told(times.and_then(|times| times.percentile(permille)))),
        );
        record.push(told(times.map(Distribution::max)));
        record.extend(match cell.difference {
            None => [const { String::new() }; 4],
            Some(difference) => {
                let (mean, half) = (difference.mean_ms, difference.half_width_ms);
                let told = |ms: f64| format!("{ms:.6}");
                [
                    told(mean),
                    told(mean - half),
                    told(mean + half),
                    difference.pairs.to_string(),
                ]
            }
        });
        csv.write_record(&record)?;
    }
    Ok(csv.flush()?)
}

impl Values {
    fn text(&self, row: usize) -> String {
        match self {
            Self::Text(texts) => texts[row].clone(),
            Self::Count(counts) => counts[row]
                .map(|count| count.to_string())
                .unwrap_or_default(),
            Self::Flag(flags) => flags[row].map(|flag| flag.to_string()).unwrap_or_default(),
            Self::Time(times) => times[row].map(millis).unwrap_or_default(),
        }
    }
}

/// Nanoseconds as milliseconds, exactly.
fn millis(nanos: u64) -> String {
    let text = format!("{}.{:06}", nanos / 1_000_000, nanos % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
