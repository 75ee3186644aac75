//! What one side of a connection sent, what was acknowledged, and the windows meanwhile: the numbers of a time-sequence
//! graph.

use std::collections::BTreeMap;

use etherparse::{TcpHeaderSlice, TcpOptionElement};

use super::QuicCarriers;
use crate::event::{
    AppEvent, Congestion, Event, HostId, Mechanism, QuicFrame, QuicPacketKind, SocketEvent,
    SocketId,
};
use crate::record::{FrameStory, Index, QuicSent, Recording};
use crate::units::SimTime;
use crate::wire::packet::TcpView;

/// What a sequence counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Bytes of a TCP stream.
    Bytes,
    /// QUIC's packets with data of the application's (RFC 9000 section 12.3).
    Packets,
}

/// One transmission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When it left.
    pub at: SimTime,
    /// First byte, or the packet's number.
    pub start: u64,
    /// First byte after it, or the next packet's number.
    pub end: u64,
    /// Whether it carries what was sent before, and by what mechanism where the transport says so.
    pub again: Option<Option<Mechanism>>,
    /// Whether a link dropped it.
    pub lost: bool,
}

/// One direction of a connection over time, as its sender saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// The sender's host and the receiver's.
    pub hosts: (String, String),
    /// The connection, as the sender names its ends.
    pub connection: String,
    /// What is counted.
    pub unit: Unit,
    /// What was sent, in order.
    pub sent: Vec<Piece>,
    /// Up to where everything was acknowledged, each time an acknowledgment came.
    pub acked: Vec<(SimTime, u64)>,
    /// Up to where the receiver's window let the sender go.
    pub edge: Vec<(SimTime, u64)>,
    /// What was acknowledged beyond a gap (RFC 2018).
    pub selected: Vec<(SimTime, u64, u64)>,
    /// The congestion window in bytes.
    pub cwnd: Vec<(SimTime, u64)>,
    /// The slow start threshold in bytes.
    pub ssthresh: Vec<(SimTime, u64)>,
    /// Bytes sent and not acknowledged.
    pub in_flight: Vec<(SimTime, u64)>,
}

impl Sequence {
    /// The busiest direction of a recording: of TCP's sockets and QUIC's endpoints, the one that sent the most data.
    pub fn busiest(recording: &Recording) -> Option<Self> {
        let index = Index::of(recording);
        let mut tcp: BTreeMap<SocketId, u64> = BTreeMap::new();
        for segment in index.frames().iter().filter_map(|story| story.segment) {
            *tcp.entry(segment.socket).or_default() += u64::from(segment.len);
        }
        let mut quic: BTreeMap<(SocketId, u64), u64> = BTreeMap::new();
        for (_, packet) in packets(recording).filter(|(_, packet)| packet.sent) {
            let data = packet.streams().map(|(_, range)| range.end - range.start);
            *quic.entry((packet.socket, packet.connection)).or_default() += data.sum::<u64>();
        }
        // Of equals, the first.
        let tcp = tcp.into_iter().rev().max_by_key(|(_, sent)| *sent);
        let quic = quic.into_iter().rev().max_by_key(|(_, sent)| *sent);
        let (tcp, quic) = (
            tcp.filter(|(_, sent)| *sent > 0),
            quic.filter(|(_, sent)| *sent > 0),
        );
        match (tcp, quic) {
            (Some((socket, most)), quic) if quic.is_none_or(|(_, sent)| sent <= most) => {
                Self::of_tcp(&index, socket)
            }
            (_, Some(((socket, connection), _))) => Some(Self::of_quic(&index, socket, connection)),
            _ => None,
        }
    }

    pub(super) fn empty(hosts: (String, String), connection: String, unit: Unit) -> Self {
        Self {
            hosts,
            connection,
            unit,
            sent: Vec::new(),
            acked: Vec::new(),
            edge: Vec::new(),
            selected: Vec::new(),
            cwnd: Vec::new(),
            ssthresh: Vec::new(),
            in_flight: Vec::new(),
        }
    }

