//! The runs: the plan as it is, and with sets of reliefs, each with the same seeds.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::{DiagnoseError, SEEDS};
use crate::case::{CaseError, Plan, Relief, Run};
use crate::measure::CaseResult;

/// Reliefs by their positions, in ascending order; empty for the plan as it is.
pub(super) type Set = Vec<usize>;

/// How a page fares: the mean of all seeds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// How long it takes, in ms.
    pub(super) total: f64,
    /// The same in round trips of the path, where that has a constant one.
    pub(super) round_trips: Option<f64>,
    /// Class of time -> ms.
    pub(super) account: BTreeMap<String, f64>,
}

/// What was tried, and how it came out.
pub(super) struct Lab {
    plans: Vec<Plan>,
    /// What can be relieved, the cheapest first.
    pub(super) reliefs: Vec<Relief>,
    /// `None` if there is no such run, or it did not end.
    outcomes: BTreeMap<Set, Option<Outcome>>,
}

impl Lab {
    /// Runs the plan as it is.
    pub(super) fn of(plan: &Plan) -> Result<Self, DiagnoseError> {
        let seeds = if plan.is_random() { SEEDS } else { 1 };
        let mut reliefs = plan.case().reliefs(plan);
        reliefs.sort_by_key(|relief| relief.component);
        if reliefs.is_empty() {
            return Err(DiagnoseError::no_page(plan, "it has nothing to relieve"));
        }
        let plans: Vec<_> = (0..seeds)
            .map(|number| plan.seeded(plan.seed().wrapping_add(number)))
            .collect();
        let base = outcome(&plans)?;
        if base.total <= 0.0 {
            return Err(DiagnoseError::no_page(plan, "nobody waits in it"));
        }
        Ok(Self {
            plans,
            reliefs,
            outcomes: BTreeMap::from([(Set::new(), Some(base))]),
        })
    }

    /// The seeds.
    pub(super) fn seeds(&self) -> Vec<u64> {
        self.plans.iter().map(Plan::seed).collect()
    }

    /// Runs that were made.
    pub(super) fn runs(&self) -> usize {
        self.outcomes.values().flatten().count() * self.plans.len()
    }

    /// Tries each relief, and each pair of them.
    pub(super) fn try_pairs(&mut self) {
        let all = 0..self.reliefs.len();
        let singles = all.clone().map(|one| vec![one]);
        let pairs = all.flat_map(|one| (0..one).map(move |other| vec![other, one]));
        self.try_all(singles.chain(pairs).collect());
    }

    /// Tries these sets, in parallel.
    pub(super) fn try_all(&mut self, sets: Vec<Set>) {
        let new: Vec<_> = sets
            .into_iter()
            .filter(|set| !self.outcomes.contains_key(set))
            .collect();
        let tried: Vec<_> = new
            .into_par_iter()
            .map(|set| {
                let outcome = self.try_one(&set);
                (set, outcome)
            })
            .collect();
        self.outcomes.extend(tried);
    }

    fn try_one(&self, set: &Set) -> Option<Outcome> {
        if !self.is_possible(set) {
            return None;
        }
        let reliefs = || set.iter().map(|one| &self.reliefs[*one]);
        let plans = self.plans.iter().map(|plan| plan.relieved(reliefs()));
        let plans: Result<Vec<_>, _> = plans.collect();
        // What contradicts itself is no run, and what does not end is no relief.
        outcome(&plans.ok()?).ok()
    }

    /// Whether all of a set can be done at once.
    pub(super) fn is_possible(&self, set: &[usize]) -> bool {
        set.iter().enumerate().all(|(position, one)| {
            let before = set[..position].iter();
            before
                .map(|other| &self.reliefs[*other])
                .all(|other| other.goes_with(&self.reliefs[*one]))
        })
    }

    /// The plan as it is.
    pub(super) fn base(&self) -> &Outcome {
        let base = self.outcomes.get(&Set::new());
        base.and_then(Option::as_ref)
            .expect("a lab begins with the plan as it is")
    }

    /// How a set came out, if it was tried.
    pub(super) fn of_set(&self, set: &[usize]) -> Option<&Outcome> {
        self.outcomes.get(set)?.as_ref()
    }

    /// How two came out together.
    pub(super) fn of_pair(&self, one: usize, other: usize) -> Option<&Outcome> {
        self.of_set(&[one.min(other), one.max(other)])
    }

    /// What a set saves, in ms.
    pub(super) fn gain(&self, set: &[usize]) -> Option<f64> {
        Some(self.base().total - self.of_set(set)?.total)
    }

    /// All sets that came out.
    pub(super) fn tried(&self) -> impl Iterator<Item = (&Set, &Outcome)> {
        let outcomes = self.outcomes.iter();
        outcomes.filter_map(|(set, outcome)| Some((set, outcome.as_ref()?)))
    }
}

/// Runs plans that differ in their seed only.
fn outcome(plans: &[Plan]) -> Result<Outcome, CaseError> {
    let run = |plan: &Plan| Ok(Run::start(plan).finish()?.result);
    let results: Result<Vec<CaseResult>, CaseError> = plans.par_iter().map(run).collect();
    let results = results?;
    let count = f64::from(u32::try_from(results.len()).expect("seeds are few"));
    let mut mean = Outcome::default();
    for result in &results {
        mean.total += result.total_ms / count;
        for (class, ms) in result.account.iter().flatten() {
            *mean.account.entry(class.clone()).or_default() += ms / count;
        }
    }
    let trips = results.iter().map(|result| result.round_trips);
    mean.round_trips = trips.sum::<Option<f64>>().map(|sum| sum / count);
    Ok(mean)
}
