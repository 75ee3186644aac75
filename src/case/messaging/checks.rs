//! What the recording of one carrier must show: when messages came, and what they cost.

use std::collections::{BTreeMap, BTreeSet};

use super::closed::Path;
use super::resources::{Capacity, Footprint, Load};
use super::schedule::settling;
use super::seen::{Fate, Seen};
use super::variants::Carrier;
use super::{calm, report, tables};
use crate::case::transfer::MSS;
use crate::case::{Judgement, Plan, expect};
use crate::measure::account::Window;
use crate::measure::{Check, HostView};
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
        window: window(recording, &seen.down),
        rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
        checks: vec![
            delivered("the server's messages", &seen.down),
            delivered("the clients' messages", &seen.up),
        ],
        tables: tables::all(plan, path, &seen, load),
        constraint: Some(load.constraint(plan.count("message_rate"), plan.count("clients"))),
        extra: report::figures(&seen),
        ..Judgement::default()
    };
    report::claims(&mut judgement, plan, path, &seen);
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
/// time, and no message waits for a window.
fn is_exact(plan: &Plan, path: Path, seen: &Seen) -> bool {
    let fit = |fates| fit_windows(plan, path, fates);
    calm(plan) && !plan.is_on("cpu") && fit(&seen.down) && fit(&seen.up)
}

/// Whether all that one client is told, or says, until the first of it is acknowledged fits the first window, in bytes
/// and, since each message may be a segment of its own, in segments.
pub(super) fn fit_windows(plan: &Plan, path: Path, fates: &[Fate]) -> bool {
    let (client, server) = (plan.client(), plan.server());
    let segments = client.initial_window.min(server.initial_window) as usize;
    let bytes = client.first_window(MSS).min(server.first_window(MSS));
    let acknowledged = path.rtt() * 2;
    let mut by_client: BTreeMap<u32, Vec<&Fate>> = BTreeMap::new();
    for fate in fates {
        by_client.entry(fate.client).or_default().push(fate);
    }
    let fits = |fates: &[&Fate]| {
        let end = fates[0].accepted + acknowledged;
        let together = fates.partition_point(|fate| fate.accepted < end);
        let sum: u64 = fates[..together].iter().map(|fate| fate.bytes).sum();
        together <= segments && sum + HEAD + plan.count("header_bytes") <= bytes
    };
    let all_fit = |fates: &Vec<&Fate>| (0..fates.len()).all(|place| fits(&fates[place..]));
    by_client.values().all(all_fit)
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

/// The account is that of the slowest message to a client.
pub(super) fn window(recording: &Recording, fates: &[Fate]) -> Option<Window> {
    let slowest = fates
        .iter()
        .max_by_key(|fate| (fate.latency(), std::cmp::Reverse(fate.id)))?;
    Some(Window {
        host: HostView::named(recording, "client").id(),
        from: slowest.accepted,
        until: slowest.accepted + slowest.latency()?,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_headers_are_2_4_or_10_bytes_long() {
        let lengths = [0, 125, 126, 65_535, 65_536].map(frame_header);
        assert_eq!(lengths, [2, 2, 4, 4, 10]);
    }
}
