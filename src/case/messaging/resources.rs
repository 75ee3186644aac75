//! Which resource saturates first: what a message and a client cost, as the packets have it, times the knobs.

use super::closed::{Path, in_gap};
use super::seen::{Seen, Traffic};
use super::variants::Carrier;
use crate::app::messages::Costs;
use crate::case::Plan;
use crate::units::{BitRate, Span};

/// What carries messages, in figures that were counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Footprint {
    pub(super) carrier: Carrier,
    /// From an answer to the next poll.
    pub(super) gap: Span,
    /// Bytes down that each message adds, however many are in an answer.
    pub(super) text: f64,
    /// Bytes of all frames for each answer, or for each message where there are no answers, texts left out.
    pub(super) down: f64,
    pub(super) up: f64,
    /// Requests and handshakes for each of them.
    pub(super) requests: f64,
    pub(super) handshakes: f64,
    /// Connections that the server holds for each client.
    pub(super) sockets: f64,
}

/// What a server has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    pub(super) costs: Costs,
    pub(super) link: Option<BitRate>,
    pub(super) sockets: u64,
    pub(super) memory: u64,
    pub(super) memory_socket: u64,
}

/// Something that can be used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    Cpu,
    LinkDown,
    LinkUp,
    Sockets,
    Memory,
}

impl Footprint {
    /// What was counted while the server's messages were delivered. `clients` are those that were counted.
    pub(super) fn of(
        path: Path,
        traffic: &Traffic,
        messages: &Seen,
        held: u64,
        clients: u64,
    ) -> Self {
        let polls = path.carrier.polls();
        let delivered = messages.down.len() as u64;
        let texts: u64 = messages
            .down
            .iter()
            .map(|fate| fate.bytes + u64::from(polls))
            .sum();
        let units = if polls { traffic.answers } else { delivered };
        Self {
            carrier: path.carrier,
            gap: path.gap(),
            text: each(texts, delivered),
            down: each(traffic.down.bytes.saturating_sub(texts), units),
            up: each(traffic.up.bytes, units),
            requests: each(if polls { traffic.answers } else { 0 }, units),
            handshakes: each(traffic.up.syns, units),
            sockets: each(held, clients),
        }
    }

    /// Answers, or messages where there are no answers, for each message, if each client gets so many per second.
    fn units(self, rate: f64) -> f64 {
        if self.carrier.polls() {
            in_gap(self.gap, rate).1
        } else {
            1.0
        }
    }
}

impl Capacity {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            costs: super::apps::costs(plan),
            link: plan.optional("link", "unlimited"),
            sockets: plan.count("sockets"),
            memory: plan.bytes("memory"),
            memory_socket: plan.bytes("memory_socket"),
        }
    }
}

impl Resource {
    pub(super) const ALL: [Self; 5] = [
        Self::Cpu,
        Self::LinkDown,
        Self::LinkUp,
        Self::Sockets,
        Self::Memory,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Cpu => "CPU",
            Self::LinkDown => "link down",
            Self::LinkUp => "link up",
            Self::Sockets => "sockets",
            Self::Memory => "memory",
        }
    }

    /// Whether it is messages that use it up, rather than connections.
    pub(super) const fn is_throughput(self) -> bool {
        matches!(self, Self::Cpu | Self::LinkDown | Self::LinkUp)
    }
}

/// A server with what its clients cost it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) footprint: Footprint,
    pub(super) capacity: Capacity,
}

/// The load at which a kind of resource is used up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    pub(super) resource: Resource,
    /// Messages per second, or clients.
    pub(super) at: f64,
}

impl Load {
    /// What share of a resource a message, or a client, uses; a message each second where it is messages.
    pub(super) fn share(self, resource: Resource, units: f64) -> f64 {
        let (Footprint { text, down, up, .. }, capacity) = (self.footprint, self.capacity);
        let link = |bytes: f64| {
            let bits = capacity
                .link
                .map_or(f64::INFINITY, |rate| float(rate.bits_per_second()));
            bytes * 8.0 / bits
        };
        match resource {
            Resource::Cpu => self.work(units).as_secs_f64(),
            Resource::LinkDown => link(text + units * down),
            Resource::LinkUp => link(units * up),
            Resource::Sockets => self.footprint.sockets / float(capacity.sockets),
            Resource::Memory => {
                self.footprint.sockets * float(capacity.memory_socket) / float(capacity.memory)
            }
        }
    }

