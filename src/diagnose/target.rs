//! The cheapest combination that meets a time.

use super::lab::{Lab, Outcome, Set};
use super::rank;
use crate::measure::diagnosis::{Combination, Component, Target};

/// Reliefs that a combination has at most.
const MOST: usize = 5;
/// A relief that saves less than this part, alone and in every pair, is in no larger combination.
const NO_GAIN: f64 = 0.01;

/// Whether a page can take at most `target` ms, and what it takes. Fewest reliefs win; of as many the cheapest; of as
/// cheap the fastest.
pub(super) fn meet(lab: &mut Lab, target: f64) -> Target {
    let useful = useful(lab);
    for size in 3..=MOST {
        if cheapest(lab, target).is_some() {
            break;
        }
        let sets = subsets(&useful, size);
        let sets = sets
            .into_iter()
            .filter(|set| lab.is_possible(set))
            .collect();
        lab.try_all(sets);
    }
    Target {
        target_ms: target,
        met_by: cheapest(lab, target),
        fastest: fastest(lab),
    }
}

fn cheapest(lab: &Lab, target: f64) -> Option<Combination> {
    let meets = lab.tried().filter(|(_, outcome)| outcome.total <= target);
    let cost = |set: &Set| -> u32 {
        let components = set.iter().map(|one| lab.reliefs[*one].component);
        components.map(Component::cost).sum()
    };
    let best = meets.min_by(|(one, first), (other, second)| {
        let key = |set: &Set| (set.len(), cost(set));
        key(one)
            .cmp(&key(other))
            .then(first.total.total_cmp(&second.total))
    });
    best.map(|(set, outcome)| rank::combination(lab, set, outcome))
}

/// The fastest; of as fast ones the smallest.
fn fastest(lab: &Lab) -> Combination {
    let key = |(set, outcome): &(&Set, &Outcome)| (outcome.total, set.len());
    let fastest = lab.tried().min_by(|one, other| {
        let ((first, size), (second, other)) = (key(one), key(other));
        first.total_cmp(&second).then(size.cmp(&other))
    });
    let (set, outcome) = fastest.expect("the plan as it is was tried");
    rank::combination(lab, set, outcome)
}

/// Reliefs that save something in a set with at most one other.
fn useful(lab: &Lab) -> Vec<usize> {
    let saves = |one: usize| {
        lab.tried().any(|(set, outcome)| {
            let without: Set = set.iter().copied().filter(|other| *other != one).collect();
            let before = lab.of_set(&without).map(|before| before.total);
            set.contains(&one)
                && before.is_some_and(|before| outcome.total < before * (1.0 - NO_GAIN))
        })
    };
    (0..lab.reliefs.len()).filter(|one| saves(*one)).collect()
}

/// All sets of so many of these, each in ascending order.
fn subsets(of: &[usize], size: usize) -> Vec<Set> {
    let mut sets = vec![Set::new()];
    for _ in 0..size {
        sets = sets
            .into_iter()
            .flat_map(|set| {
                let above = set.last().copied();
                let more = of
                    .iter()
                    .copied()
                    .filter(move |one| above.is_none_or(|above| *one > above));
                more.map(move |one| set.iter().copied().chain([one]).collect())
            })
            .collect();
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_all_there_and_each_once() {
        assert_eq!(
            subsets(&[1, 4, 6, 9], 3),
            [[1, 4, 6], [1, 4, 9], [1, 6, 9], [4, 6, 9]]
        );
        assert_eq!(subsets(&[1, 2], 3), Vec::<Set>::new());
    }
}
