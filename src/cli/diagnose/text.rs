//! A diagnosis as text.

use std::fmt::Write;

use super::super::table::columns;
use crate::measure::account::Class;
use crate::measure::diagnosis::{
    Combination, Component, Diagnosis, Fit, LossMap, Relieved, Repair, Target, ms,
};

/// Frames that a loss map names.
const MOST_LOSSES: usize = 10;

/// All that is printed.
pub(super) fn of(diagnosis: &Diagnosis) -> String {
    let mut text = heading(diagnosis);
    text.push_str(&reliefs(diagnosis));
    text.push_str(&pairs(&diagnosis.pairs));
    text.push_str(&exclusive(diagnosis));
    if let Some(target) = &diagnosis.target {
        text.push_str(&goal(target));
    }
    text.push_str(&accounts(diagnosis));
    if let Some(losses) = &diagnosis.losses {
        text.push_str(&lost(losses));
    }
    text
}

fn heading(diagnosis: &Diagnosis) -> String {
    let Diagnosis {
        case,
        variant,
        runs,
        seeds,
        ..
    } = diagnosis;
    let changed = diagnosis.changed.iter();
    let changed: Vec<_> = changed
        .map(|(key, value)| format!(" {key}={value}"))
        .collect();
    let changed = changed.concat();
    let seeds = match &seeds[..] {
        [seed] => format!("seed {seed}"),
        [first, .., last] => format!("mean of seeds {first} to {last}, since chance decides"),
        [] => String::new(),
    };
    let sentence = &diagnosis.constraint.sentence;
    let total = ms(diagnosis.total_ms);
    let fit = diagnosis.fit.as_ref().map_or_else(String::new, fit);
    format!("{sentence}\n\n{case}/{variant}{changed}: {total}; {runs} runs, {seeds}\n{fit}\n")
}

/// How near the replay comes to the recording.
fn fit(fit: &Fit) -> String {
    let (recorded, replayed) = (ms(fit.recorded_ms), ms(fit.replayed_ms));
    let warning = if fit.is_close() {
        ""
    } else {
        "; do not rely on what follows: something that the archive does not tell took the time"
    };
    format!(
        "on the recording's own conditions the replay takes {replayed} instead of {recorded}, {:.2} times as \
         long{warning}\n",
        fit.ratio()
    )
}

fn reliefs(diagnosis: &Diagnosis) -> String {
    let row = |relieved: &Relieved| {
        let gain = 100.0 * relieved.gain_ms / diagnosis.total_ms;
        [
            relieved.remedy.words.clone(),
            relieved.remedy.layer.to_string(),
            ms(relieved.total_ms),
            format!("{gain:.0} %"),
            relieved
                .next_words
                .clone()
                .unwrap_or_else(|| "–".to_owned()),
        ]
    };
    let mut rows = vec![["relief", "layer", "page", "gain", "next constraint"].map(str::to_owned)];
    rows.extend(diagnosis.reliefs.iter().map(row));
    let mut text = columns(&rows, &[2, 3]);
    if !diagnosis.idle.is_empty() {
        let idle: Vec<_> = diagnosis
            .idle
            .iter()
            .map(|remedy| remedy.words.as_str())
            .collect();
        writeln!(text, "no gain: {}", idle.join(", ")).expect(INFALLIBLE);
    }
    text
}

fn pairs(pairs: &[Combination]) -> String {
    if pairs.is_empty() {
        return String::new();
    }
    let row = |pair: &Combination| {
        let only = if pair.complements {
            "more than both gains"
        } else {
            ""
        };
        [pair.words.join(" + "), ms(pair.total_ms), only.to_owned()]
    };
    let mut rows = vec![["pairs worth it", "page", ""].map(str::to_owned)];
    rows.extend(pairs.iter().map(row));
    format!("\n{}", columns(&rows, &[1]))
}

