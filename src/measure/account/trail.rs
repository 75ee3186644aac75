//! What the walk along the critical path asks a recording: who sent, what arrived, which line was busy.

use std::collections::BTreeMap;

use super::line::{Busy, Line};
use super::stream::{Moment, QuicStream, Sent, Stream};
use crate::event::{
    AppEvent, Event, HostId, LinkId, QuicFrame, QuicPacket, SocketEvent, SocketId, Timer,
};
use crate::measure::Http2Layout;
use crate::measure::{Exchange, QuicCarriers};
use crate::record::{FrameStory, Index, Recording};
use crate::units::SimTime;
use crate::wire::FrameId;

/// The name of one direction of a stream: its sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Tcp(SocketId),
    Quic(SocketId, u64, QuicStream),
}

/// What happened at one host, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Doings {
    /// Frames that came.
    pub(super) arrivals: Vec<(Moment, FrameId)>,
    /// When its applications did something.
    pub(super) acts: Vec<Moment>,
    /// When its applications began to think, and until when.
    pub(super) thinks: Vec<(Moment, SimTime)>,
    /// Timers of its sockets that fired.
    pub(super) fired: Vec<(Moment, SocketId, Timer)>,
}

/// A recording as the walk sees it.
#[derive(Debug)]
pub(super) struct Trail<'a> {
    pub(super) index: Index<'a>,
    pub(super) exchanges: Vec<Exchange>,
    pub(super) carriers: QuicCarriers<'a>,
    hosts: BTreeMap<HostId, Doings>,
    streams: BTreeMap<Name, Stream>,
    lines: BTreeMap<LinkId, Line>,
    /// The first frame of each TCP socket: its SYN, or SYN-ACK.
    first: BTreeMap<SocketId, (Moment, FrameId)>,
    /// Where HTTP/2 without TLS put the streams of a sender.
    layouts: BTreeMap<SocketId, Http2Layout>,
    /// When QUIC endpoints declared packets of a connection lost.
    pub(super) lost: BTreeMap<(HostId, u64), Vec<SimTime>>,
}

impl<'a> Trail<'a> {
    pub(super) fn of(recording: &'a Recording) -> Self {
        let mut trail = Self {
            index: Index::of(recording),
            exchanges: Exchange::all(recording),
            carriers: QuicCarriers::of(recording),
            hosts: BTreeMap::new(),
            streams: BTreeMap::new(),
            lines: BTreeMap::new(),
            first: BTreeMap::new(),
            layouts: BTreeMap::new(),
            lost: BTreeMap::new(),
        };
        let mut quic = Quic::default();
        for (entry, record) in recording.entries.iter().enumerate() {
            let when = Moment {
                at: record.at,
                entry,
            };
            trail.note(when, &record.event, &mut quic);
        }
        quic.join(&trail.carriers, &mut trail.streams);
        trail.lay_out();
        trail
    }

    fn note(&mut self, when: Moment, event: &'a Event, quic: &mut Quic<'a>) {
        match event {
            Event::FrameReceived { host, frame } => {
                self.doings(*host).arrivals.push((when, frame.id));
            }
            Event::FrameQueued {
                link,
                frame,
                starts,
                departs,
                ..
            } if starts < departs => {
                let busy = Busy {
                    from: *starts,
                    until: *departs,
                    frame: *frame,
                };
                self.lines.entry(*link).or_default().push(busy);
            }
            Event::Socket(socket, event) => self.socket(when, *socket, event),
            Event::App(host, event) => self.app(when, *host, event, quic),
            _ => {}
        }
    }

