//! The knobs of the case.

use crate::case::knob::{Kind, Knob, path_knobs};
use crate::host::EPHEMERAL;

/// Addresses that a host can have.
const MOST_ADDRESSES: u64 = 8;

/// All of them.
pub(super) fn all() -> Vec<Knob> {
    let mut knobs = path_knobs("100ms");
    knobs.extend(message_knobs());
    knobs.extend(client_knobs());
    knobs.extend(server_knobs());
    knobs
}

fn message_knobs() -> [Knob; 7] {
    [
        Knob::new(
            "messages",
            "160",
            Kind::Count(1..=1_000_000),
            "messages of the server's, beside the first two; in `saturation`, of each stage",
        ),
        Knob::new(
            "uploads",
            "30",
            Kind::Count(0..=1_000_000),
            "the clients' own messages, which follow when the server's are delivered",
        ),
        Knob::new(
            "message_rate",
            "100",
            Kind::Count(1..=10_000_000),
            "messages each second, over all clients",
        ),
        Knob::new(
            "arrivals",
            "poisson",
            Kind::Choice(&["poisson", "steady"]),
            "messages come by chance and for any client, or in equal intervals and for each in turn",
        ),
        Knob::new(
            "follow",
            "1us",
            Kind::Time,
            "the second message follows the first so soon, for the same client: no poll waits for it",
        ),
        Knob::new("bytes", "100B", Kind::Size, "length of a message's text"),
        Knob::new(
            "header_bytes",
            "500",
            Kind::Count(0..=8_000),
            "bytes of header fields in each request beyond those that HTTP needs, as browsers send them",
        ),
    ]
}

fn client_knobs() -> [Knob; 5] {
    [
        Knob::new(
            "clients",
            "20",
            Kind::Count(1..=20_000),
            "clients, except in `fan-in`",
        ),
        Knob::new(
            "ping",
            "0",
            Kind::Time,
            "a WebSocket that is silent for so long is pinged; 0 is never",
        ),
        Knob::new(
            "connections",
            "1000",
            Kind::Count(1..=MOST_ADDRESSES * EPHEMERAL.count() as u64),
            "connections of `fan-in`; 50000 is its full size",
        ),
        Knob::new(
            "addresses",
            "2",
            Kind::Count(1..=MOST_ADDRESSES),
            "source addresses of the clients' host in `fan-in`, which take turns",
        ),
        Knob::new(
            "opens",
            "10000",
            Kind::Count(1..=1_000_000),
            "connections that `fan-in` opens each second",
        ),
    ]
}

fn server_knobs() -> [Knob; 8] {
    [
        Knob::new(
            "cpu",
            "off",
            Kind::Switch,
            "whether the server is kept busy by its work, or does it in no time",
        ),
        Knob::new(
            "cpu_message",
            "500us",
            Kind::Time,
            "work of the server for a message",
        ),
        Knob::new(
            "cpu_request",
            "200us",
            Kind::Time,
            "work of the server for an HTTP request",
        ),
        Knob::new(
            "cpu_handshake",
            "1ms",
            Kind::Time,
            "work of the server for a connection that it accepts",
        ),
        Knob::new(
            "sockets",
            "65535",
            Kind::Count(1..=10_000_000),
            "sockets that the server may hold (file descriptors)",
        ),
        Knob::new(
            "memory",
            "4GB",
            Kind::Size,
            "memory that the server has for connections",
        ),
        Knob::new(
            "memory_socket",
            "64kB",
            Kind::Size,
            "memory that the server needs for a connection",
        ),
        Knob::new(
            "link",
            "1gbit",
            Kind::Rate,
            "rate of the server's link, for the question what saturates first",
        ),
    ]
}
