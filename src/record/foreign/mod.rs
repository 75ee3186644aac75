//! Captures that others made: pcap and pcapng as tcpdump and Wireshark write them, read into a [`Capture`].
//!
//! A capture is not a [`Recording`](super::Recording): one tap saw each frame once, at one moment, and nobody says when
//! it left, when it arrived, or what a host did. So it has a type of its own that claims no more than that.
//!
//! [`Capture::read`] takes bytes and opens nothing. Of a file that is damaged behind its first packet, what comes before
//! the damage is returned, with the damage beside it.

mod error;
mod pcap;
mod pcapng;

use crate::units::Span;
use crate::wire::foreign::{Dissected, LinkType};

pub use error::{CaptureError, Place};

/// What a capture file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capture<'a> {
    /// How the file is written, in words: `pcap, microseconds`.
    pub format: String,
    /// Where packets were captured.
    pub interfaces: Vec<Interface>,
    /// The packets in the order of the file, which need not be that of their times.
    pub packets: Vec<Packet<'a>>,
    /// What made reading end before the end of the file.
    pub damage: Option<CaptureError>,
}

/// Where packets were captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name, if the file says it.
    pub name: Option<String>,
    /// Its link layer, `None` if it is not understood.
    pub link: Option<LinkType>,
    /// The number of its link layer.
    pub number: u32,
}

/// One captured packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// When it was captured, since 1970-01-01T00:00:00Z.
    pub at: Span,
    /// Position of its interface in [`Capture::interfaces`].
    pub interface: usize,
    /// Its length on the wire in bytes.
    pub original: u32,
    /// As much of it as was captured.
    pub data: &'a [u8],
}

impl<'a> Capture<'a> {
    /// Reads a capture file: pcap in either byte order with microseconds or nanoseconds, or pcapng.
    ///
    /// # Errors
    /// [`CaptureError`] if nothing can be read: the file is no capture, it is damaged before its first packet, or none
    /// of its packets has a link layer that is understood.
    pub fn read(bytes: &'a [u8]) -> Result<Self, CaptureError> {
        let capture = match bytes.first_chunk() {
            None if bytes.is_empty() => return Err(CaptureError::Empty),
            Some(&pcapng::MAGIC) => pcapng::read(bytes)?,
            _ => pcap::read(bytes)?,
        };
        if let Some(damage) = &capture.damage
            && capture.packets.is_empty()
        {
            return Err(damage.clone());
        }
        let understood = |packet: &Packet<'_>| capture.link(packet).is_some();
        if !capture.packets.is_empty() && !capture.packets.iter().any(understood) {
            let number = capture.interfaces[capture.packets[0].interface].number;
            return Err(CaptureError::link_type(number));
        }
        Ok(capture)
    }

    /// The link layer of a packet, if it is understood.
    pub fn link(&self, packet: &Packet<'_>) -> Option<LinkType> {
        self.interfaces.get(packet.interface)?.link
    }

    /// What a packet is.
    pub fn dissect(&self, packet: &Packet<'_>) -> Dissected {
        let original = usize::try_from(packet.original).unwrap_or(usize::MAX);
        self.link(packet).map_or_else(
            || Dissected::Other("unknown link layer".to_owned()),
            |link| Dissected::of(link, packet.data, original),
        )
    }
}

impl Interface {
    fn new(name: Option<String>, number: u32) -> Self {
        Self {
            name,
            link: LinkType::of(number),
            number,
        }
    }
}
