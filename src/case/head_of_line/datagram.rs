//! `h3-lost`: the datagram that carries one byte of one object is lost, and only that object waits.
//!
//! Datagrams are encrypted, so what each carries is what the endpoints told of their packets.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::page::{self, Fate};
use super::layout::Layout;
use super::waits::{self, Delivery};
use super::{Judgement, Plan, expect, lost, slow_start_rounds};
use crate::event::{AppEvent, ByteRange, DropCause, Layer, QuicPacket, QuicPacketKind};
use crate::link::{Direction, DropScript, DropScripts, Kind, Ordinals, Selector};
use crate::measure::{Check, HostView, QuicCarriers, Table, drops};
use crate::record::Recording;
use crate::units::{SimTime, Span};
use crate::wire::packet::UdpView;

/// quinn's first congestion window in bytes: ten datagrams of 1,200 B (RFC 9002 section 7.2).
const FIRST_WINDOW: u64 = 12_000;

/// The script that drops the datagram with the plan's byte of the plan's object. Which one that is, a dry run
/// without the drop tells: up to the loss the real run is the same.
pub(super) fn script(plan: &Plan) -> DropScripts {
    let dry = lost::dry_run(plan);
    ordinal(plan, &dry)
        .map(|ordinal| DropScript {
            direction: Direction::ServerToClient,
            selector: Selector::Nth(
                Kind::Udp,
                Ordinals::Range {
                    first: ordinal,
                    last: ordinal,
                },
            ),
        })
        .into_iter()
        .collect()
}

/// Which of the server's datagrams is the first with the plan's byte, counted from 1.
fn ordinal(plan: &Plan, recording: &Recording) -> Option<u64> {
    let (stream, offset) = located(plan, recording)?;
    let carriers = QuicCarriers::of(recording);
    let server = HostView::named(recording, "server");
    let mut datagrams = server
        .frames_sent()
        .filter(|(_, frame)| UdpView::of(&frame.bytes).is_some());
    let position = datagrams.position(|(_, frame)| {
        let packets = carriers.packets(frame.id).iter();
        packets
            .flat_map(|packet| packet.streams())
            .any(|(of, range)| of == stream && range.contains(offset))
    })?;
    Some(position as u64 + 1)
}

/// The stream of the plan's object, and where in it the plan's byte is.
fn located(plan: &Plan, recording: &Recording) -> Option<(u64, u64)> {
    let position = usize::try_from(plan.count("object") - 1).expect("the knob's range is small");
    let stream = page::fates(recording).get(position)?.stream?;
    let layout = Layout::of(recording, stream, plan.bytes("lost_bytes"))?;
    Some((stream, layout.offset_of(plan.count("byte"))))
}

/// What was lost, and how it came after all.
struct Loss<'a> {
    sent: SimTime,
    packets: Vec<&'a QuicPacket>,
    /// When the first of its bytes left again.
    again: Option<SimTime>,
}

impl<'a> Loss<'a> {
    fn of(recording: &'a Recording) -> Option<Self> {
        let dropped = drops(recording, DropCause::Script).next()?;
        let server = HostView::named(recording, "server");
        let (sent, _) = server
            .frames_sent()
            .find(|(_, frame)| frame.id == dropped)?;
        let packets = QuicCarriers::of(recording).packets(dropped).to_vec();
        let mut loss = Self {
            sent,
            packets,
            again: None,
        };
        let resent = |(at, packet): &(SimTime, &QuicPacket)| {
            packet.sent && *at > sent && packet.streams().any(|part| loss.has_any_of(part))
        };
        loss.again = server.quic().find(resent).map(|(at, _)| at);
        Some(loss)
    }

    fn streams(&self) -> impl Iterator<Item = (u64, ByteRange)> {
        self.packets.iter().flat_map(|packet| packet.streams())
    }

    fn has_any_of(&self, (stream, range): (u64, ByteRange)) -> bool {
        self.streams()
            .any(|(of, lost)| of == stream && range.start < lost.end && lost.start < range.end)
    }
}

