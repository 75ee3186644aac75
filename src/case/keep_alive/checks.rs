//! What the recording must show.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::patience::Patience;
use super::{formula, keep_alive};
use crate::case::{Judgement, Plan, expect};
use crate::event::{AppEvent, DropCause, Event, Mechanism, SocketError, SocketEvent};
use crate::measure::{Check, HostView, Traffic, drops};
use crate::record::Recording;
use crate::units::{SimTime, Span};
use crate::wire::FrameId;

/// Holds a recording against the formula and the claims of its variant.
pub(super) fn judge(plan: &Plan, recording: &Recording) -> Judgement {
    let view = View::of(recording);
    let mut checks = vec![expect("requests answered", answers(plan), view.answered)];
    if plan.is_clean() {
        checks.extend(match plan.variant() {
            "idle-race" => race(plan, &view),
            "probe-dead-peer" => dead_peer(plan, &view),
            "nat-timeout" => forgotten(plan, &view),
            "nat-timeout-kept" => kept(plan, &view),
            _ => connections(plan, &view),
        });
    }
    let judgement = Judgement {
        total: view.end - view.client.first_sent(),
        rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
        checks,
        extra: figures(&view),
        ..Judgement::default()
    };
    match formula(plan).filter(|_| plan.is_clean()) {
        Some((text, value)) => judgement.formula(text, value),
        None => judgement,
    }
}

/// What the checks look at.
struct View<'a> {
    recording: &'a Recording,
    client: HostView<'a>,
    server: HostView<'a>,
    answered: u64,
    /// When and how a request failed, as its application was told.
    failed: Option<(SimTime, &'a str)>,
    /// The client's last byte, or the failure.
    end: SimTime,
}

impl<'a> View<'a> {
    fn of(recording: &'a Recording) -> Self {
        let client = HostView::named(recording, "client");
        let (mut answered, mut failed) = (0, None);
        for entry in &recording.entries {
            let Event::App(_, event) = &entry.event else {
                continue;
            };
            match &**event {
                AppEvent::Response { error: None, .. } => answered += 1,
                AppEvent::Response {
                    error: Some(error), ..
                } => failed = Some((entry.at, error.as_str())),
                _ => {}
            }
        }
        let timed_out = client
            .first_error()
            .filter(|(_, error)| *error == SocketError::TimedOut);
        let end = failed
            .map(|(at, _)| at)
            .or(timed_out.map(|(at, _)| at))
            .or(client.last_read());
        Self {
            recording,
            client,
            server: HostView::named(recording, "server"),
            answered,
            failed,
            end: end.unwrap_or(recording.end()),
        }
    }

    /// How the client's first connection to fail did so.
    fn errno(&self) -> &'static str {
        self.client
            .first_error()
            .map_or("none", |(_, error)| error.errno())
    }

    fn failure(&self) -> &'a str {
        self.failed.map_or("none", |(_, error)| error)
    }

    /// Frames of the client's that left again by a mechanism.
    fn sent_again(&self, by: Mechanism) -> Vec<(SimTime, FrameId)> {
        let again = self.client.sockets();
        again
            .filter_map(|(at, _, event)| match event {
                SocketEvent::Segment {
                    frame,
                    again: Some(mechanism),
                    ..
                } if *mechanism == by => Some((at, *frame)),
                _ => None,
            })
            .collect()
    }
}

fn answers(plan: &Plan) -> u64 {
    match plan.variant() {
        "per-request" | "persistent" => plan.count("requests"),
        "idle-race" if plan.text("method") == "POST" => 1,
        "probe-dead-peer" | "nat-timeout" => 1,
        _ => 2,
    }
}

fn connections(plan: &Plan, view: &View<'_>) -> Vec<Check> {
    let expected = match plan.variant() {
        "per-request" => plan.count("requests"),
        _ => 1,
    };
    let opened = Traffic::of(view.recording).connections;
    vec![expect("connections opened", expected, opened)]
}

/// The request meets FIN, and then RST; a safe method goes on a new connection, another is never sent again.
fn race(plan: &Plan, view: &View<'_>) -> Vec<Check> {
    let method = plan.text("method");
    let closed_at = view
        .server
        .sent()
        .find(|seen| seen.tcp.header.fin())
        .map(|seen| seen.at);
    let meeting = closed_at.map_or(SimTime::MAX, |at| at + plan.span("rtt") / 2);
    let (starts, safe) = (format!("{method} /object/1 "), method == "GET");
    let copies: Vec<_> = view
        .client
        .sent()
        .filter(|seen| seen.tcp.payload.starts_with(starts.as_bytes()))
        .collect();
    let carriers: BTreeSet<_> = copies.iter().map(|seen| seen.tcp.source).collect();
    let under_way = copies
        .first()
        .is_some_and(|seen| seen.at < meeting && meeting < seen.at + plan.span("rtt"));
    let reset = view.server.sent().any(|seen| seen.tcp.header.rst());
    let told = if safe {
        "none"
    } else {
        "connection closed before message completed"
    };
    vec![
        expect("the FIN meets the request under way", true, under_way),
        expect("the server answers the request with RST", true, reset),
        expect(
            "connections that carried the request",
            1 + u64::from(safe),
            carriers.len(),
        ),
        expect(
            "connections opened",
            1 + u64::from(safe),
            Traffic::of(view.recording).connections,
        ),
        expect("what the application is told", told, view.failure()),
    ]
}

