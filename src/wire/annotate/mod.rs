//! A frame byte by byte: every byte belongs to exactly one field, also in cut or corrupted frames.
//!
//! Names are Wireshark's display filter names where there is one. A byte that holds two fields (version and
//! header length of IPv4) is one field here, under the first name. Checksum fields say whether they are right.

use std::ops::Range;

use super::summary::Isns;

mod ipv4;
mod link;
mod tcp;
mod text;
mod walk;

pub use text::render;
use walk::Walk;

/// Which protocol a field belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Ethernet II, padding included.
    Ethernet,
    /// ARP (RFC 826).
    Arp,
    /// IPv4 (RFC 791).
    Ipv4,
    /// TCP (RFC 9293).
    Tcp,
    /// UDP (RFC 768).
    Udp,
    /// ICMP (RFC 792).
    Icmp,
    /// What the innermost header carries.
    Payload,
}

/// One field of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its bytes.
    pub range: Range<usize>,
    /// The protocol that it belongs to.
    pub layer: Layer,
    /// Wireshark's display filter name, for example `ip.ttl`.
    pub name: &'static str,
    /// Its value as people read it.
    pub value: String,
    /// What else is to be said, for example whether a checksum is right.
    pub note: Option<String>,
}

/// The fields of `frame` in order; their ranges tile it without gap or overlap.
pub fn annotate(frame: &[u8]) -> Vec<Field> {
    annotate_relative(frame, Isns::ABSOLUTE)
}

/// The fields of `frame` with TCP's sequence numbers counted from the flow's initial ones.
pub fn annotate_relative(frame: &[u8], isns: Isns) -> Vec<Field> {
    let mut walk = Walk::new(frame);
    link::ethernet(&mut walk, isns);
    walk.finish()
}

impl Layer {
    /// Name of the protocol.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "Ethernet",
            Self::Arp => "ARP",
            Self::Ipv4 => "IPv4",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Icmp => "ICMP",
            Self::Payload => "payload",
        }
    }
}

#[cfg(test)]
mod tests;
