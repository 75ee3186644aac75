//! The closed forms: when a page is there.

use super::shape::{Place, Protocol, Shape};
use crate::case::Plan;
use crate::case::transfer::{MSS, slow_start_rounds};
use crate::units::{BitRate, Span};

/// An upper bound of what a response has besides its body, in bytes: the head, compressed by HTTP/2 and HTTP/3, and
/// the headers of their frames.
const fn head(protocol: Protocol) -> u64 {
    match protocol {
        Protocol::NewEach | Protocol::Serial | Protocol::Six => 64,
        Protocol::H2 => 32,
        Protocol::H3 => 16,
    }
}

/// Bytes of a segment besides its payload: Ethernet, IPv4 and TCP.
const HEADERS: u64 = 54;

/// What QUIC's first congestion window carries of answers, in bytes. quinn's has ten datagrams of 1,200 B (RFC 9002 section
/// 7.2), but the end of the handshake and the probe for longer packets (RFC 9000 section 14.3) leave with the answers
/// and take two of them.
const QUIC_WINDOW: u64 = 9_300;

/// The page as the closed forms see it.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// Body lengths in the order in which they are asked for.
    pub(super) sizes: Vec<u64>,
    pub(super) origin_rtt: Span,
    pub(super) edge_rtt: Span,
    pub(super) backhaul_rtt: Span,
    pub(super) think: Span,
    discovery: Span,
    /// How long the lookup of the server's name takes.
    lookup: Span,
    connections: usize,
    /// The server's first congestion window in bytes.
    first_window: u64,
    rate: Option<BitRate>,
}

/// A connection of the schedule.
#[derive(Clone, Copy, Debug)]
struct Connection {
    /// Since when it has nothing to do; `None` before it is opened.
    idle: Option<Span>,
    window: u64,
}

impl Page {
    pub(super) fn of(plan: &Plan) -> Self {
        let count = |key| usize::try_from(plan.count(key)).expect("the knob's range is small");
        Self {
            sizes: super::sizes(plan),
            origin_rtt: plan.span("rtt"),
            edge_rtt: plan.span("edge_rtt"),
            backhaul_rtt: plan.span("backhaul_rtt"),
            think: plan.span("think"),
            discovery: plan.span("discovery"),
            lookup: super::knobs::lookup(plan),
            connections: count("connections"),
            first_window: plan.server().first_window(MSS),
            rate: plan.optional("rate", "unlimited"),
        }
    }

    /// Round trip to whoever answers the client.
    pub(super) const fn rtt(&self, shape: Shape) -> Span {
        match shape.place {
            Place::Origin => self.origin_rtt,
            Place::Edge | Place::EdgeMiss => self.edge_rtt,
        }
    }

    /// Bytes of all bodies.
    pub(super) fn bytes(&self) -> u64 {
        self.sizes.iter().sum()
    }

    /// Bytes of all responses with their heads.
    fn responses(&self, protocol: Protocol) -> u64 {
        self.bytes() + head(protocol) * self.sizes.len() as u64
    }

    /// How long a line of this rate is busy with all responses.
    pub(super) fn serialization(&self, shape: Shape, rate: BitRate) -> Span {
        let responses = self.responses(shape.protocol);
        let segments = responses.div_ceil(MSS);
        let bytes = usize::try_from(responses + segments * HEADERS);
        rate.serialization(bytes.unwrap_or(usize::MAX))
    }

    /// Connections that a shape opens.
    pub(super) fn connections(&self, shape: Shape) -> usize {
        let objects = self.sizes.len();
        match shape.protocol {
            Protocol::NewEach => objects,
            Protocol::Six => self.connections.min(objects),
            Protocol::Serial | Protocol::H2 | Protocol::H3 => 1,
        }
    }

    /// Whether the closed form is exact: nothing waits for a line, what one connection carries at once fits its first
    /// window, and it is written at once.
    pub(super) fn is_exact(&self, shape: Shape) -> bool {
        let fits = |size: &u64| size + head(shape.protocol) <= self.first_window;
        match shape.protocol {
            _ if self.rate.is_some() => false,
            Protocol::H2 | Protocol::H3 => self.rounds(shape) == 1 && self.think.is_zero(),
            _ => self.sizes.iter().all(fits),
        }
    }

    /// When each object ends, in the order in which they are asked for, with an unlimited rate. With HTTP/2 and HTTP/3
    /// all are said to end with the last.
    pub(super) fn ends(&self, shape: Shape) -> Vec<Span> {
        let backhaul = match shape.place {
            Place::EdgeMiss => self.backhaul_rtt,
            _ => Span::ZERO,
        };
        match shape.protocol {
            Protocol::H2 | Protocol::H3 => {
                let ready = self.lookup + self.rtt(shape) * shape.setup_trips();
                let asked = ready.max(self.discovery * (self.sizes.len() as u64 - 1));
                let rounds = self.rounds(shape);
                let end = asked + self.rtt(shape) * rounds + self.think + backhaul;
                vec![end; self.sizes.len()]
            }
            _ => self.queued(shape),
        }
    }

