//! Enhanced packet blocks, encoded into one buffer that serves all of them.
//!
//! The crate's own type allocates a list of options per packet, writes each block twice to learn its length
//! and has no `epb_packetid`; a capture has a million packets and mostly no comments.

use std::borrow::Cow;

use pcap_file::pcapng::RawBlock;
use pcap_file::pcapng::blocks::ENHANCED_PACKET_BLOCK;

use super::blocks::raw;
use crate::record::recording::Direction;
use crate::wire::{Frame, FrameId, summary};

/// Option codes of the draft, sections 3.5 and 4.3.
const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;
const FLAGS: u16 = 2;
const PACKET_ID: u16 = 5;

/// A frame as the capture sees it.
pub(super) struct Packet<'a> {
    /// Nanoseconds since 1970.
    pub(super) timestamp: u64,
    pub(super) id: FrameId,
    /// As much of it as there is.
    pub(super) bytes: &'a [u8],
    /// Its length on the wire.
    pub(super) length: usize,
    pub(super) direction: Direction,
    pub(super) comments: &'a [String],
}

/// Length of a frame on the wire, of which a recording may have kept only the beginning.
pub(super) fn length_of(frame: &Frame) -> usize {
    // a flipped bit may be one of the length that the header claims
    if frame.corrupted {
        frame.len()
    } else {
        summary::wire_len(&frame.bytes)
    }
}

/// The buffer.
pub(super) struct PacketBlock {
    snaplen: usize,
    body: Vec<u8>,
}

impl PacketBlock {
    pub(super) fn new(snaplen: Option<u32>) -> Self {
        let snaplen = snaplen
            .and_then(|bytes| usize::try_from(bytes).ok())
            .unwrap_or(usize::MAX);
        Self {
            snaplen,
            body: Vec::with_capacity(2_048),
        }
    }

    /// The block of `packet`.
    pub(super) fn encode(&mut self, packet: &Packet<'_>) -> RawBlock<'_> {
        let kept = self.kept(packet.bytes);
        self.body.clear();
        self.word(0); // the only interface
        self.body.extend_from_slice(&high_low(packet.timestamp));
        self.word(length_u32(kept.len()));
        self.word(length_u32(packet.length));
        self.padded(kept);
        for comment in packet.comments {
            let comment = shortened(comment);
            self.option(COMMENT, comment.as_bytes());
        }
        self.option(FLAGS, &flags(packet.direction).to_le_bytes());
        self.option(PACKET_ID, &packet.id.0.to_le_bytes());
        self.option(END_OF_OPTIONS, &[]);
        raw(ENHANCED_PACKET_BLOCK, Cow::Borrowed(&self.body))
    }

    /// As much of a frame as the capture keeps.
    pub(super) fn kept<'a>(&self, frame: &'a [u8]) -> &'a [u8] {
        &frame[..frame.len().min(self.snaplen)]
    }

    fn word(&mut self, word: u32) {
        self.body.extend_from_slice(&word.to_le_bytes());
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        let length = u16::try_from(value.len()).expect("comments are shortened, the rest is short");
        self.body.extend_from_slice(&code.to_le_bytes());
        self.body.extend_from_slice(&length.to_le_bytes());
        self.padded(value);
    }

    fn padded(&mut self, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
        self.body.resize(self.body.len().next_multiple_of(4), 0);
    }
}

/// The timestamp's upper half comes first whatever the byte order of the section.
fn high_low(timestamp: u64) -> [u8; 8] {
    timestamp.rotate_left(32).to_le_bytes()
}

/// Bits 0 and 1 of `epb_flags`: 1 is inbound, 2 is outbound.
const fn flags(direction: Direction) -> u32 {
    match direction {
        Direction::In => 1,
        Direction::Out => 2,
    }
}

/// At most as many bytes as an option can hold, cut between characters.
fn shortened(comment: &str) -> &str {
    &comment[..comment.floor_char_boundary(usize::from(u16::MAX))]
}

fn length_u32(length: usize) -> u32 {
    u32::try_from(length).expect("a frame is far shorter than 4 GiB")
}
