//! TCP segments that the host makes itself.

use bytes::BytesMut;

use super::ports::Tuple;
use crate::wire::ETHERNET_HEADER;

/// TTL of the segments that the host makes, as of smoltcp's.
const TTL: u8 = 64;

/// Flags of a TCP header (RFC 9293 section 3.1).
pub(super) const FIN: u8 = 0x01;
pub(super) const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// The variable fields of a segment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bare {
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) window: u16,
    pub(super) fin: bool,
}

/// An ACK without data; Ethernet addresses and checksums are filled at the tap.
pub(super) fn bare_segment(tuple: Tuple, fields: Bare) -> BytesMut {
    let flags = if fields.fin { FIN } else { 0 };
    segment(tuple, fields, flags, &[], [&[], &[]])
}

/// A segment with ACK and `flags`, options (a multiple of four bytes) and data in two parts.
pub(super) fn segment(
    tuple: Tuple,
    fields: Bare,
    flags: u8,
    options: &[u8],
    data: [&[u8]; 2],
) -> BytesMut {
    let header = 20 + options.len();
    let length = 20 + header + data[0].len() + data[1].len();
    let mut frame = BytesMut::with_capacity(ETHERNET_HEADER + length);
    frame.extend_from_slice(&[0; ETHERNET_HEADER - 2]);
    frame.extend_from_slice(&[0x08, 0x00]); // IPv4
    let length = u16::try_from(length).expect("a packet is shorter than 64 KiB");
    frame.extend_from_slice(&[0x45, 0]);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&[0, 0, 0x40, 0, TTL, 6, 0, 0]); // DF, as on every other segment (RFC 1191)
    frame.extend_from_slice(&tuple.local.ip().octets());
    frame.extend_from_slice(&tuple.remote.ip().octets());
    frame.extend_from_slice(&tuple.local.port().to_be_bytes());
    frame.extend_from_slice(&tuple.remote.port().to_be_bytes());
    frame.extend_from_slice(&fields.seq.to_be_bytes());
    frame.extend_from_slice(&fields.ack.to_be_bytes());
    let words = u8::try_from(header / 4).expect("a header is shorter than 60 bytes");
    frame.extend_from_slice(&[words << 4, ACK | flags]);
    frame.extend_from_slice(&fields.window.to_be_bytes());
    frame.extend_from_slice(&[0; 4]);
    frame.extend_from_slice(options);
    frame.extend_from_slice(data[0]);
    frame.extend_from_slice(data[1]);
    frame
}
