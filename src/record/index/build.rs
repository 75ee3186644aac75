//! The one pass over a recording that builds its index.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::flows::Flows;
use super::frame::{Discarded, Dropped, FrameStory, Hop, Segment, Sighting};
use super::socket::SocketStory;
use super::{Captured, Index};
use crate::event::{Event, HostId, SocketEvent, SocketId};
use crate::record::recording::{Direction, Recording};
use crate::units::SimTime;
use crate::wire::{Frame, FrameId};

impl<'a> Index<'a> {
    /// Reads `recording` once.
    pub fn of(recording: &'a Recording) -> Self {
        let mut index = Self {
            recording,
            hosts: BTreeMap::new(),
            links: BTreeMap::new(),
            frames: Vec::new(),
            by_id: FxHashMap::default(),
            captures: BTreeMap::new(),
            sockets: BTreeMap::new(),
            conversations: Vec::new(),
        };
        let mut flows = Flows::default();
        for position in 0..recording.entries.len() {
            index.entry(&mut flows, position);
        }
        index
    }

    fn entry(&mut self, flows: &mut Flows, position: usize) {
        let entry = &self.recording.entries[position];
        match &entry.event {
            Event::Host(id, info) => {
                self.hosts.insert(*id, info);
            }
            Event::Link(id, info) => {
                self.links.insert(*id, info);
            }
            Event::FrameSent { host, frame } => {
                let sighting = self.sighting(*host, frame, Direction::Out, position);
                let story = self.story(frame.id);
                story.sent = Some(sighting);
                story.isns = flows.frame(&frame.bytes);
            }
            Event::FrameReceived { host, frame } => {
                let sighting = self.sighting(*host, frame, Direction::In, position);
                let story = self.story(frame.id);
                story.received = Some(sighting);
                if story.sent.is_none() && !frame.corrupted {
                    story.isns = flows.frame(&frame.bytes);
                }
            }
            Event::Socket(socket, event) => self.socket_event(flows, *socket, entry.at, event),
            Event::App(..) => {}
            event => self.fate(entry.at, event),
        }
    }

    /// What links and hosts did to a frame.
    fn fate(&mut self, at: SimTime, event: &Event) {
        match *event {
            Event::FrameQueued {
                link,
                frame,
                packets,
                starts,
                departs,
                arrives,
            } => {
                let hop = Hop {
                    link,
                    taken: at,
                    packets,
                    starts,
                    departs,
                    arrives,
                };
                self.story(frame).hops.push(hop);
            }
            Event::FrameDropped { link, frame, cause } => {
                self.story(frame).dropped = Some(Dropped { link, cause, at });
            }
            Event::FrameDuplicated { frame, copy, .. } => {
                self.story(copy).copy_of = Some(frame);
            }
            Event::FrameCorrupted { link, frame, bit } => {
                self.story(frame).corrupted = Some((link, bit));
            }
            Event::FrameDiscarded { host, frame, cause } => {
                self.story(frame).discarded = Some(Discarded { host, cause, at });
            }
            _ => {}
        }
    }

    fn socket_event(
        &mut self,
        flows: &mut Flows,
        id: SocketId,
        at: SimTime,
        event: &'a SocketEvent,
    ) {
        if let SocketEvent::Segment {
            frame,
            offset,
            len,
            again,
        } = *event
        {
            self.story(frame).segment = Some(Segment {
                socket: id,
                offset,
                len,
                again,
            });
            return;
        }
        let story = self
            .sockets
            .entry(id)
            .or_insert_with(|| SocketStory::new(id));
        match event {
            SocketEvent::Opened(connection) => {
                story.connection = Some(connection);
                story.opened = Some(at);
                if connection.tcp {
                    let position = flows.opened(&mut self.conversations, id, connection, at);
                    story.conversation = Some(position);
                }
            }
            SocketEvent::State { to, .. } => story.states.push((at, *to)),
            SocketEvent::Closed { error } => story.closed = Some((at, *error)),
            _ => {}
        }
    }

    fn story(&mut self, id: FrameId) -> &mut FrameStory<'a> {
        let position = *self.by_id.entry(id).or_insert(self.frames.len());
        if position == self.frames.len() {
            self.frames.push(FrameStory::new(id));
        }
        &mut self.frames[position]
    }

    fn sighting(
        &mut self,
        host: HostId,
        frame: &'a Frame,
        direction: Direction,
        entry: usize,
    ) -> Sighting<'a> {
        let capture = self.captures.entry(host).or_default();
        capture.push(Captured {
            frame: frame.id,
            direction,
            entry,
        });
        Sighting {
            host,
            at: self.recording.entries[entry].at,
            frame,
            number: capture.len(),
            entry,
        }
    }
}
