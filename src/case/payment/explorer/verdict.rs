//! What the exploration has shown, read from the recording.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::case::payment::checks::View;
use crate::case::payment::knobs;
use crate::case::{Judgement, Plan, expect};
use crate::event::{AppEvent, Event, FailingSchedule, LedgerStep};
use crate::measure::{Check, Table};
use crate::record::Recording;

/// From so many schedules on, all with one fault and the simplest retries are among them, and each weak design fails.
const TELLING: u64 = 576;

/// A row of the exploration.
struct Row<'a> {
    design: &'a str,
    isolation: Option<&'a str>,
    schedules: u64,
    doubled: u64,
    lost: u64,
    shortest: Option<&'a FailingSchedule>,
}

/// Judges the variant.
pub(in crate::case::payment) fn judge(plan: &Plan, recording: &Recording) -> Judgement {
    let view = View::of(recording);
    let rows = rows(recording);
    let whole: Vec<_> = rows.iter().filter(|row| row.isolation.is_none()).collect();
    let mut judgement = Judgement {
        total: view.total(),
        rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
        checks: checks(plan, &whole, &view),
        tables: vec![
            designs(&whole),
            isolations(&rows),
            settings(&whole),
            view.attempts_table(),
        ],
        constraint: Some(
            "the constraint is atomicity: only where key and charge are committed together does no schedule double \
             or lose a charge"
                .to_owned(),
        ),
        extra: figures(&whole, &view),
        ..Judgement::default()
    };
    if let Some((seeds, doubled, unanswered)) = drawn(recording).filter(|drawn| drawn.0 > 0) {
        judgement.checks.push(expect(
            "worlds with random loss that charge twice: those that commit without an answer in time",
            unanswered,
            doubled,
        ));
        judgement.claim(
            "TCP guarantees at-least-once delivery, so a retry may charge twice",
            format!(
                "of {seeds} worlds with {} loss, {doubled} charged more than once, and in {unanswered} an attempt was \
                 committed and no answer to it came within the client's timeout",
                plan.text("chance")
            ),
            "TCP delivers bytes at most once per connection; without a key P(charged twice) = P(committed, but no \
             answer within the client's timeout)",
        );
    }
    judgement
}

fn steps(recording: &Recording) -> impl Iterator<Item = &LedgerStep> {
    recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::App(_, event) => match &**event {
                AppEvent::Ledger { step, .. } => Some(step),
                _ => None,
            },
            _ => None,
        })
}

fn rows(recording: &Recording) -> Vec<Row<'_>> {
    steps(recording)
        .filter_map(|step| match step {
            LedgerStep::Explored {
                design,
                isolation,
                schedules,
                doubled,
                lost,
                shortest,
            } => Some(Row {
                design,
                isolation: isolation.as_deref(),
                schedules: *schedules,
                doubled: *doubled,
                lost: *lost,
                shortest: shortest.as_ref(),
            }),
            _ => None,
        })
        .collect()
}

/// Seeds, those that doubled, and those that committed without an answer in time.
fn drawn(recording: &Recording) -> Option<(u64, u64, u64)> {
    steps(recording).find_map(|step| match *step {
        LedgerStep::Drawn {
            seeds,
            doubled,
            unanswered,
        } => Some((seeds, doubled, unanswered)),
        _ => None,
    })
}

fn checks(plan: &Plan, whole: &[&Row<'_>], view: &View<'_>) -> Vec<Check> {
    let telling = plan.count("schedules") >= TELLING && plan.is_clean();
    let design = knobs::design(plan);
    let mut checks = Vec::new();
    for row in whole {
        let failures = row.doubled + row.lost;
        if row.design == "one-transaction" {
            let claim = "key and charge in one transaction: schedules that double or lose a charge";
            checks.push(expect(claim, 0, failures));
        } else if telling {
            let claim = format!(
                "{}: a schedule that doubles or loses a charge is found",
                row.design
            );
            checks.push(expect(&claim, true, failures > 0));
        }
        if row.design == design.name() {
            let fails = view.account.has_doubled() || view.account.has_lost();
            checks.push(expect(
                "the recorded world fails as its schedule did",
                row.shortest.is_some(),
                fails,
            ));
        }
    }
    checks
}

fn table(title: &str, columns: &[&str], rows: Vec<Vec<String>>) -> Table {
    Table {
        title: title.to_owned(),
        columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        rows,
    }
}

fn designs(whole: &[&Row<'_>]) -> Table {
    let cell = |failing: Option<u32>| failing.map_or("-".to_owned(), |count| count.to_string());
    let row = |row: &&Row<'_>| {
        vec![
            row.design.to_owned(),
            row.schedules.to_string(),
            row.doubled.to_string(),
            row.lost.to_string(),
            cell(row.shortest.map(|shortest| shortest.faults)),
            cell(row.shortest.map(|shortest| shortest.steps)),
        ]
    };
    table(
        "schedules that double a charge or lose one, and the shortest of them",
        &[
            "design",
            "schedules",
            "double",
            "lost",
            "its faults",
            "its steps",
        ],
        whole.iter().map(row).collect(),
    )
}

/// Failures of each design under each isolation.
fn isolations(rows: &[Row<'_>]) -> Table {
    let mut lines: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for row in rows.iter().filter(|row| row.isolation.is_some()) {
        let place = order.iter().position(|design| *design == row.design);
        let place = place.unwrap_or_else(|| {
            order.push(row.design);
            order.len() - 1
        });
        let line = lines
            .entry(place)
            .or_insert_with(|| vec![row.design.to_owned()]);
        line.push(format!("{} of {}", row.doubled + row.lost, row.schedules));
    }
    table(
        "the same by isolation",
        &["design", "autocommit", "deferred", "immediate"],
        lines.into_values().collect(),
    )
}

fn settings(whole: &[&Row<'_>]) -> Table {
    let row = |row: &&Row<'_>| {
        let settings = row.shortest.map_or("none", |shortest| &shortest.settings);
        vec![row.design.to_owned(), settings.to_owned()]
    };
    table(
        "the shortest schedules, as settings of payment/plain",
        &["design", "settings"],
        whole.iter().map(row).collect(),
    )
}

fn figures(whole: &[&Row<'_>], view: &View<'_>) -> BTreeMap<String, Value> {
    let count = whole.iter().map(|row| row.schedules).sum::<u64>();
    let designs: BTreeMap<_, _> = whole
        .iter()
        .map(|row| {
            let shortest = row.shortest.map(|shortest| shortest.settings.as_str());
            let found = json!({
                "schedules": row.schedules, "double": row.doubled, "lost": row.lost, "shortest": shortest,
            });
            (row.design, found)
        })
        .collect();
    [
        ("schedules", json!(count)),
        ("designs", json!(designs)),
        ("charges", json!(view.account.charges())),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}
