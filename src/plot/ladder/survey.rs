//! A first pass over a recording, for what the second must know beforehand.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddrV4};

use super::label::{connection, destination};
use crate::event::{Event, HostId, Mechanism, SocketEvent};
use crate::record::Recording;
use crate::wire::FrameId;

/// What must be known of the whole recording before its first frame is read.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Frames that left again, and why.
    pub(super) again: BTreeMap<FrameId, Mechanism>,
    /// TCP connections by their ends, the smaller first.
    pub(super) connections: BTreeSet<(SocketAddrV4, SocketAddrV4)>,
    /// Hosts that sent anything or were sent anything.
    pub(super) involved: BTreeSet<HostId>,
    /// Hosts by address.
    pub(super) owners: BTreeMap<Ipv4Addr, HostId>,
}

impl Survey {
    /// Reads a recording.
    pub(super) fn of(recording: &Recording) -> Self {
        let mut survey = Self::default();
        for entry in &recording.entries {
            survey.read(&entry.event);
        }
        survey
    }

    fn read(&mut self, event: &Event) {
        match event {
            Event::Host(id, info) => {
                self.owners
                    .extend(info.addresses.iter().map(|address| (*address, *id)));
            }
            Event::Socket(
                _,
                SocketEvent::Segment {
                    frame,
                    again: Some(mechanism),
                    ..
                },
            ) => {
                self.again.insert(*frame, *mechanism);
            }
            Event::FrameSent { host, frame } => {
                let receiver = destination(&frame.bytes).and_then(|to| self.owners.get(&to));
                self.involved
                    .extend(receiver.copied().into_iter().chain([*host]));
                self.connections.extend(connection(&frame.bytes));
            }
            Event::FrameReceived { host, .. } => {
                self.involved.insert(*host);
            }
            _ => {}
        }
    }
}
