//! The reference: what Linux did, as the files of `tests/reference` have it.
//!
//! The files are compiled in, so that the comparison works in any directory.

use crate::measure::accuracy::{Kind, Spread};
use crate::units::Span;

const MEASURED: &str = include_str!("../../../tests/reference/linux-tcp.csv");
const LOSSES: &str = include_str!("../../../tests/reference/linux-loss.csv");

/// One experiment: a path, an exchange, and what was measured.
#[derive(Clone, Debug)]
pub(super) struct Experiment {
    /// Its name.
    pub(super) case: String,
    /// Round trip of the path.
    pub(super) rtt: Span,
    /// Rate of the bottleneck in Mbit/s.
    pub(super) rate: Option<u64>,
    /// Limit of its queue in packets.
    pub(super) queue: Option<u64>,
    /// Chance of loss towards the client.
    pub(super) loss: Option<f64>,
    /// Drop scripts.
    pub(super) drops: Option<String>,
    /// Size of each answer.
    pub(super) bytes: u64,
    /// Runs behind each metric.
    pub(super) runs: u64,
    /// Metrics in the order of the file.
    pub(super) metrics: Vec<(String, Spread)>,
}

/// All experiments, by kind and otherwise in the order of the file.
pub(super) fn experiments() -> Vec<Experiment> {
    let mut experiments: Vec<Experiment> = Vec::new();
    for line in MEASURED.lines().skip(1) {
        let row = Line::of(line);
        let metric = row.metric();
        match experiments.last_mut() {
            Some(last) if last.case == row.0[0] => last.metrics.push(metric),
            _ => experiments.push(row.experiment()),
        }
    }
    experiments.sort_by_key(Experiment::kind);
    experiments
}

/// `fct_ms` of every single run of an experiment with random loss, sorted.
pub(super) fn completions(case: &str) -> Vec<f64> {
    let lines = LOSSES.lines().skip(1).map(Line::of);
    let mut completions: Vec<f64> = lines
        .filter(|line| line.0[0] == case)
        .map(|line| line.number(2))
        .collect();
    completions.sort_by(f64::total_cmp);
    completions
}

impl Experiment {
    /// What it is about.
    pub(super) fn kind(&self) -> Kind {
        match self.family() {
            "rate10" => Kind::Rate,
            "drop" => Kind::Drop,
            "loss0.01" | "loss0.02" => Kind::Loss,
            "delack" => Kind::Ack,
            "keepalive" | "syn" | "tw" => Kind::Timer,
            _ => Kind::Clean,
        }
    }

    /// The first word of its name.
    pub(super) fn family(&self) -> &str {
        self.case.split('_').next().unwrap_or_default()
    }

    /// Whether nothing on its path depends on chance, a rate or a script.
    pub(super) const fn is_clean(&self) -> bool {
        self.rate.is_none() && self.loss.is_none() && self.drops.is_none()
    }

    /// What was measured under that name.
    pub(super) fn metric(&self, name: &str) -> Option<Spread> {
        let mut metrics = self.metrics.iter();
        metrics
            .find(|(known, _)| known == name)
            .map(|(_, spread)| *spread)
    }
}

/// One line of a file, in its fields.
struct Line<'a>(Vec<&'a str>);

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        Self(line.split(',').collect())
    }

    fn number(&self, column: usize) -> f64 {
        self.0[column]
            .parse()
            .expect("the columns of the reference are numbers")
    }

    fn count(&self, column: usize) -> Option<u64> {
        self.0[column].parse().ok()
    }

    fn metric(&self) -> (String, Spread) {
        let spread = Spread {
            median: self.number(8),
            low: self.number(9),
            high: self.number(10),
        };
        (self.0[7].to_owned(), spread)
    }

    fn experiment(&self) -> Experiment {
        let words = |column: usize| Some(self.0[column]).filter(|words| !words.is_empty());
        Experiment {
            case: self.0[0].to_owned(),
            rtt: Span::from_millis(self.count(1).expect("round trips are whole milliseconds")),
            rate: self.count(2),
            queue: self.count(3),
            loss: words(4).map(|_| self.number(4)),
            drops: words(5).map(str::to_owned),
            bytes: self.count(6).expect("sizes are whole bytes"),
            runs: self.count(11).expect("runs are counted"),
            metrics: vec![self.metric()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::accuracy::quantile;

    #[test]
    fn every_line_of_the_reference_is_read() {
        let experiments = experiments();
        let lines = experiments.iter().map(|one| one.metrics.len());
        assert_eq!(lines.sum::<usize>(), MEASURED.lines().count() - 1);
        assert!(experiments.iter().all(|one| one.bytes > 0));
        let drop = experiments
            .iter()
            .find(|one| one.case == "drop_data5-7")
            .unwrap();
        assert_eq!(drop.drops.as_deref(), Some("s2c:data:5-7"));
        let resent = drop.metric("data_retx").unwrap().median;
        assert!((resent - 3.0).abs() < f64::EPSILON, "{resent}");
    }

    #[test]
    fn single_runs_have_the_quantiles_of_the_summary() {
        let lossy = experiments()
            .into_iter()
            .filter(|one| one.kind() == Kind::Loss);
        for one in lossy {
            let (runs, summary) = (completions(&one.case), one.metric("fct_ms").unwrap());
            assert_eq!(runs.len() as u64, one.runs);
            for (share, known) in [
                (0.1, summary.low),
                (0.5, summary.median),
                (0.9, summary.high),
            ] {
                assert!(
                    (quantile(&runs, share) - known).abs() < 1e-3,
                    "{}",
                    one.case
                );
            }
        }
    }
}