/// Pairs that exclude each other, in the words of the table.
fn exclusive(diagnosis: &Diagnosis) -> String {
    if diagnosis.exclusive.is_empty() {
        return String::new();
    }
    let useful = diagnosis.reliefs.iter().map(|relieved| &relieved.remedy);
    let all: Vec<_> = useful.chain(&diagnosis.idle).collect();
    let words = |component: Component| {
        let known = all.iter().find(|remedy| remedy.component == component);
        known.map_or_else(|| component.to_string(), |remedy| remedy.words.clone())
    };
    let pairs = diagnosis.exclusive.iter();
    let pairs: Vec<_> = pairs
        .map(|[one, other]| format!("{} and {}", words(*one), words(*other)))
        .collect();
    format!("not both at once: {}\n", pairs.join("; "))
}

fn goal(target: &Target) -> String {
    let wanted = ms(target.target_ms);
    match &target.met_by {
        Some(met) if met.words.is_empty() => format!("\ntarget {wanted}: met as it is\n"),
        Some(met) => format!(
            "\ntarget {wanted}: cheapest is {}, which makes it {}\n",
            met.words.join(" + "),
            ms(met.total_ms)
        ),
        None => format!(
            "\ntarget {wanted}: not met by any combination; the fastest is {} by {}\n",
            ms(target.fastest.total_ms),
            target.fastest.words.join(" + ")
        ),
    }
}

/// The account as it is, after the best relief, and after the best pair.
fn accounts(diagnosis: &Diagnosis) -> String {
    let best = diagnosis.reliefs.first();
    let pair = diagnosis.pairs.first();
    let mut heads = vec![("as it is".to_owned(), &diagnosis.account)];
    heads.extend(best.map(|best| (best.remedy.words.clone(), &best.account)));
    heads.extend(pair.map(|pair| (pair.words.join(" + "), &pair.account)));
    let is_used = |class: &Class| {
        heads
            .iter()
            .any(|(_, account)| account.contains_key(class.key()))
    };
    let cell = |class: Class, position: usize| {
        let spent = heads
            .get(position)
            .and_then(|(_, account)| account.get(class.key()));
        spent.map_or_else(String::new, |spent| ms(*spent))
    };
    let head = |position: usize| {
        heads
            .get(position)
            .map_or_else(String::new, |(head, _)| head.clone())
    };
    let mut rows = vec![["account".to_owned(), head(0), head(1), head(2)]];
    rows.extend(Class::ALL.into_iter().filter(is_used).map(|class| {
        [
            class.to_string(),
            cell(class, 0),
            cell(class, 1),
            cell(class, 2),
        ]
    }));
    format!("\n{}", columns(&rows, &[1, 2, 3]))
}

fn lost(losses: &LossMap) -> String {
    let LossMap { frames, tried, .. } = losses;
    let mut text = if tried.len() == *frames {
        format!("\nlosses: each of {frames} frames lost once\n")
    } else {
        let tried = tried.len();
        format!(
            "\nlosses: {tried} of {frames} frames lost once, those that open and close all, the rest evenly\n"
        )
    };
    for repair in Repair::ALL {
        let costs = tried.iter().filter(|lost| lost.repair == repair);
        let costs: Vec<_> = costs.map(|lost| lost.cost_ms).collect();
        let most = costs.iter().copied().fold(0.0, f64::max);
        if !costs.is_empty() {
            let count = costs.len();
            writeln!(text, "  {count} by {repair}, at most {}", ms(most)).expect(INFALLIBLE);
        }
    }
    let mut worst: Vec<_> = tried.iter().collect();
    worst.sort_by(|one, other| other.cost_ms.total_cmp(&one.cost_ms));
    let mut rows = vec![["the tail", "frame", "at", "cost", "repaired by"].map(str::to_owned)];
    rows.extend(worst.iter().take(MOST_LOSSES).map(|lost| {
        let by = if lost.whole {
            lost.repair.to_string()
        } else {
            "not repaired".to_owned()
        };
        let frame = format!("{} {}", lost.host, lost.number);
        [
            lost.what.clone(),
            frame,
            ms(lost.at_ms),
            ms(lost.cost_ms),
            by,
        ]
    }));
    text + &columns(&rows, &[2, 3])
}

const INFALLIBLE: &str = "a string takes every text";
