//! The requests of a recording, each with its steps as the applications told of them.

use std::collections::BTreeMap;

use crate::event::{AppEvent, ByteRange, Event, HostId, Layer, Phase, RequestId, SocketId};
use crate::record::Recording;
use crate::units::SimTime;

/// A request, its response, and when it reached each step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// Its name.
    pub request: RequestId,
    /// The host whose application wanted it.
    pub client: HostId,
    /// When it came to be.
    pub wanted: SimTime,
    /// For example `GET`.
    pub method: String,
    /// For example `http://server.test/image/7`.
    pub url: String,
    /// The client's socket, once there is one.
    pub socket: Option<SocketId>,
    /// The host that answered.
    pub server: Option<HostId>,
    /// When it reached each step, the last time if it did so several times.
    pub phases: BTreeMap<Phase, SimTime>,
    /// Positions in the recording of what told of each step.
    pub entries: BTreeMap<Phase, usize>,
    /// The connection that was opened on its behalf, once it is there.
    opened: Option<SocketId>,
    /// The same of the request's coming to be.
    pub entry: usize,
    /// Bytes of the socket's stream that carry the response, by layer.
    pub response: BTreeMap<Layer, ByteRange>,
    /// The same for the request.
    pub sent: BTreeMap<Layer, ByteRange>,
    /// Status code, or 0 if there was no answer.
    pub status: u16,
    /// Body length in bytes.
    pub body: u64,
    /// What the client's application was told instead of an answer.
    pub error: Option<String>,
    /// When it was over, with or without an answer; `None` if it never was.
    pub ended: Option<SimTime>,
    /// Position of what was told of it last.
    pub last: usize,
}

/// The steps of a connection that is opened.
const OPENING: [Phase; 3] = [Phase::ConnectStart, Phase::TlsStart, Phase::ConnectEnd];

/// Those that were told, with their moments and positions.
type Opening = [Option<(Phase, SimTime, usize)>; 3];

/// A connection that was opened on behalf of one request and that another took is told of the other, from when that was
/// wanted, as Chromium tells it.
fn hand_on(all: &mut [Exchange]) {
    for giver in 0..all.len() {
        let Exchange { client, opened, .. } = all[giver];
        let [ready, sent] =
            [Phase::ConnectEnd, Phase::RequestStart].map(|phase| all[giver].at(phase));
        if opened.is_none() || sent <= ready {
            continue; // early data leaves before its connection is ready
        }
        let taker = all.iter().enumerate().position(|(position, other)| {
            position != giver
                && other.client == client
                && other.socket == opened
                && other.at(Phase::RequestStart) == ready
        });
        if taker.is_none() && all[giver].socket == opened {
            continue; // it had other things to do first
        }
        let opening = all[giver].take_opening();
        let Some(taker) = taker.map(|taker| &mut all[taker]) else {
            continue; // nobody waited any more
        };
        taker.opened = opened;
        for (phase, at, entry) in opening.into_iter().flatten() {
            taker.phases.insert(phase, at.max(taker.wanted));
            taker.entries.insert(phase, entry);
        }
        // What was assigned to it was assigned when it came to wait for it.
        if let Some(start) = taker.at(Phase::ConnectStart) {
            taker.phases.insert(Phase::Assigned, start);
        }
    }
}

impl Exchange {
    /// All requests of a recording, in the order of their names.
    pub fn all(recording: &Recording) -> Vec<Self> {
        let mut all: BTreeMap<RequestId, Self> = BTreeMap::new();
        for (position, entry) in recording.entries.iter().enumerate() {
            let Event::App(host, event) = &entry.event else {
                continue;
            };
            if let AppEvent::Request {
                request,
                method,
                url,
            } = &**event
            {
                let new = Self::new(*request, *host, (entry.at, position), method, url);
                all.insert(*request, new);
            } else if let Some(request) = request_of(event)
                && let Some(exchange) = all.get_mut(&request)
            {
                exchange.note((entry.at, position), *host, event);
            }
        }
        let mut all: Vec<_> = all.into_values().collect();
        hand_on(&mut all);
        all
    }

    fn new(
        request: RequestId,
        client: HostId,
        (at, entry): (SimTime, usize),
        method: &str,
        url: &str,
    ) -> Self {
        Self {
            request,
            client,
            wanted: at,
            method: method.to_owned(),
            url: url.to_owned(),
            socket: None,
            server: None,
            phases: BTreeMap::new(),
            entries: BTreeMap::new(),
            opened: None,
            entry,
            response: BTreeMap::new(),
            sent: BTreeMap::new(),
            status: 0,
            body: 0,
            error: None,
            ended: None,
            last: entry,
        }
    }

    fn note(&mut self, (at, entry): (SimTime, usize), host: HostId, event: &AppEvent) {
        self.last = entry;
        match event {
            AppEvent::Phase { phase, socket, .. } => {
                match phase {
                    Phase::ConnectStart => drop(self.take_opening()), // it begins anew
                    Phase::ConnectEnd => self.opened = *socket,
                    _ => {}
                }
                self.phases.insert(*phase, at);
                self.entries.insert(*phase, entry);
                match phase {
                    Phase::ServerStart | Phase::ServerEnd => self.server = Some(host),
                    _ => self.socket = socket.or(self.socket),
                }
            }
            AppEvent::Bytes {
                layer,
                response,
                range,
                ..
            } => {
                let ranges = if *response {
                    &mut self.response
                } else {
                    &mut self.sent
                };
                ranges.insert(*layer, *range);
            }
            AppEvent::Response {
                status,
                body,
                error,
                ..
            } => {
                (self.status, self.body) = (*status, *body);
                self.error.clone_from(error);
                self.ended = Some(at);
            }
            _ => {}
        }
    }

    /// The steps of the connection that was opened on its behalf, which it has no more.
    fn take_opening(&mut self) -> Opening {
        self.opened = None;
        OPENING.map(|phase| {
            Some((
                phase,
                self.phases.remove(&phase)?,
                self.entries.remove(&phase)?,
            ))
        })
    }

    /// When it reached a step.
    pub fn at(&self, phase: Phase) -> Option<SimTime> {
        self.phases.get(&phase).copied()
    }

    /// The path of its URL, for example `/object/7`.
    pub fn path(&self) -> &str {
        let scheme = self.url.find("://").map_or(0, |position| position + 3);
        let path = self.url[scheme..].find('/');
        path.map_or("/", |position| &self.url[scheme + position..])
    }

    /// The stream of HTTP/2 or QUIC that carried its response.
    pub fn stream(&self) -> Option<u64> {
        self.response.keys().find_map(|layer| match layer {
            Layer::Stream(stream) => Some(*stream),
            _ => None,
        })
    }
}

/// The request that an event is about.
const fn request_of(event: &AppEvent) -> Option<RequestId> {
    match event {
        AppEvent::Phase { request, .. }
        | AppEvent::Bytes { request, .. }
        | AppEvent::Response { request, .. } => Some(*request),
        _ => None,
    }
}
