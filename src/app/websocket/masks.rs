//! Masks from the seed in place of those that a library drew.

use std::io::Cursor;

use async_tungstenite::tungstenite::protocol::frame::FrameHeader;
use rand::Rng;

use crate::rng::Stream;

/// More than the longest frame header has: 2 bytes, 8 of length, 4 of mask (RFC 6455 section 5.2).
const HEADER: usize = 14;

/// Masks what a client sends anew, with masks of its own dice. Masking is XOR (RFC 6455 section 5.3), so another
/// mask needs no knowledge of what is masked.
#[derive(Debug)]
pub struct Masks {
    dice: Stream,
    /// The header that is not complete yet.
    header: Vec<u8>,
    /// Payload bytes of the present frame that are still to come.
    left: u64,
    /// What turns one mask into the other.
    change: [u8; 4],
    /// Which byte of it is next.
    phase: usize,
}

impl Masks {
    /// Masks from these dice.
    pub const fn new(dice: Stream) -> Self {
        Self {
            dice,
            header: Vec::new(),
            left: 0,
            change: [0; 4],
            phase: 0,
        }
    }

    /// Appends to `out` what is to be sent in place of `bytes`, which continue what was given before.
    pub fn apply(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        while let Some((first, rest)) = bytes.split_first() {
            if self.left == 0 {
                self.header.push(*first);
                bytes = rest;
                self.try_header(out);
                continue;
            }
            let count =
                usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
            let (payload, rest) = bytes.split_at(count);
            for byte in payload {
                out.push(byte ^ self.change[self.phase]);
                self.phase = (self.phase + 1) % 4;
            }
            self.left -= count as u64;
            bytes = rest;
        }
    }

    /// Once the header is complete, gives it another mask, if it has one.
    fn try_header(&mut self, out: &mut Vec<u8>) {
        let Ok(Some((mut header, length))) = FrameHeader::parse(&mut Cursor::new(&self.header))
        else {
            debug_assert!(
                self.header.len() < HEADER,
                "the library writes whole headers"
            );
            return;
        };
        self.change = [0; 4];
        if let Some(mask) = &mut header.mask {
            let old = std::mem::replace(mask, self.dice.next_u32().to_be_bytes());
            self.change = std::array::from_fn(|at| old[at] ^ mask[at]);
        }
        header
            .format(length, out)
            .expect("a vector takes every header");
        self.header.clear();
        (self.left, self.phase) = (length, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Dice;
    use async_tungstenite::tungstenite::protocol::frame::Frame;
    use async_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

    /// Frames of every length format with this mask, one after another.
    fn frames(mask: Option<[u8; 4]>) -> Vec<u8> {
        let mut bytes = Vec::new();
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let mut frame = Frame::message(vec![7; length], OpCode::Data(Data::Binary), true);
            frame.header_mut().mask = mask;
            frame.format(&mut bytes).unwrap();
        }
        bytes
    }

    fn masks() -> Masks {
        Masks::new(Dice::new(1).stream("masks"))
    }

    fn apply(masks: &mut Masks, bytes: &[u8], pieces: usize) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in bytes.chunks(pieces) {
            masks.apply(piece, &mut out);
        }
        out
    }

    /// Payloads in the clear.
    fn unmasked(bytes: &[u8]) -> Vec<(usize, bool)> {
        let mut cursor = Cursor::new(bytes);
        let mut found = Vec::new();
        while let Some((header, length)) = FrameHeader::parse(&mut cursor).unwrap() {
            let start = usize::try_from(cursor.position()).unwrap();
            let length = usize::try_from(length).unwrap();
            let mask = header.mask.unwrap();
            let payload = &bytes[start..start + length];
            let mut clear = payload
                .iter()
                .zip(mask.iter().cycle())
                .map(|(byte, mask)| byte ^ mask);
            found.push((length, clear.all(|byte| byte == 7)));
            cursor.set_position((start + length) as u64);
        }
        found
    }

    #[test]
    fn what_is_sent_says_the_same_and_depends_on_the_seed_only() {
        let [one, other] = [[1, 2, 3, 4], [9, 9, 9, 9]].map(|mask| frames(Some(mask)));
        let sent = apply(&mut masks(), &one, usize::MAX);
        assert_ne!(sent, one);
        assert_eq!(sent, apply(&mut masks(), &other, usize::MAX));
        let expected = [0, 1, 125, 126, 65_535, 65_536].map(|length| (length, true));
        assert_eq!(unmasked(&sent), expected);
    }

    #[test]
    fn pieces_of_any_size_come_out_alike() {
        let bytes = frames(Some([1, 2, 3, 4]));
        let whole = apply(&mut masks(), &bytes, usize::MAX);
        for size in [1, 2, 3, 7, 130, 70_000] {
            assert_eq!(apply(&mut masks(), &bytes, size), whole, "{size}");
        }
    }

    #[test]
    fn every_frame_has_a_mask_of_its_own() {
        let sent = apply(&mut masks(), &frames(Some([0; 4])), usize::MAX);
        let first = FrameHeader::parse(&mut Cursor::new(&sent))
            .unwrap()
            .unwrap();
        let second = FrameHeader::parse(&mut Cursor::new(&sent[6..]))
            .unwrap()
            .unwrap();
        assert_ne!(first.0.mask, second.0.mask);
    }

    #[test]
    fn what_has_no_mask_gets_none() {
        let bytes = frames(None);
        assert_eq!(apply(&mut masks(), &bytes, 1_000), bytes);
    }
}
