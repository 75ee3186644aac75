//! Changing fields of a frame on its way: what routers and the tap do to headers.
//!
//! Frames are shared; a patch copies only where somebody else holds the bytes.

use bytes::{Bytes, BytesMut};

use super::address::Mac;
use super::frame::ETHERNET_HEADER;

/// `bytes` with `change` applied: in place where nobody else holds them, on a copy otherwise.
pub fn patched(bytes: Bytes, change: impl FnOnce(&mut [u8])) -> Bytes {
    let mut own = bytes
        .try_into_mut()
        .unwrap_or_else(|shared| BytesMut::from(&shared[..]));
    change(&mut own);
    own.freeze()
}

/// Routes an IPv4 frame over `hops` routers towards `destination`: new Ethernet addresses, a smaller TTL,
/// and the header checksum updated incrementally (RFC 1624).
pub fn route(frame: &mut [u8], source: Mac, destination: Mac, hops: u8) {
    frame[..6].copy_from_slice(&destination.0);
    frame[6..12].copy_from_slice(&source.0);
    let ip = &mut frame[ETHERNET_HEADER..];
    let old = u16::from_be_bytes([ip[8], ip[9]]);
    ip[8] = ip[8].saturating_sub(hops);
    let new = u16::from_be_bytes([ip[8], ip[9]]);
    let sum = u16::from_be_bytes([ip[10], ip[11]]);
    ip[10..12].copy_from_slice(&updated(sum, old, new).to_be_bytes());
}

/// A checksum after one 16-bit word changed from `old` to `new` (RFC 1624, equation 3).
pub const fn updated(sum: u16, old: u16, new: u16) -> u16 {
    let total = !sum as u32 + !old as u32 + new as u32;
    let folded = (total & 0xffff) + (total >> 16);
    !((folded & 0xffff) as u16 + (folded >> 16) as u16)
}
