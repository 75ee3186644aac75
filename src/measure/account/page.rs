//! The account of a page and of its objects.

use serde::{Deserialize, Serialize};

use super::stream::Moment;
use super::trail::Trail;
use super::walk::{Place, Walk};
use super::{Account, Class, Slice};
use crate::event::{HostId, Phase, RequestId};
use crate::measure::Exchange;
use crate::record::Recording;
use crate::units::SimTime;

/// Where the time of a page went, and that of each of its objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageAccount {
    /// From the page's beginning to its end, along the critical path.
    pub page: Account,
    /// From the moment in which each was wanted to its end, in the order of their names.
    pub objects: Vec<ObjectAccount>,
}

/// Where the time of an object went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectAccount {
    /// Its request.
    pub request: RequestId,
    /// For example `/object/7`.
    pub name: String,
    /// From the moment in which it was wanted to its end.
    pub account: Account,
}

/// What an account is of: a stretch of time, and the host whose applications waited for its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The host.
    pub host: HostId,
    /// When it begins.
    pub from: SimTime,
    /// When it ends.
    pub until: SimTime,
}

impl PageAccount {
    /// The account of a window, and of every request that its host made in the whole recording.
    pub fn of(recording: &Recording, window: Window) -> Self {
        Self::on(&Trail::of(recording), window)
    }

    /// The accounts of several windows.
    pub fn all(recording: &Recording, windows: &[Window]) -> Vec<Self> {
        let trail = Trail::of(recording);
        windows
            .iter()
            .map(|window| Self::on(&trail, *window))
            .collect()
    }

    fn on(trail: &Trail<'_>, window: Window) -> Self {
        let objects = trail.exchanges.iter().enumerate();
        let objects = objects
            .filter(|(_, exchange)| exchange.client == window.host)
            .map(|(position, exchange)| ObjectAccount {
                request: exchange.request,
                name: exchange.path().to_owned(),
                account: trail.object(position, exchange),
            })
            .collect();
        Self {
            page: trail.page(window),
            objects,
        }
    }
}