    /// One queue for all connections. Whichever is idle for longest takes the next object; one that was never used
    /// is opened for it.
    fn queued(&self, shape: Shape) -> Vec<Span> {
        let rtt = self.rtt(shape);
        let new = Connection {
            idle: None,
            window: self.first_window,
        };
        let mut connections = vec![new; self.connections(shape)];
        let mut ends = Vec::new();
        // The first lookup is the only one: the browser keeps its answer.
        let mut found = self.lookup;
        for size in &self.sizes {
            let next = connections.iter_mut().min_by_key(|one| one.idle);
            let next = next.expect("a page has a connection");
            // A new connection for each object waits for the object before.
            let free = match shape.protocol {
                Protocol::NewEach => ends.last().copied(),
                _ => next.idle,
            };
            let mut end = free.unwrap_or_default().max(found);
            if next.idle.is_none() {
                end += rtt * shape.setup_trips();
            }
            end += rtt * next.carry(size + head(shape.protocol)) + self.think;
            next.idle = Some(end);
            ends.push(end);
            found += self.discovery;
        }
        ends
    }

    /// Rounds of slow start that all responses take over one connection.
    pub(super) fn rounds(&self, shape: Shape) -> u64 {
        let window = match shape.protocol {
            Protocol::H3 => QUIC_WINDOW,
            _ => self.first_window,
        };
        slow_start_rounds(self.responses(shape.protocol), window)
    }

    /// When the page is there.
    pub(super) fn total(&self, shape: Shape) -> Span {
        let unlimited = self.ends(shape).into_iter().max().unwrap_or_default();
        let Some(rate) = self.rate else {
            return unlimited;
        };
        let line = self.serialization(shape, rate);
        match shape.protocol {
            // One answer at a time: each has the line to itself.
            Protocol::NewEach | Protocol::Serial => unlimited + line,
            // The line is busy from the first answer on, unless the windows are what takes long.
            _ => unlimited.max(self.lookup + self.rtt(shape) * (shape.setup_trips() + 1) + line),
        }
    }

    /// The closed form in words.
    pub(super) fn text(&self, shape: Shape) -> String {
        let objects = self.sizes.len();
        let lookup = if self.lookup.is_zero() {
            ""
        } else {
            "lookup + "
        };
        let setup = match (shape.setup_trips(), shape.protocol) {
            (_, Protocol::NewEach) => String::new(),
            (_, Protocol::H3) => "1 RTT (QUIC) + ".to_owned(),
            (1, _) => "1 RTT (connect) + ".to_owned(),
            _ => "2 RTT (connect, TLS 1.3) + ".to_owned(),
        };
        let requests = match shape.protocol {
            Protocol::NewEach => {
                format!("{objects} x ({} RTT connect + 1 RTT)", shape.setup_trips())
            }
            Protocol::Serial => format!("{objects} RTT"),
            Protocol::Six => {
                let connections = self.connections(shape);
                format!(
                    "{} RTT ({objects} objects over {connections} connections)",
                    objects.div_ceil(connections)
                )
            }
            Protocol::H2 | Protocol::H3 => format!("{} RTT (slow start)", self.rounds(shape)),
        };
        let miss = match shape.place {
            Place::EdgeMiss => " + 1 RTT edge to origin",
            _ => "",
        };
        let line = match (self.rate, shape.protocol) {
            (None, _) => "",
            (_, Protocol::NewEach | Protocol::Serial) => " + serialization",
            _ => ", or connect + 1 RTT + serialization where that is more",
        };
        format!("{lookup}{setup}{requests}{miss}{line}")
    }
}

impl Connection {
    /// Rounds that an answer takes; a window that it fills doubles (RFC 5681 section 3.1).
    fn carry(&mut self, bytes: u64) -> u64 {
        let (mut left, mut rounds) = (bytes, 1);
        while left > self.window {
            left -= self.window;
            self.window *= 2;
            rounds += 1;
        }
        rounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(bytes: u64) -> Page {
        Page {
            sizes: vec![bytes; 80],
            origin_rtt: Span::from_millis(150),
            edge_rtt: Span::from_millis(5),
            backhaul_rtt: Span::from_millis(145),
            think: Span::ZERO,
            discovery: Span::ZERO,
            lookup: Span::ZERO,
            connections: 6,
            first_window: 14_600,
            rate: None,
        }
    }

    fn total(page: &Page, variant: &str) -> u64 {
        page.total(Shape::named(variant)).as_nanos() / 1_000_000
    }

    #[test]
    fn tiny_objects_cost_round_trips_alone() {
        let page = page(100);
        assert_eq!(total(&page, "new-connection-each"), 24_000);
        assert_eq!(total(&page, "origin-h1-serial"), 12_150);
        assert_eq!(total(&page, "origin-h1-six"), 2_250);
        assert_eq!(total(&page, "origin-h2"), 300);
        assert_eq!(total(&page, "edge-h1-serial"), 405);
        assert_eq!(total(&page, "edge-h2"), 10);
        assert_eq!(total(&page, "edge-miss"), 155);
        assert_eq!(total(&page, "origin-h2-tls"), 450);
    }

    #[test]
    fn larger_objects_cost_slow_start_over_one_connection() {
        let page = page(10_000);
        assert_eq!(total(&page, "origin-h1-serial"), 12_150);
        assert_eq!(total(&page, "origin-h2"), 1_050);
        assert_eq!(total(&page, "edge-h2"), 35);
    }

    #[test]
    fn at_1_6_mbit_the_line_is_what_takes_long() {
        let slow = Page {
            rate: BitRate::from_bits_per_second(1_600_000),
            ..page(10_000)
        };
        assert!((4_100..4_300).contains(&total(&slow, "edge-h2")));
        assert!((4_400..4_600).contains(&total(&slow, "origin-h2")));
        assert!((4_400..4_600).contains(&total(&slow, "origin-h1-six")));
        assert!((16_300..16_500).contains(&total(&slow, "origin-h1-serial")));
    }
}
