//! What is said of one carrier beside its packets, and its figures for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::checks::latencies;
use super::closed::Path;
use super::resources::each;
use super::seen::{Fate, Seen, Traffic, percentile};
use super::tables::{millis, short};
use super::variants::Carrier;
use crate::case::{Judgement, Plan};
use crate::host::EPHEMERAL;
use crate::units::Span;

/// What is said of the scenario, beside the packets.
pub(super) fn claims(judgement: &mut Judgement, plan: &Plan, path: Path, seen: &Seen) {
    let (messages, clients) = (seen.down.len() as u64, plan.count("clients"));
    let Seen {
        opening,
        while_down,
        ..
    } = seen;
    let per = |sum: u64| short(each(sum, messages));
    let packets = format!(
        "{} handshakes, {} requests, {} frames and {} B for each message; {} frames and {} B to open a session",
        per(while_down.up.syns),
        per(while_down.answers),
        per(while_down.down.frames + while_down.up.frames),
        per(while_down.down.bytes + while_down.up.bytes),
        short(each(opening.down.frames + opening.up.frames, clients)),
        short(each(opening.down.bytes + opening.up.bytes, clients)),
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
    let own = own_claim(plan, path, seen);
    judgement.claim(own[0].as_str(), own[1].as_str(), own[2].as_str());
    if !path.carrier.keeps_connections() {
        judgement.claim(
            "a server has 28,000 ports for its clients",
            format!(
                "{} ports were used at the client's one address, one at the server; {} of its connections ended in TIME-WAIT",
                seen.sockets.ports, seen.sockets.server_waits
            ),
            format!(
                "the server's port is the same for all; what runs out are the {} ephemeral ports ({} to {}) of one client address \
                 towards one server endpoint",
                EPHEMERAL.count(),
                EPHEMERAL.start(),
                EPHEMERAL.end(),
            ),
        );
    }
}

/// What is said of one carrier only: the saying, the packets, and why.
fn own_claim(plan: &Plan, path: Path, seen: &Seen) -> [String; 3] {
    let (down, up) = (seen.down.len() as u64, seen.up.len() as u64);
    let all = |traffic: &Traffic, count| short(each(traffic.down.bytes + traffic.up.bytes, count));
    match path.carrier {
        Carrier::LongPolling { .. } => {
            let latencies = latencies(&seen.down);
            let late = latencies.iter().filter(|latency| **latency > path.down).count() as u64;
            [
                "long polling is as fast as a stream",
                &format!(
                    "{} % of the messages found no poll waiting; half took up to {} ms, the slowest {} ms",
                    short(each(late, down) * 100.0),
                    millis(percentile(&latencies, 50)),
                    millis(percentile(&latencies, 100)),
                ),
                &format!(
                    "it is while a poll waits, which takes 1 delay; for {} after an answer none does, and a message of that time \
                     takes up to {} (RFC 6202 section 2.2)",
                    path.gap(),
                    path.gap() + path.down,
                ),
            ]
            .map(str::to_owned)
        }
        Carrier::Sse => [
            "server-sent events do what WebSocket does".to_owned(),
            format!(
                "a message down took {} B of frames, one up {} B and a request; the first of a client a handshake, too",
                all(&seen.while_down, down),
                all(&seen.while_up, up),
            ),
            "the stream goes one way: what a client has to say is a POST with all its header fields, on a second connection".to_owned(),
        ],
        Carrier::WebSocket => {
            let added = |fates: &[Fate], payload: u64| {
                let texts: u64 = fates.iter().map(|fate| fate.bytes).sum();
                short(each(payload.saturating_sub(texts), fates.len() as u64))
            };
            [
                "WebSocket adds 2 to 10 bytes to a message down, and 4 more up".to_owned(),
                format!(
                    "{} B down and {} B up for texts of {}; with TCP, IP, Ethernet and acknowledgments {} B and {} B for both",
                    added(&seen.down, seen.while_down.down.payload),
                    added(&seen.up, seen.while_up.up.payload),
                    plan.text("bytes"),
                    all(&seen.while_down, down),
                    all(&seen.while_up, up),
                ),
                "a header is 2 bytes, 4 from 126 bytes of text on and 10 from 65,536 on; a client's has a mask of 4 besides (RFC 6455 \
                 sections 5.2, 5.3); the headers below it are far longer than it"
                    .to_owned(),
            ]
        }
    }
}

/// Figures that only this case has.
pub(super) fn figures(seen: &Seen) -> BTreeMap<String, Value> {
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
