//! Drop scripts: frames to drop, named by what they are and which of their kind.
//!
//! `s2c:data:5-7` is the fifth to seventh data segment towards the client. A script counts the frames that
//! one link is offered, over all flows together; what a frame is, it learns from the flow that the frame
//! belongs to. This file holds the words, [`parse`] how they are read, [`watch`] how they are matched.

mod parse;
mod watch;

use std::fmt;

pub use parse::ParseScriptError;
pub(super) use watch::Watch;

/// A direction of a path between a client and a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// `c2s`.
    ClientToServer,
    /// `s2c`.
    ServerToClient,
}

/// Which frames to drop on the way in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DropScript {
    /// On the way from where to where.
    pub direction: Direction,
    /// Which.
    pub selector: Selector,
}

/// Scripts as one text names them, separated by commas: `s2c:data:20,c2s:syn:1`. Each drops frames of its
/// own, and a frame that several name is dropped once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DropScripts(Vec<DropScript>);

/// Which frames of a direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Those of a kind, by their ordinals.
    Nth(Kind, Ordinals),
    /// `ackge:B`: the first pure ACK of at least `B` bytes of its flow, counted from the ACK of the SYN.
    AckAtLeast(u64),
    /// `bytes:A-B`: the first frame that carries any byte of its flow from offset `first` to just before
    /// `end`, counted from the first byte after the SYN.
    Bytes {
        /// Offset of the first byte.
        first: u64,
        /// Offset after the last byte.
        end: u64,
    },
}

/// What a frame may be. A frame can be of several kinds, such as `fin` and `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `any`: any frame at all.
    Any,
    /// `syn`: a TCP SYN without ACK.
    Syn,
    /// `synack`: a TCP SYN with ACK.
    SynAck,
    /// `data`: a TCP segment with data, some of which its flow has not carried before.
    Data,
    /// `rtx`: a TCP segment with data, all of it from before what its flow has carried already.
    Retransmission,
    /// `ack`: a pure ACK, a TCP segment with ACK but no data, SYN, FIN or RST.
    Ack,
    /// `fin`: a TCP segment with FIN.
    Fin,
    /// `rst`: a TCP segment with RST.
    Rst,
    /// `udp`: a UDP datagram.
    Udp,
}

/// Ordinals, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordinals {
    /// `*`: all of them.
    All,
    /// `5` or `5-7`: from the first to the last.
    Range {
        /// The first.
        first: u64,
        /// The last, itself included.
        last: u64,
    },
}

impl DropScripts {
    /// The scripts, in the order in which they were written.
    pub fn iter(&self) -> impl Iterator<Item = &DropScript> {
        self.0.iter()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those of one direction: what the link of that direction is given.
    #[must_use]
    pub fn toward(&self, direction: Direction) -> Self {
        self.iter()
            .copied()
            .filter(|script| script.direction == direction)
            .collect()
    }
}

impl Kind {
    const ALL: [Self; 9] = [
        Self::Any,
        Self::Syn,
        Self::SynAck,
        Self::Data,
        Self::Retransmission,
        Self::Ack,
        Self::Fin,
        Self::Rst,
        Self::Udp,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Syn => "syn",
            Self::SynAck => "synack",
            Self::Data => "data",
            Self::Retransmission => "rtx",
            Self::Ack => "ack",
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Udp => "udp",
        }
    }
}

impl Ordinals {
    const fn contain(self, ordinal: u64) -> bool {
        match self {
            Self::All => true,
            Self::Range { first, last } => first <= ordinal && ordinal <= last,
        }
    }
}

impl FromIterator<DropScript> for DropScripts {
    fn from_iter<I: IntoIterator<Item = DropScript>>(scripts: I) -> Self {
        Self(scripts.into_iter().collect())
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ClientToServer => "c2s",
            Self::ServerToClient => "s2c",
        })
    }
}

impl fmt::Display for Ordinals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Range { first, last } if first == last => write!(f, "{first}"),
            Self::Range { first, last } => write!(f, "{first}-{last}"),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nth(kind, ordinals) => write!(f, "{}:{ordinals}", kind.word()),
            Self::AckAtLeast(bytes) => write!(f, "ackge:{bytes}"),
            Self::Bytes { first, end } => write!(f, "bytes:{first}-{end}"),
        }
    }
}

impl fmt::Display for DropScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.direction, self.selector)
    }
}

impl fmt::Display for DropScripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, script) in self.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{script}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
