//! Which component is the constraint, what relieves it, and what is said of the page.

use super::schedule::Page;
use super::shape::{Place, Protocol, Shape};
use crate::case::{Judgement, Plan};
use crate::event::{DropCause, Event, HostId, LinkRole};
use crate::host::Stack;
use crate::measure::HostView;
use crate::record::Recording;
use crate::units::Span;

/// A rate at which the bytes alone take long: what makes "tens of milliseconds" a promise about the line too.
const FAST_LINE: &str = "100mbit";

/// Adds constraint and claims to a judgement that has its total.
pub(super) fn put(shape: Shape, page: &Page, recording: &Recording, judgement: &mut Judgement) {
    let line = serialization(recording);
    judgement.constraint = Some(constraint(shape, page, recording, (line, judgement.total)));
    if let Some(said) = said(shape, page) {
        let mut why = why(shape, page);
        if !line.is_zero() {
            let and = if why.is_empty() { "" } else { "; and " };
            why = format!("{why}{and}the line is busy for {line}");
        }
        judgement.claim(said, judgement.total.to_string(), why);
    }
}

/// What explains a difference between measurement and closed form.
pub(super) fn cause(plan: &Plan, shape: Shape, page: &Page) -> String {
    if plan.server().stack == Stack::Smoltcp {
        return "smoltcp's congestion window starts at 2,048 B and grows by what each ACK covers, not from ten \
                segments"
            .to_owned();
    }
    if !plan.is_clean() {
        return "requests, handshakes and ACKs take the line too, and the first rounds of slow start leave it idle"
            .to_owned();
    }
    match (shape.protocol, page.is_exact(shape)) {
        (Protocol::H2 | Protocol::H3, _) if !page.think.is_zero() => {
            "answers that were thought about are written one by one: small segments fill a window that counts segments"
        }
        (Protocol::H3, _) => {
            "QUIC spreads each window over the round trip (pacing, RFC 9002 section 7.7), so that its end comes later"
        }
        (Protocol::H2, _) => {
            "Linux holds a burst of less than half the window back while an ACK is due (TSO deferral), and the odd \
             last segment of a round is acknowledged late (delayed ACK): the window less than doubles in a round"
        }
        _ => "windows that a connection has opened with one answer carry the next",
    }
    .to_owned()
}

/// The sentence: what the constraint is, what relieves it, and what is next, for a page of `total` on which the line
/// was busy for `line`.
fn constraint(
    shape: Shape,
    page: &Page,
    recording: &Recording,
    (line, total): (Span, Span),
) -> String {
    let lost = lost(recording);
    let recovery = match lost {
        0 => String::new(),
        1 => "; one segment was lost, and its recovery is part of that".to_owned(),
        lost => format!("; {lost} segments were lost, and their recovery is part of that"),
    };
    if line * 2 >= total {
        return format!(
            "the constraint is rate: {line} of {total} the line to the client is busy; neither the edge nor \
             multiplexing relieves it, a faster line or fewer bytes do{recovery}"
        );
    }
    let next = if line.is_zero() {
        String::new()
    } else {
        format!("; next is rate: {line} of serialization stay whatever the protocol")
    };
    let what = match shape.protocol {
        Protocol::NewEach => "a connection and a request for each image, one after another",
        Protocol::Serial => "requests that wait for one another over distance",
        Protocol::Six => "requests that wait for a free connection over distance",
        Protocol::H2 | Protocol::H3 if shape.place == Place::EdgeMiss => {
            "the distance between edge and origin"
        }
        Protocol::H2 | Protocol::H3 if page.rounds(shape) > 1 => "distance: rounds of slow start",
        Protocol::H2 | Protocol::H3 => "distance: the handshake and one round trip",
    };
    let reliefs = reliefs(shape, page);
    format!("the constraint is {what}{recovery}{reliefs}{next}")
}

