//! Where HTTP/2 put its streams in a TCP stream (RFC 9113 section 4.1).
//!
//! Reads the stream out of the frames that carry it. Without TLS nothing hides them.

use crate::event::{ByteRange, SocketId};
use crate::record::Index;
use crate::wire::packet::TcpView;

/// Length of a frame header in bytes.
const HEADER: usize = 9;

/// The type of frames that carry bodies (RFC 9113 section 6.1).
const DATA: u8 = 0;

/// What a client sends first (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// An HTTP/2 frame, with offsets in the TCP stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Http2Frame {
    /// Type.
    pub kind: u8,
    /// The stream that it belongs to; 0 is the connection itself.
    pub stream: u64,
    /// Header and payload.
    pub range: ByteRange,
}

/// The frames of one direction of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Http2Layout {
    frames: Vec<Http2Frame>,
}

impl Http2Layout {
    /// What `sender` has sent.
    pub fn of(index: &Index<'_>, sender: SocketId) -> Self {
        let mut stream: Vec<u8> = Vec::new();
        for captured in index.capture(sender.host) {
            let Some(story) = index.frame(captured.frame) else {
                continue;
            };
            let own = story
                .segment
                .filter(|segment| segment.socket == sender && segment.len > 0);
            let (Some(segment), Some(frame)) = (own, story.frame()) else {
                continue;
            };
            let Some(tcp) = TcpView::of(&frame.bytes) else {
                continue;
            };
            // Segments leave in order, save for those that leave again.
            let have = stream.len() as u64;
            let end = segment.offset + tcp.payload.len() as u64;
            if segment.offset <= have && have < end {
                let new = usize::try_from(have - segment.offset).unwrap_or(usize::MAX);
                stream.extend_from_slice(tcp.payload.get(new..).unwrap_or_default());
            }
        }
        Self::parse(&stream)
    }

    /// The whole frames at the beginning of a stream.
    fn parse(stream: &[u8]) -> Self {
        let mut frames = Vec::new();
        let mut start = if stream.starts_with(PREFACE) {
            PREFACE.len()
        } else {
            0
        };
        while let Some(header) = stream.get(start..start + HEADER) {
            let payload = u32::from_be_bytes([0, header[0], header[1], header[2]]);
            let id = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
            let end = start + HEADER + payload as usize;
            frames.push(Http2Frame {
                kind: header[3],
                stream: u64::from(id & 0x7fff_ffff), // the first bit is reserved
                range: ByteRange {
                    start: start as u64,
                    end: end as u64,
                },
            });
            start = end;
        }
        Self { frames }
    }

    /// The frames, in order.
    pub fn frames(&self) -> &[Http2Frame] {
        &self.frames
    }

    /// The first offset after the last frame.
    pub fn end(&self) -> u64 {
        self.frames.last().map_or(0, |frame| frame.range.end)
    }

    /// The offset of byte `byte` of the body that `stream` carries. The lab's servers do not pad.
    pub fn offset_of(&self, stream: u64, byte: u64) -> Option<u64> {
        let mut body = 0;
        for frame in &self.frames {
            if frame.stream == stream && frame.kind == DATA {
                let first = frame.range.start + HEADER as u64;
                let length = frame.range.end - first;
                if byte < body + length {
                    return Some(first + byte - body);
                }
                body += length;
            }
        }
        None
    }

    /// Where the frames of `stream` are.
    pub fn ranges_of(&self, stream: u64) -> Vec<ByteRange> {
        let own = self.frames.iter().filter(|frame| frame.stream == stream);
        own.map(|frame| frame.range).collect()
    }

    /// The first offset after the last frame of `stream`.
    pub fn end_of(&self, stream: u64) -> Option<u64> {
        let mut own = self.frames.iter().rev();
        own.find(|frame| frame.stream == stream)
            .map(|frame| frame.range.end)
    }

    /// The stream whose frame has the byte at `offset`; the connection itself is none.
    pub fn stream_at(&self, offset: u64) -> Option<u64> {
        let position = self
            .frames
            .partition_point(|frame| frame.range.end <= offset);
        let frame = self.frames.get(position)?;
        (frame.stream != 0).then_some(frame.stream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, stream: u8, payload: u8) -> Vec<u8> {
        let header = [0, 0, payload, kind, 0, 0x80, 0, 0, stream];
        [header.as_slice(), &vec![0; usize::from(payload)]].concat()
    }

    /// SETTINGS, HEADERS of stream 1, and the bodies of 1 and 3 in turns.
    fn sample() -> Http2Layout {
        let frames = [
            frame(4, 0, 6),
            frame(1, 1, 10),
            frame(DATA, 1, 100),
            frame(DATA, 3, 50),
            frame(DATA, 1, 20),
        ];
        Http2Layout::parse(&frames.concat())
    }

    #[test]
    fn frames_follow_one_another_and_the_reserved_bit_does_not_count() {
        let ends: Vec<_> = sample()
            .frames()
            .iter()
            .map(|frame| (frame.kind, frame.stream, frame.range.end))
            .collect();
        assert_eq!(
            ends,
            [
                (4, 0, 15),
                (1, 1, 34),
                (0, 1, 143),
                (0, 3, 202),
                (0, 1, 231)
            ]
        );
    }

    #[test]
    fn a_byte_of_a_body_is_found_in_the_frame_that_carries_it() {
        let offset = |stream, byte| sample().offset_of(stream, byte);
        assert_eq!(offset(1, 0), Some(43));
        assert_eq!(offset(1, 99), Some(142));
        assert_eq!(offset(1, 100), Some(211));
        assert_eq!(offset(3, 7), Some(159));
        assert_eq!(offset(1, 120), None);
        assert_eq!(offset(5, 0), None);
    }

    #[test]
    fn a_stream_is_wherever_its_frames_are() {
        let ranges = sample().ranges_of(3);
        assert_eq!(
            ranges,
            [ByteRange {
                start: 143,
                end: 202
            }]
        );
    }

    #[test]
    fn a_byte_belongs_to_the_stream_of_its_frame() {
        let owners = [0, 20, 143, 202, 231].map(|offset| sample().stream_at(offset));
        assert_eq!(owners, [None, Some(1), Some(3), Some(1), None]);
        assert_eq!(sample().end_of(3), Some(202));
    }
}
