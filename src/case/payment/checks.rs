//! What the recording must show.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::account::Account;
use super::{formula, knobs, words};
use crate::app::ledger::Design;
use crate::case::{Judgement, Plan, expect};
use crate::event::{AppEvent, Event, Mechanism, RequestId, SocketEvent};
use crate::measure::{Check, HostView, Table, Traffic};
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// One attempt of the client's.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) id: RequestId,
    pub(super) begun: SimTime,
    /// When it ended, with which status, or why without one.
    pub(super) end: Option<(SimTime, u16, Option<String>)>,
}

/// What checks and words look at.
pub(super) struct View<'a> {
    pub(super) recording: &'a Recording,
    pub(super) account: Account,
    pub(super) attempts: Vec<Attempt>,
    /// What the server sent on each connection, each byte once, whether it arrived or not.
    pub(super) answers: Vec<Vec<u8>>,
    /// What made a segment of the server's leave again, first of all.
    pub(super) repair: Option<Mechanism>,
    start: SimTime,
}

/// Holds a recording against the formula and the claims of its variant.
pub(super) fn judge(plan: &Plan, recording: &Recording) -> Judgement {
    let view = View::of(recording);
    let mut judgement = Judgement {
        total: view.total(),
        rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
        checks: guarantees(plan, &view),
        tables: vec![view.attempts_table()],
        extra: figures(&view),
        ..Judgement::default()
    };
    words::add(plan, &view, &mut judgement);
    let Some(expected) = formula::expected(plan).filter(|_| plan.is_clean()) else {
        return judgement;
    };
    judgement.checks.extend([
        expect(
            "statuses of the attempts, 0 where no answer came",
            shown(&expected.statuses),
            shown(&view.account.statuses),
        ),
        expect(
            "charges in the ledger",
            expected.charges,
            view.account.charges(),
        ),
    ]);
    judgement.checks.extend(on_the_wire(plan, &view));
    judgement.formula(expected.text, expected.total)
}

impl<'a> View<'a> {
    pub(super) fn of(recording: &'a Recording) -> Self {
        let server = HostView::named(recording, "server");
        let repair = server.sockets().find_map(|(_, _, event)| match event {
            SocketEvent::Segment { again, .. } => *again,
            _ => None,
        });
        Self {
            recording,
            account: Account::of(recording),
            attempts: attempts_of(recording),
            answers: answers_of(server),
            repair,
            start: HostView::named(recording, "client").first_sent(),
        }
    }

    /// From the client's first frame to its last word on the last attempt.
    pub(super) fn total(&self) -> Span {
        let ends = self
            .attempts
            .iter()
            .filter_map(|attempt| attempt.end.as_ref());
        let last = ends.map(|(at, ..)| *at).max();
        last.unwrap_or(self.start) - self.start
    }

    /// The attempts, one in a row.
    pub(super) fn attempts_table(&self) -> Table {
        let since = |at: SimTime| format!("{:.3}", (at - self.start).as_millis_f64());
        let row = |attempt: &Attempt| {
            let (end, outcome) = match &attempt.end {
                Some((at, status, None)) => (since(*at), status.to_string()),
                Some((at, _, Some(error))) => (since(*at), error.clone()),
                None => ("-".to_owned(), "-".to_owned()),
            };
            let charged = self.account.committed.get(&attempt.id).copied();
            vec![
                attempt.id.to_string(),
                since(attempt.begun),
                end,
                charged.unwrap_or_default().to_string(),
                outcome,
            ]
        };
        Table {
            title: "the attempts, in ms from the first frame".to_owned(),
            columns: ["", "begins", "ends", "charges committed", "answer"]
                .map(ToOwned::to_owned)
                .to_vec(),
            rows: self.attempts.iter().map(row).collect(),
        }
    }
}

