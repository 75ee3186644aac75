//! Which frames carried a request and its response.
//!
//! HTTP/1.1 is found by its bytes in the TCP stream, HTTP/3 by its QUIC stream. The streams of HTTP/2 share one TCP
//! stream, in which TLS hides them: its frames are those with data between the moments at which the client said that it
//! sent and read, and what was lost meanwhile is the whole connection's.

use std::collections::BTreeMap;

use crate::event::{ByteRange, HostId, Layer, Phase, QuicFrame, SocketId};
use crate::measure::{Exchange, QuicCarriers};
use crate::record::har::{Frames, Lost};
use crate::record::{FrameStory, Index, QuicSent};
use crate::units::SimTime;

/// The frames of a recording by the sockets that sent them.
pub(super) struct Carriage<'a> {
    index: &'a Index<'a>,
    carriers: &'a QuicCarriers<'a>,
    /// Frames with data of each TCP socket.
    segments: BTreeMap<SocketId, Vec<&'a FrameStory<'a>>>,
    /// Frames with data of the QUIC streams of each number, of all connections.
    packets: BTreeMap<u64, Vec<Packet<'a>>>,
}

/// A frame that carried a part of an exchange.
type Part<'a> = (&'a FrameStory<'a>, bool);

/// A frame with data of a QUIC stream.
struct Packet<'a> {
    sender: HostId,
    connection: u64,
    story: &'a FrameStory<'a>,
    /// Whether bytes were sent again.
    again: bool,
}

impl<'a> Carriage<'a> {
    pub(super) fn of(index: &'a Index<'a>, carriers: &'a QuicCarriers<'a>) -> Self {
        let mut carriage = Self {
            index,
            carriers,
            segments: BTreeMap::new(),
            packets: BTreeMap::new(),
        };
        let mut sent = QuicSent::default();
        for story in index.frames() {
            if let Some(segment) = story.segment.filter(|segment| segment.len > 0) {
                carriage
                    .segments
                    .entry(segment.socket)
                    .or_default()
                    .push(story);
            }
            for packet in carriers.packets(story.id) {
                let again = sent.again(packet);
                for frame in &packet.frames {
                    let QuicFrame::Stream { stream, .. } = frame else {
                        continue;
                    };
                    let part = Packet {
                        sender: packet.socket.host,
                        connection: packet.connection,
                        story,
                        again: again.iter().any(|(name, _)| *name == Ok(*stream)),
                    };
                    carriage.packets.entry(*stream).or_default().push(part);
                }
            }
        }
        carriage
    }

    /// The frames of an exchange; nothing if it has no connection.
    pub(super) fn frames(&self, exchange: &Exchange) -> Option<Frames> {
        let client = exchange.socket?;
        let from = exchange.at(Phase::RequestStart)?;
        let until = exchange.ended.unwrap_or(SimTime::MAX);
        let (sent, received) = match (self.index.peer(client), exchange.stream()) {
            (Some(server), None) => (
                self.bytes(client, exchange.sent.get(&Layer::Transport)),
                self.bytes(server, exchange.response.get(&Layer::Transport)),
            ),
            (Some(server), Some(_)) => {
                let given = exchange.at(Phase::RequestEnd).unwrap_or(from);
                let first = exchange.at(Phase::ResponseStart).unwrap_or(until);
                (
                    self.within(client, from, given, |story| Some(story.sent?.at)),
                    self.within(server, first, until, |story| Some(story.received?.at)),
                )
            }
            (None, Some(stream)) => {
                let parts = self.packets.get(&stream).map_or(&[][..], Vec::as_slice);
                let of = |is_own: bool| -> Vec<_> {
                    let parts = parts.iter().filter(|part| {
                        let at = part.story.sent.map(|sent| sent.at);
                        self.carriers.is_end(part.connection, client)
                            && (part.sender == client.host) == is_own
                            && at.is_some_and(|at| from <= at && at <= until)
                            && (is_own || Some(part.sender) == exchange.server)
                    });
                    parts.map(|part| (part.story, part.again)).collect()
                };
                (of(true), of(false))
            }
            (None, None) => return None,
        };
        let mut frames = Frames {
            request: ends(
                sent.iter()
                    .filter_map(|(story, _)| Some(story.sent?.number)),
            ),
            response: ends(
                received
                    .iter()
                    .filter_map(|(story, _)| Some(story.received?.number)),
            ),
            ..Frames::default()
        };
        self.troubles(client.host, &[sent, received].concat(), &mut frames);
        Some(frames)
    }

    /// Frames of a socket's stream that carry any of these bytes.
    fn bytes(&self, socket: SocketId, range: Option<&ByteRange>) -> Vec<Part<'a>> {
        let Some(range) = range else {
            return Vec::new();
        };
        let overlaps = |story: &FrameStory<'_>| {
            story.segment.is_some_and(|segment| {
                segment.offset < range.end && range.start < segment.offset + u64::from(segment.len)
            })
        };
        self.parts(socket)
            .filter(|(story, _)| overlaps(story))
            .collect()
    }

    /// Frames of a socket with data whose moment lies between two others, and, of those that were lost, the ones that
    /// left between them.
    fn within(
        &self,
        socket: SocketId,
        from: SimTime,
        until: SimTime,
        moment: impl Fn(&FrameStory<'_>) -> Option<SimTime>,
    ) -> Vec<Part<'a>> {
        let is_within = |story: &FrameStory<'_>| {
            let at = moment(story).or(story.sent.map(|sent| sent.at));
            at.is_some_and(|at| from <= at && at <= until)
        };
        self.parts(socket)
            .filter(|(story, _)| is_within(story))
            .collect()
    }

    fn parts(&self, socket: SocketId) -> impl Iterator<Item = Part<'a>> {
        let stories = self.segments.get(&socket).map_or(&[][..], Vec::as_slice);
        stories.iter().map(|story| {
            let again = story.segment.is_some_and(|segment| segment.again.is_some());
            (*story, again)
        })
    }

    /// What was sent again, and what was lost.
    fn troubles(&self, client: HostId, parts: &[Part<'a>], frames: &mut Frames) {
        for (story, again) in parts {
            let ends = [story.sent, story.received].into_iter().flatten();
            let here = ends.clone().find(|sighting| sighting.host == client);
            if let Some(sighting) = here.filter(|_| *again) {
                frames.retransmitted.push(sighting.number);
            }
            let lost = story.sent.filter(|_| story.dropped.is_some());
            frames.lost.extend(lost.and_then(|sent| {
                Some(Lost {
                    host: self.index.host(sent.host)?.name.clone(),
                    frame: sent.number,
                })
            }));
        }
        frames.retransmitted.sort_unstable();
        frames.retransmitted.dedup();
    }
}

/// The least and the greatest.
fn ends(numbers: impl Iterator<Item = usize> + Clone) -> Option<(usize, usize)> {
    Some((numbers.clone().min()?, numbers.max()?))
}
