//! The walk back along the critical path: from the end, always to what made the present moment come.
//!
//! Hosts compute in no time, so whatever an application does, it does because something came at that moment (a frame,
//! the end of a think time, a timer), or because it chose to wait. Each step leads to an earlier entry of the recording
//! and tells what the time between was spent on.

use super::flight::{Own, blank};
use super::hold::Hold;
use super::stream::Moment;
use super::trail::{Name, Trail};
use super::{Class, Slice};
use crate::event::{HostId, Layer, Phase, SocketId, Timer};
use crate::measure::Exchange;
use crate::record::FrameStory;
use crate::units::SimTime;
use crate::wire::FrameId;
use crate::wire::packet::TcpView;

/// Where the walk is: somebody did something at this moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) host: HostId,
    pub(super) when: Moment,
    /// The socket on which what made it do so probably came.
    pub(super) socket: Option<SocketId>,
}

/// How far a walk looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// The whole page: whatever is waited for is followed.
    Page,
    /// One request: waits for others are told as such, not followed.
    Request,
    /// The opening of a connection, on behalf of no request.
    Opening,
}

/// A walk under way.
#[derive(Debug)]
pub(super) struct Walk<'t, 'a> {
    trail: &'t Trail<'a>,
    /// Where it ends.
    floor: SimTime,
    /// The client's host: what is waited for there is the client's affair.
    client: HostId,
    own: Own,
    /// The position of the request that it is on.
    pub(super) request: Option<usize>,
    scope: Scope,
    /// Since when all is explained.
    edge: SimTime,
    /// What it found, the last first.
    slices: Vec<Slice>,
}

impl<'t, 'a> Walk<'t, 'a> {
    /// A walk along the whole page.
    pub(super) const fn of_page(trail: &'t Trail<'a>, client: HostId, floor: SimTime) -> Self {
        Self {
            trail,
            floor,
            client,
            own: Own::Page(client),
            request: None,
            scope: Scope::Page,
            edge: SimTime::ZERO,
            slices: Vec::new(),
        }
    }

    /// A walk along the opening of a connection.
    pub(super) fn of_opening(trail: &'t Trail<'a>, client: HostId, floor: SimTime) -> Self {
        Self {
            scope: Scope::Opening,
            ..Self::of_page(trail, client, floor)
        }
    }

    /// A walk from the end of one request to where it was sent.
    pub(super) fn of_request(trail: &'t Trail<'a>, request: usize, floor: SimTime) -> Self {
        let exchange = &trail.exchanges[request];
        Self {
            trail,
            floor,
            client: exchange.client,
            own: exchange
                .socket
                .map_or(Own::Page(exchange.client), Own::Connection),
            request: Some(request),
            scope: Scope::Request,
            edge: SimTime::ZERO,
            slices: Vec::new(),
        }
    }

    /// Walks from a place to the floor; slices in order of time.
    pub(super) fn from(mut self, place: Place) -> Vec<Slice> {
        let mut place = place;
        self.edge = place.when.at;
        if self.scope == Scope::Request {
            place = self.tail(place);
        }
        while self.floor < place.when.at {
            let before = self.before(place);
            debug_assert!(
                before.when < place.when || before.when.at <= self.floor,
                "the walk goes back"
            );
            place = before;
        }
        self.slices.reverse();
        self.slices
    }

    /// Puts slices that are in order of time before those that are there. Each ends where what is there begins.
    fn put(&mut self, slices: impl IntoIterator<Item = Slice, IntoIter: DoubleEndedIterator>) {
        let request = self
            .request
            .map(|position| self.trail.exchanges[position].request);
        for slice in slices.into_iter().rev() {
            let (from, until) = (slice.from.max(self.floor), slice.until.max(self.floor));
            debug_assert!(
                until == self.edge,
                "{slice:?} does not end at {}",
                self.edge
            );
            if from < self.edge {
                self.slices.push(Slice {
                    from,
                    until: self.edge,
                    request: slice.request.or(request),
                    ..slice
                });
                self.edge = from;
            }
        }
    }

    fn put_one(&mut self, from: SimTime, until: SimTime, class: Class) {
        self.put([Slice {
            class,
            ..blank(from, until, None)
        }]);
    }

    /// What made this moment come.
    fn before(&mut self, place: Place) -> Place {
        if let Some(earlier) = self.waited_for_others(place) {
            return earlier;
        }
        if let Some(earlier) = self.preparation(place) {
            return earlier;
        }
        if let Some(earlier) = self.arrived(place) {
            return earlier;
        }
        if let Some(earlier) = self.thought(place) {
            return earlier;
        }
        if let Some(earlier) = self.fired(place) {
            return earlier;
        }
        self.idle(place)
    }

    /// The page's walk comes to where a request was sent: what came before is its preparation.
    fn preparation(&mut self, place: Place) -> Option<Place> {
        let position = self.request.filter(|_| self.scope == Scope::Page)?;
        let exchange = &self.trail.exchanges[position];
        if exchange.client != place.host || exchange.at(Phase::RequestStart)? != place.when.at {
            return None;
        }
        self.request = None;
        let (begin, slices) = self.trail.preparation(self.trail.opener(exchange));
        if begin.entry >= place.when.entry || slices.is_empty() {
            return None;
        }
        self.put(slices);
        Some(Place {
            when: begin,
            ..place
        })
    }

