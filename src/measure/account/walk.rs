//! The walk back along the critical path: from the end, always to what made the present moment come.
//!
//! Hosts compute in no time, so whatever an application does, it does because something came at that moment (a frame,
//! the end of a think time, a timer), or because it chose to wait. Each step leads to an earlier entry of the recording
//! and tells what the time between was spent on.

use super::flight::{Own, blank};
use super::stream::Moment;
use super::trail::Trail;
use super::{Class, Slice};
use crate::event::{HostId, Phase, SocketId, Timer};
use crate::units::SimTime;

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
pub(super) enum Scope {
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
    pub(super) trail: &'t Trail<'a>,
    /// Where it ends.
    pub(super) floor: SimTime,
    /// The client's host: what is waited for there is the client's affair.
    pub(super) client: HostId,
    pub(super) own: Own,
    /// The position of the request that it is on.
    pub(super) request: Option<usize>,
    pub(super) scope: Scope,
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
    pub(super) fn put(
        &mut self,
        slices: impl IntoIterator<Item = Slice, IntoIter: DoubleEndedIterator>,
    ) {
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

    pub(super) fn put_one(&mut self, from: SimTime, until: SimTime, class: Class) {
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
        let class = if place.host != self.client {
            Class::Think
        } else if self.trail.opens_at(place.host, place.when.at) {
            Class::Connect // another was opened, since it took so long
        } else {
            Class::Client
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

/// The last of these moments with an earlier time.
fn last_before(moments: &[Moment], when: Moment) -> Option<Moment> {
    let end = moments.partition_point(|moment| moment.at < when.at);
    end.checked_sub(1).map(|last| moments[last])
}
