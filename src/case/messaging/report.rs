//! What is said of one carrier beside its packets, and its figures for programs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::checks::latencies;
use super::closed::Path;
use super::resources::each;
use super::seen::{Fate, Seen, percentile};
use super::tables::short;
use super::variants::Carrier;
use crate::case::{Judgement, Plan};
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
