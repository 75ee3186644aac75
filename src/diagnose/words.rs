//! The verdict in one sentence.

use std::collections::BTreeMap;

use super::lab::{Lab, Outcome};
use super::rank::{Verdict, is_evident};
use crate::case::Relief;
use crate::measure::account::Class;
use crate::measure::diagnosis::{Component, ms};

/// A substitute that gains less than this part of the best one, distance left out, is not in the name.
const NAMED: f64 = 0.6;

/// What is full where both a larger first window and a path without losses help.
const WINDOW_AND_LOSS: &str =
    "the connection's one congestion window, which losses keep small, and their recovery";

/// The sentence; it begins "the constraint is".
pub(super) fn sentence(lab: &Lab, verdict: &Verdict) -> String {
    let base = lab.base();
    let Some(best) = verdict.reliefs.first() else {
        return format!(
            "the constraint is nothing that a relief removes: of {} {}",
            ms(base.total),
            account(base)
        );
    };
    let mut sentence = format!("the constraint is {}", name(lab, verdict));
    for tie in &verdict.ties {
        sentence = format!("{sentence}, and as much {}", lab.reliefs[*tie].constraint);
    }
    sentence = format!("{sentence} (of {} {})", ms(base.total), account(base));
    sentence = format!("{sentence}; {}", reliefs(lab, verdict));
    match verdict.next {
        Some(next) => {
            let next = &lab.reliefs[next].constraint;
            let first = &lab.reliefs[*best].words;
            sentence + &format!("; after {first} the next constraint is {next}")
        }
        None => sentence + "; after that no relief gains anything more",
    }
}

/// What the constraint is called: what waits, and what it is multiplied by.
fn name(lab: &Lab, verdict: &Verdict) -> String {
    let of = |one: &usize| &lab.reliefs[*one];
    let gain = |one: usize| lab.gain(&[one]).unwrap_or(0.0);
    let is_factor = |one: &&usize| of(one).component == Component::Distance;
    let (factors, counts): (Vec<_>, Vec<_>) = verdict.reliefs.iter().partition(is_factor);
    let evident = counts.iter().any(|count| is_evident(lab, *count));
    let most = counts.iter().map(|count| gain(*count)).fold(0.0, f64::max);
    let mut names: Vec<&str> = Vec::new();
    for count in &counts {
        let name = of(count).constraint.as_str();
        let weighs = if evident {
            is_evident(lab, *count)
        } else {
            gain(*count) >= NAMED * most
        };
        if weighs && !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(2);
    let has = |component| counts.iter().any(|count| of(count).component == component);
    let what = if evident && has(Component::Loss) && has(Component::InitialWindow) {
        WINDOW_AND_LOSS.to_owned()
    } else {
        names.join(" and ")
    };
    match (factors.first().map(of), what.as_str()) {
        (None, what) => what.to_owned(),
        (Some(distance), "") => alone(lab.base(), distance),
        (Some(distance), what) if distance.constraint == "distance" => {
            format!("{what} over distance")
        }
        (Some(distance), what) => format!("{what} over {}", distance.constraint),
    }
}

/// Distance, if nothing else relieves as much.
fn alone(base: &Outcome, distance: &Relief) -> String {
    let trips = base
        .round_trips
        .filter(|_| distance.constraint == "distance");
    match trips {
        Some(trips) => format!("distance: {trips:.1} round trips"),
        None => distance.constraint.clone(),
    }
}

/// The best relief and its substitutes, with what each makes of the page, and the best pair of them.
fn reliefs(lab: &Lab, verdict: &Verdict) -> String {
    let told = |one: &usize| {
        let (relief, outcome) = (&lab.reliefs[*one], lab.of_set(&[*one])?);
        Some(format!(
            "{} ({}) makes it {}",
            relief.words,
            relief.layer,
            ms(outcome.total)
        ))
    };
    let mut told: Vec<_> = verdict.reliefs.iter().take(3).filter_map(told).collect();
    let best = verdict.reliefs[0];
    let others = verdict.reliefs[1..].iter();
    let both = others
        .filter_map(|other| Some((other, lab.of_pair(best, *other)?.total)))
        .min_by(|one, other| one.1.total_cmp(&other.1));
    if let Some((other, both)) = both {
        let words = |one: usize| &lab.reliefs[one].words;
        told.push(format!(
            "{} with {} {}",
            words(best),
            words(*other),
            ms(both)
        ));
    }
    told.join(", ")
}

/// The two classes on which most was spent.
fn account(outcome: &Outcome) -> String {
    let mut spent: Vec<_> = class_ms(&outcome.account);
    spent.sort_by(|one, other| other.1.total_cmp(&one.1));
    let words: Vec<_> = spent
        .iter()
        .take(2)
        .map(|(class, spent)| format!("{} are {class}", ms(*spent)))
        .collect();
    words.join(", ")
}

fn class_ms(account: &BTreeMap<String, f64>) -> Vec<(Class, f64)> {
    let of = |class: Class| Some((class, *account.get(class.key())?));
    Class::ALL.into_iter().filter_map(of).collect()
}
