//! `quic`, `quic-0rtt`: when the first byte of a request may leave over QUIC, and what a long chain of certificates
//! costs a server that does not know yet whether the client is where it says.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::transfer::slow_start_rounds;
use super::{Judgement, Plan, expect};
use crate::app::tls::{Terms, Version};
use crate::event::{AppEvent, ByteRange, QuicFrame, QuicPacket, QuicPacketKind};
use crate::measure::account::Window;
use crate::measure::{Check, HostView, QuicCarriers, Table};
use crate::record::Recording;
use crate::units::{SimTime, Span};
use crate::wire::Frame;
use crate::wire::packet::UdpView;

/// A server may send so many times what it was sent until it knows the client's address (RFC 9000 section 8.1).
const AMPLIFICATION: u64 = 3;

/// Messages of the server's TLS handshake after `ServerHello`, certificates left out, in bytes (RFC 8446 section 4).
const MESSAGES: u64 = 289;

/// What of them a full packet of 1,200 B carries; the first has to share its datagram with `ServerHello`.
const IN_PACKET: u64 = 1_153;

/// What the server may send at once: three times the client's first flight, which is one datagram of 1,200 B, the
/// smallest that is allowed (RFC 9000 section 14.1).
const AT_ONCE: u64 = 1_012 + 2 * IN_PACKET;

/// The packets of quinn's first congestion window: ten of 1,200 B (RFC 9002 section 7.2), and the one that exceeds it.
const FIRST_WINDOW: u64 = 11 * IN_PACKET;

/// The terms of a variant, if it speaks QUIC.
pub(super) fn terms(variant: &str) -> Option<Terms> {
    let early_data = match variant {
        "quic" => false,
        "quic-0rtt" => true,
        _ => return None,
    };
    Some(Terms {
        version: Version::Tls13,
        early_data,
        alpn: &["h3"],
    })
}

/// Judges a variant.
pub(super) fn judge(plan: &Plan, recording: &Recording, terms: Terms) -> Judgement {
    let measured = Measured::of(recording);
    let rtt = plan.span("rtt");
    let mut judgement = Judgement {
        total: measured.after(measured.ended).unwrap_or_default(),
        window: measured.window(recording),
        rtt: plan.span("jitter").is_zero().then_some(rtt),
        tables: vec![measured.flights(recording)],
        extra: measured.figures(),
        ..Judgement::default()
    };
    judgement
        .checks
        .push(expect("the request was answered", true, measured.answered));
    if !plan.is_clean() {
        return judgement;
    }
    let before = if terms.early_data {
        0
    } else {
        handshake_rounds(plan.bytes("certificates"))
    };
    judgement.checks.push(measured.leaves(before, rtt));
    judgement.checks.push(expect(
        "bytes that the server sent before it knew the client's address, at most three times what it was sent",
        true,
        measured.unvalidated <= AMPLIFICATION * measured.first_flight,
    ));
    if before > 1 {
        judgement.checks.push(expect(
            "the server's flight pauses until the client's next one comes, after 1.5 RTT",
            rtt + rtt / 2,
            shown(measured.after(measured.resumed)),
        ));
    }
    say(&mut judgement, &measured, terms, before);
    judgement.cause = Some(
        "the certificates exceed the server's first congestion window too, and quinn paces what is beyond it (RFC 9002 \
         section 7.7)"
            .to_owned(),
    );
    let handshake = match before {
        0 => "0 RTT (early data)".to_owned(),
        1 => "1 RTT (QUIC and TLS 1.3 together)".to_owned(),
        _ => format!(
            "1 RTT (QUIC and TLS 1.3 together) + {} RTT (the certificates exceed three times the client's first \
             flight, what follows takes a slow start)",
            before - 1
        ),
    };
    judgement.formula(format!("{handshake} + 1 RTT (request)"), rtt * (before + 1))
}

