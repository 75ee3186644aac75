//! What a recording holds, gathered in one pass: names, numbers of frames, what becomes of them, and where
//! the events of each kind are. A few bytes per frame, whatever the frames carry.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::kind::Kind;
use crate::event::{DropCause, Event, HostId, HostInfo, LinkId, LinkInfo, Mechanism, SocketEvent};
use crate::record::{Gathering, Remarks};
use crate::wire::summary::Isns;
use crate::wire::{Frame, FrameId, Glance};

/// What a recording holds.
#[derive(Debug, Default)]
pub struct Contents {
    /// How many entries it has.
    pub len: usize,
    /// Its hosts.
    pub hosts: BTreeMap<HostId, Rc<HostInfo>>,
    /// Its links.
    pub links: BTreeMap<LinkId, Rc<LinkInfo>>,
    /// What is unusual about a frame.
    pub remarks: Remarks,
    /// Where each frame passes a tap for the first time: number `n` is at `n - 1`.
    frames: Vec<u32>,
    /// Never iterated.
    numbers: FxHashMap<FrameId, u32>,
    again: BTreeMap<FrameId, Mechanism>,
    drops: BTreeMap<FrameId, (LinkId, DropCause)>,
    /// The SYNs of each way, never iterated.
    begins: FxHashMap<(SocketAddrV4, SocketAddrV4), Vec<Begin>>,
    kinds: BTreeMap<Kind, Vec<u32>>,
    /// Frames that left and were neither received nor dropped, while gathering.
    gathering: Gathering,
}

/// A SYN: where a flow's sequence numbers begin.
#[derive(Clone, Copy, Debug)]
struct Begin {
    position: u32,
    isn: u32,
    scale: Option<u8>,
}

