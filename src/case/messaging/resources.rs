//! Which resource saturates first: what a message and a client cost, as the packets have it, times the knobs.

use super::closed::{Path, in_gap};
use super::seen::{Seen, Traffic};
use super::variants::Carrier;
use crate::app::messages::Costs;
use crate::case::Plan;
use crate::host::EPHEMERAL;
use crate::measure::Table;
use crate::units::{BitRate, Bytes, Span};

/// Messages per second, and clients, of the table.
const RATES: [u64; 5] = [10, 100, 1_000, 10_000, 100_000];
const CLIENTS: [u64; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];

/// What carries messages, in figures that were counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Footprint {
    carrier: Carrier,
    /// From an answer to the next poll.
    gap: Span,
    /// Bytes down that each message adds, however many are in an answer.
    text: f64,
    /// Bytes of all frames for each answer, or for each message where there are no answers, texts left out.
    down: f64,
    up: f64,
    /// Requests and handshakes for each of them.
    requests: f64,
    handshakes: f64,
    /// Connections that the server holds for each client.
    sockets: f64,
}

/// What a server has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capacity {
    costs: Costs,
    link: Option<BitRate>,
    sockets: u64,
    memory: u64,
    memory_socket: u64,
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
    const ALL: [Self; 5] = [
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
    const fn is_throughput(self) -> bool {
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
    fn share(self, resource: Resource, units: f64) -> f64 {
        let (Footprint { text, down, up, .. }, capacity) = (self.footprint, self.capacity);
        let link = |bytes: f64| {
            let bits = capacity.link.map_or(f64::INFINITY, |rate| float(rate.bits_per_second()));
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

    /// Which of both saturates first where clients get `rate` messages per second altogether.
    pub(super) fn constraint(self, rate: u64, clients: u64) -> String {
        let (messages, connections) = (self.limit(true), self.limit(false));
        let each = float(rate) / float(clients);
        let turn = messages.at / connections.at;
        let first = if each > turn {
            format!(
                "message throughput saturates first, by {}",
                messages.resource.name()
            )
        } else {
            format!(
                "connection count saturates first, by {}",
                connections.resource.name()
            )
        };
        format!(
            "at {} messages/s for each client {first}: {} runs out at {} messages/s, {} at {} clients, and both \
             together where a client gets {} messages/s; {}",
            short(each),
            messages.resource.name(),
            short(messages.at),
            connections.resource.name(),
            short(connections.at),
            short(turn),
            relief(self.footprint.carrier),
        )
    }

    /// What each resource has, what is used of it, and where it ends.
    pub(super) fn limits(self) -> Table {
        let rows = Resource::ALL.map(|resource| {
            let (unit, of_what) = match resource.is_throughput() {
                true => ("messages/s", self.each_message(resource)),
                false => ("clients", self.each_client(resource)),
            };
            let end = 1.0 / self.share(resource, 1.0);
            let end = if end.is_finite() {
                format!("{} {unit}", short(end))
            } else {
                "never".to_owned()
            };
            [resource.name().to_owned(), self.has(resource), of_what, end]
        });
        let ports = EPHEMERAL.count() as u64;
        let sockets = self.footprint.sockets;
        let one_address = [
            "ports of one client address".to_owned(),
            ports.to_string(),
            format!("{} per client", short(sockets)),
            format!("{} clients behind it", short(float(ports) / sockets)),
        ];
        Table {
            title: "what saturates where: costs counted in this run's packets times the knobs, each message in an \
                    answer of its own"
                .to_owned(),
            columns: texts(["resource", "there is", "used", "saturated at"]),
            rows: rows.into_iter().chain([one_address]).map(Vec::from).collect(),
        }
    }

    fn has(self, resource: Resource) -> String {
        let Capacity {
            link,
            sockets,
            memory,
            ..
        } = self.capacity;
        match resource {
            Resource::Cpu => "1 s/s".to_owned(),
            Resource::LinkDown | Resource::LinkUp => {
                link.map_or_else(|| "unlimited".to_owned(), |rate| rate.to_string())
            }
            Resource::Sockets => sockets.to_string(),
            Resource::Memory => Bytes(memory).to_string(),
        }
    }

    fn each_message(self, resource: Resource) -> String {
        let Footprint { text, down, up, .. } = self.footprint;
        match resource {
            Resource::Cpu => format!("{} per message", self.work(1.0)),
            Resource::LinkDown => format!("{} B per message", short(text + down)),
            _ => format!("{} B per message", short(up)),
        }
    }

    fn each_client(self, resource: Resource) -> String {
        let sockets = short(self.footprint.sockets);
        match resource {
            Resource::Memory => format!(
                "{sockets} x {} per client",
                Bytes(self.capacity.memory_socket)
            ),
            _ => format!("{sockets} per client"),
        }
    }

    /// The busiest resource over message rate and clients.
    pub(super) fn grid(self) -> Table {
        let row = |rate: u64| {
            let cell = |clients: u64| {
                let (resource, used) = self.busiest(rate, clients);
                let mark = if used >= 1.0 { "!" } else { "" };
                format!("{mark}{} {} %", resource.name(), short(used * 100.0))
            };
            let cells = CLIENTS.iter().map(|clients| cell(*clients));
            std::iter::once(format!("{rate}/s")).chain(cells).collect()
        };
        let heads = CLIENTS.iter().map(|clients| format!("{clients} clients"));
        Table {
            title: "the busiest resource and how busy it is, messages per second (all clients together) against \
                    clients; ! is saturated"
                .to_owned(),
            columns: std::iter::once("messages".to_owned()).chain(heads).collect(),
            rows: RATES.into_iter().map(row).collect(),
        }
    }
}

const fn relief(carrier: Carrier) -> &'static str {
    match carrier {
        Carrier::LongPolling { keep_alive: true } => {
            "a stream (server-sent events, WebSocket) would take the request out of each message, and more messages in \
             an answer do so in part"
        }
        Carrier::LongPolling { keep_alive: false } => {
            "keep-alive would take the handshake out of each message, and a stream the request as well"
        }
        Carrier::Sse | Carrier::WebSocket => {
            "the first is relieved by processors, the second by more servers, since each message costs no request and \
             no handshake any more"
        }
    }
}

/// A number of at most four significant digits as people write it.
pub(super) fn short(number: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 4,
    };
    let text = format!("{number:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
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

/// Texts as tables have them.
pub(super) fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(carrier: Carrier, requests: f64, handshakes: f64) -> Load {
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
        assert!(
            load.constraint(50, 10)
                .contains("throughput saturates first")
        );
        assert!(
            load.constraint(10, 10_000)
                .contains("count saturates first")
        );
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

    #[test]
    fn numbers_are_short() {
        let shown = [62_500.4, 12.345, 1.5, 0.032, 2.0, 0.0].map(short);
        assert_eq!(shown, ["62500", "12.3", "1.5", "0.032", "2", "0"]);
    }
}
