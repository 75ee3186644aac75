//! Events of a socket: its life, its bytes, its timers and windows.

use std::fmt;
use std::net::SocketAddrV4;

use serde::{Deserialize, Serialize};

use crate::units::{SimTime, Span};
use crate::wire::FrameId;

/// Something that happened to a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SocketEvent {
    /// A TCP connection began, or a UDP socket was bound.
    Opened(Box<Connection>),
    /// The TCP state machine moved (RFC 9293 section 3.3.2).
    State {
        /// State before.
        from: TcpState,
        /// State after.
        to: TcpState,
    },
    /// The application wrote bytes into the send buffer.
    AppWrite {
        /// Offset in the outgoing stream.
        offset: u64,
        /// How many.
        len: u32,
    },
    /// The application read bytes from the receive buffer.
    AppRead {
        /// Offset in the incoming stream.
        offset: u64,
        /// How many.
        len: u32,
    },
    /// Bytes of the incoming stream became readable, in order.
    Readable {
        /// First offset that is not yet readable.
        end: u64,
    },
    /// The application will write no more (half-close).
    AppShutdown,
    /// The application let go of the socket; `reset` if it asked for an abort (linger 0).
    AppClose {
        /// Whether by RST.
        reset: bool,
    },
    /// A frame left that the socket had caused; `range` are the stream offsets of its data.
    Segment {
        /// The frame.
        frame: FrameId,
        /// First offset of its data in the outgoing stream.
        offset: u64,
        /// Length of its data in bytes.
        len: u32,
        /// Set if data, SYN or FIN was sent before: what made it leave again.
        again: Option<Mechanism>,
    },
    /// A timer was set.
    TimerSet {
        /// Which.
        timer: Timer,
        /// When it will fire.
        at: SimTime,
    },
    /// A timer fired.
    TimerFired {
        /// Which.
        timer: Timer,
    },
    /// Congestion window, round-trip estimates and peer's window after a change.
    Windows(Box<Congestion>),
    /// The connection is gone.
    Closed {
        /// What the application is told, if it ended badly.
        error: Option<SocketError>,
    },
    /// Data that was written waits to be sent, and for what; or nothing does any more. Told when it changes, by a
    /// transport that knows.
    Waits(Option<Limit>),
    /// The application has more to write than the send buffer takes.
    BufferFull,
}

/// What keeps data that was written from being sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Limit {
    /// The congestion window is full (RFC 5681), or what is left of it is not worth a burst.
    CongestionWindow,
    /// The peer's receive window does not take it (RFC 9293 section 3.8.6).
    PeerWindow,
    /// It is a small segment, and one before it is not acknowledged (RFC 896).
    Nagle,
}

/// How a connection began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Own end.
    pub local: SocketAddrV4,
    /// Other end; `0.0.0.0:0` for a UDP socket.
    pub remote: SocketAddrV4,
    /// Whether this end sent the first SYN.
    pub active: bool,
    /// Initial sequence number of this end.
    pub isn: u32,
    /// Whether it is a TCP connection rather than a UDP socket.
    pub tcp: bool,
}

/// What a sender knows of the path; a part that the profile does not know is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Congestion {
    /// Congestion window in bytes.
    pub cwnd: Option<u64>,
    /// Slow start threshold in bytes.
    pub ssthresh: Option<u64>,
    /// Bytes sent and not acknowledged.
    pub in_flight: u64,
    /// The peer's receive window in bytes.
    pub peer_window: u64,
    /// Smoothed round-trip time.
    pub srtt: Option<Span>,
    /// Retransmission timeout.
    pub rto: Option<Span>,
}

/// States of RFC 9293 section 3.3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the RFC's")]
pub enum TcpState {
    Closed,
    Listen,
    SynSent,
    SynReceived,
    Established,
    FinWait1,
    FinWait2,
    CloseWait,
    Closing,
    LastAck,
    TimeWait,
}

/// What made a segment leave again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Mechanism {
    /// The retransmission timer expired (RFC 6298).
    Rto,
    /// Three duplicate ACKs or SACK said that it was lost (RFC 5681, 6675).
    FastRetransmit,
    /// The RACK reordering timer expired (RFC 8985).
    RackTimer,
    /// A tail loss probe (RFC 8985).
    Tlp,
    /// The SYN timer expired.
    SynTimer,
    /// The SYN-ACK timer expired, or the SYN came again.
    SynAckTimer,
    /// A keep-alive probe (RFC 9293 section 3.8.4).
    KeepAlive,
    /// A zero-window probe (RFC 9293 section 3.8.6.1).
    WindowProbe,
    /// The answer to a FIN that came again, from the TIME-WAIT table.
    TimeWaitAck,
}

