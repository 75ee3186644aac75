//! The frames of a run by name, and what repaired the loss of one.

use std::collections::BTreeMap;

use super::diagnosis::Repair;
use super::{Exchange, Http2Layout, QuicCarriers, QuicLabel};
use crate::event::{ByteRange, Event, Layer, Mechanism, SocketEvent, SocketId};
use crate::record::{FrameStory, Index, Recording, Segment};
use crate::units::SimTime;
use crate::wire::{FrameId, packet, summary};

/// A frame that a host sent, ARP left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentFrame {
    /// The frame.
    pub id: FrameId,
    /// The host that sent it.
    pub host: String,
    /// Its number in that host's capture, from 1.
    pub number: usize,
    /// When it left.
    pub at: SimTime,
    /// What it is, for example `SYN` or `data 14600-16060 of stream 7`.
    pub what: String,
    /// Whether it opens or closes a connection, or is the last with data of its direction.
    pub is_corner: bool,
}

impl SentFrame {
    /// The frames in the order in which they left.
    pub fn all(recording: &Recording) -> Vec<Self> {
        let index = Index::of(recording);
        let names = Names::of(&index);
        let stories = index.frames().iter();
        let mut frames: Vec<_> = stories
            .filter_map(|story| names.frame(&index, story))
            .collect();
        frames.sort_by_key(|frame| (frame.at, frame.id));
        frames
    }
}

/// What frames carry.
struct Names {
    layouts: BTreeMap<SocketId, Http2Layout>,
    quic: BTreeMap<FrameId, QuicLabel>,
    /// Bytes of a socket's stream that a request's answer is, and its path.
    answers: BTreeMap<SocketId, Vec<(ByteRange, String)>>,
    /// The last frame with data of each socket.
    last: BTreeMap<SocketId, FrameId>,
}

impl Names {
    fn of(index: &Index<'_>) -> Self {
        let recording = index.recording();
        let mut names = Self {
            layouts: BTreeMap::new(),
            quic: QuicCarriers::of(recording).labels(),
            answers: BTreeMap::new(),
            last: BTreeMap::new(),
        };
        for exchange in Exchange::all(recording) {
            let server = exchange.socket.and_then(|socket| index.peer(socket));
            if let Some(server) = server {
                names.learn(index, server, &exchange);
            }
        }
        let data = index
            .frames()
            .iter()
            .filter_map(|story| Some((story.segment?, story.id)));
        for (segment, id) in data.filter(|(segment, _)| segment.len > 0) {
            names.last.insert(segment.socket, id);
        }
        names
    }

    fn learn(&mut self, index: &Index<'_>, server: SocketId, exchange: &Exchange) {
        // Inside TLS nobody sees where streams are.
        if exchange.stream().is_some() && exchange.url.starts_with("http:") {
            let layout = || Http2Layout::of(index, server);
            self.layouts.entry(server).or_insert_with(layout);
        }
        if let Some(range) = exchange.response.get(&Layer::Transport) {
            let answers = self.answers.entry(server).or_default();
            answers.push((*range, exchange.path().to_owned()));
        }
    }

    fn frame(&self, index: &Index<'_>, story: &FrameStory<'_>) -> Option<SentFrame> {
        let sent = story.sent?;
        let bytes = &sent.frame.bytes;
        if packet::ether_type(bytes) != Some(etherparse::EtherType::IPV4) {
            return None;
        }
        let data = story.segment.filter(|segment| segment.len > 0);
        let words = summary::label(bytes, story.isns);
        let what = match (data, self.quic.get(&story.id)) {
            (Some(segment), _) => self.data(segment),
            (None, Some(quic)) => quic.text.clone(),
            (None, None) => words.clone(),
        };
        let opens = ["SYN", "FIN", "RST"]
            .iter()
            .any(|flag| words.contains(flag));
        let ends = data.is_some_and(|data| self.last.get(&data.socket) == Some(&story.id));
        Some(SentFrame {
            id: story.id,
            host: index.host(sent.host)?.name.clone(),
            number: sent.number,
            at: sent.at,
            what,
            is_corner: opens || ends,
        })
    }

    fn data(&self, segment: Segment) -> String {
        let Segment {
            socket,
            offset,
            len,
            ..
        } = segment;
        let range = format!("data {offset}-{}", offset + u64::from(len));
        let stream = self
            .layouts
            .get(&socket)
            .and_then(|layout| layout.stream_at(offset));
        if let Some(stream) = stream {
            return format!("{range} of stream {stream}");
        }
        let mut answers = self.answers.get(&socket).into_iter().flatten();
        match answers.find(|(answer, _)| answer.contains(offset)) {
            Some((_, path)) => format!("{range} of {path}"),
            None => range,
        }
    }
}