    fn of_tcp(index: &Index<'_>, socket: SocketId) -> Option<Self> {
        let connection = index.socket(socket)?.connection?;
        let other = index.owner(connection.remote);
        let hosts = (
            name(index, socket.host),
            other.map_or_else(String::new, |host| name(index, host)),
        );
        let ends = format!("{} to {}", connection.local, connection.remote);
        let mut sequence = Self::empty(hosts, ends, Unit::Bytes);
        let peer = index.peer(socket);
        let mut scale = 0;
        for story in index.frames() {
            let Some(segment) = story.segment else {
                continue;
            };
            if segment.socket == socket {
                sequence.sent.extend(piece(story));
            } else if Some(segment.socket) == peer {
                sequence.acknowledged(story, connection.isn, &mut scale);
            }
        }
        sequence.acked.sort_by_key(|(at, _)| *at);
        sequence.edge.sort_by_key(|(at, _)| *at);
        sequence.in_flight = sequence.unacknowledged();
        for entry in &index.recording().entries {
            if let Event::Socket(id, SocketEvent::Windows(windows)) = &entry.event
                && *id == socket
            {
                sequence.windows(entry.at, windows);
            }
        }
        Some(sequence)
    }

    /// Takes note of a segment from the peer that came.
    fn acknowledged(&mut self, story: &FrameStory<'_>, isn: u32, scale: &mut u8) {
        let Some(came) = story.received.filter(|_| story.discarded.is_none()) else {
            return;
        };
        let Some(tcp) = TcpView::of(&came.frame.bytes) else {
            return;
        };
        if tcp.header.syn() {
            *scale = window_scale(&tcp.header);
        }
        if !tcp.header.ack() {
            return;
        }
        let first = isn.wrapping_add(1);
        let known = self.acked.last().map_or(0, |(_, acked)| *acked);
        let offset = |number: u32| unwrapped(number.wrapping_sub(first), known);
        let acked = offset(tcp.header.acknowledgment_number()).min(self.highest());
        // The window of a SYN is never scaled (RFC 7323 section 2.2).
        let shift = if tcp.header.syn() { 0 } else { *scale };
        let window = u64::from(tcp.header.window_size()) << shift;
        self.acked.push((came.at, acked.max(known)));
        self.edge.push((came.at, acked + window));
        for option in tcp.header.options_iterator().flatten() {
            if let TcpOptionElement::SelectiveAcknowledgement(first, rest) = option {
                let blocks = std::iter::once(first).chain(rest.into_iter().flatten());
                let blocks = blocks.map(|(start, end)| (came.at, offset(start), offset(end)));
                self.selected.extend(blocks);
            }
        }
    }

    /// What was sent and not acknowledged, after each transmission and each acknowledgment.
    pub(super) fn unacknowledged(&self) -> Vec<(SimTime, u64)> {
        let sent = self.sent.iter().map(|piece| (piece.at, piece.end, 0));
        let acked = self.acked.iter().map(|(at, acked)| (*at, 0, *acked));
        // Acknowledgments make room for what leaves in the same moment.
        let mut changes: Vec<_> = acked.chain(sent).collect();
        changes.sort_by_key(|(at, ..)| *at);
        let (mut highest, mut lowest) = (0, 0);
        let after = |(at, end, acked): (SimTime, u64, u64)| {
            highest = highest.max(end);
            lowest = lowest.max(acked);
            (at, highest.saturating_sub(lowest))
        };
        changes.into_iter().map(after).collect()
    }

    /// When it begins with data, and ends: with the acknowledgment of everything, or the last transmission.
    pub fn span(&self) -> Option<(SimTime, SimTime)> {
        let from = self.sent.first()?.at;
        let last = self.sent.last()?.at;
        let highest = self.highest();
        let settled = self.acked.iter().find(|(_, acked)| *acked >= highest);
        Some((from, settled.map_or(last, |(at, _)| *at).max(last)))
    }

    /// The first byte that was never sent.
    fn highest(&self) -> u64 {
        self.sent.iter().map(|piece| piece.end).max().unwrap_or(0)
    }

    fn windows(&mut self, at: SimTime, windows: &Congestion) {
        self.cwnd.extend(windows.cwnd.map(|cwnd| (at, cwnd)));
        self.ssthresh
            .extend(windows.ssthresh.map(|ssthresh| (at, ssthresh)));
    }

