//! What the recording of one carrier must show: when messages came, and what they cost.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::closed::Path;
use super::resources::{Capacity, Footprint, Load, each};
use super::schedule::settling;
use super::seen::{Fate, Seen, percentile};
use super::variants::Carrier;
use super::{calm, tables};
use crate::case::transfer::MSS;
use crate::case::{Judgement, Plan, expect};
use crate::measure::Check;
use crate::record::Recording;
use crate::units::Span;

/// Times that differ by less are the same: the transport counts microseconds.
const TOLERANCE: Span = Span::from_micros(1);

/// Bytes that an answer has at most besides its messages.
const HEAD: u64 = 256;

/// Holds a recording against the closed forms and the claims of its carrier.
pub(super) fn judge(plan: &Plan, recording: &Recording) -> Judgement {
    let seen = Seen::of(recording, settling(plan));
    let path = Path::of(plan);
    let load = Load {
        footprint: Footprint::of(
            path,
            &seen.while_down,
            &seen,
            seen.sockets.held,
            plan.count("clients"),
        ),
        capacity: Capacity::of(plan),
    };
    let mut judgement = Judgement {
        total: slowest(&seen.down),
        rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
        checks: vec![
            delivered("the server's messages", &seen.down),
            delivered("the clients' messages", &seen.up),
        ],
        tables: tables::all(plan, path, &seen, load),
        constraint: Some(load.constraint(plan.count("message_rate"), plan.count("clients"))),
        extra: figures(&seen),
        ..Judgement::default()
    };
    claims(&mut judgement, plan, path, &seen);
    if !is_exact(plan, path, &seen) {
        return judgement;
    }
    judgement.checks.extend(times(plan, path, &seen));
    judgement.checks.extend(costs(plan, path, &seen));
    let follow = plan.span("follow");
    let value = path.down(&seen.down).into_iter().max().unwrap_or_default();
    judgement.formula(path.words(follow), value)
}

/// Whether closed forms hold: nothing on the path depends on chance, a rate or a script, the server computes in no
/// time, and whatever is said to a client within an answer and its way fits the first window.
fn is_exact(plan: &Plan, path: Path, seen: &Seen) -> bool {
    let window = plan
        .server()
        .first_window(MSS)
        .min(plan.client().first_window(MSS));
    let fits = |fates: &[Fate]| {
        let mut by_client: BTreeMap<u32, Vec<&Fate>> = BTreeMap::new();
        for fate in fates {
            by_client.entry(fate.client).or_default().push(fate);
        }
        by_client.values().all(|fates| {
            fates.iter().enumerate().all(|(place, first)| {
                let together = fates[place..]
                    .iter()
                    .take_while(|fate| fate.accepted <= first.accepted + path.rtt() * 2);
                let bytes: u64 = together.map(|fate| fate.bytes + 64).sum();
                bytes + HEAD + plan.count("header_bytes") <= window
            })
        })
    };
    calm(plan) && !plan.is_on("cpu") && fits(&seen.down) && fits(&seen.up)
}

fn delivered(whose: &str, fates: &[Fate]) -> Check {
    let once = fates
        .iter()
        .filter(|fate| fate.delivered.len() == 1)
        .count();
    expect(
        &format!("{whose} that came exactly once"),
        fates.len(),
        once,
    )
}

/// The longest time that a message took.
pub(super) fn slowest(fates: &[Fate]) -> Span {
    latencies(fates).into_iter().max().unwrap_or_default()
}

/// How long messages took, those that came.
pub(super) fn latencies(fates: &[Fate]) -> Vec<Span> {
    fates.iter().filter_map(Fate::latency).collect()
}

/// Messages that took another time than the closed form says.
pub(super) fn astray(fates: &[Fate], expected: &[Span]) -> usize {
    let differs = |(fate, expected): (&Fate, &Span)| {
        fate.latency()
            .is_none_or(|latency| latency.abs_diff(*expected) > TOLERANCE)
    };
    std::iter::zip(fates, expected)
        .filter(|pair| differs(*pair))
        .count()
}

