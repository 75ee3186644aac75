//! What is said of each variant, beside what its packets say.

use super::checks::View;
use crate::case::{Judgement, Plan};
use crate::event::{Event, SocketEvent};
use crate::measure::HostView;

/// Adds claim, constraint and the cause of a residual.
pub(super) fn add(plan: &Plan, view: &View<'_>, judgement: &mut Judgement) {
    judgement.cause = cause(plan).map(ToOwned::to_owned);
    judgement.constraint = constraint(plan.variant()).map(ToOwned::to_owned);
    let ledger = ledger(view);
    match plan.variant() {
        "lost-packet" => {
            let by = view.repair.map_or("nothing".to_owned(), |by| by.to_string());
            let packets = format!("one connection, the answer again by {by}; {ledger}");
            judgement.claim(
                "a lost packet may charge twice",
                packets,
                "TCP repairs a lost segment below the application, which never asks again; it costs a timer",
            );
        }
        "no-key" => {
            judgement.claim(
                "charged twice",
                format!("{}; {ledger}", requests(view)),
                "without a key the retry is a new charge: P(charged twice) = P(committed, but no answer within the \
                 client's timeout)",
            );
            judgement.claim(
                "TCP guarantees at-least-once delivery",
                requests(view),
                "TCP delivers bytes at most once per connection, and says nothing of what was done with them: \
                 it is the client's retry, on another connection, that makes it at-least-once",
            );
        }
        "idempotency-key" => judgement.claim(
            "charged once",
            format!("{}; {ledger}", requests(view)),
            "key and answer are stored with the charge: the retry finds them, and is answered byte for byte as the \
             first request was",
        ),
        "key-check-then-insert" => judgement.claim(
            "a server that looks for the key first charges once",
            ledger,
            "between looking and storing there is time, and in that time the other request looks too",
        ),
        "crash-after-commit-apart" => judgement.claim(
            "a server that stores every key charges once",
            ledger,
            "two commits can be parted by a kill; what must happen together belongs in one transaction",
        ),
        "key-expired" => judgement.claim(
            "an idempotency key means exactly once",
            ledger,
            "at most once within the key's lifetime; a client that comes back later is a new customer",
        ),
        _ => {}
    }
}

/// What the ledger says in the end.
fn ledger(view: &View<'_>) -> String {
    let (charges, amount, _) = view.account.books.unwrap_or_default();
    let times = match charges {
        0 => "never charged".to_owned(),
        1 => "charged once".to_owned(),
        2 => "charged twice".to_owned(),
        more => format!("charged {more} times"),
    };
    format!("{times}, ${amount} together")
}

/// How often each connection gave its request to the server's application.
fn requests(view: &View<'_>) -> String {
    let server = HostView::named(view.recording, "server");
    let mut connections = 0;
    let (mut delivered, mut twice) = (0, false);
    let mut ends = std::collections::BTreeMap::new();
    for (_, socket, event) in server.sockets() {
        match event {
            SocketEvent::Opened(_) => connections += 1,
            SocketEvent::AppRead { offset, len } => {
                let end = ends.entry(socket).or_insert(0);
                twice |= *offset < *end;
                delivered += u32::from(*end == 0);
                *end = (*end).max(offset + u64::from(*len));
            }
            _ => {}
        }
    }
    let again = if twice {
        "some byte twice"
    } else {
        "no byte twice"
    };
    let sent = view
        .recording
        .entries
        .iter()
        .filter(|entry| matches!(entry.event, Event::FrameDropped { .. }))
        .count();
    format!(
        "{delivered} of {connections} connections gave the server a request, {again}; {sent} frames were lost"
    )
}

fn cause(plan: &Plan) -> Option<&'static str> {
    match plan.variant() {
        "plain" | "lost-packet" => {
            Some("the retransmission timer counts microseconds, and what it measured of the path")
        }
        _ => None,
    }
}

fn constraint(variant: &str) -> Option<&'static str> {
    Some(match variant {
        "lost-packet" => {
            "the constraint is a timer of the server's TCP: a single segment in flight has nothing behind it \
             that could tell of its loss sooner"
        }
        "no-key" => {
            "the constraint is information: a client that heard nothing cannot know whether it was charged; a key \
             that the server remembers relieves it"
        }
        "idempotency-key" => {
            "the constraint is the client's timeout; the key makes it safe to choose a short one"
        }
        "key-check-then-insert" => {
            "the constraint is the time between looking and storing; a unique constraint or a transaction around both \
             relieves it"
        }
        "in-progress" => {
            "the constraint is the server's work; a 409 costs 2 RTT and keeps the client from a second charge"
        }
        "crash-before-commit" | "crash-after-commit" => {
            "the constraint is the client's backoff and the restart; what was committed is never in doubt"
        }
        "crash-after-commit-apart" => {
            "the constraint is atomicity: key and charge are committed apart; one transaction relieves it"
        }
        "key-expired" => "the constraint is the key's lifetime: it must outlast the last retry",
        _ => return None,
    })
}