    /// A single request was read by the server's application later than it came: behind others of its connection.
    fn waited_for_others(&mut self, place: Place) -> Option<Place> {
        let exchange =
            &self.trail.exchanges[self.request.filter(|_| self.scope == Scope::Request)?];
        let begins = exchange.at(Phase::ServerStart)?;
        if exchange.server != Some(place.host) || begins != place.when.at {
            return None;
        }
        let name = Name::Tcp(exchange.socket?);
        let last = exchange.sent.get(&Layer::Transport)?.end.checked_sub(1)?;
        let came = self.trail.stream(name)?.readable_at(last)?;
        if came.at >= begins {
            return None;
        }
        self.put_one(came.at, begins, Class::EarlierResponse);
        Some(Place {
            when: came,
            socket: self.trail.index.peer(exchange.socket?),
            ..place
        })
    }

    /// A frame came at this moment.
    fn arrived(&mut self, place: Place) -> Option<Place> {
        let arrivals = &self.trail.at(place.host)?.arrivals;
        let end = arrivals.partition_point(|(when, _)| when.entry < place.when.entry);
        let now = || {
            let now = arrivals[..end].iter().rev();
            now.take_while(|(when, _)| when.at == place.when.at)
        };
        let expected = place
            .socket
            .and_then(|socket| self.trail.index.peer(socket));
        let is_expected = |frame: FrameId| {
            let story = self.trail.story(frame);
            let segment = story.and_then(|story| story.segment);
            segment.is_some_and(|segment| Some(segment.socket) == expected)
        };
        let (when, frame) = now()
            .find(|(_, frame)| is_expected(*frame))
            .or_else(|| now().find(|(_, frame)| self.is_from_a_host(*frame)))?;
        self.delivered(*when, *frame)
    }

    /// Whether a host sent a frame: a gateway's answer is nobody's doing.
    fn is_from_a_host(&self, frame: FrameId) -> bool {
        let story = self.trail.story(frame);
        story.is_some_and(|story| story.sent.is_some())
    }