/// Judges the variant.
pub(super) fn judge(
    plan: &Plan,
    recording: &Recording,
    fates: &[Fate],
    mut judgement: Judgement,
) -> Judgement {
    let waits: Vec<_> = fates
        .iter()
        .map(|fate| wait(plan, recording, fate))
        .collect();
    judgement.objects = page::objects(recording, fates, &waits);
    let Some(loss) = Loss::of(recording) else {
        judgement.checks.push(expect("datagrams lost", 1, 0));
        return judgement;
    };
    let carried = located(plan, recording).is_some_and(|(stream, offset)| {
        loss.streams()
            .any(|(of, range)| of == stream && range.contains(offset))
    });
    judgement
        .checks
        .push(expect("the lost datagram carried the byte", true, carried));
    judgement.extra = figures(&loss, &waits);
    judgement
        .tables
        .push(table(recording, fates, &waits, &loss));
    if !plan.is_clean() {
        return judgement;
    }
    judgement
        .checks
        .extend(checks(recording, fates, &waits, &loss));
    say(&mut judgement, &waits, &loss);
    judgement.cause = Some(format!(
        "the lost bytes left again after {}: they waited for their turn among the other streams, and quinn paces what \
         it sends (RFC 9002 section 7.7), over a congestion window that has shrunk to 0.7 of itself (CUBIC)",
        loss.again.map_or(Span::ZERO, |again| again - loss.sent)
    ));
    let (text, value) = formula(plan, recording, &loss);
    judgement.formula(text, value)
}

/// How long bytes of an object lay at the client and could not be read.
fn wait(plan: &Plan, recording: &Recording, fate: &Fate) -> Span {
    let Some(stream) = fate.stream else {
        return Span::ZERO;
    };
    let Some(layout) = Layout::of(recording, stream, plan.bytes("lost_bytes")) else {
        return Span::ZERO;
    };
    let client = HostView::named(recording, "client");
    let of_body = |range: ByteRange| ByteRange {
        start: layout.before(range.start),
        end: layout.before(range.end),
    };
    let arrivals = client
        .quic()
        .filter(|(_, packet)| !packet.sent && packet.kind == QuicPacketKind::OneRtt)
        .flat_map(|(at, packet)| packet.streams().map(move |part| (at, part)))
        .filter(|(_, (of, _))| *of == stream)
        .map(|(at, (_, range))| (at, of_body(range)));
    let reads = client.apps().filter_map(|(at, event)| match event {
        AppEvent::Bytes {
            layer: Layer::Stream(of),
            response: true,
            range,
            ..
        } if *of == stream => Some((at, range.end)),
        _ => None,
    });
    let delivery = Delivery::new(arrivals, reads);
    let whole = ByteRange {
        start: 0,
        end: fate.bytes,
    };
    waits::sum(&delivery.waits(&[whole]))
}

fn checks(recording: &Recording, fates: &[Fate], waits: &[Span], loss: &Loss<'_>) -> Vec<Check> {
    let mut hit: Vec<u64> = loss.streams().map(|(stream, _)| stream).collect();
    hit.dedup();
    let waited: Vec<u64> = std::iter::zip(fates, waits)
        .filter(|(_, wait)| !wait.is_zero())
        .filter_map(|(fate, _)| fate.stream)
        .collect();
    vec![
        expect(
            "streams with bytes in the lost datagram (if there are more, choose another byte)",
            1,
            hit.len(),
        ),
        expect(
            "streams that had to wait: those that lost bytes, if later ones of theirs came before, and no other",
            listed(&behind(recording, loss)),
            listed(&waited),
        ),
    ]
}

/// The streams of which bytes came that are behind lost ones, before those came.
fn behind(recording: &Recording, loss: &Loss<'_>) -> Vec<u64> {
    let client = HostView::named(recording, "client");
    let arrivals: Vec<_> = client
        .quic()
        .filter(|(_, packet)| !packet.sent)
        .flat_map(|(at, packet)| packet.streams().map(move |(of, range)| (at, of, range)))
        .collect();
    let came = |stream, has: &dyn Fn(ByteRange) -> bool| {
        let mut arrivals = arrivals.iter();
        arrivals
            .find(|(_, of, range)| *of == stream && has(*range))
            .map(|(at, ..)| *at)
    };
    let is_behind = |(stream, lost): (u64, ByteRange)| {
        let repaired = came(stream, &|range| range.contains(lost.start));
        let next = came(stream, &|range| range.end > lost.end);
        next.is_some_and(|next| repaired.is_none_or(|repaired| next < repaired))
            .then_some(stream)
    };
    loss.streams().filter_map(is_behind).collect()
}