    fn of_quic(index: &Index<'_>, socket: SocketId, connection: u64) -> Self {
        let recording = index.recording();
        let is_own = |packet: &crate::event::QuicPacket| {
            packet.connection == connection && packet.kind == QuicPacketKind::OneRtt
        };
        let other = packets(recording)
            .find(|(_, packet)| {
                packet.connection == connection && packet.socket.host != socket.host
            })
            .map(|(_, packet)| packet.socket.host);
        let hosts = (
            name(index, socket.host),
            other.map_or_else(String::new, |host| name(index, host)),
        );
        let mut sequence = Self::empty(
            hosts,
            format!("QUIC connection {connection:016x}"),
            Unit::Packets,
        );
        let frames = QuicCarriers::of(recording).by_seal();
        let mut before = QuicSent::default();
        for (at, packet) in packets(recording).filter(|(_, packet)| packet.socket == socket) {
            if packet.sent {
                let again = !before.again(packet).is_empty();
                if is_own(packet) {
                    let story = frames
                        .get(&packet.seal)
                        .and_then(|frame| index.frame(*frame));
                    sequence.sent.push(Piece {
                        at,
                        start: packet.number,
                        end: packet.number + 1,
                        again: again.then_some(None),
                        lost: story.is_some_and(|story| story.dropped.is_some()),
                    });
                }
            } else if is_own(packet) {
                packet
                    .frames
                    .iter()
                    .for_each(|frame| sequence.confirmed(at, frame));
            }
        }
        sequence.recovery(recording, socket, connection);
        sequence
    }

    /// Takes note of the ranges of an ACK frame (RFC 9000 section 19.3).
    fn confirmed(&mut self, at: SimTime, frame: &QuicFrame) {
        let QuicFrame::Ack { ranges, .. } = frame else {
            return;
        };
        // Ranges are told from the newest on; the oldest one that is told begins where all before it is settled.
        if let Some((_, last)) = ranges.last() {
            let known = self.acked.last().map_or(0, |(_, acked)| *acked);
            self.acked.push((at, known.max(last + 1)));
        }
        let beyond = ranges.iter().rev().skip(1);
        self.selected
            .extend(beyond.map(|(first, last)| (at, *first, last + 1)));
    }

    /// What the endpoint's loss recovery told: qlog repeats only what has changed.
    fn recovery(&mut self, recording: &Recording, socket: SocketId, connection: u64) {
        for entry in &recording.entries {
            let Event::App(_, event) = &entry.event else {
                continue;
            };
            let AppEvent::QuicRecovery {
                socket: own,
                connection: known,
                line,
            } = &**event
            else {
                continue;
            };
            if (*own, *known) != (socket, connection) || !line.contains("metrics_updated") {
                continue;
            }
            let Ok(told) = serde_json::from_str::<serde_json::Value>(line) else {
                continue;
            };
            let value = |key: &str| Some((entry.at, told["data"].get(key)?.as_u64()?));
            self.cwnd.extend(value("congestion_window"));
            self.ssthresh.extend(value("ssthresh"));
            self.in_flight.extend(value("bytes_in_flight"));
        }
    }
}

fn name(index: &Index<'_>, host: HostId) -> String {
    index
        .host(host)
        .map_or_else(String::new, |info| info.name.clone())
}

/// The packets that endpoints told of, in order.
fn packets(recording: &Recording) -> impl Iterator<Item = (SimTime, &crate::event::QuicPacket)> {
    recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::App(_, event) => match &**event {
                AppEvent::QuicPacket(packet) => Some((entry.at, packet)),
                _ => None,
            },
            _ => None,
        })
}

/// The data of a segment, if it has any.
fn piece(story: &FrameStory<'_>) -> Option<Piece> {
    let segment = story.segment.filter(|segment| segment.len > 0)?;
    Some(Piece {
        at: story.sent?.at,
        start: segment.offset,
        end: segment.offset + u64::from(segment.len),
        again: segment.again.map(Some),
        lost: story.dropped.is_some(),
    })
}

/// The shift of a SYN's window scale option (RFC 7323), 0 if it has none.
fn window_scale(header: &TcpHeaderSlice<'_>) -> u8 {
    let mut options = header.options_iterator().flatten();
    let shift = options.find_map(|option| match option {
        TcpOptionElement::WindowScale(shift) => Some(shift),
        _ => None,
    });
    shift.unwrap_or(0).min(14)
}

/// The offset whose lowest 32 bits these are and that is nearest to another.
fn unwrapped(low: u32, near: u64) -> u64 {
    const TURN: u64 = 1 << 32;
    let base = near & !(TURN - 1);
    let candidates = [base.checked_sub(TURN), Some(base), base.checked_add(TURN)];
    let candidates = candidates
        .into_iter()
        .flatten()
        .map(|base| base + u64::from(low));
    candidates
        .min_by_key(|offset| offset.abs_diff(near))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_wrap_around_go_on() {
        assert_eq!(unwrapped(5, 0), 5);
        assert_eq!(unwrapped(7, (1 << 32) - 100), (1 << 32) + 7);
        assert_eq!(unwrapped(u32::MAX, (1 << 32) + 3), (1 << 32) - 1);
    }
}
