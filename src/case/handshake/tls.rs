//! `tls12`, `tls13`, `tls13-0rtt`: when the first byte of a request may leave, with real TLS on the connection.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::transfer::{MSS, slow_start_rounds};
use super::{Judgement, Plan, expect};
use crate::app::tls::{Terms, Version};
use crate::event::{AppEvent, Event, Layer, SocketEvent, SocketId};
use crate::measure::HostView;
use crate::measure::account::Window;
use crate::record::Recording;
use crate::units::SimTime;

/// An upper bound of what the server's flight has besides certificates, in bytes: the other handshake messages
/// (RFC 8446 section 2) and the headers of their records.
const FLIGHT: u64 = 600;

/// The terms of a variant, if it speaks TLS.
pub(super) fn terms(variant: &str) -> Option<Terms> {
    let version = match variant {
        "tls12" => Version::Tls12,
        "tls13" | "tls13-0rtt" => Version::Tls13,
        _ => return None,
    };
    Some(Terms {
        version,
        early_data: variant == "tls13-0rtt",
        alpn: &["http/1.1"],
    })
}

/// Round trips before the first byte of a request leaves, TCP's own included.
const fn round_trips(terms: Terms) -> u64 {
    match terms.version {
        Version::Tls12 => 3,
        Version::Tls13 if terms.early_data => 1,
        Version::Tls13 => 2,
    }
}

/// Judges a variant.
pub(super) fn judge(plan: &Plan, recording: &Recording, terms: Terms) -> Judgement {
    let measured = Measured::of(recording);
    let rtt = plan.span("rtt");
    let after = |at: Option<SimTime>| at.map(|at| at - measured.start);
    let mut judgement = Judgement {
        total: after(measured.answered).unwrap_or_default(),
        window: measured.window(recording),
        rtt: plan.span("jitter").is_zero().then_some(rtt),
        extra: measured.figures(),
        ..Judgement::default()
    };
    judgement.checks.push(expect(
        "the request was answered",
        true,
        measured.answered.is_some(),
    ));
    if !plan.is_clean() {
        return judgement;
    }
    let (trips, rounds) = (round_trips(terms), flight_rounds(plan, terms));
    let before = trips + rounds - 1;
    judgement.checks.push(expect(
        &format!("the first byte of the request leaves after {before} RTT"),
        rtt * before,
        after(measured.request_left).map_or_else(|| "never".to_owned(), |span| span.to_string()),
    ));
    judgement.cause = Some("the server's flight exceeds its first congestion window".to_owned());
    let handshake = match trips {
        1 => "0 RTT (TLS 1.3 early data)",
        2 => "1 RTT (TLS 1.3)",
        _ => "2 RTT (TLS 1.2)",
    };
    let more = match rounds {
        1 => String::new(),
        _ => format!(
            " + {} RTT (the certificates exceed the first window)",
            rounds - 1
        ),
    };
    let text = format!("1 RTT (connect) + {handshake}{more} + 1 RTT (request)");
    judgement.formula(text, rtt * (before + 1))
}

/// Rounds that the server's first flight takes; a resumed session has no certificates in it.
fn flight_rounds(plan: &Plan, terms: Terms) -> u64 {
    if terms.early_data {
        return 1;
    }
    let flight = plan.bytes("certificates") + FLIGHT;
    slow_start_rounds(flight, plan.server().first_window(MSS)).max(1)
}

/// What the client's last connection did.
struct Measured {
    start: SimTime,
    connected: Option<SimTime>,
    request_left: Option<SimTime>,
    answered: Option<SimTime>,
}

impl Measured {
    /// The account is of the last connection; one before it got the ticket.
    fn window(&self, recording: &Recording) -> Option<Window> {
        Some(Window {
            host: HostView::named(recording, "client").id(),
            from: self.start,
            until: self.answered?,
        })
    }

    fn of(recording: &Recording) -> Self {
        let client = HostView::named(recording, "client");
        let opened = client
            .sockets()
            .filter(|(_, _, event)| matches!(event, SocketEvent::Opened(_)))
            .last();
        let (start, socket) =
            opened.map_or((SimTime::ZERO, None), |(at, socket, _)| (at, Some(socket)));
        let first = socket.and_then(|socket| request_start(recording, socket));
        Self {
            start,
            connected: client.sockets().find_map(|(at, of, event)| {
                (Some(of) == socket && super::is_established(event)).then_some(at)
            }),
            request_left: first.and_then(|first| {
                client.sockets().find_map(|(at, of, event)| {
                    (Some(of) == socket && carries(event, first)).then_some(at)
                })
            }),
            answered: recording
                .entries
                .iter()
                .rev()
                .find_map(|entry| match &entry.event {
                    Event::App(_, event) if is_answer(event) => Some(entry.at),
                    _ => None,
                }),
        }
    }

    fn figures(&self) -> BTreeMap<String, Value> {
        let ms = |at: Option<SimTime>| json!(at.map(|at| (at - self.start).as_millis_f64()));
        [
            ("connect_ms".to_owned(), ms(self.connected)),
            ("req_first_byte_left_ms".to_owned(), ms(self.request_left)),
        ]
        .into()
    }
}

/// Offset of the request in the TCP stream of `socket`, as the client's application tells it.
fn request_start(recording: &Recording, socket: SocketId) -> Option<u64> {
    recording
        .entries
        .iter()
        .find_map(|entry| match &entry.event {
            Event::App(_, event) => match &**event {
                AppEvent::Bytes {
                    socket: of,
                    layer: Layer::Transport,
                    response: false,
                    range,
                    ..
                } if *of == socket => Some(range.start),
                _ => None,
            },
            _ => None,
        })
}

/// Whether a segment has the byte at `offset`.
fn carries(event: &SocketEvent, offset: u64) -> bool {
    matches!(event, SocketEvent::Segment { offset: first, len, .. }
        if *first <= offset && offset < first + u64::from(*len))
}

fn is_answer(event: &AppEvent) -> bool {
    matches!(event, AppEvent::Response { status: 200, .. })
}
