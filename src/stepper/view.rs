//! The world at one moment, replayed from the events before it.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::rc::Rc;

use bytes::Bytes;

use super::socket::SocketView;
use crate::event::{Event, HostId, HostInfo, LinkId, LinkInfo, SocketEvent, SocketId};
use crate::record::{Direction, Entry};
use crate::units::SimTime;
use crate::wire::annotate::{Field, annotate_relative};
use crate::wire::summary::{self, Isns};
use crate::wire::{Frame, FrameId, Glance};

/// As much of a frame that is on its way is kept as its headers take: a world must be cheap to keep.
const KEPT: usize = 128;

/// Hosts, sockets and frames in flight at one moment. Holds what it needs; a clone shares most of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    now: SimTime,
    hosts: BTreeMap<HostId, Rc<HostInfo>>,
    links: BTreeMap<LinkId, Rc<LinkInfo>>,
    sockets: BTreeMap<SocketId, Rc<SocketView>>,
    /// The latest TCP socket from one endpoint to another.
    by_ends: Rc<BTreeMap<(SocketAddrV4, SocketAddrV4), SocketId>>,
    flights: BTreeMap<FrameId, Flight>,
    last: Option<LastFrame>,
    subject: Option<Frame>,
}

/// A frame that has left and not arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct Flight {
    /// The beginning of the frame as it left; a copy has its original's bytes here.
    pub frame: Frame,
    /// Who sent it.
    pub from: HostId,
    /// When.
    pub sent: SimTime,
    /// The link that it is on.
    pub link: Option<LinkId>,
    /// When it will be at the far end of that link.
    pub arrives: Option<SimTime>,
}

/// The frame that passed a tap last.
#[derive(Clone, Debug, PartialEq)]
pub struct LastFrame {
    /// The tap's host.
    pub host: HostId,
    /// Which way it passed.
    pub direction: Direction,
    /// When.
    pub at: SimTime,
    /// The frame.
    pub frame: Frame,
    /// Initial sequence numbers of its flow.
    pub isns: Isns,
}