    /// Goes back to where a frame was sent, or to where what it carries was wanted.
    fn delivered(&mut self, came: Moment, frame: FrameId) -> Option<Place> {
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
            socket: story.segment.map(|segment| segment.socket),
        };
        if let Some((name, byte)) = self.carried(story, came) {
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
    fn carried(&self, story: &FrameStory<'_>, came: Moment) -> Option<(Name, u64)> {
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
        let wanted = self
            .request
            .and_then(|position| trail.exchanges[position].stream());
        let packets = trail.carriers.packets(story.id);
        let pieces = || {
            packets.iter().flat_map(|packet| {
                super::trail::data(packet).map(move |(stream, start, end)| {
                    let name = Name::Quic(packet.socket, packet.connection, stream);
                    (name, start, end)
                })
            })
        };
        let is_wanted =
            |name: &Name| matches!(name, Name::Quic(_, _, Ok(stream)) if Some(*stream) == wanted);
        let is_app = |name: &Name| matches!(name, Name::Quic(_, _, Ok(_)));
        let (name, start, end) = pieces()
            .find(|(name, ..)| is_wanted(name))
            .or_else(|| pieces().find(|(name, ..)| is_app(name)))
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
    fn byte(&mut self, name: Name, byte: u64, left: Place) -> Place {
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
    fn recognise(&mut self, name: Name, byte: u64, written: SimTime) {
        if self.scope != Scope::Page {
            return;
        }
        let trail = self.trail;
        let (Name::Tcp(sender) | Name::Quic(sender, ..)) = name;
        let peer = trail.index.peer(sender);
        let stream = trail.owner(name, byte);
        let carries = |exchange: &Exchange| {
            let sends = exchange.socket == Some(sender) || exchange.client == sender.host;
            let (socket, ranges) = if sends {
                (Some(sender), &exchange.sent)
            } else {
                (peer, &exchange.response)
            };
            if let (Some(own), Some(stream)) = (exchange.stream(), stream) {
                let same = own == stream;
                return same && (exchange.socket == socket || matches!(name, Name::Quic(..)));
            }
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
    fn wanted(&self, name: Name, written: Moment) -> Option<(Moment, Class)> {
        let exchange = &self.trail.exchanges[self.request?];
        let (Name::Tcp(sender) | Name::Quic(sender, ..)) = name;
        let (phase, above) = if sender.host == exchange.client {
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

    /// A think time ended at this moment.
    fn thought(&mut self, place: Place) -> Option<Place> {
        let thinks = &self.trail.at(place.host)?.thinks;
        let end = thinks.partition_point(|(when, _)| when.entry < place.when.entry);
        let ends_now = |(begun, until): &&(Moment, SimTime)| {
            *until == place.when.at && begun.at < place.when.at
        };
        let (begun, _) = thinks[..end].iter().rev().find(ends_now)?;
        let class = if place.host == self.client {
            Class::Client
        } else {
            Class::Think
        };
        self.put_one(begun.at, place.when.at, class);
        Some(Place {
            when: *begun,
            ..place
        })
    }

    /// A timer of a socket fired at this moment.
    fn fired(&mut self, place: Place) -> Option<Place> {
        let doings = self.trail.at(place.host)?;
        let end = doings
            .fired
            .partition_point(|(when, ..)| when.entry < place.when.entry);
        let now = doings.fired[..end].iter().rev();
        let mut now = now.take_while(|(when, ..)| when.at == place.when.at);
        let (fired, socket, timer) = now.next()?;
        let class = match timer {
            Timer::Syn | Timer::SynAck | Timer::Rto | Timer::Transport => Class::Rto,
            Timer::Tlp => Class::Tlp,
            Timer::RackReorder => Class::RackTimer,
            Timer::Persist => Class::ReceiveWindow,
            Timer::DelayedAck => Class::DelayedAck,
            Timer::KeepAlive | Timer::TimeWait => return None,
        };
        // Since the socket last heard of anything, or tried.
        let earlier = doings.fired[..end]
            .iter()
            .rev()
            .find(|(when, of, _)| of == socket && when.at < fired.at)
            .map(|(when, ..)| *when);
        let peer = self.trail.index.peer(*socket);
        let heard = doings.arrivals.iter().rev().find(|(when, frame)| {
            let segment = self.trail.story(*frame).and_then(|story| story.segment);
            when.at < fired.at && segment.is_some_and(|segment| Some(segment.socket) == peer)
        });
        let act = last_before(&doings.acts, place.when);
        let begun = earlier.max(heard.map(|(when, _)| *when));
        // A SYN that nobody answers has no peer: since the application asked for the connection.
        let begun = begun.or(act)?;
        self.put_one(begun.at, place.when.at, class);
        Some(Place {
            when: begun.after(),
            socket: Some(*socket),
            ..place
        })
    }

    /// Nothing came: the application let time pass since it last did something.
    fn idle(&mut self, place: Place) -> Place {
        let doings = self.trail.at(place.host);
        let act = doings.and_then(|doings| last_before(&doings.acts, place.when));
        let came = doings.and_then(|doings| {
            let end = doings
                .arrivals
                .partition_point(|(when, _)| when.at < place.when.at);
            end.checked_sub(1).map(|last| doings.arrivals[last].0)
        });
        let begun = act.max(came);
        let class = if place.host == self.client {
            Class::Client
        } else {
            Class::Think
        };
        let from = begun.map_or(self.floor, |begun| begun.at.max(self.floor));
        self.put_one(from, place.when.at, class);
        Place {
            when: begun.map_or(
                Moment {
                    at: self.floor,
                    entry: 0,
                },
                Moment::after,
            ),
            ..place
        }
    }
}

impl Walk<'_, '_> {
    /// The end of a single request: its last byte may have been there before, behind a gap.
    fn tail(&mut self, place: Place) -> Place {
        let trail = self.trail;
        let Some(position) = self.request else {
            return place;
        };
        let exchange = &trail.exchanges[position];
        let Some((name, last)) = trail.last_byte(exchange) else {
            return place;
        };
        let Some(stream) = trail.stream(name) else {
            return place;
        };
        let Some(readable) = stream
            .readable_at(last)
            .filter(|when| when.at <= place.when.at)
        else {
            return place;
        };
        self.put_one(readable.at, place.when.at, Class::Client);
        let here = Place {
            when: readable,
            ..place
        };
        let gap = stream.readable_before(readable);
        let owner = trail.owner(name, gap);
        let Some(came) = trail
            .first_arrival(name, last, exchange.client)
            .filter(|(when, _)| when.at < readable.at)
        else {
            return here;
        };
        if owner == exchange.stream() || exchange.stream().is_none() {
            return here; // what was missing was its own
        }
        let lost = stream.first_sent(gap).map(|sent| sent.frame);
        self.put([Slice {
            class: Class::HeadOfLine,
            stream: owner,
            ..blank(came.0.at, readable.at, lost)
        }]);
        let Some(story) = trail.story(came.1) else {
            return here;
        };
        let Some(sent) = story.sent else {
            return here;
        };
        self.put(trail.flight(story, came.0.at, self.own));
        let left = Place {
            host: sent.host,
            when: Moment {
                at: sent.at,
                entry: sent.entry,
            },
            socket: story.segment.map(|segment| segment.socket),
        };
        self.byte(name, last, left)
    }
}

/// Whether a frame opens a connection (RFC 9293 section 3.5).
fn is_syn(frame: &[u8]) -> bool {
    TcpView::of(frame).is_some_and(|tcp| tcp.header.syn())
}

/// The last of these moments with an earlier time.
fn last_before(moments: &[Moment], when: Moment) -> Option<Moment> {
    let end = moments.partition_point(|moment| moment.at < when.at);
    end.checked_sub(1).map(|last| moments[last])
}