/// Probes after idle and every interval, each one below the next sequence number, then `ETIMEDOUT`.
fn dead_peer(plan: &Plan, view: &View<'_>) -> Vec<Check> {
    let keep_alive = keep_alive(plan);
    let heard = view.client.last_read().unwrap_or_default();
    let probes = view.sent_again(Mechanism::KeepAlive);
    let expected: Vec<_> = (0..u64::from(keep_alive.count))
        .map(|probe| keep_alive.idle + keep_alive.interval * probe)
        .collect();
    let seen: Vec<_> = probes.iter().map(|(at, _)| *at - heard).collect();
    vec![
        expect(
            "probes after the last answer",
            shown(&expected),
            shown(&seen),
        ),
        expect(
            "probes with the sequence number before the next",
            seen.len(),
            below_next(view),
        ),
        expect(
            "the application's error",
            SocketError::TimedOut.errno(),
            view.errno(),
        ),
    ]
}

/// Probes without data whose sequence number is one below the next, as the peer's last ACK has it. Wireshark
/// marks those as `tcp.analysis.keep_alive`.
fn below_next(view: &View<'_>) -> usize {
    let frames: Vec<_> = view
        .sent_again(Mechanism::KeepAlive)
        .into_iter()
        .map(|(_, frame)| frame)
        .collect();
    let acknowledged = view
        .client
        .received()
        .filter(|seen| seen.tcp.header.ack())
        .last()
        .map(|seen| seen.tcp.header.acknowledgment_number());
    view.client
        .sent()
        .filter(|seen| frames.contains(&seen.frame.id))
        .filter(|seen| {
            seen.tcp.sequence_len() == 0
                && Some(seen.tcp.header.sequence_number().wrapping_add(1)) == acknowledged
        })
        .count()
}

/// Nothing passes any more: the request is sent again and again, until the client gives up.
fn forgotten(plan: &Plan, view: &View<'_>) -> Vec<Check> {
    let second = second_request(view);
    let sent = view.client.sent().filter(|seen| seen.at >= second).count();
    let dropped = drops(view.recording, DropCause::FlowForgotten).count();
    let retries = retransmissions(view).len();
    let patience = Patience::of(&plan.client(), plan.span("rtt"));
    let expected = patience.map_or(plan.client().data_retries, |patience| patience.retries);
    vec![
        expect(
            "frames dropped of those that follow the pause",
            sent,
            dropped,
        ),
        expect("retransmissions by timeout", expected, retries),
        backoff(view),
        expect(
            "the application's error",
            SocketError::TimedOut.errno(),
            view.errno(),
        ),
    ]
}

/// When the second request left again because the retransmission timer expired.
fn retransmissions(view: &View<'_>) -> Vec<SimTime> {
    let second = second_request(view);
    let again = view.sent_again(Mechanism::Rto).into_iter();
    again.map(|(at, _)| at).filter(|at| *at >= second).collect()
}

/// The waits from one retransmission to the next, and from the last to the end: each twice the one before, up
/// to the longest that the stack knows (RFC 6298 section 5.5).
fn backoff(view: &View<'_>) -> Check {
    let mut moments = retransmissions(view);
    moments.push(view.end);
    let waits: Vec<_> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let (first, longest) = (waits.first().copied(), waits.last().copied());
    let expected: Vec<_> = std::iter::successors(first, |wait| Some(*wait * 2))
        .map(|wait| longest.map_or(wait, |longest| wait.min(longest)))
        .take(waits.len())
        .collect();
    let claim = "waits between retransmissions double, up to the longest";
    expect(claim, shown(&expected), shown(&waits))
}

fn kept(plan: &Plan, view: &View<'_>) -> Vec<Check> {
    let dropped = drops(view.recording, DropCause::FlowForgotten).count();
    let probes = view.sent_again(Mechanism::KeepAlive).len() as u64;
    let round = keep_alive(plan).idle + plan.span("rtt");
    // The last probe leaves before the second request, whose moment belongs to the request.
    let expected = plan.span("pause").saturating_sub(Span::from_nanos(1)) + plan.span("rtt");
    vec![
        expect("frames dropped as forgotten", 0, dropped),
        expect(
            "probes during the pause",
            expected.as_nanos() / round.as_nanos(),
            probes,
        ),
    ]
}

/// When the client's application wrote for the second time.
fn second_request(view: &View<'_>) -> SimTime {
    let mut writes = view
        .client
        .sockets()
        .filter(|(_, _, event)| matches!(event, SocketEvent::AppWrite { .. }));
    writes.nth(1).map_or(SimTime::MAX, |(at, _, _)| at)
}

fn shown(times: &[Span]) -> String {
    let texts: Vec<_> = times.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

fn figures(view: &View<'_>) -> BTreeMap<String, Value> {
    let traffic = Traffic::of(view.recording);
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let per_request = |count: u64| match view.answered {
        0 => Value::Null,
        answered => json!(count as f64 / answered as f64),
    };
    let stall = view.failed.map(|(at, _)| at.since(second_request(view)));
    [
        ("frames_per_request", per_request(traffic.frames)),
        ("bytes_per_request", per_request(traffic.bytes)),
        ("probes", json!(view.sent_again(Mechanism::KeepAlive).len())),
        ("stall_ms", json!(stall.map(Span::as_millis_f64))),
        ("error", json!(view.failed.map(|(_, error)| error))),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}
