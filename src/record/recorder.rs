//! The observer that makes a recording.

use std::collections::BTreeSet;
use std::net::SocketAddrV4;

use bytes::Bytes;

use super::recording::{Entry, Recording, RunInfo};
use crate::event::{Event, Observer, SocketEvent, SocketId, TcpState};
use crate::units::SimTime;
use crate::wire::packet::TcpView;
use crate::wire::{Frame, FrameId};

/// An observer that keeps everything, or as much as it was told to.
#[derive(Debug, Default)]
pub struct Recorder {
    entries: Vec<Entry>,
    snaplen: Option<usize>,
    flows: Option<FirstFlows>,
}

/// Keeps the first connections whole, and of the others only how they begin and end.
#[derive(Debug)]
struct FirstFlows {
    limit: usize,
    kept: BTreeSet<[SocketAddrV4; 2]>,
    sockets: BTreeSet<SocketId>,
    /// Frames of other connections that are on their way.
    passing: BTreeSet<FrameId>,
    flows: u64,
    frames: u64,
    bytes: u64,
}

impl Recorder {
    /// A recorder that keeps whole frames.
    pub fn new() -> Self {
        Self::default()
    }

    /// A recorder that keeps the first `snaplen` bytes of each frame.
    pub fn with_snaplen(snaplen: usize) -> Self {
        Self {
            snaplen: Some(snaplen),
            ..Self::default()
        }
    }

    /// Keeps only the first `limit` TCP connections whole. What was left out is said at the end.
    pub fn keep_flows(&mut self, limit: usize) {
        self.flows = Some(FirstFlows {
            limit,
            kept: BTreeSet::new(),
            sockets: BTreeSet::new(),
            passing: BTreeSet::new(),
            flows: 0,
            frames: 0,
            bytes: 0,
        });
    }

    /// What was recorded so far, leaving the recorder empty.
    pub fn take(&mut self, run: RunInfo) -> Recording {
        let mut entries = std::mem::take(&mut self.entries);
        if let Some(FirstFlows {
            flows,
            frames,
            bytes,
            ..
        }) = self.flows.take().filter(|first| first.flows > 0)
        {
            let at = entries.last().map_or(SimTime::ZERO, |entry| entry.at);
            entries.push(Entry {
                at,
                event: Event::LeftOut {
                    flows,
                    frames,
                    bytes,
                },
            });
        }
        Recording { run, entries }
    }

    /// The entries so far.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

impl Observer for Recorder {
    fn observe(&mut self, at: SimTime, mut event: Event) {
        if self
            .flows
            .as_mut()
            .is_some_and(|flows| !flows.keeps(&event))
        {
            return;
        }
        if let (Some(snaplen), Event::FrameSent { frame, .. } | Event::FrameReceived { frame, .. }) =
            (self.snaplen, &mut event)
            && frame.bytes.len() > snaplen
        {
            frame.bytes = Bytes::copy_from_slice(&frame.bytes[..snaplen]);
        }
        self.entries.push(Entry { at, event });
    }
}

impl FirstFlows {
    /// Whether an event is kept; counts it otherwise.
    fn keeps(&mut self, event: &Event) -> bool {
        match event {
            Event::Socket(socket, event) => self.keeps_of(*socket, event),
            Event::FrameSent { frame, .. } => self.keeps_frame(frame),
            Event::FrameReceived { frame, .. } => !self.passing.remove(&frame.id),
            Event::FrameDropped { frame, .. } => !self.passing.remove(frame),
            Event::FrameDuplicated { frame, copy, .. } if self.passing.contains(frame) => {
                self.passing.insert(*copy);
                false
            }
            Event::FrameQueued { frame, .. }
            | Event::FrameDuplicated { frame, .. }
            | Event::FrameCorrupted { frame, .. }
            | Event::FrameDiscarded { frame, .. } => !self.passing.contains(frame),
            Event::Host(..)
            | Event::Link(..)
            | Event::Schedule(..)
            | Event::App(..)
            | Event::LeftOut { .. } => true,
        }
    }

    fn keeps_of(&mut self, socket: SocketId, event: &SocketEvent) -> bool {
        if let SocketEvent::Opened(connection) = event {
            let ends = ordered(connection.local, connection.remote);
            if self.kept.len() < self.limit || self.kept.contains(&ends) {
                self.kept.insert(ends);
                self.sockets.insert(socket);
            } else {
                self.flows += u64::from(connection.active);
            }
            return true;
        }
        let ends = match event {
            SocketEvent::Closed { .. } => true,
            SocketEvent::State { to, .. } => *to == TcpState::TimeWait,
            _ => false,
        };
        ends || self.sockets.contains(&socket)
    }

    fn keeps_frame(&mut self, frame: &Frame) -> bool {
        let Some(view) = TcpView::of(&frame.bytes) else {
            return true;
        };
        if self.kept.contains(&ordered(view.source, view.destination)) {
            return true;
        }
        self.passing.insert(frame.id);
        self.frames += 1;
        self.bytes += frame.len() as u64;
        false
    }
}

/// Both ends, so that either direction gives the same.
fn ordered(a: SocketAddrV4, b: SocketAddrV4) -> [SocketAddrV4; 2] {
    if a <= b { [a, b] } else { [b, a] }
}
