//! Where HTTP/3 put an object in its stream (RFC 9114 section 4.1).
//!
//! The stream is encrypted, but its length and that of the body are known, and how the body was cut.

use crate::app::http::Filler;
use crate::event::ByteRange;
use crate::measure::HostView;
use crate::record::Recording;

/// The layout of a stream: a HEADERS frame, then a DATA frame for each piece of the body that the server was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Length of the HEADERS frame.
    head: u64,
    body: u64,
}

impl Layout {
    /// The layout of a stream that the server has sent whole.
    pub(super) fn of(recording: &Recording, stream: u64, body: u64) -> Option<Self> {
        let end = sent_of(recording, stream).map(|range| range.end).max()?;
        let pieces = Filler::pieces(body).map(|piece| data_header(piece) + piece);
        let head = end.checked_sub(pieces.sum())?;
        Some(Self { head, body })
    }

    /// The offset in the stream of a byte of the body.
    pub(super) fn offset_of(self, byte: u64) -> u64 {
        let (mut offset, mut before) = (self.head, 0);
        for piece in Filler::pieces(self.body) {
            offset += data_header(piece);
            if byte < before + piece {
                break;
            }
            offset += piece;
            before += piece;
        }
        offset + (byte - before)
    }

    /// How many bytes of the body come before an offset in the stream.
    pub(super) fn before(self, offset: u64) -> u64 {
        let (mut start, mut before) = (self.head, 0);
        for piece in Filler::pieces(self.body) {
            start += data_header(piece);
            before += offset.saturating_sub(start).min(piece);
            start += piece;
        }
        before
    }
}

/// Length of the type and the length of a DATA frame (RFC 9114 section 7.2.1), both variable-length integers (RFC 9000
/// section 16).
const fn data_header(piece: u64) -> u64 {
    match piece {
        0..0x40 => 2,
        0x40..0x4000 => 3,
        _ => 5,
    }
}

/// What the server sent of a stream.
fn sent_of(recording: &Recording, stream: u64) -> impl Iterator<Item = ByteRange> {
    HostView::named(recording, "server")
        .quic()
        .filter(|(_, packet)| packet.sent)
        .flat_map(|(_, packet)| packet.streams())
        .filter_map(move |(of, range)| (of == stream).then_some(range))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_of_a_body_is_behind_the_frames_headers() {
        let layout = Layout {
            head: 20,
            body: 20_000,
        };
        assert_eq!(layout.offset_of(0), 25);
        assert_eq!(layout.offset_of(16_383), 16_408);
        assert_eq!(layout.offset_of(16_384), 16_412); // a second frame
        for byte in [0, 1, 16_383, 16_384, 19_999] {
            assert_eq!(layout.before(layout.offset_of(byte)), byte);
        }
        assert_eq!(layout.before(22), 0);
        assert_eq!(layout.before(u64::MAX), 20_000);
    }

    #[test]
    fn headers_of_frames_grow_with_what_they_frame() {
        let lengths = [1, 63, 64, 16_383, 16_384].map(data_header);
        assert_eq!(lengths, [2, 2, 3, 3, 5]);
    }
}
