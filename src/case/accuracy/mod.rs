//! The lab against Linux: every experiment of the reference in both profiles and by formula, and a verdict.
//!
//! [`jobs`] says what has to run, each [`Job`] runs by itself on whatever thread, and [`assemble`] puts the
//! outcomes beside the reference. The result is plain data (`measure::accuracy`); nothing here draws or prints.

mod bands;
mod exchanges;
mod expected;
mod facts;
mod formula;
mod reference;
mod rows;
mod sample;
mod spread;
mod world;

use std::ops::RangeInclusive;
use std::sync::Arc;

use self::reference::Experiment;
use self::rows::Samples;
use self::sample::Sample;
use super::CaseError;
use crate::measure::accuracy::{Accuracy, Kind};

/// Seeds of each row with random loss, unless told otherwise.
pub const SEEDS: u64 = 1_000;

/// Seeds of one job.
const SEEDS_AT_ONCE: u64 = 50;

/// A profile that is compared with Linux.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stack {
    Linux,
    Smoltcp,
}

/// Runs of one experiment in one profile.
#[derive(Clone, Debug)]
pub struct Job {
    experiments: Arc<[Experiment]>,
    experiment: usize,
    stack: Stack,
    seeds: RangeInclusive<u64>,
}

/// What a job gave.
#[derive(Clone, Debug)]
pub struct Outcome {
    experiment: usize,
    stack: Stack,
    samples: Vec<Sample>,
}

/// All jobs of a comparison with so many seeds in each row with random loss.
pub fn jobs(seeds: u64) -> Vec<Job> {
    let experiments: Arc<[Experiment]> = reference::experiments().into();
    let mut jobs = Vec::new();
    for (index, experiment) in experiments.iter().enumerate() {
        let seeds = match experiment.kind() {
            Kind::Loss => seeds,
            _ => 1,
        };
        for stack in [Stack::Linux, Stack::Smoltcp] {
            let starts = std::iter::successors(Some(1), |first| Some(first + SEEDS_AT_ONCE));
            for first in starts.take_while(|first| *first <= seeds) {
                jobs.push(Job {
                    experiments: experiments.clone(),
                    experiment: index,
                    stack,
                    seeds: first..=seeds.min(first + SEEDS_AT_ONCE - 1),
                });
            }
        }
    }
    jobs
}

impl Job {
    /// The experiment's name in the reference.
    pub fn case(&self) -> &str {
        &self.experiments[self.experiment].case
    }

    /// Runs it.
    ///
    /// # Errors
    /// [`CaseError::World`] if a world cannot go on.
    pub fn run(&self) -> Result<Outcome, CaseError> {
        let experiment = &self.experiments[self.experiment];
        let mut samples = Vec::new();
        for seed in self.seeds.clone() {
            if let Some(plan) = world::plan(experiment, self.stack.name(), seed)? {
                samples.push(Sample::of(experiment, &plan)?);
            }
        }
        Ok(Outcome {
            experiment: self.experiment,
            stack: self.stack,
            samples,
        })
    }
}

impl Stack {
    const fn name(self) -> &'static str {
        match self {
            Self::Linux => "linux",
            Self::Smoltcp => "smoltcp",
        }
    }
}

/// The outcomes of all [`jobs`], in their order, beside the reference.
pub fn assemble(seeds: u64, outcomes: impl IntoIterator<Item = Outcome>) -> Accuracy {
    let experiments = reference::experiments();
    let mut all = vec![Samples::default(); experiments.len()];
    for outcome in outcomes {
        let samples = &mut all[outcome.experiment];
        match outcome.stack {
            Stack::Linux => samples.lab.extend(outcome.samples),
            Stack::Smoltcp => samples.smoltcp.extend(outcome.samples),
        }
    }
    let rows = experiments
        .iter()
        .zip(&all)
        .map(|(experiment, samples)| rows::row(experiment, samples))
        .collect();
    Accuracy { seeds, rows }
}
