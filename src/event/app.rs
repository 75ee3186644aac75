//! What applications say of themselves, since readers cannot ask them.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use super::{LedgerStep, QuicPacket, SocketId};
use crate::units::Span;

/// A request and its response: its ordinal among all requests of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u32);

/// Bytes of one direction of a socket's stream: from `start` to just before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByteRange {
    /// First offset.
    pub start: u64,
    /// First offset after it.
    pub end: u64,
}

/// Which side of a transforming protocol a byte range is counted on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Layer {
    /// The TCP stream or the UDP datagrams, as on the wire.
    Transport,
    /// Inside TLS.
    Tls,
    /// A stream of HTTP/2 or QUIC.
    Stream(u64),
}

/// Steps of an exchange, in the words of HAR 1.2 and W3C Resource Timing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// Wanted, but waiting for a connection (HAR `blocked`).
    Queued,
    /// A connection was assigned to it.
    Assigned,
    /// Name lookup begins.
    DnsStart,
    /// Name lookup is over.
    DnsEnd,
    /// The connection attempt begins.
    ConnectStart,
    /// The TLS handshake begins (`secureConnectionStart`).
    TlsStart,
    /// The connection is ready, TLS included.
    ConnectEnd,
    /// The first byte of the request is given to the socket.
    RequestStart,
    /// The last byte of the request is given to the socket.
    RequestEnd,
    /// The server's application has the request.
    ServerStart,
    /// The server's application begins to answer.
    ServerEnd,
    /// The client's application has the response's first byte.
    ResponseStart,
    /// The client's application has the response's last byte.
    ResponseEnd,
}

/// A message between a server and one of its clients: its ordinal among all messages of a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MessageId(pub u32);

/// Steps of a message on its way from one application to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MessageStep {
    /// The sender's application has it; the delivery's latency counts from here.
    Accepted,
    /// It is given to a socket.
    Written,
    /// The receiver's application has it.
    Delivered,
}

/// Something that an application did or learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AppEvent {
    /// A request came to be.
    Request {
        /// Its name from here on.
        request: RequestId,
        /// For example `GET`.
        method: String,
        /// For example `http://server.test/image/7`.
        url: String,
    },
    /// A request reached a step.
    Phase {
        /// The request.
        request: RequestId,
        /// The step.
        phase: Phase,
        /// The socket that carries it, once there is one.
        socket: Option<SocketId>,
    },
    /// Which bytes carry a request or its response.
    Bytes {
        /// The request.
        request: RequestId,
        /// The socket.
        socket: SocketId,
        /// Where the offsets are counted.
        layer: Layer,
        /// Whether they are the response's.
        response: bool,
        /// The bytes.
        range: ByteRange,
    },
    /// How a request ended.
    Response {
        /// The request.
        request: RequestId,
        /// Status code (RFC 9110), or 0 if there was no answer.
        status: u16,
        /// Body length in bytes.
        body: u64,
        /// What the client's application was told instead.
        error: Option<String>,
    },
    /// The host computes for a while.
    Think {
        /// For which request.
        request: Option<RequestId>,
        /// How long.
        span: Span,
    },
    /// A name was looked up.
    Dns {
        /// The name.
        name: String,
        /// What it resolved to.
        addresses: Vec<Ipv4Addr>,
        /// How long the answer may be kept.
        ttl: Span,
        /// Whether it came from a cache.
        cached: bool,
    },
    /// A line of a TLS key log, for the capture's secrets block.
    TlsSecret {
        /// The socket.
        socket: SocketId,
        /// The line.
        line: String,
    },
    /// A remark for people, shown beside the frames of its moment.
    Note {
        /// The remark.
        text: String,
    },
    /// A QUIC endpoint sent or received a packet.
    QuicPacket(QuicPacket),
    /// What a QUIC endpoint's loss recovery says (RFC 9002): an event of qlog's category `recovery`.
    QuicRecovery {
        /// The UDP socket.
        socket: SocketId,
        /// The connection, as in [`QuicPacket`].
        connection: u64,
        /// Name and data of the event, as JSON.
        line: String,
    },
    /// A message reached a step. The host that says `Accepted` is the one that it comes from.
    Message {
        /// The message.
        message: MessageId,
        /// The client that it is for, or comes from: its ordinal.
        client: u32,
        /// The step.
        step: MessageStep,
        /// Length of its text in bytes.
        bytes: u64,
    },
    /// A server that keeps a ledger did something.
    Ledger {
        /// For which request, if for one.
        request: Option<RequestId>,
        /// What it did.
        step: LedgerStep,
    },
}

impl ByteRange {
    /// Whether the byte at `offset` is one of them.
    pub const fn contains(self, offset: u64) -> bool {
        self.start <= offset && offset < self.end
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {}", self.0)
    }
}

impl fmt::Display for MessageStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Accepted => "accepted",
            Self::Written => "written",
            Self::Delivered => "delivered",
        })
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "request {}", self.0)
    }
}
