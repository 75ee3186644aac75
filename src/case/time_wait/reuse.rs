//! What the recording of two connections on one tuple must show.

use super::checks::{Outcome, waits};
use super::{apps, lateness};
use crate::case::{Plan, expect};
use crate::event::SocketEvent;
use crate::measure::{Check, HostView, Seen};
use crate::record::Recording;
use crate::units::SimTime;
use crate::wire::packet::seq_before;

/// The claims of a `reused-tuple` variant.
pub(super) fn checks(plan: &Plan, recording: &Recording, outcomes: &[Outcome<'_>]) -> Vec<Check> {
    let both = |expected| application_sees(outcomes, expected);
    match plan.variant() {
        "reused-tuple" => vec![
            both("200, EADDRNOTAVAIL"),
            expect("SYNs that leave for it", 0, second_syns(recording)),
        ],
        "reused-tuple-duplicate" => {
            let mut checks = vec![both("200, 200")];
            checks.extend(duplicate(plan, recording));
            checks
        }
        variant => {
            let mut checks = vec![both("200, 200"), reopened(plan, recording)];
            checks.extend(newer(recording));
            if variant == "reused-tuple-server" {
                checks.push(cut_short(recording));
            }
            checks
        }
    }
}

/// How both connections ended for the application.
fn application_sees(outcomes: &[Outcome<'_>], expected: &str) -> Check {
    let seen: Vec<_> = outcomes
        .iter()
        .map(|outcome| match outcome.error {
            Some(error) => error.to_owned(),
            None => outcome.status.to_string(),
        })
        .collect();
    let claim = "what the application sees of both connections";
    expect(claim, expected, seen.join(", "))
}

/// The SYNs of the second connection among `segments`: those with another sequence number than the first's.
fn second<'a>(segments: impl Iterator<Item = Seen<'a>>) -> impl Iterator<Item = Seen<'a>> {
    let mut first = None;
    segments
        .filter(|seen| seen.tcp.header.syn())
        .filter(move |seen| {
            let number = seen.tcp.header.sequence_number();
            number != *first.get_or_insert(number)
        })
}

fn second_syns(recording: &Recording) -> usize {
    second(HostView::named(recording, "client").sent()).count()
}

/// The second connection is open one round trip after its SYN.
fn reopened(plan: &Plan, recording: &Recording) -> Check {
    let client = HostView::named(recording, "client");
    let (syn, answer) = (
        second(client.sent()).next(),
        second(client.received()).next(),
    );
    let took = syn.zip(answer).map(|(syn, answer)| answer.at - syn.at);
    let shown = took.map_or_else(|| "never".to_owned(), |took| took.to_string());
    let claim = "the second connection is open after";
    expect(claim, plan.span("rtt"), shown)
}

/// The second SYN's sequence number is above everything that the first connection sent (RFC 6528).
fn newer(recording: &Recording) -> Option<Check> {
    let client = HostView::named(recording, "client");
    let syn = second(client.sent()).next()?;
    let before = client
        .sent()
        .take_while(|seen| seen.frame.id != syn.frame.id);
    let last = before.last()?.tcp.sequence_end();
    let above = seq_before(last, syn.tcp.header.sequence_number());
    let claim = "the new initial sequence number is above the old ones";
    Some(expect(claim, true, above))
}

/// The server's TIME-WAIT ends when the new SYN comes.
fn cut_short(recording: &Recording) -> Check {
    let server = HostView::named(recording, "server");
    let syn = second(server.received()).next().map(|syn| syn.at);
    let end = waits(server).first().and_then(|wait| wait.to);
    let claim = "the new SYN ends the server's TIME-WAIT";
    expect(claim, true, end.is_some() && end == syn)
}

/// The old segment arrives while the new connection is open, and goes no further.
fn duplicate(plan: &Plan, recording: &Recording) -> [Check; 4] {
    let (client, server) = (
        HostView::named(recording, "client"),
        HostView::named(recording, "server"),
    );
    let is_old = |seen: &Seen<'_>| seen.tcp.payload == apps::REQUESTS[0];
    let sent = client.sent().filter(is_old).count();
    let copies: Vec<_> = server
        .received()
        .filter(is_old)
        .map(|seen| seen.at)
        .collect();
    let arrived = copies.last().copied().unwrap_or_default();
    let rtt = plan.span("rtt");
    let due = SimTime::ZERO + rtt + rtt / 2 + lateness(rtt);
    let read_then = server
        .sockets()
        .any(|(at, _, event)| at == arrived && matches!(event, SocketEvent::AppRead { .. }));
    let opened = second(server.received()).next();
    let open_then = opened.is_some_and(|syn| syn.at < arrived);
    [
        expect("copies of the old request that arrive", sent, copies.len()),
        expect("the last one arrives at", due, arrived),
        expect("the new connection is open then", true, open_then),
        expect("its application reads something of it", false, read_then),
    ]
}
