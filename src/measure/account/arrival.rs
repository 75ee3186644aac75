//! A frame came: the walk goes back to where it was sent, or to where what it carries was wanted.

use super::flight::blank;
use super::hold::Hold;
use super::stream::Moment;
use super::trail::{Name, data};
use super::walk::{Place, Scope, Walk};
use super::{Class, Slice};
use crate::event::{Layer, Phase};
use crate::measure::Exchange;
use crate::record::FrameStory;
use crate::units::SimTime;
use crate::wire::FrameId;
use crate::wire::packet::TcpView;

impl Walk<'_, '_> {
    /// A frame came at this moment.
    pub(super) fn arrived(&mut self, place: Place) -> Option<Place> {
        let arrivals = &self.trail.at(place.host)?.arrivals;
        let end = arrivals.partition_point(|(when, _)| when.entry < place.when.entry);
        let now = || {
            let now = arrivals[..end].iter().rev();
            now.take_while(|(when, _)| when.at == place.when.at)
        };
        let trail = self.trail;
        let is_expected = |frame: FrameId| {
            let (Some(story), Some(socket)) = (trail.story(frame), place.socket) else {
                return false;
            };
            story.segment.map_or_else(
                || trail.carriers.is_of(story.id, socket),
                |segment| trail.index.peer(socket) == Some(segment.socket),
            )
        };
        let (when, frame) = now()
            .find(|(_, frame)| is_expected(*frame))
            .or_else(|| now().find(|(_, frame)| self.is_from_a_host(*frame)))?;
        self.delivered(*when, *frame)
    }

    /// Whether a host sent a frame: a gateway's answer is nobody's doing.
    pub(super) fn is_from_a_host(&self, frame: FrameId) -> bool {
        let story = self.trail.story(frame);
        story.is_some_and(|story| story.sent.is_some())
    }

    /// Goes back to where a frame was sent, or to where what it carries was wanted.
    pub(super) fn delivered(&mut self, came: Moment, frame: FrameId) -> Option<Place> {
        let trail = self.trail;
        let story = trail.story(frame)?;
        let sent = story.sent?;
        let left = Moment {
            at: sent.at,
            entry: sent.entry,
        };
        if left.entry >= came.entry {
            return None;
        }
        let place = Place {
            host: sent.host,
            when: left,
            socket: trail.sender(story),
        };
        if let Some((name, byte)) = self.carried(story, came) {
            // The way of the frame is a part of its request already: inside TLS nothing else may tell of that.
            let stream = trail.stream(name).filter(|_| matches!(name, Name::Tcp(_)));
            let written = stream.and_then(|stream| stream.written_at(byte));
            let written = written.map_or(left, |written| written.min(left));
            self.recognise(name, byte, written.at);
            self.put(trail.flight(story, came.at, self.own));
            return Some(self.byte(name, byte, place));
        }
        let flight = trail.flight(story, came.at, self.own).into_iter();
        let opens = story.frame().is_some_and(|frame| is_syn(&frame.bytes));
        self.put(flight.map(|slice| match slice.class {
            Class::Propagation if opens => Slice {
                class: Class::Connect,
                ..slice
            },
            _ => slice,
        }));
        let Some(segment) = story.segment else {
            return Some(place);
        };
        if segment.again.is_some()
            && let Some((first, frame)) = trail.first(segment.socket)
            && first < left
            && segment.offset == 0
        {
            // A SYN or SYN-ACK that left again.
            self.put([Slice {
                class: Class::Rto,
                ..blank(first.at, left.at, Some(frame))
            }]);
            return Some(Place {
                when: first,
                ..place
            });
        }
        Some(place)
    }

    /// The byte whose arrival counts: the first that was missing.
    pub(super) fn carried(&self, story: &FrameStory<'_>, came: Moment) -> Option<(Name, u64)> {
        let trail = self.trail;
        if let Some(segment) = story.segment.filter(|segment| segment.len > 0) {
            let name = Name::Tcp(segment.socket);
            let missing = trail.stream(name)?.readable_before(came);
            let end = segment.offset + u64::from(segment.len);
            let byte = if (segment.offset..end).contains(&missing) {
                missing
            } else {
                segment.offset
            };
            return Some((name, byte));
        }
        let current = self.request.map(|position| &trail.exchanges[position]);
        let packets = trail.carriers.packets(story.id);
        let pieces = || {
            packets.iter().flat_map(|packet| {
                data(packet).map(move |(stream, start, end)| {
                    let name = Name::Quic(packet.socket, packet.connection, stream);
                    (name, start, end)
                })
            })
        };
        let is_wanted = |name: Name| {
            let is_its = |exchange: &Exchange| {
                exchange.stream().is_some()
                    && exchange.stream() == stream_of(name)
                    && trail.is_on(name, exchange)
            };
            current.is_some_and(is_its)
        };
        // A client's streams for requests: those that it opens, in both directions (RFC 9000 section 2.1).
        let asks = |name: Name| stream_of(name).is_some_and(|stream| stream.is_multiple_of(4));
        let (name, start, end) = pieces()
            .find(|(name, ..)| is_wanted(*name))
            .or_else(|| pieces().find(|(name, ..)| asks(*name)))
            .or_else(|| pieces().find(|(name, ..)| stream_of(*name).is_some()))
            .or_else(|| pieces().next())?;
        let missing = trail.stream(name)?.readable_before(came);
        let byte = if (start..end).contains(&missing) {
            missing
        } else {
            start
        };
        Some((name, byte))
    }