/// What repaired the loss of `lost`; `resent` says how many segments leave again where nothing is lost.
pub fn repair(recording: &Recording, lost: FrameId, resent: usize) -> Repair {
    let index = Index::of(recording);
    let Some(story) = index.frame(lost) else {
        return Repair::None;
    };
    let again = resent_segments(recording);
    if let Some(own) = story.segment {
        let covers = |segment: &&Segment| {
            let after = segment.offset + u64::from(segment.len) > own.offset;
            let before = segment.offset < own.offset + u64::from(own.len.max(1));
            segment.socket == own.socket && (own.len == 0 || after && before)
        };
        if let Some(repaired) = again
            .iter()
            .find(covers)
            .and_then(|segment| by(segment.again?))
        {
            return repaired;
        }
    } else if let Some(repaired) = quic_repair(&index, story) {
        return repaired;
    }
    let more = again.len() > resent;
    let first = again.first().and_then(|segment| by(segment.again?));
    first.filter(|_| more).unwrap_or(Repair::None)
}

/// Segments that left again to repair a loss.
fn resent_segments(recording: &Recording) -> Vec<Segment> {
    let segment = |event: &Event| match event {
        Event::Socket(
            socket,
            SocketEvent::Segment {
                offset, len, again, ..
            },
        ) => Some(Segment {
            socket: *socket,
            offset: *offset,
            len: *len,
            again: Some((*again).filter(|again| by(*again).is_some())?),
        }),
        _ => None,
    };
    let entries = recording.entries.iter();
    entries.filter_map(|entry| segment(&entry.event)).collect()
}

/// How many segments left again to repair a loss.
pub fn resent(recording: &Recording) -> usize {
    resent_segments(recording).len()
}

/// What a mechanism counts as; probes of idle connections repair nothing.
const fn by(mechanism: Mechanism) -> Option<Repair> {
    Some(match mechanism {
        Mechanism::FastRetransmit => Repair::FastRetransmit,
        Mechanism::RackTimer => Repair::RackTimer,
        Mechanism::Tlp => Repair::Probe,
        Mechanism::Rto | Mechanism::SynTimer | Mechanism::SynAckTimer => Repair::Timer,
        Mechanism::KeepAlive | Mechanism::WindowProbe | Mechanism::TimeWaitAck => return None,
    })
}

/// QUIC sends what was lost in new packets: told by acknowledgments after less than the probe timeout, which is three
/// round trips at least without an answer (RFC 9002 section 6.2.1). A lost datagram of UDP that is no QUIC packet was
/// asked for again by its application.
fn quic_repair(index: &Index<'_>, story: &FrameStory<'_>) -> Option<Repair> {
    let carriers = QuicCarriers::of(index.recording());
    let labels = carriers.labels();
    let Some(label) = labels.get(&story.id) else {
        let is_udp = summary::label(story.frame()?.bytes.as_ref(), story.isns).starts_with("DNS");
        return is_udp.then_some(Repair::Application);
    };
    if !label.has_data {
        return None;
    }
    let streams = |id| {
        let packets = carriers.packets(id).iter();
        packets.flat_map(|packet| {
            let sender = (packet.socket, packet.connection);
            packet.streams().map(move |stream| (sender, stream))
        })
    };
    let own: Vec<_> = streams(story.id).collect();
    let left = story.sent?.at;
    let again = index.frames().iter().find(|other| {
        let later = other.sent.is_some_and(|sent| sent.at > left);
        later && streams(other.id).any(|stream| own.contains(&stream))
    });
    // Whether an answer to something sent later told of the loss: the threshold is three packets.
    let told = carriers_after(index, story)
        .take_while(|other| {
            again
                .is_none_or(|again| other.sent.map(|sent| sent.at) < again.sent.map(|sent| sent.at))
        })
        .count();
    Some(if told >= 3 {
        Repair::FastRetransmit
    } else {
        Repair::Probe
    })
}

/// Frames of the same host that left after `story`.
fn carriers_after<'a>(
    index: &'a Index<'a>,
    story: &'a FrameStory<'a>,
) -> impl Iterator<Item = &'a FrameStory<'a>> {
    let own = story.sent.map(|sent| (sent.host, sent.at));
    index.frames().iter().filter(move |other| {
        let sent = other.sent.map(|sent| (sent.host, sent.at));
        matches!((own, sent), (Some((host, left)), Some((of, at))) if host == of && at >= left && other.id != story.id)
    })
}
