//! Reading pcap (<https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-04.html>) with the crate `pcap-file`.

use std::borrow::Cow;

use pcap_file::pcap::{PcapParseError, PcapParser, PcapTsResolution, RawPcapPacket};

use super::{Capture, CaptureError, Interface, Packet, Place};
use crate::units::Span;

/// Length of a file's header in bytes.
const HEADER: usize = 24;
/// Length of a packet's header in bytes.
const PACKET_HEADER: usize = 16;
/// The most bytes that a packet has: libpcap's largest snap length, `MAXIMUM_SNAPLEN`.
pub(super) const LONGEST: u32 = 262_144;

/// Reads a pcap file.
pub(super) fn read(bytes: &[u8]) -> Result<Capture<'_>, CaptureError> {
    let (mut rest, parser) = match PcapParser::new(bytes) {
        Ok(read) => read,
        Err(PcapParseError::IncompleteBuffer(..)) if is_magic(bytes) => {
            return Err(CaptureError::HeaderCut {
                length: bytes.len(),
                needed: HEADER,
            });
        }
        Err(_) => return Err(CaptureError::of_magic(bytes)),
    };
    let header = parser.header();
    let (major, minor) = (header.version_major, header.version_minor);
    if major != 2 {
        return Err(CaptureError::Version { major, minor });
    }
    // The upper half may hold the length of a frame check sequence.
    let number = u32::from(header.datalink) & 0xffff;
    let interface = Interface::new(None, number);
    if interface.link.is_none() {
        return Err(CaptureError::link_type(number));
    }
    let nanoseconds = header.ts_resolution == PcapTsResolution::NanoSecond;
    let mut capture = Capture {
        format: format!(
            "pcap, {}seconds",
            if nanoseconds { "nano" } else { "micro" }
        ),
        interfaces: vec![interface],
        ..Capture::default()
    };
    while !rest.is_empty() {
        let place = Place {
            what: "packet",
            number: capture.packets.len() as u64 + 1,
            offset: bytes.len() - rest.len(),
        };
        match parser.next_raw_packet(rest) {
            Ok((after, raw)) if raw.incl_len <= LONGEST => {
                capture.packets.extend(packet(&raw, nanoseconds));
                rest = after;
            }
            Ok((_, raw)) => {
                capture.damage = Some(too_long(place, raw.incl_len));
                break;
            }
            Err(_) => {
                capture.damage = Some(cut(place, rest, &parser));
                break;
            }
        }
    }
    Ok(capture)
}

/// Whether the bytes are the beginning of a magic number of pcap.
fn is_magic(bytes: &[u8]) -> bool {
    const MAGICS: [[u8; 4]; 4] = [
        [0xa1, 0xb2, 0xc3, 0xd4],
        [0xa1, 0xb2, 0x3c, 0x4d],
        [0xd4, 0xc3, 0xb2, 0xa1],
        [0x4d, 0x3c, 0xb2, 0xa1],
    ];
    let first = &bytes[..bytes.len().min(4)];
    MAGICS.iter().any(|magic| magic.starts_with(first))
}

const fn too_long(place: Place, length: u32) -> CaptureError {
    CaptureError::Length {
        place,
        length,
        most: LONGEST,
    }
}

/// A packet that is not all there: cut off, unless its header claims what no packet has.
fn cut(place: Place, rest: &[u8], parser: &PcapParser) -> CaptureError {
    if rest.len() < PACKET_HEADER {
        let missing = PACKET_HEADER - rest.len();
        return CaptureError::Cut { place, missing };
    }
    // The header again, with as many bytes behind it as it may want at most.
    let mut whole = rest.to_vec();
    whole.resize(PACKET_HEADER + LONGEST as usize, 0);
    match parser.next_raw_packet(&whole) {
        Ok((_, raw)) => CaptureError::Cut {
            place,
            missing: (PACKET_HEADER + raw.incl_len as usize).saturating_sub(rest.len()),
        },
        Err(PcapParseError::IncompleteBuffer(needed, _)) => {
            too_long(place, u32::try_from(needed).unwrap_or(u32::MAX))
        }
        Err(_) => too_long(place, u32::MAX),
    }
}

/// A packet's parts. Some writers count more than a second of fractions: that is carried over, as tcpdump does.
fn packet<'a>(raw: &RawPcapPacket<'a>, nanoseconds: bool) -> Option<Packet<'a>> {
    let fraction = Span::from_nanos(u64::from(raw.ts_frac) * if nanoseconds { 1 } else { 1_000 });
    let Cow::Borrowed(data) = raw.data else {
        return None;
    };
    Some(Packet {
        at: Span::from_secs(u64::from(raw.ts_sec)) + fraction,
        interface: 0,
        original: raw.orig_len.max(raw.incl_len),
        data,
    })
}
