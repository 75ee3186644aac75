//! What QUIC endpoints say of their packets (RFC 9000): on the wire all but a few bits of them are encrypted.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{ByteRange, SocketId};
use crate::units::Span;

/// A packet that an endpoint sent, or received and could decrypt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuicPacket {
    /// The UDP socket.
    pub socket: SocketId,
    /// The connection, by the first connection id that its client chose for the server; both sides know it
    /// (RFC 9000 section 7.3).
    pub connection: u64,
    /// Whether it was sent, or else received.
    pub sent: bool,
    /// Its type.
    pub kind: QuicPacketKind,
    /// Its number, counted in the space of its type.
    pub number: u64,
    /// Its length in bytes: header, payload and authentication tag.
    pub length: u32,
    /// The last eight bytes of its authentication tag, which are its last on the wire: they tell in which datagram
    /// it is.
    pub seal: [u8; 8],
    /// What it carries.
    pub frames: Vec<QuicFrame>,
}

/// Types of packets (RFC 9000 section 17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum QuicPacketKind {
    /// The first of each side; its keys are no secret.
    Initial,
    /// Early data of a client that has been here before.
    ZeroRtt,
    /// The rest of the TLS handshake.
    Handshake,
    /// Everything after.
    OneRtt,
}

/// A frame of a packet (RFC 9000 section 19).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum QuicFrame {
    /// So many bytes of nothing.
    Padding(u32),
    /// Which packets have come.
    Ack {
        /// First and last packet number of each range, the newest range first.
        ranges: Vec<(u64, u64)>,
        /// How long the newest one has been here, as its receiver says.
        delay: Span,
    },
    /// Bytes of the TLS handshake.
    Crypto(ByteRange),
    /// Bytes of a stream.
    Stream {
        /// The stream.
        stream: u64,
        /// Which of its bytes.
        range: ByteRange,
        /// Whether they are its last.
        fin: bool,
    },
    /// Any other, by its type.
    Other(u64),
}

impl QuicPacket {
    /// The bytes of streams that it carries.
    pub fn streams(&self) -> impl Iterator<Item = (u64, ByteRange)> {
        self.frames.iter().filter_map(|frame| match frame {
            QuicFrame::Stream { stream, range, .. } => Some((*stream, *range)),
            _ => None,
        })
    }
}

/// As the registry of frame types has them (RFC 9000 section 22.4), and the two of draft-ietf-quic-ack-frequency.
const NAMES: [(u64, &str); 23] = [
    (0x01, "PING"),
    (0x04, "RESET_STREAM"),
    (0x05, "STOP_SENDING"),
    (0x07, "NEW_TOKEN"),
    (0x10, "MAX_DATA"),
    (0x11, "MAX_STREAM_DATA"),
    (0x12, "MAX_STREAMS"),
    (0x13, "MAX_STREAMS"),
    (0x14, "DATA_BLOCKED"),
    (0x15, "STREAM_DATA_BLOCKED"),
    (0x16, "STREAMS_BLOCKED"),
    (0x17, "STREAMS_BLOCKED"),
    (0x18, "NEW_CONNECTION_ID"),
    (0x19, "RETIRE_CONNECTION_ID"),
    (0x1a, "PATH_CHALLENGE"),
    (0x1b, "PATH_RESPONSE"),
    (0x1c, "CONNECTION_CLOSE"),
    (0x1d, "CONNECTION_CLOSE"),
    (0x1e, "HANDSHAKE_DONE"),
    (0x1f, "IMMEDIATE_ACK"),
    (0x30, "DATAGRAM"),
    (0x31, "DATAGRAM"),
    (0xaf, "ACK_FREQUENCY"),
];

impl QuicFrame {
    /// Its name in the registry of frame types.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Padding(_) => "PADDING",
            Self::Ack { .. } => "ACK",
            Self::Crypto(_) => "CRYPTO",
            Self::Stream { .. } => "STREAM",
            Self::Other(kind) => NAMES
                .iter()
                .find(|(known, _)| known == kind)
                .map_or("UNKNOWN", |(_, name)| name),
        }
    }
}

impl fmt::Display for QuicPacketKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Initial => "Initial",
            Self::ZeroRtt => "0-RTT",
            Self::Handshake => "Handshake",
            Self::OneRtt => "1-RTT",
        })
    }
}

impl fmt::Display for QuicFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Ack { ranges, .. } => {
                let mut separator = " ";
                for (first, last) in ranges.iter().rev() {
                    if first == last {
                        write!(f, "{separator}{first}")?;
                    } else {
                        write!(f, "{separator}{first}-{last}")?;
                    }
                    separator = ",";
                }
                Ok(())
            }
            Self::Crypto(range) => write!(f, " {}-{}", range.start, range.end),
            Self::Stream { stream, range, fin } => {
                let end = if *fin { " FIN" } else { "" };
                write!(f, " {stream} {}-{}{end}", range.start, range.end)
            }
            Self::Padding(_) | Self::Other(_) => Ok(()),
        }
    }
}

/// For example `1-RTT 3: ACK 0-2, STREAM 0 0-1162`; padding is not worth a word.
impl fmt::Display for QuicPacket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.number)?;
        let mut texts: Vec<(String, u32)> = Vec::new();
        for frame in &self.frames {
            match (frame, texts.last_mut(), frame.to_string()) {
                (QuicFrame::Padding(_), _, _) => {}
                (_, Some((last, times)), text) if *last == text => *times += 1,
                (_, _, text) => texts.push((text, 1)),
            }
        }
        let mut separator = ": ";
        for (text, times) in texts {
            write!(f, "{separator}{text}")?;
            if times > 1 {
                write!(f, " x{times}")?;
            }
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::HostId;

    #[test]
    fn a_packet_is_told_in_one_line() {
        let packet = QuicPacket {
            socket: SocketId {
                host: HostId(0),
                index: 0,
            },
            connection: 1,
            sent: true,
            kind: QuicPacketKind::OneRtt,
            number: 3,
            length: 1_200,
            seal: [0; 8],
            frames: vec![
                QuicFrame::Ack {
                    ranges: vec![(5, 5), (0, 2)],
                    delay: Span::ZERO,
                },
                QuicFrame::Stream {
                    stream: 4,
                    range: ByteRange { start: 0, end: 100 },
                    fin: true,
                },
                QuicFrame::Other(0x18),
                QuicFrame::Other(0x18),
                QuicFrame::Other(0x1e),
                QuicFrame::Padding(7),
            ],
        };
        assert_eq!(
            packet.to_string(),
            "1-RTT 3: ACK 0-2,5, STREAM 4 0-100 FIN, NEW_CONNECTION_ID x2, HANDSHAKE_DONE"
        );
        let streams: Vec<_> = packet.streams().collect();
        assert_eq!(streams, [(4, ByteRange { start: 0, end: 100 })]);
    }
}