/// What people say, and which component is the constraint.
fn say(judgement: &mut Judgement, measured: &Measured, terms: Terms, before: u64) {
    let (said, why) = match (terms.early_data, before) {
        (true, _) => (
            "QUIC with 0-RTT asks without a round trip",
            "it takes a ticket from a connection before, and a server that takes early data, which can be replayed",
        ),
        (false, 1) => (
            "QUIC connects in 1 RTT",
            "it does if the server's first flight fits into three times the client's first one",
        ),
        _ => (
            "QUIC connects in 1 RTT",
            "not with this chain: the server may not send more than three times what it was sent until it knows that \
             the client is where it says (RFC 9000 section 8.1)",
        ),
    };
    let left = measured.after(measured.request_left);
    let left = left.map_or(f64::NAN, Span::as_millis_f64);
    judgement.claim(said, format!("the request leaves after {left} ms"), why);
    judgement.constraint = Some(
        match before {
            0 => "the constraint is distance: only the request's own round trip is left; a nearer server relieves it",
            1 => "the constraint is distance: the handshake takes one round trip; early data (0-RTT) relieves it",
            _ => {
                "the constraint is the certificate chain: it exceeds what the server may send to an address that it does not know; a \
                 shorter chain relieves it"
            }
        }
        .to_owned(),
    );
}

fn shown(span: Option<Span>) -> String {
    span.map_or_else(|| "never".to_owned(), |span| span.to_string())
}

/// Rounds that the server's handshake takes with so many bytes of certificates.
fn handshake_rounds(certificates: u64) -> u64 {
    let left = (certificates + MESSAGES).saturating_sub(AT_ONCE);
    1 + slow_start_rounds(left, FIRST_WINDOW)
}

/// What the client's last connection did.
struct Measured {
    /// The first frame.
    start: SimTime,
    /// When the frame left that has the request's first byte.
    request_left: Option<SimTime>,
    /// When the client had the answer, or knew that there will be none.
    ended: Option<SimTime>,
    answered: bool,
    /// The client's first datagrams, in bytes of UDP.
    first_flight: u64,
    /// What the server sent before anything else came from the client, likewise.
    unvalidated: u64,
    /// When it sent the next certificates after that.
    resumed: Option<SimTime>,
    connection: u64,
}

impl Measured {
    /// The account is of the last connection; one before it got the ticket.
    fn window(&self, recording: &Recording) -> Option<Window> {
        Some(Window {
            host: HostView::named(recording, "client").id(),
            from: self.start,
            until: self.ended?,
        })
    }

    fn of(recording: &Recording) -> Self {
        let client = HostView::named(recording, "client");
        let server = HostView::named(recording, "server");
        let connection = client
            .quic()
            .last()
            .map_or(0, |(_, packet)| packet.connection);
        let [ours, theirs] = [client, server].map(|host| datagrams(recording, host, connection));
        let start = ours.first().map_or(SimTime::ZERO, |datagram| datagram.at);
        let mut heard: Vec<_> = server
            .quic()
            .filter(|(_, packet)| packet.connection == connection && !packet.sent)
            .map(|(at, _)| at)
            .collect();
        heard.dedup();
        let ends = client.apps().filter(|(_, event)| is_end(event));
        let end = ends.last();
        Self {
            start,
            request_left: first(&ours, start, asks),
            ended: end.map(|(at, _)| at),
            answered: end.is_some_and(|(_, event)| is_answer(event)),
            first_flight: bytes_until(&ours, start),
            unvalidated: heard
                .first()
                .map_or(0, |heard| bytes_until(&theirs, *heard)),
            resumed: heard
                .get(1)
                .and_then(|again| first(&theirs, *again, has_certificates)),
            connection,
        }
    }

    fn after(&self, at: Option<SimTime>) -> Option<Span> {
        at.map(|at| at - self.start)
    }

    /// When the request leaves: exactly, as long as the handshake fits into one congestion window after the client's
    /// address is known. Then quinn paces, and whole round trips are counted.
    fn leaves(&self, before: u64, rtt: Span) -> Check {
        let left = self.after(self.request_left);
        if before <= 2 {
            let claim = format!("the first byte of the request leaves after {before} RTT");
            return expect(&claim, rtt * before, shown(left));
        }
        let whole = left.and_then(|left| left.as_nanos().checked_div(rtt.as_nanos()));
        let seen = whole.map_or_else(|| "never".to_owned(), |whole| whole.to_string());
        expect(
            "whole round trips before the first byte of the request leaves",
            before,
            seen,
        )
    }