    /// What the processor does for a message.
    pub(super) fn work(self, units: f64) -> Span {
        let Costs {
            message,
            request,
            handshake,
        } = self.capacity.costs;
        let Footprint {
            requests,
            handshakes,
            ..
        } = self.footprint;
        let nanos = |span: Span| float(span.as_nanos());
        let nanos =
            nanos(message) + units * (requests * nanos(request) + handshakes * nanos(handshake));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "costs are times of a day at most"
        )]
        Span::from_nanos(nanos as u64)
    }

    /// The resource that is used most at a load, and the share of it that is used.
    pub(super) fn busiest(self, rate: u64, clients: u64) -> (Resource, f64) {
        let units = self.footprint.units(float(rate) / float(clients));
        let used = |resource: Resource| {
            let load = if resource.is_throughput() {
                rate
            } else {
                clients
            };
            (resource, self.share(resource, units) * float(load))
        };
        let busiest = Resource::ALL
            .map(used)
            .into_iter()
            .max_by(|a, b| a.1.total_cmp(&b.1));
        busiest.expect("there are resources")
    }

    /// Where messages, each in an answer of its own, use something up, or where clients do.
    pub(super) fn limit(self, of_messages: bool) -> Limit {
        let shares = Resource::ALL
            .into_iter()
            .filter(|resource| resource.is_throughput() == of_messages)
            .map(|resource| Limit {
                resource,
                at: 1.0 / self.share(resource, 1.0),
            });
        shares
            .min_by(|a, b| a.at.total_cmp(&b.at))
            .expect("there are resources of both kinds")
    }
}

/// How much each of so many has of it; nothing if there are none.
pub(super) fn each(sum: u64, count: u64) -> f64 {
    if count == 0 {
        0.0
    } else {
        float(sum) / float(count)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
pub(super) const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A server of round figures.
    pub(in crate::case::messaging) fn load(
        carrier: Carrier,
        requests: f64,
        handshakes: f64,
    ) -> Load {
        Load {
            footprint: Footprint {
                carrier,
                gap: Span::from_millis(100),
                text: 100.0,
                down: 100.0,
                up: 50.0,
                requests,
                handshakes,
                sockets: 1.0,
            },
            capacity: Capacity {
                costs: Costs {
                    message: Span::from_micros(500),
                    request: Span::from_micros(200),
                    handshake: Span::from_millis(1),
                },
                link: BitRate::from_bits_per_second(1_000_000_000),
                sockets: 65_535,
                memory: 4_000_000_000,
                memory_socket: 64_000,
            },
        }
    }

    #[test]
    fn the_processor_ends_throughput_and_memory_the_connections() {
        let load = load(Carrier::WebSocket, 0.0, 0.0);
        let messages = load.limit(true);
        assert_eq!(messages.resource, Resource::Cpu);
        assert!((messages.at - 2_000.0).abs() < 1e-6);
        let connections = load.limit(false);
        assert_eq!(connections.resource, Resource::Memory);
        assert!((connections.at - 62_500.0).abs() < 1e-6);
    }

    #[test]
    fn each_poll_and_each_handshake_costs_its_share() {
        let polls = Carrier::LongPolling { keep_alive: true };
        assert_eq!(load(polls, 1.0, 0.0).work(1.0), Span::from_micros(700));
        assert_eq!(load(polls, 1.0, 1.0).work(1.0), Span::from_micros(1_700));
    }

    #[test]
    fn frequent_messages_share_an_answer() {
        let load = load(Carrier::LongPolling { keep_alive: true }, 1.0, 1.0);
        let (_, apart) = load.busiest(1_000, 100_000);
        let (_, together) = load.busiest(1_000, 10);
        assert!(together < apart / 2.0, "{together} {apart}");
    }
}