/// What the closed forms promise of each relief and of their combination.
fn reliefs(shape: Shape, page: &Page) -> String {
    let at = |shape: Shape| page.total(shape);
    let mut words = Vec::new();
    if shape.protocol == Protocol::NewEach {
        let kept = shape.by(Protocol::Serial);
        words.push(format!("keep-alive (L7) makes it {}", at(kept)));
    }
    let multiplexed = shape.by(Protocol::H2);
    if !shape.is_multiplexed() {
        words.push(format!(
            "multiplexing (L7, HTTP/2) makes it {}",
            at(multiplexed)
        ));
    }
    match shape.place {
        Place::Origin => {
            words.push(format!(
                "an edge (L3) makes it {}",
                at(shape.at(Place::Edge))
            ));
            if !shape.is_multiplexed() {
                words.push(format!("both make it {}", at(multiplexed.at(Place::Edge))));
            }
        }
        Place::EdgeMiss => {
            words.push(format!("a hit makes it {}", at(shape.at(Place::Edge))));
        }
        Place::Edge => {}
    }
    if words.is_empty() {
        return "; it is all that is left".to_owned();
    }
    format!("; by the closed forms {}", words.join(", "))
}

/// How long the line to the client was busy. Frames on a line without a rate take no time.
fn serialization(recording: &Recording) -> Span {
    let client = HostView::named(recording, "client").id();
    let to_client = links_to(recording, client);
    recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::FrameQueued {
                link,
                starts,
                departs,
                ..
            } if to_client.contains(link) => Some(*departs - *starts),
            _ => None,
        })
        .sum()
}

fn links_to(recording: &Recording, host: HostId) -> Vec<crate::event::LinkId> {
    recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::Link(link, info) if info.role == LinkRole::Core && info.to == host => {
                Some(*link)
            }
            _ => None,
        })
        .collect()
}

/// Frames that chance, a script or a full queue has taken.
fn lost(recording: &Recording) -> usize {
    let causes = [
        DropCause::Loss,
        DropCause::Script,
        DropCause::QueueFull,
        DropCause::Injected,
    ];
    let of = |cause: &DropCause| crate::measure::drops(recording, *cause).count();
    causes.iter().map(of).sum()
}

/// What is often said of this cell.
fn said(shape: Shape, page: &Page) -> Option<String> {
    let (objects, rtt) = (page.sizes.len() as u64, page.rtt(shape));
    let waves = objects.div_ceil(page.connections(shape) as u64);
    Some(match (shape.place, shape.protocol) {
        (_, _) if shape.hero => return None,
        (_, Protocol::NewEach) => {
            format!(
                "a new connection each doubles it: {objects} x 2 x {rtt} = {}",
                rtt * 2 * objects
            )
        }
        (_, Protocol::Serial) => format!("{objects} x {rtt} = {}", rtt * objects),
        (_, Protocol::Six) => {
            format!(
                "{} connections: {waves} x {rtt} = {}",
                page.connections(shape),
                rtt * waves
            )
        }
        (Place::Origin, Protocol::H2 | Protocol::H3) => {
            format!("multiplexing asks for all at once: one round trip of {rtt}")
        }
        (Place::Edge, Protocol::H2) => {
            "an edge with HTTP/2 makes it tens of milliseconds".to_owned()
        }
        (Place::Edge, Protocol::H3) => {
            "an edge with HTTP/3 makes it tens of milliseconds".to_owned()
        }
        (Place::EdgeMiss, _) => "an edge makes it tens of milliseconds".to_owned(),
    })
}

/// Why the packets say something else, or what it takes that they agree.
fn why(shape: Shape, page: &Page) -> String {
    let rtt = page.rtt(shape);
    let setup = match shape.setup_trips() {
        1 => format!("a connection takes {rtt} before its first request"),
        trips => format!(
            "a connection takes {} before its first request, TLS included",
            rtt * trips
        ),
    };
    let window = format!(
        "{} B need {} rounds of slow start from a window of ten, {rtt} each",
        page.bytes(),
        page.rounds(shape)
    );
    match (shape.place, shape.protocol) {
        (_, Protocol::NewEach) if shape.setup_trips() == 1 => String::new(),
        (_, Protocol::Serial | Protocol::Six | Protocol::NewEach) => setup,
        (Place::Origin, _) => format!("{setup}, and {window}"),
        (Place::Edge, _) => format!(
            "{setup}, and {window}; and it takes a line far faster than 100 Mbit/s, at which the bytes alone take {}",
            page.serialization(shape, FAST_LINE.parse().expect("it is a rate"))
        ),
        (Place::EdgeMiss, _) => format!(
            "only what the edge has: a miss waits for the origin, {} away, even over a warm connection",
            page.backhaul_rtt
        ),
    }
}
