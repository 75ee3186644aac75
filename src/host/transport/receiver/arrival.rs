//! What a receiver is told of a connection and of a segment, and what it answers.

use crate::units::{SimTime, Span};

/// What a connection begins with.
#[derive(Clone, Copy, Debug)]
pub(in crate::host) struct Setup {
    /// When the connection opened.
    pub(in crate::host) now: SimTime,
    /// First sequence number of the peer's data.
    pub(in crate::host) next: u32,
    /// MSS that was advertised.
    pub(in crate::host) mss: u32,
    /// Largest window in bytes.
    pub(in crate::host) limit: u32,
    /// Window of our SYN or SYN-ACK in bytes.
    pub(in crate::host) window: u32,
    /// Binary logarithm of the unit of our window fields (RFC 7323 section 2).
    pub(in crate::host) shift: u8,
    /// Whether segments have timestamps.
    pub(in crate::host) timestamps: bool,
    /// Whether the peer permits SACK.
    pub(in crate::host) sack: bool,
    /// Whether the application set the buffer's size (`SO_RCVBUF`), which then stays.
    pub(in crate::host) fixed_buffer: bool,
}

/// A segment with data or FIN that was acceptable and has been offered to the stream, cut to its window.
#[derive(Clone, Copy, Debug)]
pub(in crate::host) struct Arrival {
    /// When it came.
    pub(in crate::host) now: SimTime,
    /// First sequence number.
    pub(in crate::host) seq: u32,
    /// Bytes of data.
    pub(in crate::host) data: u32,
    /// Whether the peer's stream ends with it.
    pub(in crate::host) fin: bool,
    /// Whether it has PSH.
    pub(in crate::host) push: bool,
    /// RCV.NXT before it.
    pub(in crate::host) before: u32,
    /// RCV.NXT after it.
    pub(in crate::host) after: u32,
    /// Bytes in order that the application has not read, with those of this segment.
    pub(in crate::host) unread: u32,
    /// The sender's own RTO.
    pub(in crate::host) rto: Span,
    /// The sender's own smoothed round trip.
    pub(in crate::host) srtt: Option<Span>,
    /// Round trip by the echoed timestamp, if that is another one than the last segment's.
    pub(in crate::host) rtt: Option<Span>,
}

/// When a segment is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::host) enum Acknowledge {
    /// At once, before the application reads.
    Now,
    /// When data leaves, or when a timer fires: see [`super::Receiver::deadline`].
    Later,
    /// Never.
    Nothing,
}