fn attempts_of(recording: &Recording) -> Vec<Attempt> {
    let mut attempts: Vec<Attempt> = Vec::new();
    for entry in &recording.entries {
        let Event::App(_, event) = &entry.event else {
            continue;
        };
        match &**event {
            AppEvent::Request { request, .. } => attempts.push(Attempt {
                id: *request,
                begun: entry.at,
                end: None,
            }),
            AppEvent::Response {
                request,
                status,
                error,
                ..
            } => {
                if let Some(attempt) = attempts.iter_mut().find(|known| known.id == *request) {
                    attempt.end = Some((entry.at, *status, error.clone()));
                }
            }
            _ => {}
        }
    }
    attempts
}

/// The server's streams in the order of their connections.
fn answers_of(server: HostView<'_>) -> Vec<Vec<u8>> {
    let mut streams = Vec::new();
    let mut origins = BTreeMap::new();
    for seen in server.sent() {
        let sequence = seen.tcp.header.sequence_number();
        if seen.tcp.header.syn() {
            origins.entry(seen.tcp.destination).or_insert_with(|| {
                streams.push(Vec::new());
                (streams.len() - 1, sequence.wrapping_add(1))
            });
        }
        let Some((index, origin)) = origins.get(&seen.tcp.destination) else {
            continue;
        };
        let stream: &mut Vec<u8> = &mut streams[*index];
        let offset = sequence.wrapping_sub(*origin) as usize;
        let payload = seen.tcp.payload;
        if offset <= stream.len() && stream.len() < offset + payload.len() {
            stream.extend_from_slice(&payload[stream.len() - offset..]);
        }
    }
    streams
}

/// What key and charge in one transaction promise, whatever the knobs are.
fn guarantees(plan: &Plan, view: &View<'_>) -> Vec<Check> {
    let promised = knobs::design(plan) == Design::OneTransaction
        && !matches!(plan.variant(), "key-expired" | "read-only");
    if !promised {
        return Vec::new();
    }
    let (account, charges) = (&view.account, view.account.charges());
    let mut checks = vec![expect(
        "charged more than once",
        false,
        account.has_doubled(),
    )];
    if !account.confirmed.is_empty() {
        checks.push(expect("charges once any answer said so", 1, charges));
    }
    checks
}

/// What the frames themselves must show.
fn on_the_wire(plan: &Plan, view: &View<'_>) -> Vec<Check> {
    let connections = Traffic::of(view.recording).connections;
    let mut checks = vec![expect(
        "connections opened: one for each attempt",
        view.account.statuses.len(),
        connections,
    )];
    match plan.variant() {
        "lost-packet" => checks.push(expect(
            "what repairs the loss",
            Mechanism::Tlp,
            view.repair
                .map_or("nothing".to_owned(), |by| by.to_string()),
        )),
        "idempotency-key" | "in-progress" | "read-only" => {
            let (first, last) = (view.answers.first(), view.answers.last());
            let same = first == last && first.is_some_and(|answer| !answer.is_empty());
            checks.push(expect(
                "the answer on the last connection is that on the first, byte for byte",
                true,
                same,
            ));
        }
        _ => {}
    }
    if matches!(
        plan.variant(),
        "idempotency-key" | "in-progress" | "crash-after-commit"
    ) {
        checks.push(expect("stored answers given", 1, view.account.replayed));
    }
    let kills = u32::from(plan.variant().starts_with("crash-"));
    checks.push(expect("processes killed", kills, view.account.killed));
    checks
}

fn shown(statuses: &[u16]) -> String {
    let texts: Vec<_> = statuses.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

fn figures(view: &View<'_>) -> BTreeMap<String, Value> {
    let account = &view.account;
    let (charges, amount, keys) = account.books.unwrap_or_default();
    [
        ("charges", json!(charges)),
        ("charged_amount", json!(amount)),
        ("keys", json!(keys)),
        ("attempts", json!(view.attempts.len())),
        ("statuses", json!(account.statuses)),
        ("stored_answers", json!(account.replayed)),
        ("ledger_busy", json!(account.busy)),
        ("keys_refused", json!(account.refused)),
        ("repaired_by", json!(view.repair.map(|by| by.to_string()))),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}