impl View {
    /// Time of the last event.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// All hosts.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &HostInfo)> {
        self.hosts.iter().map(|(id, info)| (*id, &**info))
    }

    /// What is known of one direction of a link.
    pub fn link(&self, link: LinkId) -> Option<&LinkInfo> {
        self.links.get(&link).map(|info| &**info)
    }

    /// The sockets of a host that are not gone.
    pub fn sockets(&self, host: HostId) -> impl Iterator<Item = &SocketView> {
        let all = SocketId { host, index: 0 }..=SocketId {
            host,
            index: u32::MAX,
        };
        self.sockets
            .range(all)
            .map(|(_, socket)| &**socket)
            .filter(|socket| !socket.closed)
    }

    /// The frames that are on their way. One that has left the last link for somebody who is no host (a
    /// gateway, the outside) is not among them.
    pub fn in_flight(&self) -> impl Iterator<Item = (FrameId, &Flight)> {
        let flying = |flight: &Flight| match (flight.arrives, flight.link) {
            (Some(arrives), _) => arrives >= self.now,
            (None, Some(_)) => true,
            (None, None) => flight.sent == self.now,
        };
        self.flights
            .iter()
            .filter(move |(_, flight)| flying(flight))
            .map(|(id, flight)| (*id, flight))
    }

    /// The frame that passed a tap last.
    pub const fn last_frame(&self) -> Option<&LastFrame> {
        self.last.as_ref()
    }

    /// The frame that the last event is about, or at least its beginning.
    pub const fn subject(&self) -> Option<&Frame> {
        self.subject.as_ref()
    }

    /// A socket, also one that is gone.
    pub fn socket(&self, id: SocketId) -> Option<&SocketView> {
        self.sockets.get(&id).map(|socket| &**socket)
    }

    /// The socket of `host` that a segment leaves or comes to.
    pub fn socket_of(&self, host: HostId, bytes: &[u8]) -> Option<&SocketView> {
        let Glance::Tcp(tcp) = Glance::of(bytes) else {
            return None;
        };
        let ways = [(tcp.source, tcp.destination), (tcp.destination, tcp.source)];
        let ends = ways.iter().filter_map(|way| self.by_ends.get(way));
        let mut own = ends.filter(|id| id.host == host);
        self.socket(*own.next()?)
    }

    /// Lets the next entry happen.
    pub fn advance(&mut self, entry: &Entry) {
        self.now = entry.at;
        self.subject = None;
        match &entry.event {
            Event::Host(id, info) => {
                self.hosts.insert(*id, Rc::new((**info).clone()));
            }
            Event::Link(id, info) => {
                self.links.insert(*id, Rc::new((**info).clone()));
            }
            Event::FrameSent { host, frame } => {
                let flight = Flight {
                    frame: beginning(frame),
                    from: *host,
                    sent: entry.at,
                    link: None,
                    arrives: None,
                };
                self.flights.insert(frame.id, flight);
                self.passed(*host, Direction::Out, frame);
            }
            Event::FrameReceived { host, frame } => {
                self.flights.remove(&frame.id);
                self.passed(*host, Direction::In, frame);
                self.acknowledge(*host, frame);
            }
            Event::Socket(socket, event) => self.socket_event(*socket, event),
            event => {
                self.subject = subject(event)
                    .and_then(|id| self.flights.get(&id))
                    .map(|flight| flight.frame.clone());
                self.fate(event);
            }
        }
    }

    /// What links do to a frame.
    fn fate(&mut self, event: &Event) {
        match event {
            Event::FrameQueued {
                link,
                frame,
                arrives,
                ..
            } => {
                if let Some(flight) = self.flights.get_mut(frame) {
                    (flight.link, flight.arrives) = (Some(*link), Some(*arrives));
                }
            }
            Event::FrameDropped { frame, .. } => {
                self.flights.remove(frame);
            }
            Event::FrameDuplicated { link, frame, copy } => {
                if let Some(original) = self.flights.get(frame).cloned() {
                    self.flights.insert(
                        *copy,
                        Flight {
                            link: Some(*link),
                            ..original
                        },
                    );
                }
            }
            _ => {}
        }
    }

    fn socket_event(&mut self, id: SocketId, event: &SocketEvent) {
        if let SocketEvent::Opened(connection) = event {
            if connection.tcp {
                Rc::make_mut(&mut self.by_ends).insert((connection.local, connection.remote), id);
            }
            let socket = SocketView::new(id, (**connection).clone());
            self.sockets.insert(id, Rc::new(socket));
        } else if let Some(socket) = self.sockets.get_mut(&id) {
            Rc::make_mut(socket).event(event);
        }
    }

    fn passed(&mut self, host: HostId, direction: Direction, frame: &Frame) {
        self.subject = Some(frame.clone());
        let isns = self.isns(&frame.bytes);
        self.last = Some(LastFrame {
            host,
            direction,
            at: self.now,
            frame: frame.clone(),
            isns,
        });
    }

    /// An ACK reaches the socket that it is for.
    fn acknowledge(&mut self, host: HostId, frame: &Frame) {
        let Glance::Tcp(tcp) = Glance::of(&frame.bytes) else {
            return;
        };
        let Some(id) = self.by_ends.get(&(tcp.destination, tcp.source)) else {
            return;
        };
        if tcp.header.ack()
            && !frame.corrupted
            && id.host == host
            && let Some(socket) = self.sockets.get_mut(id)
        {
            Rc::make_mut(socket).acknowledged(tcp.header.acknowledgment_number());
        }
    }

    /// The initial sequence numbers of a frame's flow, as its sockets know them.
    pub fn isns(&self, bytes: &[u8]) -> Isns {
        let Glance::Tcp(tcp) = Glance::of(bytes) else {
            return Isns::ABSOLUTE;
        };
        let isn = |from, to| {
            Some(
                self.sockets
                    .get(self.by_ends.get(&(from, to))?)?
                    .connection
                    .isn,
            )
        };
        Isns {
            own: isn(tcp.source, tcp.destination),
            peer: isn(tcp.destination, tcp.source),
        }
    }
}

/// The frame that a link's or a host's event is about. Being queued happens to every frame, and is not told of.
const fn subject(event: &Event) -> Option<FrameId> {
    match event {
        Event::FrameDropped { frame, .. }
        | Event::FrameDuplicated { frame, .. }
        | Event::FrameCorrupted { frame, .. } => Some(*frame),
        _ => None,
    }
}

/// A frame without what comes after its headers.
fn beginning(frame: &Frame) -> Frame {
    let kept = frame.bytes.len().min(KEPT);
    Frame {
        bytes: Bytes::copy_from_slice(&frame.bytes[..kept]),
        ..frame.clone()
    }
}

impl LastFrame {
    /// The frame in one line.
    pub fn summary(&self) -> String {
        summary::line(&self.frame.bytes, self.isns)
    }

    /// The frame byte by byte.
    pub fn fields(&self) -> Vec<Field> {
        annotate_relative(&self.frame.bytes, self.isns)
    }
}
