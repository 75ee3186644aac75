//! Outcomes beside the reference: the rows of the comparison.

use super::bands::Band;
use super::reference::{Experiment, completions};
use super::sample::Sample;
use super::{expected, facts, formula, spread, world};
use crate::measure::accuracy::{Estimates, Kind, Metric, Row, Spread, Verdict, quantile};

/// The samples of one experiment, one per seed, in each profile.
#[derive(Clone, Debug, Default)]
pub(super) struct Samples {
    pub(super) lab: Vec<Sample>,
    pub(super) smoltcp: Vec<Sample>,
}

/// The row of an experiment.
pub(super) fn row(experiment: &Experiment, samples: &Samples) -> Row {
    let metrics = metrics(experiment, samples);
    let nothing = facts::Facts::default();
    let facts = |samples: &[Sample]| samples.first().map(|sample| sample.facts.clone());
    let (lab, smoltcp) = (facts(&samples.lab), facts(&samples.smoltcp));
    Row {
        case: experiment.case.clone(),
        kind: experiment.kind(),
        about: world::about(experiment),
        runs: experiment.runs,
        main: main(&metrics),
        findings: expected::findings(
            experiment,
            lab.as_ref().unwrap_or(&nothing),
            smoltcp.as_ref().unwrap_or(&nothing),
        ),
        notes: notes(experiment, &metrics),
        metrics,
    }
}

/// The completion time where there is one, else the last number: the last ACK, the error, the end.
fn main(metrics: &[Metric]) -> usize {
    let completion = metrics.iter().position(|metric| metric.name == "fct_ms");
    completion.unwrap_or(metrics.len().saturating_sub(1))
}

fn metrics(experiment: &Experiment, samples: &Samples) -> Vec<Metric> {
    let mut metrics = Vec::new();
    for (name, linux) in &experiment.metrics {
        if experiment.kind() == Kind::Loss && name == "fct_ms" {
            metrics.extend(quantiles(experiment, samples));
            continue;
        }
        let of = |samples: &[Sample]| share(&values(samples, name), 0.5);
        let estimates = Estimates {
            lab: of(&samples.lab),
            smoltcp: of(&samples.smoltcp),
            formula: formula::formula(experiment, name),
        };
        metrics.push(judged(experiment, name, *linux, estimates));
    }
    metrics
}

/// Three quantiles of the completion times of random runs; Linux's with their intervals.
fn quantiles(experiment: &Experiment, samples: &Samples) -> [Metric; 3] {
    let linux = completions(&experiment.case);
    let (lab, smoltcp) = (
        values(&samples.lab, "fct_ms"),
        values(&samples.smoltcp, "fct_ms"),
    );
    [("fct_p10_ms", 0.1), ("fct_ms", 0.5), ("fct_p90_ms", 0.9)].map(|(name, part)| {
        let spread = spread::interval(&linux, part, &format!("{}/{name}", experiment.case));
        let estimates = Estimates {
            lab: share(&lab, part),
            smoltcp: share(&smoltcp, part),
            formula: None,
        };
        judged(experiment, name, spread, estimates)
    })
}

fn judged(experiment: &Experiment, name: &str, linux: Spread, estimates: Estimates) -> Metric {
    let band = Band::of(experiment, name);
    Metric {
        name: name.to_owned(),
        linux,
        estimates,
        band: band.words(estimates.formula),
        verdict: band.verdict(linux, estimates),
    }
}

/// What each seed gave, sorted.
fn values(samples: &[Sample], name: &str) -> Vec<f64> {
    let all = samples.iter();
    let mut values: Vec<f64> = all
        .filter_map(|sample| sample.values.get(name).copied())
        .collect();
    values.sort_by(f64::total_cmp);
    values
}

fn share(sorted: &[f64], part: f64) -> Option<f64> {
    (!sorted.is_empty()).then(|| quantile(sorted, part))
}

/// What a reader must know to understand the numbers.
fn notes(experiment: &Experiment, metrics: &[Metric]) -> Vec<String> {
    let mut notes = Vec::new();
    match experiment.kind() {
        Kind::Loss => notes.push(
            "every number of the lab is over all seeds; Linux's ranges of fct are 95 % bootstrap intervals"
                .to_owned(),
        ),
        Kind::Timer => notes.push(
            "Linux's timers are rounded up to the kernel's tick; the nominal instants are the formula, and the lab \
             must keep them exactly"
                .to_owned(),
        ),
        Kind::Ack if experiment.case.contains("20req") && !experiment.case.contains("gap") => notes.push(
            "the client closes as soon as it has the last answer: Linux's acknowledgment of it, at once in the middle \
             of an interactive exchange, is taken for that FIN's"
                .to_owned(),
        ),
        Kind::Drop => notes.extend(mode(metrics)),
        _ => {}
    }
    notes
}

/// Where Linux has several outcomes, which of them the lab has.
fn mode(metrics: &[Metric]) -> Option<String> {
    /// A range as wide as this share of the median is more than one outcome.
    const SEVERAL: f64 = 0.05;
    let main = &metrics[main(metrics)];
    let Spread { median, low, high } = main.linux;
    let lab = main.estimates.lab?;
    if high - low < median * SEVERAL {
        return None;
    }
    let linux =
        format!("Linux has several outcomes, {low:.1} to {high:.1} ms with the median {median:.1}");
    if main.verdict == Verdict::Outside {
        return Some(format!("{linux}; the lab's {lab:.1} ms is none of them"));
    }
    let outcomes = [(low, "early"), (median, "middle"), (high, "late")];
    let (at, name) = outcomes
        .into_iter()
        .min_by(|one, other| (one.0 - lab).abs().total_cmp(&(other.0 - lab).abs()))?;
    Some(format!(
        "{linux}; the lab's {lab:.1} ms is its {name} one, {at:.1} ms"
    ))
}
