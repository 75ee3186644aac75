//! Which packet belongs to which conversation.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::again::Reader;
use super::flags::Flag;
use super::rules::Rules;
use super::{ClientBy, Conversation, End, Seen};
use crate::record::foreign::Capture;
use crate::units::{SimTime, Span};
use crate::wire::foreign::{Dissected, TcpFlags, TcpSegment};

/// Everything in a capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// The conversations of TCP in the order of their first segments.
    pub conversations: Vec<Conversation>,
    /// Packets that are not TCP, by what they are.
    pub others: BTreeMap<String, u64>,
    /// All packets.
    pub packets: u64,
    /// Packets of which not everything was captured.
    pub cut: u64,
    /// Packets with an earlier time than one before them.
    pub backwards: u64,
    /// When the earliest packet was captured, since 1970-01-01T00:00:00Z.
    pub begin: Span,
    /// From the earliest packet to the latest.
    pub duration: Span,
}

/// A conversation as it grows.
struct Growing {
    conversation: Conversation,
    rules: Rules,
    reader: Reader,
    /// The number before the first byte of each end: that of its SYN, or what stands for it.
    bases: [Option<u32>; 2],
}

impl Traffic {
    /// Takes a capture apart.
    pub fn of(capture: &Capture<'_>) -> Self {
        let times = || capture.packets.iter().map(|packet| packet.at);
        let begin = times().min().unwrap_or(Span::ZERO);
        let end = times().max().unwrap_or(Span::ZERO);
        let mut traffic = Self {
            packets: capture.packets.len() as u64,
            begin,
            duration: end.saturating_sub(begin),
            ..Self::default()
        };
        let mut growing: Vec<Growing> = Vec::new();
        let mut latest: BTreeMap<[SocketAddr; 2], usize> = BTreeMap::new();
        let mut before = Span::ZERO;
        for (frame, packet) in (1..).zip(&capture.packets) {
            traffic.backwards += u64::from(packet.at < before);
            before = packet.at;
            traffic.cut += u64::from((packet.data.len() as u64) < u64::from(packet.original));
            let segment = match capture.dissect(packet) {
                Dissected::Tcp(segment) => *segment,
                Dissected::Other(name) => {
                    *traffic.others.entry(name).or_default() += 1;
                    continue;
                }
            };
            let at = SimTime::from_nanos(packet.at.saturating_sub(begin).as_nanos());
            put(&mut growing, &mut latest, frame, at, segment);
        }
        let grown = growing.into_iter().map(Growing::finish);
        traffic.conversations = grown.collect();
        traffic
    }

    /// Segments of TCP.
    pub fn segments(&self) -> usize {
        let lengths = self.conversations.iter().map(|one| one.seen.len());
        lengths.sum()
    }
}

/// Gives a segment to its conversation, which may begin with it.
fn put(
    growing: &mut Vec<Growing>,
    latest: &mut BTreeMap<[SocketAddr; 2], usize>,
    frame: u64,
    at: SimTime,
    segment: TcpSegment,
) {
    let mut pair = [segment.source, segment.destination];
    pair.sort_unstable();
    let known = latest.get(&pair).copied();
    // reused_ports: a SYN whose number is not the one that its end began with.
    let reused = known.is_some_and(|index| growing[index].is_succeeded_by(&segment));
    let index = known.filter(|_| !reused).unwrap_or_else(|| {
        growing.push(Growing::new(growing.len() + 1, &segment));
        growing.len() - 1
    });
    latest.insert(pair, index);
    growing[index].take(frame, at, segment, reused);
}

impl Growing {
    fn new(number: usize, first: &TcpSegment) -> Self {
        let (ends, client_by) = ends(first);
        Self {
            conversation: Conversation {
                number,
                ends,
                client_by,
                seen: Vec::new(),
                initial_rtt: None,
            },
            rules: Rules::default(),
            reader: Reader::default(),
            bases: [None; 2],
        }
    }

    fn end_of(&self, address: SocketAddr) -> End {
        usize::from(self.conversation.ends[0] != address)
    }

    fn is_succeeded_by(&self, segment: &TcpSegment) -> bool {
        let base = self.bases[self.end_of(segment.source)];
        segment.flags.opens() && base.is_some_and(|base| base != segment.seq)
    }

    fn take(&mut self, frame: u64, at: SimTime, segment: TcpSegment, reused: bool) {
        // Both ends may be the same: then nobody can tell who sent what.
        let from = self.end_of(segment.source);
        // reused_ports is also said of a SYN-ACK whose number is not its end's first, in the conversation that it is in.
        let other = self.bases[from].is_some_and(|base| base != segment.seq);
        let reused = reused || (segment.flags.grants() && other);
        self.note_bases(from, &segment);
        let mut analysis = self.rules.take(at, frame, from, &segment);
        if reused {
            analysis.flags.set(Flag::ReusedPorts);
        }
        let mut seen = Seen {
            frame,
            at,
            from,
            segment,
            analysis,
            again: None,
        };
        let needless = self.reader.take(&mut seen);
        self.conversation.seen.push(seen);
        // A D-SACK says of an earlier segment that it was needless.
        if let Some(again) = needless.and_then(|index| self.conversation.seen[index].again.as_mut())
        {
            again.needless = true;
        }
    }

    /// Without its SYN, the number before the first segment stands for an end's first one, or the one before what the
    /// other end acknowledges first.
    fn note_bases(&mut self, from: End, segment: &TcpSegment) {
        if segment.flags.any(TcpFlags::SYN) {
            self.bases[from] = Some(segment.seq);
        }
        self.bases[from].get_or_insert(segment.seq.wrapping_sub(1));
        if segment.flags.any(TcpFlags::ACK) {
            self.bases[1 - from].get_or_insert(segment.ack.wrapping_sub(1));
        }
    }

    fn finish(self) -> Conversation {
        Conversation {
            initial_rtt: self.rules.first_rtt(),
            ..self.conversation
        }
    }
}

/// Who is the client: the sender of the SYN, else the end with the larger port.
fn ends(first: &TcpSegment) -> ([SocketAddr; 2], ClientBy) {
    let (source, destination) = (first.source, first.destination);
    if first.flags.opens() {
        ([source, destination], ClientBy::Handshake)
    } else if first.flags.grants() {
        ([destination, source], ClientBy::Handshake)
    } else if source.port() >= destination.port() {
        ([source, destination], ClientBy::Port)
    } else {
        ([destination, source], ClientBy::Port)
    }
}
