//! Questions that readers ask of a recording, answered without another pass over it.
//!
//! Built once in one pass; a frame or a socket is found by its name in constant or logarithmic time. The
//! index draws no conclusions: durations, counts and causes are [`crate::measure`]'s.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;

use rustc_hash::FxHashMap;

use super::recording::{Direction, Entry, Recording};
use crate::event::{HostId, HostInfo, LinkId, LinkInfo, SocketId};
use crate::units::SimTime;
use crate::wire::FrameId;

mod build;
mod flows;
mod frame;
mod socket;

pub use frame::{Discarded, Dropped, FrameStory, Hop, Segment, Sighting};
pub use socket::{Conversation, SocketStory};

/// The index of one recording.
#[derive(Debug)]
pub struct Index<'a> {
    recording: &'a Recording,
    hosts: BTreeMap<HostId, &'a HostInfo>,
    links: BTreeMap<LinkId, &'a LinkInfo>,
    frames: Vec<FrameStory<'a>>,
    /// Position in `frames`; never iterated.
    by_id: FxHashMap<FrameId, usize>,
    captures: BTreeMap<HostId, Vec<Captured>>,
    sockets: BTreeMap<SocketId, SocketStory<'a>>,
    conversations: Vec<Conversation>,
}

/// A frame in a host's capture. The first one is number 1, as in Wireshark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Captured {
    /// The frame.
    pub frame: FrameId,
    /// Which way it passed the host's tap.
    pub direction: Direction,
    /// Position of its entry in the recording.
    pub entry: usize,
}

impl<'a> Index<'a> {
    /// The recording.
    pub const fn recording(&self) -> &'a Recording {
        self.recording
    }

    /// What is known of a host.
    pub fn host(&self, host: HostId) -> Option<&'a HostInfo> {
        self.hosts.get(&host).copied()
    }

    /// The host called `name`.
    pub fn host_named(&self, name: &str) -> Option<HostId> {
        self.hosts
            .iter()
            .find(|(_, info)| info.name == name)
            .map(|(id, _)| *id)
    }

    /// All hosts.
    pub fn hosts(&self) -> impl Iterator<Item = (HostId, &'a HostInfo)> {
        self.hosts.iter().map(|(id, info)| (*id, *info))
    }

    /// What is known of one direction of a link.
    pub fn link(&self, link: LinkId) -> Option<&'a LinkInfo> {
        self.links.get(&link).copied()
    }

    /// What happened to a frame.
    pub fn frame(&self, frame: FrameId) -> Option<&FrameStory<'a>> {
        self.by_id
            .get(&frame)
            .map(|position| &self.frames[*position])
    }

    /// All frames, in the order in which the recording names them first.
    pub fn frames(&self) -> &[FrameStory<'a>] {
        &self.frames
    }

    /// The frames of a host's capture: frame number `n` is at position `n - 1`.
    pub fn capture(&self, host: HostId) -> &[Captured] {
        self.captures.get(&host).map_or(&[], Vec::as_slice)
    }

    /// What happened to a socket.
    pub fn socket(&self, socket: SocketId) -> Option<&SocketStory<'a>> {
        self.sockets.get(&socket)
    }

    /// All sockets, host by host.
    pub fn sockets(&self) -> impl Iterator<Item = &SocketStory<'a>> {
        self.sockets.values()
    }

    /// All TCP connections, in the order in which they were opened.
    pub fn conversations(&self) -> &[Conversation] {
        &self.conversations
    }

    /// The connection that a socket is an end of.
    pub fn conversation(&self, socket: SocketId) -> Option<&Conversation> {
        self.socket(socket)?
            .conversation
            .map(|position| &self.conversations[position])
    }

    /// The socket at the other end of a connection.
    pub fn peer(&self, socket: SocketId) -> Option<SocketId> {
        let conversation = self.conversation(socket)?;
        let ends = [conversation.client, conversation.server];
        ends.into_iter().flatten().find(|end| *end != socket)
    }

    /// The entries at or after `at`.
    pub fn entries_from(&self, at: SimTime) -> &'a [Entry] {
        &self.recording.entries[self.recording.position(at)..]
    }

    /// The host that has `address`.
    pub fn owner(&self, address: SocketAddrV4) -> Option<HostId> {
        let has = |info: &HostInfo| info.addresses.contains(address.ip());
        self.hosts
            .iter()
            .find(|(_, info)| has(info))
            .map(|(id, _)| *id)
    }
}

#[cfg(test)]
mod tests;
