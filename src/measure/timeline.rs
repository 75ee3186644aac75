//! Moments and counts that cases ask a recording for.

use std::collections::BTreeSet;

use crate::event::{
    AppEvent, DropCause, Event, HostId, Mechanism, SocketError, SocketEvent, SocketId,
};
use crate::record::Recording;
use crate::units::{SimTime, Span};
use crate::wire::packet::TcpView;
use crate::wire::{Frame, FrameId};

/// What was on the wire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Frames that hosts sent, ARP included.
    pub frames: u64,
    /// Their bytes, without FCS.
    pub bytes: u64,
    /// Frames that links dropped.
    pub dropped: u64,
    /// TCP and QUIC connections that were opened.
    pub connections: u64,
}

impl Traffic {
    /// The traffic of a recording, what the recorder left out included.
    pub fn of(recording: &Recording) -> Self {
        let mut traffic = Self::default();
        let mut quic: BTreeSet<u64> = BTreeSet::new();
        for entry in &recording.entries {
            match &entry.event {
                Event::FrameSent { frame, .. } => {
                    traffic.frames += 1;
                    traffic.bytes += frame.len() as u64;
                }
                Event::FrameDropped { .. } => traffic.dropped += 1,
                Event::Socket(_, SocketEvent::Opened(opened)) if opened.tcp && opened.active => {
                    traffic.connections += 1;
                }
                Event::App(_, event) => {
                    if let AppEvent::QuicPacket(packet) = &**event {
                        quic.insert(packet.connection);
                    }
                }
                Event::LeftOut { frames, bytes, .. } => {
                    traffic.frames += frames;
                    traffic.bytes += bytes;
                }
                _ => {}
            }
        }
        traffic.connections += quic.len() as u64;
        traffic
    }
}

/// Questions about one host of a recording.
#[derive(Clone, Copy, Debug)]
pub struct HostView<'a> {
    recording: &'a Recording,
    host: HostId,
}

/// A TCP segment that a host sent or received.
#[derive(Clone, Debug)]
pub struct Seen<'a> {
    /// When.
    pub at: SimTime,
    /// The frame.
    pub frame: &'a Frame,
    /// The segment in it.
    pub tcp: TcpView<'a>,
}

impl<'a> HostView<'a> {
    /// The host of that name.
    ///
    /// # Panics
    /// If the recording has none.
    pub fn named(recording: &'a Recording, name: &str) -> Self {
        let (host, _) = recording
            .hosts()
            .find(|(_, info)| info.name == name)
            .unwrap_or_else(|| panic!("the recording has no host called `{name}`"));
        Self { recording, host }
    }

    /// Its id.
    pub const fn id(self) -> HostId {
        self.host
    }

    /// Frames that it sent, in order.
    pub fn frames_sent(self) -> impl Iterator<Item = (SimTime, &'a Frame)> {
        self.recording
            .entries
            .iter()
            .filter_map(move |entry| match &entry.event {
                Event::FrameSent { host, frame } if *host == self.host => Some((entry.at, frame)),
                _ => None,
            })
    }

    /// TCP segments that it sent, in order.
    pub fn sent(self) -> impl Iterator<Item = Seen<'a>> {
        self.recording
            .entries
            .iter()
            .filter_map(move |entry| match &entry.event {
                Event::FrameSent { host, frame } if *host == self.host => Some(Seen {
                    at: entry.at,
                    frame,
                    tcp: TcpView::of(&frame.bytes)?,
                }),
                _ => None,
            })
    }

    /// TCP segments that it received, in order.
    pub fn received(self) -> impl Iterator<Item = Seen<'a>> {
        self.recording
            .entries
            .iter()
            .filter_map(move |entry| match &entry.event {
                Event::FrameReceived { host, frame } if *host == self.host => Some(Seen {
                    at: entry.at,
                    frame,
                    tcp: TcpView::of(&frame.bytes)?,
                }),
                _ => None,
            })
    }

    /// What happened to its sockets, in order.
    pub fn sockets(self) -> impl Iterator<Item = (SimTime, SocketId, &'a SocketEvent)> {
        self.recording
            .entries
            .iter()
            .filter_map(move |entry| match &entry.event {
                Event::Socket(socket, event) if socket.host == self.host => {
                    Some((entry.at, *socket, event))
                }
                _ => None,
            })
    }

    /// What its applications said, in order.
    pub fn apps(self) -> impl Iterator<Item = (SimTime, &'a AppEvent)> {
        self.recording
            .entries
            .iter()
            .filter_map(move |entry| match &entry.event {
                Event::App(host, event) if *host == self.host => Some((entry.at, &**event)),
                _ => None,
            })
    }

    /// When it first sent anything.
    pub fn first_sent(self) -> SimTime {
        first_sent(self.recording, self.host).unwrap_or(SimTime::ZERO)
    }

    /// When its applications read last.
    pub fn last_read(self) -> Option<SimTime> {
        self.sockets()
            .filter(|(_, _, event)| matches!(event, SocketEvent::AppRead { .. }))
            .last()
            .map(|(at, _, _)| at)
    }

    /// The first error with which a connection of its ended.
    pub fn first_error(self) -> Option<(SimTime, SocketError)> {
        self.sockets().find_map(|(at, _, event)| match event {
            SocketEvent::Closed { error: Some(error) } => Some((at, *error)),
            _ => None,
        })
    }

    /// From its first frame to the last byte that it read, or else to its error.
    pub fn total(self) -> Span {
        let end = self
            .last_read()
            .or_else(|| self.first_error().map(|(at, _)| at));
        end.map_or(Span::ZERO, |end| end - self.first_sent())
    }

    /// Segments that it sent again by one of these mechanisms.
    pub fn sent_again(self, by: impl Fn(Mechanism) -> bool) -> u64 {
        self.sockets()
            .filter(|(_, _, event)| {
                matches!(event, SocketEvent::Segment { again: Some(mechanism), .. } if by(*mechanism))
            })
            .count() as u64
    }
}

/// When a host first sent anything.
pub(super) fn first_sent(recording: &Recording, host: HostId) -> Option<SimTime> {
    let first = recording.entries.iter().find(
        |entry| matches!(&entry.event, Event::FrameSent { host: sender, .. } if *sender == host),
    );
    first.map(|entry| entry.at)
}

/// The frames that links dropped for this cause, in order.
pub fn drops(recording: &Recording, cause: DropCause) -> impl Iterator<Item = FrameId> {
    recording
        .entries
        .iter()
        .filter_map(move |entry| match &entry.event {
            Event::FrameDropped {
                frame, cause: why, ..
            } if *why == cause => Some(*frame),
            _ => None,
        })
}