/// A timer of a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Timer {
    /// Retransmission of a SYN.
    Syn,
    /// Retransmission of a SYN-ACK.
    SynAck,
    /// Whatever the transport waits for: retransmission, delayed ACK, window probe.
    Transport,
    /// The retransmission timeout.
    Rto,
    /// The tail loss probe.
    Tlp,
    /// RACK's reordering window.
    RackReorder,
    /// Delayed ACK.
    DelayedAck,
    /// The window probe (RFC 9293 section 3.8.6.1).
    Persist,
    /// Keep-alive: idle time or the next probe.
    KeepAlive,
    /// TIME-WAIT, 2 x MSL.
    TimeWait,
}

/// How a connection ended badly: the error that Linux reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SocketError {
    /// `ECONNREFUSED`: RST in answer to the SYN.
    Refused,
    /// `ECONNRESET`: RST on a connection.
    Reset,
    /// `ETIMEDOUT`: no answer to SYN, data or keep-alive probes.
    TimedOut,
    /// `EADDRNOTAVAIL`: no free port towards this endpoint.
    AddressNotAvailable,
    /// `EADDRINUSE`: somebody listens there.
    AddressInUse,
    /// `EPIPE`: written after the connection was closed for sending.
    BrokenPipe,
    /// `ENOTCONN`: the connection is not open.
    NotConnected,
}

impl TcpState {
    /// Whether the peer's FIN has come.
    pub const fn is_after_fin(self) -> bool {
        matches!(
            self,
            Self::CloseWait | Self::Closing | Self::LastAck | Self::TimeWait
        )
    }
}

impl SocketError {
    /// The name in Linux's `errno.h`.
    pub const fn errno(self) -> &'static str {
        match self {
            Self::Refused => "ECONNREFUSED",
            Self::Reset => "ECONNRESET",
            Self::TimedOut => "ETIMEDOUT",
            Self::AddressNotAvailable => "EADDRNOTAVAIL",
            Self::AddressInUse => "EADDRINUSE",
            Self::BrokenPipe => "EPIPE",
            Self::NotConnected => "ENOTCONN",
        }
    }

    /// What the standard library makes of it.
    pub const fn kind(self) -> std::io::ErrorKind {
        use std::io::ErrorKind;
        match self {
            Self::Refused => ErrorKind::ConnectionRefused,
            Self::Reset => ErrorKind::ConnectionReset,
            Self::TimedOut => ErrorKind::TimedOut,
            Self::AddressNotAvailable => ErrorKind::AddrNotAvailable,
            Self::AddressInUse => ErrorKind::AddrInUse,
            Self::BrokenPipe => ErrorKind::BrokenPipe,
            Self::NotConnected => ErrorKind::NotConnected,
        }
    }
}

/// As `strerror` says it, with the errno.
impl fmt::Display for SocketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Refused => "connection refused",
            Self::Reset => "connection reset by peer",
            Self::TimedOut => "connection timed out",
            Self::AddressNotAvailable => "cannot assign requested address",
            Self::AddressInUse => "address already in use",
            Self::BrokenPipe => "broken pipe",
            Self::NotConnected => "transport endpoint is not connected",
        };
        write!(f, "{text} ({})", self.errno())
    }
}

impl std::error::Error for SocketError {}

impl From<SocketError> for std::io::Error {
    fn from(error: SocketError) -> Self {
        Self::new(error.kind(), error)
    }
}

/// As `ss -tan` prints them.
impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Closed => "UNCONN",
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECV",
            Self::Established => "ESTAB",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
        })
    }
}

/// As remarks name them, for example `RTO`.
impl fmt::Display for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syn => "SYN",
            Self::SynAck => "SYN-ACK",
            Self::Transport => "transport",
            Self::Rto => "RTO",
            Self::Tlp => "tail loss probe",
            Self::RackReorder => "RACK reordering",
            Self::DelayedAck => "delayed ACK",
            Self::Persist => "window probe",
            Self::KeepAlive => "keep-alive",
            Self::TimeWait => "TIME-WAIT",
        })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CongestionWindow => "the congestion window",
            Self::PeerWindow => "the peer's window",
            Self::Nagle => "an acknowledgment (Nagle)",
        })
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rto => "RTO",
            Self::FastRetransmit => "fast retransmit",
            Self::RackTimer => "RACK timer",
            Self::Tlp => "tail loss probe",
            Self::SynTimer => "SYN timer",
            Self::SynAckTimer => "SYN-ACK again",
            Self::KeepAlive => "keep-alive probe",
            Self::WindowProbe => "zero-window probe",
            Self::TimeWaitAck => "TIME-WAIT answers a FIN",
        })
    }
}
