//! The lab against Linux: estimates beside measurements, row by row, and how far off they are.
//!
//! Plain data and arithmetic. Which worlds the estimates come from, and which band a row must be in, is
//! decided where the rows are made.

use serde::Serialize;

/// The whole comparison.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Accuracy {
    /// Seeds of each row with random loss.
    pub seeds: u64,
    /// One row per experiment of the reference, by kind.
    pub rows: Vec<Row>,
}

/// One experiment: what Linux did on one path, and the estimates of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The experiment's name in the reference.
    pub case: String,
    /// What it is about.
    pub kind: Kind,
    /// The path and the exchange in words, for example `rtt 80 ms, 100 kB`.
    pub about: String,
    /// How often it was measured on Linux.
    pub runs: u64,
    /// Index of the metric that stands for the row.
    pub main: usize,
    /// Its numbers.
    pub metrics: Vec<Metric>,
    /// What is no number.
    pub findings: Vec<Finding>,
    /// What a reader must know of the row.
    pub notes: Vec<String>,
}

/// What an experiment is about, in the order in which kinds are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Nothing is lost and nothing is slow.
    Clean,
    /// A bottleneck with a queue.
    Rate,
    /// Named segments are lost.
    Drop,
    /// Segments are lost by chance.
    Loss,
    /// When data is acknowledged.
    Ack,
    /// Timers of a connection's life.
    Timer,
}

/// One number of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metric {
    /// Its name in the reference; those that end in `_ms` are milliseconds, others are counts.
    pub name: String,
    /// What Linux did.
    pub linux: Spread,
    /// What the estimates say.
    #[serde(flatten)]
    pub estimates: Estimates,
    /// In which band the lab must be, in words.
    pub band: String,
    /// Whether it is.
    pub verdict: Verdict,
}

/// A number with its spread over repeated runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Median, or for a quantile of random runs that quantile.
    pub median: f64,
    /// 10th percentile, or the low end of the quantile's 95 % interval.
    pub low: f64,
    /// 90th percentile, or the high end of the quantile's 95 % interval.
    pub high: f64,
}

/// What each estimator says, if it says anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Estimates {
    /// The lab with the profile `linux`.
    pub lab: Option<f64>,
    /// The lab with the profile `smoltcp`, the library as it is.
    pub smoltcp: Option<f64>,
    /// A closed form.
    pub formula: Option<f64>,
}

/// Something about an experiment that is no number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is, for example `retransmissions`.
    pub name: String,
    /// What Linux did.
    pub linux: String,
    /// What the lab with the profile `linux` did.
    pub lab: String,
    /// What the lab with the profile `smoltcp` did.
    pub smoltcp: String,
    /// Whether the lab did what Linux did.
    pub verdict: Verdict,
}

/// What became of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Shown, not judged.
    Reported,
    /// In its band.
    Inside,
    /// Out of its band.
    Outside,
}

/// One of the three ways to estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Estimator {
    /// The lab with the profile `linux`.
    Lab,
    /// The lab with the profile `smoltcp`.
    Smoltcp,
    /// A closed form.
    Formula,
}

/// Absolute errors of one estimator, in per cent of Linux's medians.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Errors {
    /// Whose.
    pub estimator: Estimator,
    /// Of how many numbers.
    pub count: usize,
    /// The median.
    pub median: f64,
    /// The 90th percentile.
    pub p90: f64,
    /// The largest.
    pub max: f64,
}

/// Times below this many milliseconds are what a real machine needs to wake up; in per cent they say nothing.
pub const SHORTEST_COMPARED: f64 = 1.0;

impl Kind {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::Clean,
        Self::Rate,
        Self::Drop,
        Self::Loss,
        Self::Ack,
        Self::Timer,
    ];

    /// A heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Clean => "clean path",
            Self::Rate => "bottleneck",
            Self::Drop => "scripted loss",
            Self::Loss => "random loss",
            Self::Ack => "delayed ACK",
            Self::Timer => "SYN, keep-alive and TIME-WAIT timers",
        }
    }
}

impl Verdict {
    /// A word for tables.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Reported => "-",
            Self::Inside => "in band",
            Self::Outside => "OUTSIDE",
        }
    }
}

impl Estimator {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Lab, Self::Smoltcp, Self::Formula];

    /// Its name for readers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lab => "lab, linux",
            Self::Smoltcp => "lab, smoltcp",
            Self::Formula => "formula",
        }
    }
}

impl Estimates {
    /// What one estimator says.
    pub const fn of(&self, estimator: Estimator) -> Option<f64> {
        match estimator {
            Estimator::Lab => self.lab,
            Estimator::Smoltcp => self.smoltcp,
            Estimator::Formula => self.formula,
        }
    }
}

impl Metric {
    /// Whether it is a time in milliseconds rather than a count.
    pub fn is_time(&self) -> bool {
        self.name.ends_with("_ms")
    }

    /// Whether errors in per cent mean anything: a time of at least [`SHORTEST_COMPARED`] on Linux.
    pub fn is_compared(&self) -> bool {
        self.is_time() && self.linux.median >= SHORTEST_COMPARED
    }

    /// Estimate less Linux, in per cent of Linux, where that means anything.
    pub fn error(&self, estimator: Estimator) -> Option<f64> {
        let estimate = self.estimates.of(estimator)?;
        let linux = self.linux.median;
        self.is_compared()
            .then(|| (estimate - linux) / linux * 100.0)
    }
}

