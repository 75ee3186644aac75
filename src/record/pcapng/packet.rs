//! Enhanced packet blocks, encoded into one buffer that serves all of them.
//!
//! The crate's own type allocates a list of options per packet, writes each block twice to learn its length
//! and has no `epb_packetid`; a capture has a million packets and mostly no comments.

use std::borrow::Cow;

use pcap_file::pcapng::RawBlock;
use pcap_file::pcapng::blocks::ENHANCED_PACKET_BLOCK;

use super::blocks::raw;
use crate::record::recording::Direction;
use crate::wire::{Frame, summary};

/// Option codes of the draft, sections 3.5 and 4.3.
const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;
const FLAGS: u16 = 2;
const PACKET_ID: u16 = 5;

/// A frame as the capture sees it.
pub(super) struct Packet<'a> {
    /// Nanoseconds since 1970.
    pub(super) timestamp: u64,
    pub(super) frame: &'a Frame,
    pub(super) direction: Direction,
    pub(super) comments: &'a [String],
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
        let frame = packet.frame;
        let kept = &frame.bytes[..frame.bytes.len().min(self.snaplen)];
        // a flipped bit may be one of the length that the header claims
        let length = if frame.corrupted {
            frame.len()
        } else {
            summary::wire_len(&frame.bytes)
        };
        self.body.clear();
        self.word(0); // the only interface
        self.body.extend_from_slice(&high_low(packet.timestamp));
        self.word(length_u32(kept.len()));
        self.word(length_u32(length));
        self.padded(kept);
        for comment in packet.comments {
            let comment = shortened(comment);
            self.option(COMMENT, comment.as_bytes());
        }
        self.option(FLAGS, &flags(packet.direction).to_le_bytes());
        self.option(PACKET_ID, &frame.id.0.to_le_bytes());
        self.option(END_OF_OPTIONS, &[]);
        raw(ENHANCED_PACKET_BLOCK, Cow::Borrowed(&self.body))
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