impl Contents {
    /// Takes note of the next entry.
    pub fn note(&mut self, entry: &crate::record::Entry) {
        let position = u32::try_from(self.len).unwrap_or(u32::MAX);
        self.len += 1;
        self.gathering.event(entry.at, &entry.event);
        if let Some(kind) = Kind::of(&entry.event) {
            self.kinds.entry(kind).or_default().push(position);
        }
        match &entry.event {
            Event::Host(id, info) => {
                self.hosts.insert(*id, Rc::new((**info).clone()));
            }
            Event::Link(id, info) => {
                self.links.insert(*id, Rc::new((**info).clone()));
            }
            Event::FrameSent { frame, .. } | Event::FrameReceived { frame, .. } => {
                self.frame(position, frame);
            }
            Event::FrameDropped { link, frame, cause } => {
                self.drops.insert(*frame, (*link, *cause));
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
            _ => {}
        }
    }

    /// There are no more entries.
    pub fn finish(&mut self) {
        self.remarks = std::mem::take(&mut self.gathering).finish();
    }

    fn frame(&mut self, position: u32, frame: &Frame) {
        if self.numbers.contains_key(&frame.id) {
            return;
        }
        self.frames.push(position);
        let number = u32::try_from(self.frames.len()).unwrap_or(u32::MAX);
        self.numbers.insert(frame.id, number);
        if frame.corrupted {
            return;
        }
        if let Glance::Tcp(tcp) = Glance::of(&frame.bytes)
            && tcp.header.syn()
        {
            let scale = tcp.header.options_iterator().find_map(|option| {
                let Ok(etherparse::TcpOptionElement::WindowScale(shift)) = option else {
                    return None;
                };
                Some(shift.min(14))
            });
            let way = (tcp.source, tcp.destination);
            self.begins.entry(way).or_default().push(Begin {
                position,
                isn: tcp.header.sequence_number(),
                scale,
            });
        }
    }

    /// How many frames there are.
    pub fn frame_count(&self) -> usize {
        self.frames.len()
    }

    /// Where frame number `number`, from 1, passes a tap for the first time.
    pub fn frame_at(&self, number: usize) -> Option<usize> {
        let position = self.frames.get(number.checked_sub(1)?)?;
        Some(*position as usize)
    }

    /// The number of a frame, from 1.
    pub fn number(&self, frame: FrameId) -> Option<usize> {
        self.numbers.get(&frame).map(|number| *number as usize)
    }

    /// How many frames have been seen once so many entries have happened.
    pub fn frames_before(&self, position: usize) -> usize {
        self.frames.partition_point(|at| (*at as usize) < position)
    }

    /// What made a frame leave again, if its data had left before.
    pub fn again(&self, frame: FrameId) -> Option<Mechanism> {
        self.again.get(&frame).copied()
    }

    /// Which link drops a frame, and why.
    pub fn dropped(&self, frame: FrameId) -> Option<(LinkId, DropCause)> {
        self.drops.get(&frame).copied()
    }

    /// The position after the first event of a kind at or after `position`.
    pub fn next(&self, kind: Kind, position: usize) -> Option<usize> {
        let places = self.kinds.get(&kind)?;
        let place = places.partition_point(|at| (*at as usize) < position);
        places.get(place).map(|at| *at as usize + 1)
    }

    /// The position after the last event of a kind that is earlier than the one which led to `position`.
    pub fn previous(&self, kind: Kind, position: usize) -> Option<usize> {
        let places = self.kinds.get(&kind)?;
        let place = places.partition_point(|at| (*at as usize) + 1 < position);
        places.get(place.checked_sub(1)?).map(|at| *at as usize + 1)
    }

    /// The initial sequence numbers of a frame's flow at a place of the recording.
    pub fn isns(&self, bytes: &[u8], position: usize) -> Isns {
        let Glance::Tcp(tcp) = Glance::of(bytes) else {
            return Isns::ABSOLUTE;
        };
        let own = self.begin((tcp.source, tcp.destination), position);
        let peer = self.begin((tcp.destination, tcp.source), position);
        // Where ports are used again, the peer's SYN belongs to the connection before.
        let peer = match (own, peer) {
            (Some(own), Some(peer)) if tcp.header.syn() && !tcp.header.ack() => {
                (peer.position > own.position).then_some(peer)
            }
            (_, peer) => peer,
        };
        Isns {
            own: own.map(|begin| begin.isn),
            peer: peer.map(|begin| begin.isn),
        }
    }

    /// The window scale of the sender of a frame (RFC 7323), where both ends agreed on scales.
    pub fn window_scale(&self, bytes: &[u8], position: usize) -> u8 {
        let Glance::Tcp(tcp) = Glance::of(bytes) else {
            return 0;
        };
        if tcp.header.syn() {
            return 0;
        }
        let own = self.begin((tcp.source, tcp.destination), position);
        let peer = self.begin((tcp.destination, tcp.source), position);
        match (own.map(|begin| begin.scale), peer.map(|begin| begin.scale)) {
            (Some(Some(scale)), Some(Some(_))) => scale,
            _ => 0,
        }
    }

    fn begin(&self, way: (SocketAddrV4, SocketAddrV4), position: usize) -> Option<Begin> {
        let begins = self.begins.get(&way)?;
        let before = begins.partition_point(|begin| begin.position as usize <= position);
        begins.get(before.checked_sub(1)?).copied()
    }

    /// The name of a host.
    pub fn host(&self, host: HostId) -> &str {
        self.hosts.get(&host).map_or("?", |info| &info.name)
    }

    /// The name of a link.
    pub fn link(&self, link: LinkId) -> &str {
        self.links.get(&link).map_or("a link", |info| &info.name)
    }

    /// The names of a link's ends.
    pub fn ends(&self, link: LinkId) -> Option<(&str, &str)> {
        let info = self.links.get(&link)?;
        Some((self.host(info.from), self.host(info.to)))
    }

    /// The host that has a frame's destination address.
    pub fn destination(&self, bytes: &[u8]) -> Option<HostId> {
        let address = bytes.get(30..34)?;
        let has = |info: &Rc<HostInfo>| info.addresses.iter().any(|own| own.octets() == *address);
        let mut hosts = self.hosts.iter();
        hosts.find(|(_, info)| has(info)).map(|(id, _)| *id)
    }

    /// The host that has a frame's source address.
    pub fn source(&self, bytes: &[u8]) -> Option<HostId> {
        let address = bytes.get(26..30)?;
        let has = |info: &Rc<HostInfo>| info.addresses.iter().any(|own| own.octets() == *address);
        let mut hosts = self.hosts.iter();
        hosts.find(|(_, info)| has(info)).map(|(id, _)| *id)
    }

    /// The causes for which links of this recording drop frames.
    pub fn causes(&self) -> BTreeSet<DropCause> {
        self.drops.values().map(|(_, cause)| *cause).collect()
    }
}
