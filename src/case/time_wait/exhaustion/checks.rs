//! What the recording must show: when ports ran out, how they came back, or that they never did.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use serde_json::{Value, json};

use super::super::is_calm;
use super::{Relief, Schedule, formula, per_second, rate};
use crate::case::{Judgement, Plan, expect};
use crate::event::{AppEvent, Event, SocketEvent, TcpState};
use crate::measure::{Check, HostView};
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// Holds a recording against the formula and the claims of its variant.
pub(in crate::case::time_wait) fn judge(
    plan: &Plan,
    relief: Relief,
    recording: &Recording,
) -> Judgement {
    let schedule = Schedule::of(plan, relief);
    let seen = Seen::of(recording);
    let start = HostView::named(recording, "client").first_sent();
    let judgement = Judgement {
        total: seen.refused.first().copied().unwrap_or(seen.closed) - start,
        rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
        extra: figures(schedule, &seen),
        ..Judgement::default()
    };
    if !is_calm(plan) {
        return judgement;
    }
    let (text, value) = formula(schedule);
    Judgement {
        checks: checks(schedule, &seen),
        ..judgement
    }
    .formula(text, value)
}

/// What the recording says of the client's attempts.
#[derive(Debug)]
struct Seen {
    /// Connections that the client opened: when, and from where.
    opened: Vec<(SimTime, SocketAddrV4)>,
    refused: Vec<SimTime>,
    /// When the last connection of the client's was gone, TIME-WAIT aside.
    closed: SimTime,
}

impl Seen {
    fn of(recording: &Recording) -> Self {
        let client = HostView::named(recording, "client");
        let (mut opened, mut closed) = (Vec::new(), SimTime::ZERO);
        for (at, _, event) in client.sockets() {
            match event {
                SocketEvent::Opened(opening) => opened.push((at, opening.local)),
                SocketEvent::State {
                    to: TcpState::TimeWait,
                    ..
                } => closed = at,
                _ => {}
            }
        }
        let refused = recording.entries.iter().filter_map(|entry| {
            let Event::App(_, event) = &entry.event else {
                return None;
            };
            matches!(**event, AppEvent::Response { error: Some(_), .. }).then_some(entry.at)
        });
        Self {
            opened,
            refused: refused.collect(),
            closed,
        }
    }

    /// From the first open to the first one after a refusal, and the opens in that time.
    fn period(&self) -> Option<(Span, u64)> {
        let first = self.opened.first()?.0;
        let refused = *self.refused.first()?;
        let before = self.opened.iter().take_while(|(at, _)| *at < refused);
        let count = before.count();
        Some((self.opened.get(count)?.0 - first, count as u64))
    }
}

fn checks(schedule: Schedule, seen: &Seen) -> Vec<Check> {
    let first = seen.refused.first().map(|at| at.since(SimTime::ZERO));
    let shown = |span: Option<Span>| span.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let mut checks = vec![expect(
        "the first EADDRNOTAVAIL comes after",
        shown(schedule.refusal()),
        shown(first),
    )];
    if schedule.refusal().is_some() {
        checks.extend(sustained(schedule, seen));
        return checks;
    }
    checks.extend(match schedule.relief {
        Relief::Pool => pool(schedule, seen),
        Relief::TwReuse | Relief::None => again(schedule, seen),
        Relief::SecondAddress => addresses(seen),
    });
    checks
}

/// Ports come back as they were taken: so many opens in the time that a port is held, and no more.
fn sustained(schedule: Schedule, seen: &Seen) -> Vec<Check> {
    let ports = schedule.relief.ports();
    let (period, opens) = seen.period().unwrap_or_default();
    vec![
        expect("opens in the time that a port is held", ports, opens),
        expect(
            "the first port is taken again after",
            schedule.period(),
            period,
        ),
        expect(
            "sustained opens per second",
            per_second(ports, schedule.period()),
            per_second(opens, period),
        ),
    ]
}

/// Without a refusal every attempt opens; what goes beyond the ports takes one again.
fn again(schedule: Schedule, seen: &Seen) -> Vec<Check> {
    let attempts = schedule.attempts();
    let distinct: BTreeSet<_> = seen.opened.iter().map(|(_, local)| *local).collect();
    let beyond = attempts.saturating_sub(schedule.relief.ports());
    vec![
        expect("connections opened", attempts, seen.opened.len()),
        expect(
            "of those on ports used before",
            beyond,
            seen.opened.len() - distinct.len(),
        ),
    ]
}

/// Both addresses carry half of the connections.
fn addresses(seen: &Seen) -> Vec<Check> {
    let mut by_address: BTreeMap<Ipv4Addr, usize> = BTreeMap::new();
    for (_, local) in &seen.opened {
        *by_address.entry(*local.ip()).or_default() += 1;
    }
    let counts: Vec<_> = by_address.values().collect();
    let opens = seen.opened.len();
    vec![expect(
        "connections from each address",
        format!("{}, {}", opens - opens / 2, opens / 2),
        counts
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    )]
}

/// A pool grows until its first connection is idle again, two round trips after the start (connect and
/// exchange), and never again.
fn pool(schedule: Schedule, seen: &Seen) -> Vec<Check> {
    // An answer and an attempt of the same instant come in either order.
    let most = schedule.at_or_after(schedule.rtt * 2) + 1;
    let opens = seen.opened.len() as u64;
    vec![Check {
        claim: "connections in the pool, at most 2 RTT x rate".to_owned(),
        expected: most.to_string(),
        seen: opens.to_string(),
        holds: opens <= most,
    }]
}

fn figures(schedule: Schedule, seen: &Seen) -> BTreeMap<String, Value> {
    let sustained = seen.period().and_then(|(time, opens)| rate(opens, time));
    [
        ("opens", json!(seen.opened.len())),
        ("refused", json!(seen.refused.len())),
        ("sustained_per_s", json!(sustained)),
        (
            "sustainable_per_s",
            json!(rate(schedule.relief.ports(), schedule.held())),
        ),
        (
            "sustainable_limit_per_s",
            json!(rate(schedule.relief.ports(), schedule.wait)),
        ),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}