fn listed(streams: &[u64]) -> String {
    let texts: Vec<_> = streams.iter().map(ToString::to_string).collect();
    texts.join(", ")
}

/// Who lost what, and who waited for it.
fn table(recording: &Recording, fates: &[Fate], waits: &[Span], loss: &Loss<'_>) -> Table {
    let row = |(fate, wait): (&Fate, &Span)| {
        let hit = loss.streams().find(|(of, _)| fate.stream == Some(*of));
        let stream = fate.stream.map(|stream| stream.to_string());
        let end = fate
            .end(recording)
            .map(|end| end.as_millis_f64().to_string());
        vec![
            fate.path.clone(),
            stream.unwrap_or_default(),
            hit.map_or(0, |(_, range)| range.end - range.start)
                .to_string(),
            wait.as_millis_f64().to_string(),
            end.unwrap_or_default(),
        ]
    };
    Table {
        title: "What each object lost, how long bytes of it lay undeliverable, and when it was whole (ms)".to_owned(),
        columns: ["object", "stream", "bytes lost", "waited", "whole at"]
            .map(str::to_owned)
            .into(),
        rows: std::iter::zip(fates, waits).map(row).collect(),
    }
}

fn say(judgement: &mut Judgement, waits: &[Span], loss: &Loss<'_>) {
    let waited = waits.iter().filter(|wait| !wait.is_zero()).count();
    let longest = waits.iter().max().copied().unwrap_or_default();
    judgement.claim(
        "HTTP/3 has no head-of-line blocking",
        format!("{waited} of {} objects waited, {longest}", waits.len()),
        "streams are delivered one by one; within a stream bytes still wait for those before them, and the window that \
         shrinks after the loss is everybody's",
    );
    let again = loss.again.map_or(Span::ZERO, |again| again - loss.sent);
    judgement.constraint = Some(format!(
        "the constraint is loss: the bytes come again only {again} after they were sent, and their stream cannot go on before; a nearer \
         server relieves it"
    ));
}

/// What was lost in one round comes again with the next, which costs a round trip only after the last one.
fn formula(plan: &Plan, recording: &Recording, loss: &Loss<'_>) -> (String, Span) {
    let body = plan.count("objects") * plan.bytes("lost_bytes");
    let rounds = slow_start_rounds(body, FIRST_WINDOW);
    let rtt = plan.span("rtt");
    let beginning = HostView::named(recording, "client").first_sent();
    let until = round_of(loss.sent - beginning, rtt);
    let text = format!(
        "1 RTT (QUIC) + {} RTT (slow start {rounds}; what is lost in round {until} comes again in the next)",
        rounds.max(until + 1)
    );
    (text, rtt * (1 + rounds.max(until + 1)))
}

/// The round of answers in which something leaves: the first one leaves 1.5 RTT after the beginning.
fn round_of(since: Span, rtt: Span) -> u64 {
    let first = rtt + rtt / 2;
    let later = since.as_nanos().saturating_sub(first.as_nanos());
    later
        .checked_div(rtt.as_nanos())
        .map_or(1, |rounds| rounds + 1)
}

fn figures(loss: &Loss<'_>, waits: &[Span]) -> BTreeMap<String, Value> {
    let mut parts = loss.streams();
    let first = parts.next();
    let again = loss.again.map(|again| again - loss.sent);
    let waited = waits.iter().filter(|wait| !wait.is_zero()).count();
    [
        ("lost_stream", json!(first.map(|(stream, _)| stream))),
        ("lost_offset", json!(first.map(|(_, range)| range.start))),
        (
            "lost_len",
            json!(first.map(|(_, range)| range.end - range.start)),
        ),
        (
            "retransmission_after_ms",
            json!(again.map(Span::as_millis_f64)),
        ),
        ("objects_waited", json!(waited)),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_leave_in_rounds() {
        let ms = Span::from_millis;
        let round = |since| round_of(ms(since), ms(150));
        assert_eq!([225, 374, 375, 525].map(round), [1, 1, 2, 3]);
    }
}
