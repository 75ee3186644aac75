//! A frame and its name.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// Length of an Ethernet II header in bytes.
pub const ETHERNET_HEADER: usize = 14;

/// What a TUN device puts before an IP packet, in bytes: flags and protocol. mahimahi counts it with every packet.
pub const TUN_HEADER: usize = 4;

/// The name of a frame: its ordinal among all frames of a world, in the order in which taps sent them.
/// It does not change on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FrameId(pub u64);

/// An Ethernet II frame, without preamble and FCS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Which frame this is.
    pub id: FrameId,
    /// The bytes, from the destination address to the end of the payload.
    pub bytes: Bytes,
    /// Whether a link has flipped a bit of it. A frame is corrupted once at most, so that the Internet
    /// checksum (RFC 1071), which finds every single flipped bit, protects the applications.
    pub corrupted: bool,
}

impl Frame {
    /// A frame as its sender made it.
    pub const fn new(id: FrameId, bytes: Bytes) -> Self {
        Self {
            id,
            bytes,
            corrupted: false,
        }
    }

    /// Length in bytes without FCS: what a rate limit counts.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is no byte at all, which no tap sends.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl fmt::Display for FrameId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
