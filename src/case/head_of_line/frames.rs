//! Where HTTP/2 put the objects in the server's TCP stream (RFC 9113 section 4.1).
//!
//! Reads the stream out of the frames that the server sent. Without TLS nothing hides them.

use crate::event::ByteRange;
use crate::measure::HostView;
use crate::record::Recording;

/// Length of a frame header in bytes.
const HEADER: usize = 9;

/// The type of frames that carry bodies (RFC 9113 section 6.1).
const DATA: u8 = 0;

/// An HTTP/2 frame, with offsets in the TCP stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Type.
    pub(super) kind: u8,
    /// The stream that it belongs to; 0 is the connection itself.
    pub(super) stream: u64,
    /// Header and payload.
    pub(super) range: ByteRange,
}

/// Sequence number of the first byte of the server's TCP stream, once it has sent a SYN.
pub(super) fn origin(recording: &Recording) -> Option<u32> {
    HostView::named(recording, "server")
        .sent()
        .find(|seen| seen.tcp.header.syn())
        .map(|seen| seen.tcp.header.sequence_number().wrapping_add(1))
}

/// All frames of the server's only connection.
pub(super) fn of_server(recording: &Recording) -> Vec<Frame> {
    origin(recording).map_or_else(Vec::new, |origin| parse(&stream(recording, origin)))
}

/// What the server has sent, each byte once.
fn stream(recording: &Recording, origin: u32) -> Vec<u8> {
    let mut stream = Vec::new();
    for seen in HostView::named(recording, "server").sent() {
        let offset = seen.tcp.header.sequence_number().wrapping_sub(origin) as usize;
        let payload = seen.tcp.payload;
        // Segments leave in order, save for those that leave again.
        if offset <= stream.len() && stream.len() < offset + payload.len() {
            stream.extend_from_slice(&payload[stream.len() - offset..]);
        }
    }
    stream
}

/// The whole frames at the beginning of `stream`.
fn parse(stream: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut start = 0;
    while let Some(header) = stream.get(start..start + HEADER) {
        let payload = u32::from_be_bytes([0, header[0], header[1], header[2]]);
        let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
        let end = start + HEADER + payload as usize;
        frames.push(Frame {
            kind: header[3],
            stream: u64::from(stream & 0x7fff_ffff), // the first bit is reserved
            range: ByteRange {
                start: start as u64,
                end: end as u64,
            },
        });
        start = end;
    }
    frames
}

/// The offset of byte `byte` of the body that `stream` carries. The lab's servers do not pad.
pub(super) fn offset_of(frames: &[Frame], stream: u64, byte: u64) -> Option<u64> {
    let mut body = 0;
    for frame in frames {
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
pub(super) fn ranges_of(frames: &[Frame], stream: u64) -> Vec<ByteRange> {
    let own = frames.iter().filter(|frame| frame.stream == stream);
    own.map(|frame| frame.range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, stream: u8, payload: u8) -> Vec<u8> {
        let header = [0, 0, payload, kind, 0, 0x80, 0, 0, stream];
        [header.as_slice(), &vec![0; usize::from(payload)]].concat()
    }

    /// SETTINGS, HEADERS of stream 1, and the bodies of 1 and 3 in turns.
    fn sample() -> Vec<Frame> {
        let frames = [
            frame(4, 0, 6),
            frame(1, 1, 10),
            frame(DATA, 1, 100),
            frame(DATA, 3, 50),
            frame(DATA, 1, 20),
        ];
        parse(&frames.concat())
    }

    #[test]
    fn frames_follow_one_another_and_the_reserved_bit_does_not_count() {
        let ends: Vec<_> = sample()
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
        let offset = |stream, byte| offset_of(&sample(), stream, byte);
        assert_eq!(offset(1, 0), Some(43));
        assert_eq!(offset(1, 99), Some(142));
        assert_eq!(offset(1, 100), Some(211));
        assert_eq!(offset(3, 7), Some(159));
        assert_eq!(offset(1, 120), None);
        assert_eq!(offset(5, 0), None);
    }

    #[test]
    fn a_stream_is_wherever_its_frames_are() {
        let ranges = ranges_of(&sample(), 3);
        assert_eq!(
            ranges,
            [ByteRange {
                start: 143,
                end: 202
            }]
        );
    }
}
