//! Conversations of TCP in a capture that others made, as one tap saw them.
//!
//! [`Traffic::of`] takes a [`Capture`](crate::record::foreign::Capture) apart into [`Conversation`]s. Of each segment it
//! keeps what Wireshark would say of it (`rules`, and `flags` for the words) and, of what was sent again, what we make of it (`again`). From that follow
//! round trips and where the tap was (`rtt`), and the account of time as far as one vantage point allows (`time`, and
//! `constraint` for its sentence).
//!
//! Nobody says here what a host did: whatever is inferred is called so, and what cannot be known is named.

mod again;
mod constraint;
mod flags;
mod graph;
mod history;
mod limits;
mod rtt;
mod rules;
mod summary;
#[cfg(test)]
mod tests;
mod time;
mod traffic;
mod unacked;
mod words;

use std::net::SocketAddr;

pub use again::{Again, Kind};
pub use flags::{Flag, Flags};
pub use rtt::{Evidence, Handshake, Relay, Spread, Trips, Vantage};
pub use rules::Analysis;
pub use summary::{ConversationSummary, SideSummary, SpentMs, TrafficSummary, TripsMs};
pub use time::{Account, Spent};
pub use traffic::Traffic;
pub use words::{counted, grouped, percent, spoken};

use crate::units::{SimTime, Span};
use crate::wire::foreign::{TcpFlags, TcpSegment};

/// Which end of a conversation: 0 is the client, 1 the server, as far as that is known.
pub type End = usize;

/// Why the first end is taken for the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientBy {
    /// It sent the SYN, or was sent the SYN-ACK.
    Handshake,
    /// Its port is the larger one, which is a guess.
    Port,
}

/// One segment as the tap saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number in the file, from 1.
    pub frame: u64,
    /// When it was captured, since the earliest packet of the capture.
    pub at: SimTime,
    /// Who sent it.
    pub from: End,
    /// What it says.
    pub segment: TcpSegment,
    /// What Wireshark says of it.
    pub analysis: Analysis,
    /// What we make of it, where it is not new.
    pub again: Option<Again>,
}

/// A conversation of TCP: one connection, or what was captured of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// Its number in the capture, from 1, in the order of the first segments.
    pub number: usize,
    /// The client's address and port, and the server's.
    pub ends: [SocketAddr; 2],
    /// Why the first is taken for the client.
    pub client_by: ClientBy,
    /// Its segments in the order of the file.
    pub seen: Vec<Seen>,
    /// `tcp.analysis.initial_rtt`: from the last SYN before it to the first segment that has ACK and no SYN, of either end.
    /// [`Handshake::round_trip`] is stricter.
    pub initial_rtt: Option<Span>,
}

impl Seen {
    /// Whether it carries data that was not captured before, and is no probe.
    pub fn is_new_data(&self) -> bool {
        let flags = self.analysis.flags;
        self.segment.len > 0
            && self.again.is_none()
            && !flags.has(Flag::KeepAlive)
            && !flags.has(Flag::ZeroWindowProbe)
    }
}

impl Conversation {
    /// When its first segment was captured.
    pub fn begin(&self) -> SimTime {
        self.seen.first().map_or(SimTime::ZERO, |seen| seen.at)
    }

    /// From its first segment to its latest. A clock that was set back meanwhile counts as standing still.
    pub fn duration(&self) -> Span {
        let latest = self.seen.iter().map(|seen| seen.at).max();
        latest.map_or(Span::ZERO, |latest| latest.since(self.begin()))
    }

    /// Bytes of data that `end` sent, each counted as often as it was captured.
    pub fn data(&self, end: End) -> u64 {
        let own = self.seen.iter().filter(|seen| seen.from == end);
        own.map(|seen| u64::from(seen.segment.len)).sum()
    }

    /// Segments that `end` sent.
    pub fn segments(&self, end: End) -> usize {
        self.seen.iter().filter(|seen| seen.from == end).count()
    }

    /// How many segments have this flag.
    pub fn count(&self, flag: Flag) -> usize {
        let flagged = |seen: &&Seen| seen.analysis.flags.has(flag);
        self.seen.iter().filter(flagged).count()
    }

    /// Which parts of a connection were captured, as Wireshark counts them (`tcp.completeness`): SYN 1, SYN-ACK 2, an
    /// ACK without data 4, data 8, FIN 16, RST 32. A SYN counts if the conversation begins with it.
    pub fn completeness(&self) -> u32 {
        let part = |seen: &Seen| {
            let flags = seen.segment.flags;
            let opening = match (flags.any(TcpFlags::SYN), flags.any(TcpFlags::ACK)) {
                (true, false) => 1,
                (true, true) => 2,
                (false, true) if seen.segment.len == 0 => 4,
                (false, _) => 0,
            };
            let data = u32::from(seen.segment.len > 0) * 8;
            let end = u32::from(flags.any(TcpFlags::FIN)) * 16;
            opening | data | end | (u32::from(flags.any(TcpFlags::RST)) * 32)
        };
        let all = self.seen.iter().map(part).fold(0, |all, part| all | part);
        let begins = self
            .seen
            .first()
            .is_some_and(|seen| seen.segment.flags.opens());
        if begins { all } else { all & !1 }
    }

    /// Whether its SYN was captured.
    pub fn has_beginning(&self) -> bool {
        self.completeness() & 1 != 0
    }
}
