//! Reading pcapng (<https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html>) with the crate `pcap-file`.

use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::blocks::packet::PacketBlock;
use pcap_file::pcapng::blocks::simple_packet::SimplePacketBlock;
use pcap_file::pcapng::{Block, PcapNgFormatError, PcapNgParseError, PcapNgParser};

use super::pcap::LONGEST;
use super::{Capture, CaptureError, Interface, Packet, Place};
use crate::units::Span;

/// The type of a section header block, the same in either byte order.
pub(super) const MAGIC: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Length of the shortest section header in bytes.
const HEADER: usize = 28;

/// Reads a pcapng file.
pub(super) fn read(bytes: &[u8]) -> Result<Capture<'_>, CaptureError> {
    let mut place = Place {
        what: "block",
        number: 1,
        offset: 0,
    };
    let (mut rest, mut parser) = PcapNgParser::new(bytes).map_err(|error| match error {
        PcapNgParseError::IncompleteBuffer(..) if bytes.len() < HEADER => CaptureError::HeaderCut {
            length: bytes.len(),
            needed: HEADER,
        },
        other => failure(place, &other),
    })?;
    let mut reader = Reader {
        capture: Capture {
            format: "pcapng".to_owned(),
            ..Capture::default()
        },
        section: 0,
    };
    while !rest.is_empty() {
        place.number += 1;
        place.offset = bytes.len() - rest.len();
        let read = parser.next_block(rest);
        let taken = read
            .map_err(|error| failure(place, &error))
            .and_then(|(after, block)| reader.take(block, place).map(|()| after));
        match taken {
            Ok(after) => rest = after,
            Err(damage) => {
                reader.capture.damage = Some(damage);
                break;
            }
        }
    }
    Ok(reader.capture)
}

struct Reader<'a> {
    capture: Capture<'a>,
    /// Interfaces of earlier sections: each section counts its own from zero.
    section: usize,
}

impl<'a> Reader<'a> {
    /// Takes note of a block. Data that was parsed out of a slice is borrowed from it.
    fn take(&mut self, block: Block<'a>, place: Place) -> Result<(), CaptureError> {
        match block {
            Block::SectionHeader(_) => self.section = self.capture.interfaces.len(),
            Block::InterfaceDescription(block) => self.capture.interfaces.push(interface(&block)),
            Block::EnhancedPacket(EnhancedPacketBlock {
                interface_id,
                timestamp,
                original_len,
                data: Cow::Borrowed(data),
                ..
            }) => {
                let at = since_1970(timestamp, place)?;
                self.put(interface_id, (at, original_len, data), place)?;
            }
            Block::Packet(PacketBlock {
                interface_id,
                timestamp,
                original_len,
                data: Cow::Borrowed(data),
                ..
            }) => {
                let at = since_1970(timestamp, place)?;
                self.put(u32::from(interface_id), (at, original_len, data), place)?;
            }
            // It has no time of its own: the last one known is the best that can be said.
            Block::SimplePacket(SimplePacketBlock {
                original_len,
                data: Cow::Borrowed(data),
            }) => {
                let at = self.capture.packets.last();
                let at = at.map_or(Span::ZERO, |last| last.at);
                self.put(0, (at, original_len, data), place)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn put(
        &mut self,
        interface: u32,
        (at, original, data): (Span, u32, &'a [u8]),
        place: Place,
    ) -> Result<(), CaptureError> {
        let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
        if length > LONGEST {
            return Err(CaptureError::Length {
                place,
                length,
                most: LONGEST,
            });
        }
        self.capture.packets.push(Packet {
            at,
            interface: self.section + interface as usize,
            original,
            data,
        });
        Ok(())
    }
}

fn interface(block: &InterfaceDescriptionBlock<'_>) -> Interface {
    let named = block.options.iter().find_map(|option| match option {
        InterfaceDescriptionOption::IfName(name) => Some(name.to_string()),
        _ => None,
    });
    Interface::new(named, u32::from(block.linktype))
}

fn since_1970(stamp: Duration, place: Place) -> Result<Span, CaptureError> {
    u64::try_from(stamp.as_nanos())
        .map(Span::from_nanos)
        .map_err(|_| CaptureError::Time { place })
}

/// A block that could not be read: cut off, or wrong.
fn failure(place: Place, error: &PcapNgParseError) -> CaptureError {
    if let PcapNgParseError::IncompleteBuffer(needed, there) = error
        && *needed <= LONGEST as usize + 4096
    {
        return CaptureError::Cut {
            place,
            missing: needed.saturating_sub(*there).max(1),
        };
    }
    let cause = match error {
        PcapNgParseError::IncompleteBuffer(needed, _) => {
            format!("it claims {needed} bytes, more than the file has")
        }
        PcapNgParseError::InvalidFormat(PcapNgFormatError::BlockLengthMismatch(begin, end)) => {
            format!("its length is {begin} at its beginning and {end} at its end")
        }
        PcapNgParseError::InvalidFormat(PcapNgFormatError::BlockTooShort(least, length)) => {
            format!("its length is {length} bytes, and no block has fewer than {least}")
        }
        PcapNgParseError::InvalidFormat(PcapNgFormatError::BlockNotAligned(length)) => {
            format!("its length is {length} bytes, which is no multiple of 4")
        }
        other => deepest(other),
    };
    CaptureError::Block { place, cause }
}

/// What the innermost cause says, beginning in lower case as the middle of a sentence does.
fn deepest(error: &dyn Error) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    let told = deepest.to_string();
    let mut letters = told.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
