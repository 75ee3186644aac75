//! The world at one moment, replayed from the events before it.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use rustc_hash::FxHashMap;

use super::socket::SocketView;
use crate::event::{Event, HostId, HostInfo, LinkId, LinkInfo, SocketEvent, SocketId};
use crate::record::{Direction, Entry};
use crate::units::SimTime;
use crate::wire::annotate::{Field, annotate_relative};
use crate::wire::summary::{self, Isns};
use crate::wire::{Frame, FrameId, Glance};

/// Hosts, sockets and frames in flight at one moment.
#[derive(Clone, Debug, Default)]
pub struct View<'a> {
    now: SimTime,
    hosts: BTreeMap<HostId, &'a HostInfo>,
    links: BTreeMap<LinkId, &'a LinkInfo>,
    sockets: BTreeMap<SocketId, SocketView<'a>>,
    /// The latest TCP socket from one endpoint to another. Never iterated.
    by_ends: FxHashMap<(SocketAddrV4, SocketAddrV4), SocketId>,
    flights: BTreeMap<FrameId, Flight<'a>>,
    last: Option<LastFrame<'a>>,
}

/// A frame that has left and not arrived.
#[derive(Clone, Copy, Debug)]
pub struct Flight<'a> {
    /// The frame as it left; a copy has its original's bytes and name here.
    pub frame: &'a Frame,
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
#[derive(Clone, Copy, Debug)]
pub struct LastFrame<'a> {
    /// The tap's host.
    pub host: HostId,
    /// Which way it passed.
    pub direction: Direction,
    /// When.
    pub at: SimTime,
    /// The frame.
    pub frame: &'a Frame,
    /// Initial sequence numbers of its flow.
    pub isns: Isns,
}

impl<'a> View<'a> {
    /// Time of the last event.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// All hosts.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &'a HostInfo)> {
        self.hosts.iter().map(|(id, info)| (*id, *info))
    }

    /// What is known of one direction of a link.
    pub fn link(&self, link: LinkId) -> Option<&'a LinkInfo> {
        self.links.get(&link).copied()
    }

    /// The sockets of a host that are not gone.
    pub fn sockets(&self, host: HostId) -> impl Iterator<Item = &SocketView<'a>> {
        let all = SocketId { host, index: 0 }..=SocketId {
            host,
            index: u32::MAX,
        };
        self.sockets
            .range(all)
            .map(|(_, socket)| socket)
            .filter(|socket| !socket.closed)
    }

    /// A socket, also one that is gone.
    pub fn socket(&self, id: SocketId) -> Option<&SocketView<'a>> {
        self.sockets.get(&id)
    }

    /// The frames that are on their way. One that has left the last link for somebody who is no host (a
    /// gateway, the outside) is not among them.
    pub fn in_flight(&self) -> impl Iterator<Item = (FrameId, &Flight<'a>)> {
        let flying = |flight: &Flight<'_>| match (flight.arrives, flight.link) {
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
    pub const fn last_frame(&self) -> Option<LastFrame<'a>> {
        self.last
    }

    /// Lets the next entry happen.
    pub fn advance(&mut self, entry: &'a Entry) {
        self.now = entry.at;
        match &entry.event {
            Event::Host(id, info) => {
                self.hosts.insert(*id, info);
            }
            Event::Link(id, info) => {
                self.links.insert(*id, info);
            }
            Event::FrameSent { host, frame } => {
                let flight = Flight {
                    frame,
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
            event => self.fate(event),
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
                if let Some(original) = self.flights.get(frame).copied() {
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

    fn socket_event(&mut self, id: SocketId, event: &'a SocketEvent) {
        if let SocketEvent::Opened(connection) = event {
            if connection.tcp {
                self.by_ends
                    .insert((connection.local, connection.remote), id);
            }
            self.sockets.insert(id, SocketView::new(id, connection));
        } else if let Some(socket) = self.sockets.get_mut(&id) {
            socket.event(event);
        }
    }

    fn passed(&mut self, host: HostId, direction: Direction, frame: &'a Frame) {
        let isns = self.isns(&frame.bytes);
        self.last = Some(LastFrame {
            host,
            direction,
            at: self.now,
            frame,
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
            socket.acknowledged(tcp.header.acknowledgment_number());
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

impl LastFrame<'_> {
    /// The frame in one line.
    pub fn summary(&self) -> String {
        summary::line(&self.frame.bytes, self.isns)
    }

    /// The frame byte by byte.
    pub fn fields(&self) -> Vec<Field> {
        annotate_relative(&self.frame.bytes, self.isns)
    }
}
