//! What the recording of one or two connections must show.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{apps, is_calm, lateness, reuse};
use crate::case::{Judgement, Plan, expect};
use crate::event::{AppEvent, Event, Mechanism, SocketEvent, SocketId, TcpState, Timer};
use crate::measure::{Check, HostView};
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// Holds a recording against the formula and the claims of its variant.
pub(super) fn judge(plan: &Plan, recording: &Recording) -> Judgement {
    let client = HostView::named(recording, "client");
    let outcomes = outcomes(recording);
    let end = outcomes
        .last()
        .map_or(recording.end(), |outcome| outcome.at);
    let judgement = Judgement {
        total: end - client.first_sent(),
        rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
        extra: figures(recording),
        ..Judgement::default()
    };
    if !is_calm(plan) {
        return judgement;
    }
    let (text, value) = formula(plan);
    Judgement {
        checks: checks(plan, recording, &outcomes),
        ..judgement
    }
    .formula(text, value)
}

/// From the first frame to the end of the last exchange, or to its refusal.
fn formula(plan: &Plan) -> (String, Span) {
    let rtt = plan.span("rtt");
    let again = rtt * 3 + apps::AGE;
    let second = Span::from_secs(1);
    match plan.variant() {
        "reused-tuple" => (
            "3 RTT until TIME-WAIT + 2 s + 0: refused at once".to_owned(),
            again,
        ),
        "reused-tuple-timestamps" | "reused-tuple-server" => (
            "3 RTT until TIME-WAIT + 2 s + 1 RTT (connect) + 1 RTT (request)".to_owned(),
            again + rtt * 2,
        ),
        "reused-tuple-duplicate" => (
            "11 s + 12 RTT: the schedule around the late segment, which costs nothing".to_owned(),
            lateness(rtt) + second + rtt * 2,
        ),
        _ => (
            "1 RTT (connect) + 1 RTT (request): closing delays no answer".to_owned(),
            rtt * 2,
        ),
    }
}

/// How a request ended.
pub(super) struct Outcome<'a> {
    pub(super) at: SimTime,
    pub(super) status: u16,
    pub(super) error: Option<&'a str>,
}

fn outcomes(recording: &Recording) -> Vec<Outcome<'_>> {
    let mut outcomes = Vec::new();
    for entry in &recording.entries {
        if let Event::App(_, event) = &entry.event
            && let AppEvent::Response { status, error, .. } = &**event
        {
            outcomes.push(Outcome {
                at: entry.at,
                status: *status,
                error: error.as_deref(),
            });
        }
    }
    outcomes
}

/// One connection's TIME-WAIT.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wait {
    socket: SocketId,
    from: SimTime,
    /// When the last time that it was set says that it ends.
    due: SimTime,
    /// When it ended, if it did.
    pub(super) to: Option<SimTime>,
    /// How often it began anew.
    restarts: u32,
}

/// The TIME-WAITs of a host, in order.
pub(super) fn waits(host: HostView<'_>) -> Vec<Wait> {
    let mut waits: Vec<Wait> = Vec::new();
    for (at, socket, event) in host.sockets() {
        let known = waits.iter_mut().find(|wait| wait.socket == socket);
        match (event, known) {
            (
                SocketEvent::State {
                    to: TcpState::TimeWait,
                    ..
                },
                _,
            ) => waits.push(Wait {
                socket,
                from: at,
                due: at,
                to: None,
                restarts: 0,
            }),
            (
                SocketEvent::TimerSet {
                    timer: Timer::TimeWait,
                    at: due,
                },
                Some(wait),
            ) => {
                wait.restarts += u32::from(wait.due > wait.from);
                wait.due = *due;
            }
            (
                SocketEvent::State {
                    from: TcpState::TimeWait,
                    ..
                },
                Some(wait),
            ) => wait.to = Some(at),
            _ => {}
        }
    }
    waits
}

/// How long each TIME-WAIT of a host lasted, or `none`.
fn lasted(waits: &[Wait]) -> String {
    let times: Vec<_> = waits
        .iter()
        .map(|wait| match wait.to {
            Some(to) => (to - wait.from).to_string(),
            None => "beyond the end".to_owned(),
        })
        .collect();
    if times.is_empty() {
        "none".to_owned()
    } else {
        times.join(", ")
    }
}

fn checks(plan: &Plan, recording: &Recording, outcomes: &[Outcome<'_>]) -> Vec<Check> {
    match plan.variant() {
        "last-ack-lost" => last_ack_lost(plan, recording),
        variant if variant.starts_with("reused-tuple") => reuse::checks(plan, recording, outcomes),
        variant => closers(plan, recording, variant),
    }
}

/// The first closer holds TIME-WAIT for 2 x MSL of its profile, the other does not.
fn closers(plan: &Plan, recording: &Recording, variant: &str) -> Vec<Check> {
    let (client, server) = match variant {
        "client-closes" => (true, false),
        "server-closes" => (false, true),
        _ => (true, true),
    };
    let expected = |holds: bool, two_msl: Span| {
        if holds {
            two_msl.to_string()
        } else {
            "none".to_owned()
        }
    };
    let seen = |host| lasted(&waits(HostView::named(recording, host)));
    vec![
        expect(
            "the client holds TIME-WAIT for",
            expected(client, plan.client().time_wait),
            seen("client"),
        ),
        expect(
            "the server holds TIME-WAIT for",
            expected(server, plan.server().time_wait),
            seen("server"),
        ),
    ]
}

/// The FIN comes again, TIME-WAIT answers it and begins anew.
fn last_ack_lost(plan: &Plan, recording: &Recording) -> Vec<Check> {
    let (client, server) = (
        HostView::named(recording, "client"),
        HostView::named(recording, "server"),
    );
    let fins = server.sent().filter(|seen| seen.tcp.header.fin()).count();
    let answers = client.sent_again(|mechanism| mechanism == Mechanism::TimeWaitAck);
    let again = client
        .received()
        .filter(|seen| seen.tcp.header.fin())
        .last();
    let waits = waits(client);
    let wait = waits.first();
    let after = wait
        .and_then(|wait| wait.to)
        .zip(again)
        .map(|(to, again)| to - again.at);
    let after = after.map_or_else(|| "never".to_owned(), |after| after.to_string());
    vec![
        expect("FINs of the server", 2, fins),
        expect("ACKs from TIME-WAIT", 1, answers),
        expect(
            "times TIME-WAIT began anew",
            1,
            wait.map_or(0, |wait| wait.restarts),
        ),
        expect(
            "TIME-WAIT ends after the second FIN by",
            plan.client().time_wait,
            after,
        ),
        expect(
            "the server holds TIME-WAIT for",
            "none",
            lasted(&self::waits(server)),
        ),
    ]
}

fn figures(recording: &Recording) -> BTreeMap<String, Value> {
    ["client", "server"]
        .into_iter()
        .map(|name| {
            let waits = waits(HostView::named(recording, name));
            let times: Vec<_> = waits
                .iter()
                .map(|wait| wait.to.map(|to| (to - wait.from).as_millis_f64()))
                .collect();
            (format!("{name}_time_wait_ms"), json!(times))
        })
        .collect()
}
