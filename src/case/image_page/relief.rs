//! What relieves a page: the edge, the protocol, and what every path and host can be given.

use super::shape::{Place, Protocol, Shape};
use crate::case::{Plan, Relief, reliefs};
use crate::measure::diagnosis::{Component, Layer};
use crate::units::Span;

/// Most connections that a browser may be given.
const MOST_CONNECTIONS: u64 = 64;

/// The reliefs of a page.
pub(super) fn of(plan: &Plan) -> Vec<Relief> {
    let shape = Shape::of(plan);
    let is_ours = |relief: &Relief| {
        // An edge is another host, and both sides switch Nagle off by themselves.
        let nagle = relief.component == Component::Nagle && plan.text("nagle") != "on";
        relief.component != Component::Distance && !nagle
    };
    let mut reliefs: Vec<_> = reliefs(plan).into_iter().filter(is_ours).collect();
    reliefs.extend(place(plan, shape));
    reliefs.extend(protocol(plan, shape));
    reliefs.extend(opening(plan, shape));
    reliefs
}

fn place(plan: &Plan, shape: Shape) -> Option<Relief> {
    let rtt = plan.span("edge_rtt");
    let of = (Component::Distance, Layer::L3);
    match shape.place {
        Place::Origin if plan.span("rtt") > rtt => {
            let words = (format!("an edge {rtt} away"), "distance");
            Some(Relief::by(of, words, ("place", "edge")))
        }
        Place::EdgeMiss => {
            let words = (
                "an edge that has the images",
                "the distance between edge and origin",
            );
            Some(Relief::by(of, words, ("place", "edge")))
        }
        _ => None,
    }
}

fn protocol(plan: &Plan, shape: Shape) -> Vec<Relief> {
    let waits = match shape.protocol {
        Protocol::NewEach => "a new connection for each request, one after another",
        Protocol::Serial => "requests that wait for one another",
        Protocol::Six => "requests that wait for a free connection",
        Protocol::H2 | Protocol::H3 => "losses that hold back every stream of one connection",
    };
    let mut reliefs = Vec::new();
    if shape.protocol == Protocol::NewEach {
        let of = (Component::KeepAlive, Layer::L7);
        let words = ("keep-alive", waits);
        reliefs.push(Relief::by(of, words, ("protocol", "h1-serial")));
    }
    let most = MOST_CONNECTIONS.min(super::listed(plan).len() as u64);
    if shape.protocol == Protocol::Six && plan.count("connections") < most {
        let of = (Component::Connections, Layer::L7);
        let words = (format!("{most} connections"), waits);
        reliefs.push(Relief::by(of, words, ("connections", most.to_string())));
    }
    if !shape.is_multiplexed() {
        let of = (Component::Multiplexing, Layer::L7);
        let words = ("multiplexing (HTTP/2)", waits);
        reliefs.push(Relief::by(of, words, ("protocol", "h2")));
    }
    // Between HTTP/2 and HTTP/3 it is losses that make the difference.
    let loses = ["loss", "drop"].iter().any(|key| !plan.is_default(key));
    if shape.protocol != Protocol::H3 && (loses || !shape.is_multiplexed()) {
        let of = (Component::Streams, Layer::L4);
        let words = ("independent streams (HTTP/3 over QUIC)", waits);
        reliefs.push(Relief::by(of, words, ("protocol", "h3")));
    }
    if shape.protocol == Protocol::H2 && plan.bytes("http2_window") < 1 << 24 {
        let of = (Component::FlowControl, Layer::L7);
        let words = ("wide HTTP/2 flow control", "HTTP/2 flow control");
        reliefs.push(Relief::by(of, words, ("http2_window", "1GB")));
    }
    reliefs
}

/// What comes before the first request.
fn opening(plan: &Plan, shape: Shape) -> Vec<Relief> {
    let mut reliefs = Vec::new();
    let over_tcp = shape.tls && shape.protocol != Protocol::H3;
    if over_tcp && !shape.early_data {
        let of = (Component::Handshake, Layer::L7);
        let words = ("early data (TLS 1.3 0-RTT)", "the TLS handshake");
        reliefs.push(Relief::by(of, words, ("early_data", "on")));
    }
    if super::knobs::lookup(plan) > Span::ZERO {
        let of = (Component::Lookup, Layer::L7);
        let words = ("a name that is known already", "the lookup of the name");
        reliefs.push(Relief::by(of, words, ("lookup", "cached")));
    }
    reliefs
}
