//! What time can be spent on: the classes of the account.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a stretch of time was spent on. Every nanosecond of a page is in exactly one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// A name was looked up.
    Dns,
    /// A connection was opened, by TCP or QUIC: the round trip of its handshake.
    Connect,
    /// TLS shook hands on an open connection.
    Tls,
    /// No connection was free.
    Pool,
    /// The request was handed to the socket.
    Send,
    /// The server's application worked on the answer.
    Think,
    /// Data was there, the line idle, and the congestion window full (RFC 5681).
    CongestionWindow,
    /// The same with the peer's receive window (RFC 9293 section 3.8.6).
    ReceiveWindow,
    /// The application could not write: the send buffer was full of what was not acknowledged.
    SendBuffer,
    /// HTTP/2's flow control held data back (RFC 9113 section 5.2).
    Http2FlowControl,
    /// QUIC's flow control held data back (RFC 9000 section 4).
    QuicFlowControl,
    /// A small segment waited for an acknowledgment of the one before it (RFC 896).
    Nagle,
    /// The receiver delayed the acknowledgment that the sender waited for (RFC 1122 section 4.2.3.2).
    DelayedAck,
    /// A line of limited rate was busy with the page's own bits.
    Serialization,
    /// A line of limited rate was busy with somebody else's.
    Queueing,
    /// Signals were on their way.
    Propagation,
    /// A loss was repaired when the retransmission timer expired, that of a SYN included (RFC 6298).
    Rto,
    /// A loss was repaired after a tail loss probe (RFC 8985), or QUIC's probe timeout (RFC 9002 section 6.2).
    Tlp,
    /// A loss was repaired when acknowledgments told of it (RFC 5681, 6675; RFC 9002 section 6.1).
    FastRetransmit,
    /// A loss was repaired when RACK's reordering timer expired (RFC 8985).
    RackTimer,
    /// The bytes had arrived, behind a gap in which another stream's were missing.
    HeadOfLine,
    /// The server was busy with an earlier request of the same connection (RFC 9112 section 9.3.2).
    EarlierResponse,
    /// The client's application did not go on, though it could.
    Client,
}

impl Class {
    /// All of them, in the order in which an exchange meets them.
    pub const ALL: [Self; 23] = [
        Self::Client,
        Self::Pool,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Send,
        Self::Propagation,
        Self::Serialization,
        Self::Queueing,
        Self::EarlierResponse,
        Self::Think,
        Self::CongestionWindow,
        Self::ReceiveWindow,
        Self::SendBuffer,
        Self::Http2FlowControl,
        Self::QuicFlowControl,
        Self::Nagle,
        Self::DelayedAck,
        Self::FastRetransmit,
        Self::RackTimer,
        Self::Tlp,
        Self::Rto,
        Self::HeadOfLine,
    ];

    /// Its key in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Pool => "pool",
            Self::Send => "send",
            Self::Think => "think",
            Self::CongestionWindow => "congestion-window",
            Self::ReceiveWindow => "receive-window",
            Self::SendBuffer => "send-buffer",
            Self::Http2FlowControl => "http2-flow-control",
            Self::QuicFlowControl => "quic-flow-control",
            Self::Nagle => "nagle",
            Self::DelayedAck => "delayed-ack",
            Self::Serialization => "serialization",
            Self::Queueing => "queueing",
            Self::Propagation => "propagation",
            Self::Rto => "rto",
            Self::Tlp => "tlp",
            Self::FastRetransmit => "fast-retransmit",
            Self::RackTimer => "rack-timer",
            Self::HeadOfLine => "head-of-line",
            Self::EarlierResponse => "earlier-response",
            Self::Client => "client",
        }
    }

    /// Whether a loss was repaired meanwhile.
    pub const fn is_recovery(self) -> bool {
        matches!(
            self,
            Self::Rto | Self::Tlp | Self::FastRetransmit | Self::RackTimer
        )
    }

    /// Whether data waited for a window.
    pub const fn is_window(self) -> bool {
        matches!(
            self,
            Self::CongestionWindow
                | Self::ReceiveWindow
                | Self::SendBuffer
                | Self::Http2FlowControl
                | Self::QuicFlowControl
        )
    }
}

/// As legends and tables name them.
impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dns => "name lookup",
            Self::Connect => "connect",
            Self::Tls => "TLS",
            Self::Pool => "wait for a connection",
            Self::Send => "request send",
            Self::Think => "server think",
            Self::CongestionWindow => "congestion window",
            Self::ReceiveWindow => "receive window",
            Self::SendBuffer => "send buffer",
            Self::Http2FlowControl => "HTTP/2 flow control",
            Self::QuicFlowControl => "QUIC flow control",
            Self::Nagle => "Nagle",
            Self::DelayedAck => "delayed ACK",
            Self::Serialization => "serialization",
            Self::Queueing => "queueing",
            Self::Propagation => "propagation",
            Self::Rto => "RTO",
            Self::Tlp => "tail loss probe",
            Self::FastRetransmit => "fast retransmit",
            Self::RackTimer => "RACK timer",
            Self::HeadOfLine => "head-of-line",
            Self::EarlierResponse => "earlier response",
            Self::Client => "client",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_class_is_listed_once_and_has_a_key_of_its_own() {
        let classes: BTreeSet<_> = Class::ALL.iter().collect();
        let keys: BTreeSet<_> = Class::ALL.iter().map(|class| class.key()).collect();
        assert_eq!(
            (classes.len(), keys.len()),
            (Class::ALL.len(), Class::ALL.len())
        );
        for class in Class::ALL {
            let json = serde_json::to_string(&class).expect("a class is a word");
            assert_eq!(json, format!("\"{}\"", class.key()));
        }
    }
}
