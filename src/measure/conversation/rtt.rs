//! The handshake, round trips as the tap saw them, and where the tap was.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{Conversation, End};
use crate::units::{SimTime, Span};
use crate::wire::foreign::TcpFlags;

/// Initial values of TTL and hop limit that systems use.
const TTLS: [u8; 3] = [64, 128, 255];

/// An end is near if it is closer than one in so many parts of the round trip.
const NEAR: u64 = 10;

/// On a network without routers a handshake takes no longer than this.
const LOCAL: Span = Span::from_millis(10);

/// The three segments that open a connection, where they were captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handshake {
    /// The last SYN before the SYN-ACK.
    pub syn: Option<SimTime>,
    /// The first SYN-ACK.
    pub syn_ack: Option<SimTime>,
    /// The client's first ACK.
    pub ack: Option<SimTime>,
    /// SYNs, with those that were sent again.
    pub syns: usize,
    /// SYN-ACKs, with those that were sent again.
    pub syn_acks: usize,
}

/// Round trips of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// How many.
    pub count: usize,
    /// The shortest.
    pub min: Span,
    /// The middle one.
    pub median: Span,
    /// The longest.
    pub max: Span,
}

/// Round trips from the tap to each end and back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trips {
    /// From a segment with data, SYN or FIN to the acknowledgment of its last byte by that end. What was sent again is
    /// left out, since nobody can tell which one was acknowledged (Karn, RFC 6298 section 3). Delayed acknowledgments
    /// are in it.
    pub to: [Option<Spread>; 2],
}

/// Where the capture was taken, as far as it can be inferred.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vantage {
    /// At this end, or right beside it.
    At(End, Evidence),
    /// Both ends are there: loopback, or a network without routers.
    Both,
    /// Somewhere between.
    Between,
    /// Nothing tells.
    Unknown,
}

/// What tells where the capture was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// Its packets have the TTL with which systems begin, and those of the other end have not.
    Ttl,
    /// It answers within a tenth of the round trip.
    RoundTrip,
    /// The same, and something as near answers for the other end.
    Relay,
}

/// Something near the tap that answers for the server, as NATs and proxies do: no packet seems to have passed a router,
/// data is acknowledged at once, and only what the server itself has to say takes its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relay {
    /// The shortest acknowledgment of data.
    pub acknowledges: Span,
    /// The way to the server and back: the SYN-ACK's, or that of an answer which was quicker.
    pub way: Span,
}

impl Spread {
    /// What these values have in common; nothing of none.
    pub fn of(mut values: Vec<Span>) -> Option<Self> {
        values.sort_unstable();
        Some(Self {
            count: values.len(),
            min: *values.first()?,
            median: values[values.len() / 2],
            max: *values.last()?,
        })
    }
}

impl Handshake {
    /// From the tap to the server and back.
    pub fn to_server(&self) -> Option<Span> {
        Some(self.syn_ack?.since(self.syn?))
    }

    /// From the tap to the client and back.
    pub fn to_client(&self) -> Option<Span> {
        Some(self.ack?.since(self.syn_ack?))
    }

    /// The whole round trip.
    pub fn round_trip(&self) -> Option<Span> {
        Some(self.to_server()? + self.to_client()?)
    }
}

impl Conversation {
    /// How it was opened.
    pub fn handshake(&self) -> Handshake {
        let mut shake = Handshake::default();
        for seen in &self.seen {
            let flags = seen.segment.flags;
            if flags.opens() {
                shake.syns += 1;
                if shake.syn_ack.is_none() {
                    shake.syn = Some(seen.at);
                }
            } else if flags.grants() {
                shake.syn_acks += 1;
                shake.syn_ack.get_or_insert(seen.at);
            } else if seen.from == 0 && flags.any(TcpFlags::ACK) && shake.syn_ack.is_some() {
                shake.ack.get_or_insert(seen.at);
            }
        }
        shake
    }

    /// Round trips by acknowledgments.
    pub fn trips(&self) -> Trips {
        let resent: BTreeSet<(End, u32)> = self
            .seen
            .iter()
            .filter(|seen| seen.again.is_some())
            .map(|seen| (seen.from, seen.segment.end()))
            .collect();
        let mut to = [Vec::new(), Vec::new()];
        for seen in &self.seen {
            if let Some((_, trip)) = seen.analysis.acks
                && !resent.contains(&(1 - seen.from, seen.segment.ack))
            {
                to[seen.from].push(trip);
            }
        }
        Trips {
            to: to.map(Spread::of),
        }
    }

    /// Where it was captured, as far as that can be inferred.
    pub fn vantage(&self) -> Vantage {
        let begins = [0, 1].map(|end| self.begins_here(end));
        match begins {
            [Some(true), Some(true)] if self.is_local() => return Vantage::Both,
            [Some(true), Some(false)] => return Vantage::At(0, Evidence::Ttl),
            [Some(false), Some(true)] => return Vantage::At(1, Evidence::Ttl),
            _ => {}
        }
        let trips = self.trips();
        let shake = self.handshake();
        let client = shake.to_client().or(trips.to[0].map(|spread| spread.min));
        let server = shake.to_server().or(trips.to[1].map(|spread| spread.min));
        let (Some(client), Some(server)) = (client, server) else {
            return Vantage::Unknown;
        };
        let is_near =
            |part: Span| part.as_nanos().saturating_mul(NEAR) < (client + server).as_nanos();
        match (is_near(client), is_near(server)) {
            (true, _) if self.relay().is_some() => Vantage::At(0, Evidence::Relay),
            (true, _) => Vantage::At(0, Evidence::RoundTrip),
            (_, true) => Vantage::At(1, Evidence::RoundTrip),
            _ => Vantage::Between,
        }
    }

    /// Whether the handshake, as far as it was captured, was as quick as on a network without routers. A TTL alone does
    /// not tell: NATs and proxies set it anew.
    fn is_local(&self) -> bool {
        let shake = self.handshake();
        shake.to_server().is_none_or(|trip| trip <= LOCAL)
            && shake.to_client().is_none_or(|trip| trip <= LOCAL)
    }

    /// What answers for the server near the tap, if something does.
    pub fn relay(&self) -> Option<Relay> {
        let shake = self.handshake();
        let opening = shake.to_server()?;
        let is_told = [0, 1].map(|end| self.begins_here(end)) == [Some(true); 2];
        if !is_told || opening <= LOCAL || shake.syns > 1 || shake.syn_acks > 1 {
            return None;
        }
        let acknowledges = self.trips().to[1]?.min;
        let way = self
            .answers()
            .min()
            .map_or(opening, |answer| answer.min(opening));
        let is_near = acknowledges.as_nanos().saturating_mul(NEAR) < way.as_nanos();
        is_near.then_some(Relay { acknowledges, way })
    }

    /// From the client's last data before an answer of the server's to that.
    fn answers(&self) -> impl Iterator<Item = Span> {
        let data = || self.seen.iter().filter(|seen| seen.is_new_data());
        let pairs = data().zip(data().skip(1));
        pairs
            .filter(|(before, after)| (before.from, after.from) == (0, 1))
            .map(|(before, after)| after.at.since(before.at))
    }

    /// Whether no router has seen this end's packets yet; `None` if it sent none.
    fn begins_here(&self, end: End) -> Option<bool> {
        let mut own = self.seen.iter().filter(|seen| seen.from == end).peekable();
        own.peek()?;
        Some(own.all(|seen| TTLS.contains(&seen.segment.ttl)))
    }
}