/// When messages came.
fn times(plan: &Plan, path: Path, seen: &Seen) -> Vec<Check> {
    let follow = plan.span("follow");
    let second = seen.down.get(1).and_then(Fate::latency);
    let second = second.map_or_else(|| "never".to_owned(), |latency| latency.to_string());
    vec![
        expect(
            "server's messages that took another time than the closed form",
            0,
            astray(&seen.down, &path.down(&seen.down)),
        ),
        expect(
            "clients' messages that took another time than the closed form",
            0,
            astray(&seen.up, &path.up(&seen.up)),
        ),
        expect(
            &format!("the message {follow} after one that was answered takes"),
            path.second(follow),
            second,
        ),
    ]
}

/// What messages cost in requests, handshakes, sockets and bytes.
fn costs(plan: &Plan, path: Path, seen: &Seen) -> Vec<Check> {
    let (carrier, clients) = (path.carrier, plan.count("clients"));
    let answers = if carrier.polls() {
        answers(path, &seen.down)
    } else {
        0
    };
    let writers = seen
        .up
        .iter()
        .map(|fate| fate.client)
        .collect::<BTreeSet<_>>()
        .len() as u64;
    let (down, up) = match carrier {
        Carrier::WebSocket => (0, 0),
        _ if carrier.keeps_connections() => (0, writers),
        _ => (answers, seen.up.len() as u64),
    };
    let mut checks = vec![
        expect(
            "requests while the server's messages come",
            answers,
            seen.while_down.answers,
        ),
        expect(
            "handshakes while the server's messages come",
            down,
            seen.while_down.up.syns,
        ),
        expect(
            "handshakes while the clients' messages come",
            up,
            seen.while_up.up.syns,
        ),
        expect(
            "ports at the client",
            clients + down + up,
            seen.sockets.ports,
        ),
    ];
    if carrier.keeps_connections() {
        checks.push(expect(
            "connections held at the server",
            clients + up,
            seen.sockets.held,
        ));
    }
    checks.extend(framing(carrier, seen));
    checks
}

/// Answers that the messages take: those that come together share one.
fn answers(path: Path, fates: &[Fate]) -> u64 {
    let latencies = path.down(fates);
    let moments = std::iter::zip(fates, latencies)
        .map(|(fate, latency)| (fate.client, fate.accepted + latency));
    moments.collect::<BTreeSet<_>>().len() as u64
}

/// Bytes that frames and events add to the texts.
fn framing(carrier: Carrier, seen: &Seen) -> Vec<Check> {
    let added = |fates: &[Fate], payload: u64| {
        payload.saturating_sub(fates.iter().map(|fate| fate.bytes).sum())
    };
    let sum = |fates: &[Fate], of: fn(&Fate) -> u64| fates.iter().map(of).sum::<u64>();
    let (down, up) = (&seen.down, &seen.up);
    match carrier {
        Carrier::WebSocket => vec![
            expect(
                "bytes of frame headers down (RFC 6455: 2, 4 or 10 each)",
                sum(down, |fate| frame_header(fate.bytes)),
                added(down, seen.while_down.down.payload),
            ),
            expect(
                "bytes of frame headers up (4 more each: the mask)",
                sum(up, |fate| frame_header(fate.bytes) + 4),
                added(up, seen.while_up.up.payload),
            ),
        ],
        Carrier::Sse => vec![expect(
            "bytes of event fields and chunk framing down",
            sum(down, event_framing),
            added(down, seen.while_down.down.payload),
        )],
        Carrier::LongPolling { .. } => Vec::new(),
    }
}

/// Bytes of a frame's header (RFC 6455 section 5.2), without a mask.
pub(super) const fn frame_header(bytes: u64) -> u64 {
    match bytes {
        0..126 => 2,
        126..65_536 => 4,
        _ => 10,
    }
}

/// What an event adds to its text: the fields `id` and `data`, a blank line, and the chunk around them.
fn event_framing(fate: &Fate) -> u64 {
    let fields = "id: \ndata: \n\n".len() + fate.id.0.to_string().len();
    let event = fields as u64 + fate.bytes;
    let chunk = format!("{event:x}\r\n\r\n").len();
    (fields + chunk) as u64
}