    fn socket(&mut self, when: Moment, socket: SocketId, event: &SocketEvent) {
        let stream = self.streams.entry(Name::Tcp(socket));
        match event {
            SocketEvent::AppWrite { offset, len } => {
                let end = offset + u64::from(*len);
                stream.or_default().written.push((when, end));
            }
            SocketEvent::BufferFull => stream.or_default().full.push(when),
            SocketEvent::Waits(limit) => stream.or_default().waits.push((when, *limit)),
            SocketEvent::Readable { end } => {
                if let Some(peer) = self.index.peer(socket) {
                    let stream = self.streams.entry(Name::Tcp(peer)).or_default();
                    stream.readable.push((when, *end));
                }
            }
            SocketEvent::Segment {
                frame,
                offset,
                len,
                again,
            } => {
                self.first.entry(socket).or_insert((when, *frame));
                if *len > 0 {
                    let sent = Sent {
                        when,
                        start: *offset,
                        end: offset + u64::from(*len),
                        frame: *frame,
                        again: *again,
                    };
                    self.streams
                        .entry(Name::Tcp(socket))
                        .or_default()
                        .sent(sent);
                }
                return;
            }
            SocketEvent::TimerFired { timer } => {
                let fired = (when, socket, *timer);
                self.doings(socket.host).fired.push(fired);
                return;
            }
            SocketEvent::TimerSet { .. } | SocketEvent::Windows(_) => return,
            _ => {}
        }
        self.doings(socket.host).acts.push(when);
    }

    fn app(&mut self, when: Moment, host: HostId, event: &'a AppEvent, quic: &mut Quic<'a>) {
        match event {
            AppEvent::Think { span, .. } => {
                let think = (when, when.at + *span);
                self.doings(host).thinks.push(think);
            }
            AppEvent::QuicPacket(packet) => {
                quic.packets.push((when, host, packet));
                return;
            }
            AppEvent::QuicRecovery {
                connection, line, ..
            } => {
                if line.contains("packet_lost") {
                    let lost = self.lost.entry((host, *connection));
                    lost.or_default().push(when.at);
                }
                return;
            }
            AppEvent::TlsSecret { .. } | AppEvent::Note { .. } => return,
            _ => {}
        }
        self.doings(host).acts.push(when);
    }

    fn doings(&mut self, host: HostId) -> &mut Doings {
        self.hosts.entry(host).or_default()
    }

    /// Finds the streams of HTTP/2 where nothing hides them.
    fn lay_out(&mut self) {
        let open = self
            .exchanges
            .iter()
            .filter(|exchange| exchange.stream().is_some() && exchange.url.starts_with("http://"));
        let clients: std::collections::BTreeSet<_> =
            open.filter_map(|exchange| exchange.socket).collect();
        for client in clients {
            if let Some(server) = self.index.peer(client) {
                let layout = Http2Layout::of(&self.index, server);
                self.layouts.insert(server, layout);
            }
        }
    }

    /// What happened at a host.
    pub(super) fn at(&self, host: HostId) -> Option<&Doings> {
        self.hosts.get(&host)
    }

    /// One direction of a stream.
    pub(super) fn stream(&self, name: Name) -> Option<&Stream> {
        self.streams.get(&name)
    }

    /// When a socket's SYN, or SYN-ACK, left for the first time.
    pub(super) fn first(&self, socket: SocketId) -> Option<(Moment, FrameId)> {
        self.first.get(&socket).copied()
    }

    /// A link that has a rate.
    pub(super) fn line(&self, link: LinkId) -> Option<&Line> {
        self.lines.get(&link)
    }

