//! The same in words and tables: where each resource ends, and which is the first.

use super::resources::{Capacity, Footprint, Load, Resource, float};
use super::tables::{short, texts};
use super::variants::Carrier;
use crate::host::EPHEMERAL;
use crate::measure::Table;
use crate::units::Bytes;

/// Messages per second, and clients, of the table.
const RATES: [u64; 5] = [10, 100, 1_000, 10_000, 100_000];
const CLIENTS: [u64; 5] = [100, 1_000, 10_000, 100_000, 1_000_000];

impl Load {
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
            "{}, at {} messages/s for each client: {first}: {} runs out at {} messages/s, {} at {} clients, and both \
             together where a client gets {} messages/s; {}",
            self.footprint.carrier.name(),
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
            let (unit, of_what) = if resource.is_throughput() {
                ("messages/s", self.each_message(resource))
            } else {
                ("clients", self.each_client(resource))
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

/// What helps.
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
            "a message costs no request and no handshake any more, so what relieves the one is another processor, and \
             the other another server"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::resources::tests::load;
    use super::*;

    #[test]
    fn few_messages_for_many_clients_leave_the_connections_as_the_constraint() {
        let load = load(Carrier::WebSocket, 0.0, 0.0);
        let frequent = load.constraint(50, 10);
        assert!(
            frequent.contains("message throughput saturates first, by CPU"),
            "{frequent}"
        );
        let rare = load.constraint(10, 10_000);
        assert!(
            rare.contains("connection count saturates first, by memory"),
            "{rare}"
        );
    }

    #[test]
    fn what_is_saturated_is_marked() {
        let rows = load(Carrier::WebSocket, 0.0, 0.0).grid().rows;
        assert_eq!(rows[0][1], "CPU 0.5 %");
        assert_eq!(rows[3][1], "!CPU 500 %");
    }
}
