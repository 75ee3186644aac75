//! Which bytes a QUIC endpoint sends again.
//!
//! QUIC never sends a packet again; it puts the bytes that were lost into new ones (RFC 9000 section 13.3), so that
//! nothing but the bytes tells a retransmission.

use std::collections::BTreeMap;

use crate::event::{ByteRange, QuicFrame, QuicPacket, QuicPacketKind, SocketId};

/// Bytes of a stream, or of the handshake, which has a stream for each type of packet.
pub type QuicData = (Result<u64, QuicPacketKind>, ByteRange);

/// How much of each stream was sent, by all endpoints of a recording.
#[derive(Clone, Debug, Default)]
pub struct QuicSent(BTreeMap<Way, u64>);

/// One direction of a stream: the sender's socket, the connection and the stream.
type Way = (SocketId, u64, Result<u64, QuicPacketKind>);

impl QuicSent {
    /// Takes note of a packet that is sent; the bytes in it that were sent before.
    pub fn again(&mut self, packet: &QuicPacket) -> Vec<QuicData> {
        let mut again = Vec::new();
        for (stream, range) in data_of(packet) {
            let way = (packet.socket, packet.connection, stream);
            let end = self.0.entry(way).or_default();
            if range.start < *end {
                again.push((stream, range));
            }
            *end = range.end.max(*end);
        }
        again
    }
}

/// The bytes of streams and of the handshake that a packet carries.
fn data_of(packet: &QuicPacket) -> impl Iterator<Item = QuicData> {
    packet.frames.iter().filter_map(|frame| match frame {
        QuicFrame::Stream { stream, range, .. } => Some((Ok(*stream), *range)),
        QuicFrame::Crypto(range) => Some((Err(packet.kind), *range)),
        _ => None,
    })
}

/// In words, for the person who meets the packet in a capture.
pub(super) fn remark(again: &[QuicData]) -> Option<String> {
    let parts: Vec<_> = again
        .iter()
        .map(|(stream, ByteRange { start, end })| match stream {
            Ok(stream) => format!("{start}-{end} of stream {stream}"),
            Err(kind) => format!("{start}-{end} of the handshake ({kind})"),
        })
        .collect();
    (!parts.is_empty()).then(|| format!("sent again: bytes {}", parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::HostId;

    fn packet(connection: u64, kind: QuicPacketKind, frame: QuicFrame) -> QuicPacket {
        QuicPacket {
            socket: SocketId {
                host: HostId(0),
                index: 0,
            },
            connection,
            sent: true,
            kind,
            number: 0,
            length: 100,
            seal: [0; 8],
            frames: vec![frame],
        }
    }

    fn stream(stream: u64, start: u64, end: u64) -> QuicFrame {
        QuicFrame::Stream {
            stream,
            range: ByteRange { start, end },
            fin: false,
        }
    }

    #[test]
    fn bytes_that_leave_a_second_time_are_marked() {
        let mut sent = QuicSent::default();
        let mut remark_on = |connection, frame| {
            let packet = packet(connection, QuicPacketKind::OneRtt, frame);
            remark(&sent.again(&packet))
        };
        assert_eq!(remark_on(1, stream(0, 0, 100)), None);
        assert_eq!(remark_on(1, stream(4, 0, 100)), None);
        assert_eq!(remark_on(2, stream(0, 0, 100)), None);
        assert_eq!(remark_on(1, stream(0, 100, 200)), None);
        assert_eq!(
            remark_on(1, stream(0, 50, 60)).as_deref(),
            Some("sent again: bytes 50-60 of stream 0")
        );
    }

    #[test]
    fn the_handshake_has_a_stream_for_each_type_of_packet() {
        let mut sent = QuicSent::default();
        let mut again = |kind| {
            let range = ByteRange { start: 0, end: 90 };
            let packet = packet(1, kind, QuicFrame::Crypto(range));
            remark(&sent.again(&packet))
        };
        assert_eq!(again(QuicPacketKind::Initial), None);
        assert_eq!(again(QuicPacketKind::Handshake), None);
        assert_eq!(
            again(QuicPacketKind::Initial).as_deref(),
            Some("sent again: bytes 0-90 of the handshake (Initial)")
        );
    }
}