impl Trail<'_> {
    fn page(&self, window: Window) -> Account {
        let Window { host, from, until } = window;
        if until <= from {
            return Account::default();
        }
        let mut walk = Walk::of_page(self, host, from);
        let entry = self
            .index
            .recording()
            .entries
            .partition_point(|entry| entry.at <= until);
        let mut place = Place {
            host,
            when: Moment { at: until, entry },
            socket: None,
        };
        if let Some((position, when)) = self.last(host, until) {
            walk.request = Some(position);
            place.when = when;
            place.socket = self.exchanges[position].socket;
        }
        Account::new(walk.from(place))
    }

    /// The request with which a page ends: of several, the one whose last byte came last.
    fn last(&self, host: HostId, until: SimTime) -> Option<(usize, Moment)> {
        let ending = self
            .exchanges
            .iter()
            .enumerate()
            .filter_map(|(position, exchange)| {
                let when = end_of(exchange)?;
                let came = || {
                    let (name, last) = self.last_byte(exchange)?;
                    Some(self.first_arrival(name, last, host)?.0)
                };
                let is_last = exchange.client == host && when.at == until;
                is_last.then(|| (came(), position, when))
            });
        // Of those that came together, the first.
        let last = ending.max_by_key(|(came, position, _)| (*came, std::cmp::Reverse(*position)));
        last.map(|(_, position, when)| (position, when))
    }

    fn object(&self, position: usize, exchange: &Exchange) -> Account {
        let end = end_of(exchange).unwrap_or_else(|| Moment {
            at: self.index.recording().end(),
            entry: self.index.recording().entries.len(),
        });
        let wanted = Moment {
            at: exchange.wanted,
            entry: exchange.entry,
        };
        let Some(sent) = exchange.at(Phase::RequestStart).filter(|at| *at <= end.at) else {
            return Account::new(self.steps(exchange, wanted, end));
        };
        let sent = Moment {
            at: sent,
            entry: exchange.entries[&Phase::RequestStart],
        };
        let mut slices = self.steps(exchange, wanted, sent);
        let place = Place {
            host: exchange.client,
            when: end,
            socket: exchange.socket,
        };
        slices.extend(Walk::of_request(self, position, sent.at).from(place));
        Account::new(slices)
    }

    /// The request on whose behalf the connection was opened in that very moment on which another is sent; else the
    /// request itself.
    pub(super) fn opener<'e>(&'e self, exchange: &'e Exchange) -> &'e Exchange {
        let sent = exchange.at(Phase::RequestStart);
        let opened = |other: &&Exchange| {
            other.socket == exchange.socket
                && other.client == exchange.client
                && other.at(Phase::ConnectEnd) == sent
        };
        if exchange.at(Phase::ConnectEnd).is_some() {
            return exchange;
        }
        self.exchanges.iter().find(opened).unwrap_or(exchange)
    }

    /// Whether a host waits at this moment for a connection that a request asked for before.
    pub(super) fn opens_at(&self, host: HostId, now: SimTime) -> bool {
        self.exchanges.iter().any(|exchange| {
            let later = |phase| exchange.at(phase).is_none_or(|at| at > now);
            exchange.client == host
                && exchange
                    .at(Phase::ConnectStart)
                    .is_some_and(|start| start < now)
                && later(Phase::ConnectEnd)
                && later(Phase::RequestStart)
        })
    }

    /// What the client did for a request before it sent it, from where a connection was found or asked for.
    pub(super) fn preparation(&self, exchange: &Exchange) -> (Moment, Vec<Slice>) {
        let moment = |phase: Phase| {
            Some(Moment {
                at: exchange.at(phase)?,
                entry: *exchange.entries.get(&phase)?,
            })
        };
        let wanted = Moment {
            at: exchange.wanted,
            entry: exchange.entry,
        };
        let begin = moment(Phase::Assigned).unwrap_or(wanted);
        let slices = moment(Phase::RequestStart)
            .map(|end| self.steps(exchange, begin, end))
            .unwrap_or_default();
        (begin, slices)
    }

    /// The steps of a request between two moments, before it is sent.
    fn steps(&self, exchange: &Exchange, begin: Moment, end: Moment) -> Vec<Slice> {
        use Phase as P;
        let quic = exchange.at(P::TlsStart) == exchange.at(P::ConnectStart);
        let tls = if quic { Class::Connect } else { Class::Tls };
        let marks = [
            (P::Assigned, Class::Pool),
            (P::DnsStart, Class::Client),
            (P::DnsEnd, Class::Dns),
            (P::ConnectStart, Class::Client),
            (P::TlsStart, Class::Connect),
            (
                P::ConnectEnd,
                if exchange.at(P::TlsStart).is_some() {
                    tls
                } else {
                    Class::Connect
                },
            ),
        ];
        let mut slices = Vec::new();
        let mut from = begin.at;
        let mut last = Class::Client;
        for (mark, class) in marks {
            let Some(until) = exchange.at(mark).filter(|at| from <= *at && *at <= end.at) else {
                continue;
            };
            slices.push(step(exchange, from, until, class));
            (from, last) = (until, after(mark));
        }
        // A step that does not end was what it was in when it failed.
        slices.push(step(exchange, from, end.at, last));
        let opened = exchange
            .at(P::ConnectStart)
            .filter(|at| begin.at <= *at && *at <= end.at);
        let Some(opened) = opened else {
            return slices;
        };
        let ready = exchange.at(P::ConnectEnd).filter(|at| *at <= end.at);
        let ready = ready.map_or(end, |at| Moment {
            at,
            entry: exchange.entries[&P::ConnectEnd],
        });
        self.with_repairs(slices, exchange, opened, ready)
    }

    /// Puts what was spent on lost segments of the handshake in its place.
    fn with_repairs(
        &self,
        slices: Vec<Slice>,
        exchange: &Exchange,
        opened: SimTime,
        ready: Moment,
    ) -> Vec<Slice> {
        let place = Place {
            host: exchange.client,
            when: ready,
            socket: exchange.socket,
        };
        let walk = Walk::of_opening(self, exchange.client, opened).from(place);
        let repairs = walk.into_iter().filter(|slice| slice.class.is_recovery());
        let mut slices = slices;
        for repair in repairs {
            let repair = Slice {
                request: Some(exchange.request),
                ..repair
            };
            slices = slices
                .into_iter()
                .flat_map(|slice| cut(slice, repair))
                .collect();
        }
        slices
    }
}

/// A slice with a part of it replaced.
fn cut(slice: Slice, by: Slice) -> Vec<Slice> {
    let from = by.from.clamp(slice.from, slice.until);
    let until = by.until.clamp(from, slice.until);
    if from == until {
        return vec![slice];
    }
    vec![
        Slice {
            until: from,
            ..slice
        },
        Slice { from, until, ..by },
        Slice {
            from: until,
            ..slice
        },
    ]
}

/// What a request is in after a step.
const fn after(mark: Phase) -> Class {
    match mark {
        Phase::DnsStart => Class::Dns,
        Phase::ConnectStart => Class::Connect,
        Phase::TlsStart => Class::Tls,
        _ => Class::Client,
    }
}

const fn step(exchange: &Exchange, from: SimTime, until: SimTime, class: Class) -> Slice {
    Slice {
        from,
        until,
        class,
        frame: None,
        request: Some(exchange.request),
        stream: None,
    }
}

/// When a request was over.
fn end_of(exchange: &Exchange) -> Option<Moment> {
    let at = exchange.ended?;
    let entry = exchange.entries.get(&Phase::ResponseEnd);
    Some(match entry {
        Some(entry) if exchange.at(Phase::ResponseEnd) == Some(at) => Moment { at, entry: *entry },
        _ => Moment {
            at,
            entry: exchange.last,
        },
    })
}