impl Row {
    /// The metric that stands for the row.
    pub fn main(&self) -> &Metric {
        &self.metrics[self.main]
    }

    /// The worst of its verdicts.
    pub fn verdict(&self) -> Verdict {
        let metrics = self.metrics.iter().map(|metric| metric.verdict);
        let findings = self.findings.iter().map(|finding| finding.verdict);
        metrics.chain(findings).max().unwrap_or(Verdict::Reported)
    }

    /// What is out of its band, one sentence each.
    pub fn complaints(&self) -> Vec<String> {
        let outside = |metric: &&Metric| metric.verdict == Verdict::Outside;
        let metrics = self.metrics.iter().filter(outside).map(|metric| {
            let Metric {
                name, linux, band, ..
            } = metric;
            let Spread { median, low, high } = linux;
            let lab = metric.estimates.lab;
            let lab = lab.map_or_else(|| "nothing".to_owned(), |lab| format!("{lab:.2}"));
            format!(
                "{}: {name}: Linux {median:.2} ({low:.2} to {high:.2}), lab {lab}; expected {band}",
                self.case
            )
        });
        let findings = self.findings.iter().filter_map(|finding| {
            let Finding {
                name, linux, lab, ..
            } = finding;
            (finding.verdict == Verdict::Outside)
                .then(|| format!("{}: {name}: Linux {linux}; lab {lab}", self.case))
        });
        metrics.chain(findings).collect()
    }
}

impl Accuracy {
    /// Whether every row is in its band.
    pub fn holds(&self) -> bool {
        self.rows
            .iter()
            .all(|row| row.verdict() != Verdict::Outside)
    }

    /// Errors of an estimator over every time that is compared; `None` if it estimates none.
    pub fn errors(&self, estimator: Estimator) -> Option<Errors> {
        let metrics = self.rows.iter().flat_map(|row| &row.metrics);
        Errors::of(
            estimator,
            metrics.filter_map(|metric| metric.error(estimator)),
        )
    }

    /// Errors of an estimator over the metrics that stand for their rows.
    pub fn main_errors(&self, estimator: Estimator) -> Option<Errors> {
        let errors = self
            .rows
            .iter()
            .filter_map(|row| row.main().error(estimator));
        Errors::of(estimator, errors)
    }
}

impl Errors {
    fn of(estimator: Estimator, errors: impl Iterator<Item = f64>) -> Option<Self> {
        let mut errors: Vec<f64> = errors.map(f64::abs).collect();
        errors.sort_by(f64::total_cmp);
        let max = *errors.last()?;
        Some(Self {
            estimator,
            count: errors.len(),
            median: quantile(&errors, 0.5),
            p90: quantile(&errors, 0.9),
            max,
        })
    }
}

/// A quantile of sorted numbers, linear between neighbours.
///
/// # Panics
/// If there are none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "the place is between zero and a length far below 2^53"
)]
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len() - 1;
    let place = last as f64 * share;
    let below = (place as usize).min(last);
    let above = (below + 1).min(last);
    let (low, high) = (sorted[below], sorted[above]);
    low + (high - low) * (place - below as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        let sorted = [1.0, 2.0, 4.0];
        let at = |share| quantile(&sorted, share);
        let expected = [(0.0, 1.0), (0.25, 1.5), (0.5, 2.0), (1.0, 4.0)];
        for (share, value) in expected {
            assert!((at(share) - value).abs() < f64::EPSILON, "{share}");
        }
        assert!((quantile(&[7.0], 0.9) - 7.0).abs() < f64::EPSILON);
    }

    fn metric(name: &str, linux: f64, lab: f64, verdict: Verdict) -> Metric {
        Metric {
            name: name.to_owned(),
            linux: Spread {
                median: linux,
                low: linux,
                high: linux,
            },
            estimates: Estimates {
                lab: Some(lab),
                ..Estimates::default()
            },
            band: "within 1 %".to_owned(),
            verdict,
        }
    }

    fn accuracy() -> Accuracy {
        let metrics = vec![
            metric("fct_ms", 100.0, 99.0, Verdict::Inside),
            metric("syn_synack_ms", 50.0, 55.0, Verdict::Outside),
            metric("client_ack_delay_ms", 0.02, 0.0, Verdict::Inside),
            metric("data_segs", 69.0, 70.0, Verdict::Reported),
        ];
        let row = Row {
            case: "fct_100000_50ms".to_owned(),
            kind: Kind::Clean,
            about: String::new(),
            runs: 7,
            main: 0,
            metrics,
            findings: Vec::new(),
            notes: Vec::new(),
        };
        Accuracy {
            seeds: 1,
            rows: vec![row],
        }
    }

    #[test]
    fn errors_count_times_that_a_machine_does_not_blur() {
        let errors = accuracy().errors(Estimator::Lab).unwrap();
        assert_eq!((errors.count, errors.max), (2, 10.0));
        assert!((errors.median - 5.5).abs() < 1e-9);
        assert_eq!(accuracy().errors(Estimator::Formula), None);
    }

    #[test]
    fn a_row_is_as_good_as_its_worst_number_and_names_it() {
        let accuracy = accuracy();
        assert!(!accuracy.holds());
        assert_eq!(
            accuracy.rows[0].complaints(),
            [
                "fct_100000_50ms: syn_synack_ms: Linux 50.00 (50.00 to 50.00), lab 55.00; expected within 1 %"
            ]
        );
    }
}
