//! The visits as the recording has them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::map::Region;
use crate::event::{AppEvent, Event, HostId, Phase, RequestId, SocketEvent, SocketId};
use crate::measure::ObjectResult;
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// One visit: a connection and its requests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Visit {
    /// The user's host.
    pub(super) user: String,
    /// Which server was connected to, or tried in vain.
    pub(super) region: Option<Region>,
    pub(super) dns: Option<Span>,
    pub(super) requests: Vec<Request>,
}

/// One request of a visit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) url: String,
    pub(super) wanted: SimTime,
    /// When its first byte was given to the socket.
    pub(super) sent: SimTime,
    /// When the last byte of its answer was read; `None` if it never was.
    pub(super) answered: Option<SimTime>,
    pub(super) bytes: u64,
    pub(super) error: Option<String>,
}

impl Visit {
    /// From the wish to the last byte of the first answer.
    pub(super) fn cold(&self) -> Option<Span> {
        let first = self.requests.first()?;
        Some(first.answered? - first.wanted)
    }

    /// From the first byte of a request on the open connection to the last of its answer; the longest of them.
    pub(super) fn warm(&self) -> Option<Span> {
        let further = self.requests.get(1..)?.iter();
        let times: Option<Vec<_>> = further
            .map(|request| Some(request.answered? - request.sent))
            .collect();
        times?.into_iter().max()
    }

    /// When it began.
    pub(super) fn begun(&self) -> SimTime {
        self.requests
            .first()
            .map_or(SimTime::ZERO, |request| request.wanted)
    }

    /// Whether every request was answered.
    pub(super) fn is_whole(&self) -> bool {
        self.requests
            .iter()
            .all(|request| request.answered.is_some())
    }
}

/// The visits of all users, in the order in which they began.
pub(super) fn visits(recording: &Recording) -> Vec<Visit> {
    let mut reading = Reading::of(recording);
    for entry in &recording.entries {
        match &entry.event {
            Event::App(host, event) if reading.users.contains_key(host) => {
                reading.app(*host, entry.at, event);
            }
            Event::Socket(socket, SocketEvent::Opened(opened)) if opened.tcp && opened.active => {
                reading.opened(*socket, *opened.remote.ip());
            }
            _ => {}
        }
    }
    reading.visits
}

/// What has been read so far.
struct Reading {
    users: BTreeMap<HostId, String>,
    /// Servers by address.
    servers: BTreeMap<Ipv4Addr, Region>,
    visits: Vec<Visit>,
    /// The visit of each request.
    of: BTreeMap<RequestId, (usize, usize)>,
    /// The visit of each user that is under way.
    under_way: BTreeMap<HostId, usize>,
    looked_up: SimTime,
    /// The request that was wanted last.
    wanted: Request,
}

impl Reading {
    fn of(recording: &Recording) -> Self {
        let hosts = || recording.hosts();
        let users = hosts().filter(|(_, info)| info.name.starts_with("user."));
        let regions = Region::REGIONAL.into_iter().chain([Region::UsEast]);
        let servers = regions.flat_map(|region| {
            hosts()
                .filter(move |(_, info)| {
                    ["server", "edge"].contains(&info.name.split('.').next().unwrap_or_default())
                        && info.name.ends_with(region.name())
                })
                .map(move |(_, info)| (info.addresses[0], region))
        });
        Self {
            users: users
                .map(|(host, info)| (host, info.name.clone()))
                .collect(),
            servers: servers.collect(),
            visits: Vec::new(),
            of: BTreeMap::new(),
            under_way: BTreeMap::new(),
            looked_up: SimTime::ZERO,
            wanted: Request::default(),
        }
    }

    fn opened(&mut self, socket: SocketId, remote: Ipv4Addr) {
        if let Some(visit) = self.under_way.get(&socket.host) {
            self.visits[*visit].region = self.servers.get(&remote).copied();
        }
    }

    fn app(&mut self, user: HostId, at: SimTime, event: &AppEvent) {
        match event {
            AppEvent::Request { url, .. } => {
                self.wanted = Request {
                    url: url.clone(),
                    wanted: at,
                    ..Request::default()
                };
            }
            AppEvent::Phase {
                request,
                phase: Phase::Assigned,
                socket,
            } => self.assigned(user, *request, socket.is_none()),
            AppEvent::Phase { request, phase, .. } => self.phase(*request, *phase, at),
            AppEvent::Response {
                request,
                body,
                error,
                ..
            } => {
                if let Some(request) = self.request(*request) {
                    request.bytes = *body;
                    request.error.clone_from(error);
                }
            }
            _ => {}
        }
    }

    /// The request that was wanted last begins a visit, or goes on with the one under way.
    fn assigned(&mut self, user: HostId, request: RequestId, begins: bool) {
        if begins {
            self.under_way.insert(user, self.visits.len());
            self.visits.push(Visit {
                user: self.users[&user].clone(),
                ..Visit::default()
            });
        }
        if let Some(visit) = self.under_way.get(&user) {
            let requests = &mut self.visits[*visit].requests;
            self.of.insert(request, (*visit, requests.len()));
            requests.push(std::mem::take(&mut self.wanted));
        }
    }

    fn request(&mut self, request: RequestId) -> Option<&mut Request> {
        let (visit, position) = *self.of.get(&request)?;
        self.visits[visit].requests.get_mut(position)
    }

    fn phase(&mut self, request: RequestId, phase: Phase, at: SimTime) {
        match phase {
            Phase::DnsStart => self.looked_up = at,
            Phase::DnsEnd => {
                let took = at - self.looked_up;
                if let Some((visit, _)) = self.of.get(&request) {
                    self.visits[*visit].dns = Some(took);
                }
            }
            Phase::RequestStart => {
                if let Some(request) = self.request(request) {
                    request.sent = at;
                }
            }
            Phase::ResponseEnd => {
                if let Some(request) = self.request(request) {
                    request.answered = Some(at);
                }
            }
            _ => {}
        }
    }
}

/// The visits as objects of a page, counted from the first one's beginning.
pub(super) fn objects(visits: &[Visit], end: SimTime) -> Vec<ObjectResult> {
    let beginning = visits.first().map_or(SimTime::ZERO, Visit::begun);
    let requests = visits.iter().flat_map(|visit| {
        let requests = visit.requests.iter();
        requests.map(move |request| (&visit.user, request))
    });
    requests
        .map(|(user, request)| ObjectResult {
            name: format!("{user} {}", request.url),
            start_ms: (request.wanted - beginning).as_millis_f64(),
            total_ms: (request.answered.unwrap_or(end) - request.wanted).as_millis_f64(),
            bytes: request.bytes,
            blocked_ms: None,
            phases: None,
            account: None,
        })
        .collect()
}
