//! What belongs here: constraints that are planted in pages, and that the diagnosis has to name.

use wirelab::case::Plan;
use wirelab::diagnose::{Question, diagnose};
use wirelab::measure::diagnosis::{Component, Diagnosis, Repair};
use wirelab::units::Span;

fn asked(place: &str, settings: &[(&str, &str)], question: Question) -> Diagnosis {
    let (case, variant) = place.split_once('/').expect("a case and a variant");
    let plan = Plan::new(case, variant, 1, settings.iter().copied()).expect("it is a plan");
    let diagnosis = diagnose(&plan, question).expect("there is a page");
    let sentence = &diagnosis.constraint.sentence;
    assert!(sentence.starts_with("the constraint is "), "{sentence}");
    assert_adds_up(&diagnosis);
    diagnosis
}

fn found(place: &str, settings: &[(&str, &str)]) -> Diagnosis {
    asked(place, settings, Question::default())
}

/// Every account is of the whole page.
fn assert_adds_up(diagnosis: &Diagnosis) {
    let reliefs = diagnosis.reliefs.iter();
    let accounts = reliefs.map(|relieved| (relieved.total_ms, &relieved.account));
    for (total, account) in accounts.chain([(diagnosis.total_ms, &diagnosis.account)]) {
        let sum: f64 = account.values().sum();
        assert!((sum - total).abs() < 1e-3, "{sum} of {total} ms: {account:?}");
    }
}

/// That a component is the constraint, or the first of its substitutes to be named besides distance, and what is next.
fn assert_constraint(diagnosis: &Diagnosis, component: Component, words: &str) {
    let constraint = &diagnosis.constraint;
    let mut named = constraint.components.iter();
    let first = named.find(|one| **one != Component::Distance || component == **one);
    assert_eq!(first, Some(&component), "{}", constraint.sentence);
    let name = constraint.sentence.split(" (of ").next().expect("it has a beginning");
    assert!(name.contains(words), "{name}");
}

fn total(diagnosis: &Diagnosis, component: Component) -> f64 {
    let mut reliefs = diagnosis.reliefs.iter();
    let relieved = reliefs.find(|one| one.remedy.component == component);
    relieved.expect("the relief gains something").total_ms
}

fn next(diagnosis: &Diagnosis, component: Component) -> Option<Component> {
    let mut reliefs = diagnosis.reliefs.iter();
    let relieved = reliefs.find(|one| one.remedy.component == component);
    relieved.expect("the relief gains something").next
}

#[test]
fn far_away_http1_is_bound_by_requests_over_distance() {
    for (variant, words) in [
        ("image-page/origin-h1-serial", "requests that wait for one another over distance"),
        ("image-page/origin-h1-six", "requests that wait for a free connection over distance"),
    ] {
        let diagnosis = found(variant, &[]);
        let constraint = &diagnosis.constraint;
        assert!(constraint.sentence.contains(words), "{}", constraint.sentence);
        for component in [Component::Multiplexing, Component::Distance] {
            assert!(constraint.components.contains(&component), "{constraint:?}");
        }
        let both = diagnosis.pairs.iter().find(|pair| {
            pair.components == [Component::Multiplexing, Component::Distance]
        });
        let both = both.expect("the pair is worth it").total_ms;
        assert!((10.0..100.0).contains(&both), "{both} ms");
    }
}