    /// What happened to a frame, or to the one that it is a copy of.
    pub(super) fn story(&self, frame: FrameId) -> Option<&FrameStory<'a>> {
        let story = self.index.frame(frame)?;
        match story.copy_of {
            Some(original) => self.index.frame(original),
            None => Some(story),
        }
    }

    /// The socket that sent a frame of TCP or QUIC.
    pub(super) fn sender(&self, story: &FrameStory<'_>) -> Option<SocketId> {
        let packets = self.carriers.packets(story.id);
        let segment = story.segment.map(|segment| segment.socket);
        segment.or_else(|| packets.first().map(|packet| packet.socket))
    }

    /// The frame that was sent at this moment.
    pub(super) fn frame_at(&self, when: Moment) -> Option<FrameId> {
        match &self.index.recording().entries.get(when.entry)?.event {
            Event::FrameSent { frame, .. } => Some(frame.id),
            _ => None,
        }
    }

    /// The stream of HTTP/2 or QUIC that a byte belongs to.
    pub(super) fn owner(&self, name: Name, byte: u64) -> Option<u64> {
        match name {
            Name::Tcp(socket) => self.layouts.get(&socket)?.stream_at(byte),
            Name::Quic(_, _, stream) => stream.ok(),
        }
    }

    /// Whether a stream is one of the connection that a request was sent on.
    pub(super) fn is_on(&self, name: Name, exchange: &Exchange) -> bool {
        exchange.socket.is_some_and(|socket| match name {
            Name::Tcp(sender) => sender == socket || self.index.peer(sender) == Some(socket),
            Name::Quic(_, connection, _) => self.carriers.is_end(connection, socket),
        })
    }

    /// The first frame that brought a byte to a host, and when.
    pub(super) fn first_arrival(
        &self,
        name: Name,
        byte: u64,
        host: HostId,
    ) -> Option<(Moment, FrameId)> {
        let stream = self.stream(name)?;
        let arrivals = &self.at(host)?.arrivals;
        let times = stream.transmissions(byte, SimTime::MAX);
        let carries = |frame: &FrameId| times.iter().any(|sent| sent.frame == *frame);
        let first = times.first()?.when.entry;
        let begin = arrivals.partition_point(|(when, _)| when.entry < first);
        let mut later = arrivals[begin..].iter();
        later
            .find(|(_, frame)| self.story(*frame).is_some_and(|story| carries(&story.id)))
            .copied()
    }

    /// The last byte of a response in its sender's stream.
    pub(super) fn last_byte(&self, exchange: &Exchange) -> Option<(Name, u64)> {
        let client = exchange.socket?;
        if let Some(server) = self.index.peer(client) {
            let end = match exchange.stream() {
                Some(stream) => self.layouts.get(&server)?.end_of(stream)?,
                None => exchange.response.get(&crate::event::Layer::Transport)?.end,
            };
            return Some((Name::Tcp(server), end.checked_sub(1)?));
        }
        let wanted = exchange.stream()?;
        let stream = self.streams.iter().find(|(name, _)| {
            matches!(name, Name::Quic(sender, _, Ok(stream))
                if *stream == wanted && Some(sender.host) == exchange.server)
                && self.is_on(**name, exchange)
        });
        let (name, stream) = stream?;
        Some((*name, stream.fresh.last()?.end.checked_sub(1)?))
    }
}

/// QUIC's packets, until the frames that carry them are known.
#[derive(Debug, Default)]
struct Quic<'a> {
    packets: Vec<(Moment, HostId, &'a QuicPacket)>,
}

impl Quic<'_> {
    /// Makes streams of what the packets carry.
    fn join(self, carriers: &QuicCarriers<'_>, streams: &mut BTreeMap<Name, Stream>) {
        let frames = carriers.by_seal();
        let mut held: BTreeMap<Name, Vec<(u64, u64)>> = BTreeMap::new();
        let mut senders: BTreeMap<(u64, HostId), SocketId> = BTreeMap::new();
        for (_, host, packet) in &self.packets {
            if packet.sent {
                senders.insert((packet.connection, *host), packet.socket);
            }
        }
        for (when, host, packet) in self.packets {
            for (stream, start, end) in data(packet) {
                if packet.sent {
                    let Some(frame) = frames.get(&packet.seal) else {
                        continue;
                    };
                    let name = Name::Quic(packet.socket, packet.connection, stream);
                    streams.entry(name).or_default().sent(Sent {
                        when,
                        start,
                        end,
                        frame: *frame,
                        again: None,
                    });
                    continue;
                }
                let sender = senders
                    .iter()
                    .find(|((connection, at), _)| *connection == packet.connection && *at != host);
                if let Some((_, sender)) = sender {
                    let name = Name::Quic(*sender, packet.connection, stream);
                    let held = held.entry(name).or_default();
                    streams
                        .entry(name)
                        .or_default()
                        .received(when, (start, end), held);
                }
            }
        }
    }
}

/// The bytes of streams and of the handshake in a packet.
pub(super) fn data(packet: &QuicPacket) -> impl Iterator<Item = (QuicStream, u64, u64)> {
    packet.frames.iter().filter_map(|frame| match frame {
        QuicFrame::Stream { stream, range, .. } => Some((Ok(*stream), range.start, range.end)),
        QuicFrame::Crypto(range) => Some((Err(packet.kind), range.start, range.end)),
        _ => None,
    })
}
