//! QUIC packets, as their endpoints told of them, and the frames that carry them.

use std::collections::{BTreeMap, BTreeSet};

use super::HostView;
use crate::event::{AppEvent, Event, HostId, QuicFrame, QuicPacket, SocketId};
use crate::record::{QuicSent, Recording};
use crate::units::SimTime;
use crate::wire::packet::UdpView;
use crate::wire::{Frame, FrameId};

/// Which packets each frame carries.
#[derive(Clone, Debug, Default)]
pub struct QuicCarriers<'a> {
    packets: BTreeMap<FrameId, Vec<&'a QuicPacket>>,
    /// Connections, each with the sockets at its ends.
    ends: BTreeSet<(u64, SocketId)>,
}

impl<'a> QuicCarriers<'a> {
    /// Reads a recording. An endpoint tells of a packet in the instant in which the frame leaves, and the frame has the
    /// packet's seal.
    pub fn of(recording: &'a Recording) -> Self {
        let mut carriers = Self::default();
        let mut waiting: BTreeMap<HostId, Vec<(SimTime, &QuicPacket)>> = BTreeMap::new();
        for entry in &recording.entries {
            match &entry.event {
                Event::App(host, event) => {
                    if let AppEvent::QuicPacket(packet) = &**event
                        && packet.sent
                    {
                        waiting.entry(*host).or_default().push((entry.at, packet));
                        carriers.ends.insert((packet.connection, packet.socket));
                    }
                }
                Event::FrameSent { host, frame } => {
                    if let Some(waiting) = waiting.get_mut(host) {
                        waiting.retain(|(at, _)| *at == entry.at);
                        carriers.load(frame, waiting);
                    }
                }
                _ => {}
            }
        }
        carriers
    }

    /// Takes the packets that are in `frame` out of `waiting`.
    fn load(&mut self, frame: &Frame, waiting: &mut Vec<(SimTime, &'a QuicPacket)>) {
        let Some(datagram) = UdpView::of(&frame.bytes) else {
            return;
        };
        let has = |packet: &QuicPacket| {
            let mut windows = datagram.payload.windows(packet.seal.len());
            windows.any(|window| window == packet.seal)
        };
        waiting.retain(|(_, packet)| {
            let is_here = has(packet);
            if is_here {
                self.packets.entry(frame.id).or_default().push(packet);
            }
            !is_here
        });
    }

    /// The frame that carries each packet, by the packet's seal.
    pub fn by_seal(&self) -> BTreeMap<[u8; 8], FrameId> {
        let loads = self.packets.iter();
        loads
            .flat_map(|(frame, packets)| packets.iter().map(|packet| (packet.seal, *frame)))
            .collect()
    }

    /// The packets in a frame.
    pub fn packets(&self, frame: FrameId) -> &[&'a QuicPacket] {
        self.packets.get(&frame).map_or(&[], Vec::as_slice)
    }

    /// Whether a socket is at an end of a connection. Streams are counted anew in each connection, so that a stream's
    /// number alone names none.
    pub fn is_end(&self, connection: u64, socket: SocketId) -> bool {
        self.ends.contains(&(connection, socket))
    }

    /// Whether a frame carries packets of a connection that has this socket at an end.
    pub fn is_of(&self, frame: FrameId, socket: SocketId) -> bool {
        let mut packets = self.packets(frame).iter();
        packets.any(|packet| self.is_end(packet.connection, socket))
    }

    /// What stands beside each frame's arrow in a ladder.
    pub fn labels(&self) -> BTreeMap<FrameId, QuicLabel> {
        let mut sent = QuicSent::default();
        let labels = self.packets.iter();
        labels
            .map(|(frame, packets)| (*frame, QuicLabel::of(packets, &mut sent)))
            .collect()
    }
}

/// A frame's packets in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuicLabel {
    /// Types, and what of their contents matters most.
    pub text: String,
    /// Whether they carry bytes of streams or of the handshake.
    pub has_data: bool,
    /// Whether such bytes were sent before. QUIC sends them in new packets (RFC 9000 section 13.3).
    pub again: bool,
}

impl QuicLabel {
    fn of(packets: &[&QuicPacket], sent: &mut QuicSent) -> Self {
        let words: Vec<_> = packets.iter().map(|packet| in_brief(packet)).collect();
        let mut frames = packets.iter().flat_map(|packet| &packet.frames);
        Self {
            text: words.join(" + "),
            has_data: frames
                .any(|frame| matches!(frame, QuicFrame::Crypto(_) | QuicFrame::Stream { .. })),
            again: packets.iter().fold(false, |again, packet| {
                again | !sent.again(packet).is_empty()
            }),
        }
    }
}

/// For example `1-RTT STREAM 0,4`.
fn in_brief(packet: &QuicPacket) -> String {
    let mut streams: Vec<_> = packet.streams().map(|(stream, _)| stream).collect();
    streams.dedup();
    let kind = packet.kind;
    if streams.is_empty() {
        let frames = || packet.frames.iter();
        let first = frames()
            .find(|frame| matches!(frame, QuicFrame::Crypto(_) | QuicFrame::Other(0x1c..=0x1e)))
            .or_else(|| frames().next());
        return first.map_or_else(
            || kind.to_string(),
            |frame| format!("{kind} {}", frame.name()),
        );
    }
    let streams: Vec<_> = streams.iter().map(ToString::to_string).collect();
    format!("{kind} STREAM {}", streams.join(","))
}

impl<'a> HostView<'a> {
    /// QUIC packets that it sent or received, in order.
    pub fn quic(self) -> impl Iterator<Item = (SimTime, &'a QuicPacket)> {
        self.apps().filter_map(|(at, event)| match event {
            AppEvent::QuicPacket(packet) => Some((at, packet)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{ByteRange, QuicPacketKind, SocketId};

    fn packet(kind: QuicPacketKind, frames: Vec<QuicFrame>) -> QuicPacket {
        QuicPacket {
            socket: SocketId {
                host: HostId(0),
                index: 0,
            },
            connection: 1,
            sent: true,
            kind,
            number: 0,
            length: 100,
            seal: [0; 8],
            frames,
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
    fn a_label_names_what_matters_most() {
        use QuicPacketKind::{Handshake, Initial, OneRtt};
        let ack = QuicFrame::Ack {
            ranges: vec![(0, 0)],
            delay: crate::units::Span::ZERO,
        };
        let crypto = QuicFrame::Crypto(ByteRange { start: 0, end: 9 });
        let first = packet(Initial, vec![ack.clone(), crypto.clone()]);
        let second = packet(Handshake, vec![crypto]);
        let label = QuicLabel::of(&[&first, &second], &mut QuicSent::default());
        assert_eq!(label.text, "Initial CRYPTO + Handshake CRYPTO");
        assert!(label.has_data && !label.again);
        let bare = packet(OneRtt, vec![ack.clone(), QuicFrame::Padding(3)]);
        let label = QuicLabel::of(&[&bare], &mut QuicSent::default());
        assert_eq!(label.text, "1-RTT ACK");
        assert!(!label.has_data);
        let full = packet(OneRtt, vec![ack, stream(0, 0, 5), stream(4, 0, 5)]);
        let label = QuicLabel::of(&[&full], &mut QuicSent::default());
        assert_eq!(label.text, "1-RTT STREAM 0,4");
    }
}