    fn figures(&self) -> BTreeMap<String, Value> {
        let left = self.after(self.request_left);
        [
            (
                "req_first_byte_left_ms".to_owned(),
                json!(left.map(Span::as_millis_f64)),
            ),
            ("first_flight_bytes".to_owned(), json!(self.first_flight)),
            ("unvalidated_bytes".to_owned(), json!(self.unvalidated)),
        ]
        .into()
    }

    /// The packets up to the first that carries a request.
    fn flights(&self, recording: &Recording) -> Table {
        let client = HostView::named(recording, "client").id();
        let until = self.request_left.unwrap_or(self.start);
        let hosts = ["client", "server"].map(|name| HostView::named(recording, name));
        let mut packets: Vec<_> = hosts
            .into_iter()
            .flat_map(HostView::quic)
            .filter(|(at, packet)| {
                packet.sent && packet.connection == self.connection && *at <= until
            })
            .collect();
        packets.sort_by_key(|(at, _)| *at);
        let row = |(at, packet): (SimTime, &QuicPacket)| {
            let from = if packet.socket.host == client {
                "client"
            } else {
                "server"
            };
            let ms = (at - self.start).as_millis_f64();
            vec![
                ms.to_string(),
                from.to_owned(),
                packet.to_string(),
                packet.length.to_string(),
            ]
        };
        Table {
            title: "Packets until the request leaves".to_owned(),
            columns: ["ms", "from", "packet", "bytes"].map(str::to_owned).into(),
            rows: packets.into_iter().map(row).collect(),
        }
    }
}

/// A datagram that a host sent.
struct Datagram<'a> {
    at: SimTime,
    bytes: u64,
    packets: Vec<&'a QuicPacket>,
}

/// The datagrams of a connection that a host sent.
fn datagrams<'a>(
    recording: &'a Recording,
    host: HostView<'a>,
    connection: u64,
) -> Vec<Datagram<'a>> {
    let carriers = QuicCarriers::of(recording);
    let of_connection = |(at, frame): (SimTime, &Frame)| {
        let mut packets = carriers.packets(frame.id).to_vec();
        packets.retain(|packet| packet.connection == connection);
        let bytes = UdpView::of(&frame.bytes)?.payload.len() as u64;
        (!packets.is_empty()).then_some(Datagram { at, bytes, packets })
    };
    host.frames_sent().filter_map(of_connection).collect()
}

/// When the first datagram left, not before `from`, of which `what` holds for a packet.
fn first(
    datagrams: &[Datagram<'_>],
    from: SimTime,
    what: impl Fn(&QuicPacket) -> bool,
) -> Option<SimTime> {
    let mut later = datagrams.iter().filter(|datagram| datagram.at >= from);
    later
        .find(|datagram| datagram.packets.iter().any(|packet| what(packet)))
        .map(|datagram| datagram.at)
}

fn bytes_until(datagrams: &[Datagram<'_>], until: SimTime) -> u64 {
    let early = datagrams.iter().filter(|datagram| datagram.at <= until);
    early.map(|datagram| datagram.bytes).sum()
}

/// Whether a packet carries the beginning of a request: streams that a client opens in both directions are 0, 4, 8, ...
/// (RFC 9000 section 2.1).
fn asks(packet: &QuicPacket) -> bool {
    let begins = |(stream, range): (u64, ByteRange)| stream.is_multiple_of(4) && range.start == 0;
    packet.sent && packet.streams().any(begins)
}

/// Whether a packet carries a part of the server's handshake after its first message.
fn has_certificates(packet: &QuicPacket) -> bool {
    let mut frames = packet.frames.iter();
    packet.kind == QuicPacketKind::Handshake
        && frames.any(|frame| matches!(frame, QuicFrame::Crypto(_)))
}

/// Whether a request ended, with an answer or without.
const fn is_end(event: &AppEvent) -> bool {
    matches!(event, AppEvent::Response { .. })
}

const fn is_answer(event: &AppEvent) -> bool {
    matches!(event, AppEvent::Response { status: 200, .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_take_a_round_more_once_they_exceed_what_may_be_sent_at_once() {
        assert_eq!(handshake_rounds(1_000), 1);
        assert_eq!(handshake_rounds(3_029), 1);
        assert_eq!(handshake_rounds(3_030), 2);
        assert_eq!(handshake_rounds(15_712), 2);
        assert_eq!(handshake_rounds(15_713), 3);
    }
}
