//! Which component is the constraint.
//!
//! The relief with the largest gain decides. Another that gains at least half as much, and of that gain loses most
//! once the first is done, is a *substitute*: both undo the same product, such as waits times distance. Another of
//! nearly the same gain that adds up with it is a *tie*. Two that save much more together than the sum of both are
//! *complements*. Of substitutes those come first on whose classes of the account the time was spent: what else helps
//! goes around the constraint.

use super::lab::{Lab, Outcome};
use super::words;
use crate::case::Plan;
use crate::measure::account::Class;
use crate::measure::diagnosis::{Combination, Component, Constraint, Diagnosis, Relieved};

/// Less than this part of a page's time is no gain.
const NO_GAIN: f64 = 0.01;
/// What a substitute gains alone, at least, in parts of the best gain.
const SUBSTITUTE: f64 = 0.5;
/// The same, if at least half of the page's time is spent on its own classes.
const EVIDENT_SUBSTITUTE: f64 = 0.3;
/// What part of a page is spent on the classes of a component that comes first, at least.
const EVIDENCE: f64 = 0.3;
/// How much of its own gain a substitute still brings after the best relief, at most.
const LEFT_OVER: f64 = 0.5;
/// What a tie gains, at least, in parts of the best gain.
const TIE: f64 = 0.85;
/// How much of a page's time complements save beyond the sum of both, at least.
const SYNERGY: f64 = 0.1;
/// A pair is worth naming if it takes less than this part of the better one's time.
const WORTH: f64 = 0.95;
/// Pairs that are named at most.
const MOST_PAIRS: usize = 8;

/// The constraint as positions of reliefs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The best relief and its substitutes, in the order of their gains.
    pub(super) reliefs: Vec<usize>,
    pub(super) ties: Vec<usize>,
    /// The next constraint after the best relief.
    pub(super) next: Option<usize>,
}

/// What follows from the runs of a lab in which all pairs were tried.
pub(super) fn diagnosis(plan: &Plan, lab: &Lab) -> Diagnosis {
    let verdict = Verdict::of(lab);
    let components = |set: &[usize]| -> Vec<Component> {
        let set = set.iter();
        set.map(|one| lab.reliefs[*one].component).collect()
    };
    let (useful, idle): (Vec<_>, Vec<_>) = by_gain(lab)
        .into_iter()
        .partition(|one| is_useful(lab, *one));
    let run = plan.run_info();
    Diagnosis {
        fit: plan.case().fit(),
        case: run.case,
        variant: run.variant,
        changed: run.params,
        seeds: lab.seeds(),
        total_ms: lab.base().total,
        account: lab.base().account.clone(),
        constraint: Constraint {
            sentence: words::sentence(lab, &verdict),
            components: components(&verdict.reliefs),
            ties: components(&verdict.ties),
            next: verdict.next.map(|next| lab.reliefs[next].component),
        },
        reliefs: useful
            .iter()
            .filter_map(|one| relieved(lab, *one))
            .collect(),
        idle: idle.iter().map(|one| lab.reliefs[*one].remedy()).collect(),
        pairs: pairs(lab),
        exclusive: exclusive(lab),
        runs: lab.runs(),
        target: None,
        losses: None,
    }
}

impl Verdict {
    fn of(lab: &Lab) -> Self {
        let ranked = by_gain(lab);
        let gain = |one: usize| lab.gain(&[one]).unwrap_or(0.0);
        let Some(best) = ranked
            .first()
            .copied()
            .filter(|best| matters(lab, gain(*best)))
        else {
            return Self::default();
        };
        let mut verdict = Self {
            reliefs: vec![best],
            ..Self::default()
        };
        for other in ranked.into_iter().skip(1) {
            let left = after(lab, best, other);
            let least = if evidence(lab, other) >= 0.5 {
                EVIDENT_SUBSTITUTE
            } else {
                SUBSTITUTE
            };
            if gain(other) < least * gain(best) || !matters(lab, gain(other)) {
                continue;
            }
            // What excludes the best relief takes its place.
            if left.is_none_or(|left| left < LEFT_OVER * gain(other)) {
                verdict.reliefs.push(other);
            } else if gain(other) >= TIE * gain(best) {
                verdict.ties.push(other);
            }
        }
        // The sort is stable: among those with evidence, and among those without, gains decide.
        verdict.reliefs.sort_by_key(|one| !is_evident(lab, *one));
        verdict.next = next(lab, verdict.reliefs[0]);
        verdict
    }
}

/// Whether much of the page's time is spent on a component's own classes.
pub(super) fn is_evident(lab: &Lab, one: usize) -> bool {
    evidence(lab, one) >= EVIDENCE
}

/// The part of the page's time that is spent on a component's own classes.
fn evidence(lab: &Lab, one: usize) -> f64 {
    let base = lab.base();
    let classes = classes(lab.reliefs[one].component).iter();
    let spent = classes.filter_map(|class| base.account.get(class.key()));
    spent.sum::<f64>() / base.total
}