    /// From the departure of the frame that brought a byte back to where the byte was wanted on the wire.
    pub(super) fn byte(&mut self, name: Name, byte: u64, left: Place) -> Place {
        let trail = self.trail;
        let Some(stream) = trail.stream(name) else {
            return left;
        };
        let repairs = trail.recovery(name, byte, left.when.at);
        let first = stream.first_sent(byte);
        let first = first.filter(|sent| sent.when.at == left.when.at || !repairs.is_empty());
        self.put(repairs);
        let (when, frame) = first.map_or((left.when, None), |sent| {
            (sent.when.min(left.when), Some(sent.frame))
        });
        let written = match name {
            Name::Tcp(_) => stream.written_at(byte).unwrap_or(when).min(when),
            Name::Quic(..) => when,
        };
        self.recognise(name, byte, written.at);
        let (begun, above) = self
            .wanted(name, written)
            .unwrap_or_else(|| (stream.begun(written), Class::Client));
        let begun = begun.min(written);
        let above = match above {
            Class::Client if left.host != self.client => Class::Think,
            above => above,
        };
        let frame = frame.or_else(|| trail.frame_at(left.when));
        if let Some(frame) = frame {
            self.put(trail.hold(Hold {
                name,
                from: begun.at.max(self.floor),
                written: written.at,
                until: when,
                frame,
                above,
                own: self.own,
            }));
        }
        let begun = if self.floor < begun.at {
            begun
        } else {
            Moment {
                at: self.floor,
                entry: begun.entry,
            }
        };
        Place {
            when: begun,
            ..left
        }
    }

    /// Finds out which request a byte belongs to.
    pub(super) fn recognise(&mut self, name: Name, byte: u64, written: SimTime) {
        if self.scope != Scope::Page {
            return;
        }
        let trail = self.trail;
        let (Name::Tcp(sender) | Name::Quic(sender, ..)) = name;
        let peer = trail.index.peer(sender);
        let stream = trail.owner(name, byte);
        let carries = |exchange: &Exchange| {
            if let (Some(own), Some(stream)) = (exchange.stream(), stream) {
                return own == stream && trail.is_on(name, exchange);
            }
            let sends = exchange.socket == Some(sender) || exchange.client == sender.host;
            let (socket, ranges) = if sends {
                (Some(sender), &exchange.sent)
            } else {
                (peer, &exchange.response)
            };
            let range = ranges.get(&Layer::Transport);
            exchange.socket == socket && range.is_some_and(|range| range.contains(byte))
        };
        let starts = |exchange: &Exchange| {
            exchange.socket == Some(sender) && exchange.at(Phase::RequestStart) == Some(written)
        };
        let current = self.request.filter(|position| {
            let exchange = &trail.exchanges[*position];
            starts(exchange) || carries(exchange)
        });
        let all = || trail.exchanges.iter();
        self.request = current
            .or_else(|| all().position(carries))
            .or_else(|| all().position(starts))
            .or(self.request);
    }

    /// Since when the request's, or its response's, bytes were wanted on the wire, and what the time was spent on if
    /// nothing below held them back.
    pub(super) fn wanted(&self, name: Name, written: Moment) -> Option<(Moment, Class)> {
        let exchange = &self.trail.exchanges[self.request?];
        let (Name::Tcp(sender) | Name::Quic(sender, ..)) = name;
        let (phase, above) = if !self.trail.is_on(name, exchange) {
            return None; // another connection's
        } else if sender.host == exchange.client {
            (Phase::RequestStart, Class::Send)
        } else if Some(sender.host) == exchange.server {
            let above = match (name, exchange.stream()) {
                (Name::Quic(..), _) => Class::QuicFlowControl,
                (_, Some(_)) => Class::Http2FlowControl,
                (_, None) => Class::Think,
            };
            (Phase::ServerEnd, above)
        } else {
            return None;
        };
        let begun = Moment {
            at: exchange.at(phase)?,
            entry: *exchange.entries.get(&phase)?,
        };
        (begun <= written).then_some((begun, above))
    }
}

/// The application's stream of QUIC that this is.
fn stream_of(name: Name) -> Option<u64> {
    match name {
        Name::Quic(_, _, stream) => stream.ok(),
        Name::Tcp(_) => None,
    }
}

/// Whether a frame opens a connection (RFC 9293 section 3.5).
fn is_syn(frame: &[u8]) -> bool {
    TcpView::of(frame).is_some_and(|tcp| tcp.header.syn())
}