fn claims(judgement: &mut Judgement, plan: &Plan, path: Path, seen: &Seen) {
    let (messages, clients) = (seen.down.len() as u64, plan.count("clients"));
    let Seen {
        opening,
        while_down,
        ..
    } = seen;
    let per = |sum: u64| super::resources::short(each(sum, messages));
    let packets = format!(
        "{} handshakes, {} requests, {} frames and {} B for each message; {} frames and {} B to open a session",
        per(while_down.up.syns),
        per(while_down.answers),
        per(while_down.down.frames + while_down.up.frames),
        per(while_down.down.bytes + while_down.up.bytes),
        super::resources::short(each(opening.down.frames + opening.up.frames, clients)),
        super::resources::short(each(opening.down.bytes + opening.up.bytes, clients)),
    );
    let why = match path.carrier {
        Carrier::LongPolling { keep_alive: true } => {
            "each answer uses up the request that waited for it, so each takes a request with all its header fields; \
            only the handshake is paid once for each connection"
        }
        Carrier::LongPolling { keep_alive: false } => {
            "each answer uses up its connection, so each takes a handshake and a request: all costs are costs of a message"
        }
        Carrier::Sse => {
            "the server's messages need no request any more: what is left is an event's framing, and the request is paid once for \
            each session; the other way each message is a request"
        }
        Carrier::WebSocket => {
            "one request upgrades the connection; after that a message is a frame of 2 to 14 bytes and its text, both ways"
        }
    };
    judgement.claim(
        "the connection's cost moves from each message to each session",
        packets,
        why,
    );
    if !path.carrier.keeps_connections() {
        judgement.claim(
            "a server has 28,000 ports for its clients",
            format!(
                "{} ports were used at the client's one address, one at the server; {} of its connections ended in TIME-WAIT",
                seen.sockets.ports, seen.sockets.server_waits
            ),
            "the server's port is the same for all; what runs out are the 28,232 ephemeral ports (32768 to 60999) of one client address \
             towards one server endpoint",
        );
    }
}

fn figures(seen: &Seen) -> BTreeMap<String, Value> {
    let ms = |fates: &[Fate], percent| {
        json!(percentile(&latencies(fates), percent).map(Span::as_millis_f64))
    };
    let messages = seen.down.len() as u64;
    let (down, up) = (seen.while_down, seen.while_up);
    let sent = seen.up.len() as u64;
    [
        ("messages", json!(messages)),
        ("uploads", json!(sent)),
        ("down_p50_ms", ms(&seen.down, 50)),
        ("down_p99_ms", ms(&seen.down, 99)),
        ("up_p50_ms", ms(&seen.up, 50)),
        ("up_p99_ms", ms(&seen.up, 99)),
        ("requests_per_message", json!(each(down.answers, messages))),
        (
            "handshakes_per_message",
            json!(each(down.up.syns, messages)),
        ),
        (
            "frames_per_message",
            json!([
                each(down.down.frames, messages),
                each(down.up.frames, messages)
            ]),
        ),
        (
            "bytes_per_message",
            json!([
                each(down.down.bytes, messages),
                each(down.up.bytes, messages)
            ]),
        ),
        ("handshakes_per_upload", json!(each(up.up.syns, sent))),
        (
            "frames_per_upload",
            json!([each(up.down.frames, sent), each(up.up.frames, sent)]),
        ),
        (
            "bytes_per_upload",
            json!([each(up.down.bytes, sent), each(up.up.bytes, sent)]),
        ),
        ("sockets_at_server", json!(seen.sockets.held)),
        ("time_wait_at_server", json!(seen.sockets.server_waits)),
        ("time_wait_at_client", json!(seen.sockets.client_waits)),
        ("ports_at_client", json!(seen.sockets.ports)),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_headers_are_2_4_or_10_bytes_long() {
        let lengths = [0, 125, 126, 65_535, 65_536].map(frame_header);
        assert_eq!(lengths, [2, 2, 4, 4, 10]);
    }
}