/// On what time is spent while a component is in the way.
const fn classes(component: Component) -> &'static [Class] {
    match component {
        Component::Nagle | Component::DelayedAck => &[Class::Nagle, Class::DelayedAck],
        Component::MinRto => &[Class::Rto, Class::Tlp],
        Component::InitialWindow => &[Class::CongestionWindow],
        Component::ReceiveWindow => &[Class::ReceiveWindow],
        Component::SendBuffer => &[Class::SendBuffer],
        Component::FlowControl => &[Class::Http2FlowControl, Class::QuicFlowControl],
        Component::KeepAlive => &[Class::Connect, Class::Tls],
        Component::Connections | Component::Multiplexing => {
            &[Class::Pool, Class::EarlierResponse, Class::Propagation]
        }
        Component::Lookup => &[Class::Dns],
        Component::Handshake => &[Class::Tls],
        Component::Streams => &[Class::HeadOfLine],
        Component::Think => &[Class::Think],
        Component::Client => &[Class::Client],
        // A window is full for so long because losses keep it small.
        Component::Loss => &[
            Class::CongestionWindow,
            Class::FastRetransmit,
            Class::RackTimer,
            Class::Tlp,
            Class::Rto,
            Class::HeadOfLine,
        ],
        Component::Rate => &[Class::Serialization, Class::Queueing],
        Component::Distance => &[
            Class::Propagation,
            Class::Connect,
            Class::Tls,
            Class::CongestionWindow,
            Class::ReceiveWindow,
            Class::Http2FlowControl,
            Class::QuicFlowControl,
            Class::FastRetransmit,
        ],
    }
}

/// Positions of all reliefs, the best first, and of equals the cheapest.
fn by_gain(lab: &Lab) -> Vec<usize> {
    let mut ranked: Vec<_> = (0..lab.reliefs.len()).collect();
    ranked.sort_by(|one, other| {
        let gain = |one: usize| lab.gain(&[one]).unwrap_or(f64::NEG_INFINITY);
        gain(*other).total_cmp(&gain(*one))
    });
    ranked
}

/// Whether a gain is worth a word.
fn matters(lab: &Lab, gain: f64) -> bool {
    gain > NO_GAIN * lab.base().total
}

/// What `other` gains once `first` is done; `None` if they exclude each other.
fn after(lab: &Lab, first: usize, other: usize) -> Option<f64> {
    Some(lab.of_set(&[first])?.total - lab.of_pair(first, other)?.total)
}

/// The constraint once `first` is relieved: what gains most then, if anything does.
pub(super) fn next(lab: &Lab, first: usize) -> Option<usize> {
    let total = lab.of_set(&[first])?.total;
    let others = (0..lab.reliefs.len()).filter(|other| *other != first);
    others
        .filter_map(|other| Some((other, after(lab, first, other)?)))
        .filter(|(_, gain)| *gain > NO_GAIN * total)
        // Of equals the first, which is the cheapest.
        .reduce(|best, other| if other.1 > best.1 { other } else { best })
        .map(|(other, _)| other)
}

/// Whether a relief gains something, alone or as a complement.
fn is_useful(lab: &Lab, one: usize) -> bool {
    let alone = lab.gain(&[one]).is_some_and(|gain| matters(lab, gain));
    let others = 0..lab.reliefs.len();
    alone
        || others
            .filter(|other| *other != one)
            .any(|other| are_complements(lab, one, other))
}

fn are_complements(lab: &Lab, one: usize, other: usize) -> bool {
    let gain = |set: &[usize]| lab.gain(set).unwrap_or(0.0);
    let alone = gain(&[one]).max(0.0) + gain(&[other]).max(0.0);
    let both = lab
        .of_pair(one, other)
        .map(|both| lab.base().total - both.total);
    both.is_some_and(|both| both > alone + SYNERGY * lab.base().total)
}

fn relieved(lab: &Lab, one: usize) -> Option<Relieved> {
    let outcome = lab.of_set(&[one])?;
    let next = next(lab, one).map(|next| &lab.reliefs[next]);
    Some(Relieved {
        remedy: lab.reliefs[one].remedy(),
        total_ms: outcome.total,
        gain_ms: lab.base().total - outcome.total,
        account: outcome.account.clone(),
        next: next.map(|next| next.component),
        next_words: next.map(|next| next.constraint.clone()),
    })
}

/// A set as readers see it.
pub(super) fn combination(lab: &Lab, set: &[usize], outcome: &Outcome) -> Combination {
    let complements = match set {
        [one, other] => are_complements(lab, *one, *other),
        _ => false,
    };
    let of_set = || set.iter().map(|one| &lab.reliefs[*one]);
    Combination {
        components: of_set().map(|relief| relief.component).collect(),
        words: of_set().map(|relief| relief.words.clone()).collect(),
        total_ms: outcome.total,
        gain_ms: lab.base().total - outcome.total,
        complements,
        account: outcome.account.clone(),
    }
}

/// Pairs that are worth more than each of the two.
fn pairs(lab: &Lab) -> Vec<Combination> {
    let is_worth = |one: usize, other: usize, both: f64| {
        let alone =
            [one, other].map(|one| lab.of_set(&[one]).map_or(f64::MAX, |alone| alone.total));
        let best = alone.into_iter().fold(lab.base().total, f64::min);
        both < WORTH * best || are_complements(lab, one, other)
    };
    let mut pairs: Vec<_> = lab
        .tried()
        .filter_map(|(set, outcome)| match set[..] {
            [one, other] if is_worth(one, other, outcome.total) => {
                Some(combination(lab, set, outcome))
            }
            _ => None,
        })
        .collect();
    pairs.sort_by(|one, other| one.total_ms.total_cmp(&other.total_ms));
    pairs.truncate(MOST_PAIRS);
    pairs
}

fn exclusive(lab: &Lab) -> Vec<[Component; 2]> {
    let all = 0..lab.reliefs.len();
    let pairs = all.flat_map(|one| (0..one).map(move |other| [other, one]));
    pairs
        .filter(|[one, other]| lab.of_pair(*one, *other).is_none())
        .map(|pair| pair.map(|one| lab.reliefs[one].component))
        .collect()
}
