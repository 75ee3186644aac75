//! What hosts and applications say beside the frames: connection states, errors, notes.
//!
//! Chosen to explain frames, not to repeat them: states that a frame's flags show already are left out, and
//! where there are many connections or requests their remarks are left out altogether.

use std::collections::{BTreeMap, BTreeSet};

use crate::event::{AppEvent, Event, Phase, SocketEvent, SocketId, TcpState};
use crate::plot::scale::spoken;
use crate::plot::theme::Ink;
use crate::record::Recording;

/// Most connections whose states are shown.
const MOST_CONNECTIONS: usize = 4;
/// Most requests whose beginning and end are shown.
const MOST_REQUESTS: usize = 6;

/// A remark at a host's column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    /// The host's column.
    pub(super) column: usize,
    /// The remark.
    pub(super) text: String,
    /// `Remark` or `Lost`.
    pub(super) ink: Ink,
}

/// Knows which remarks a recording has room for.
#[derive(Debug)]
pub(super) struct Commentator {
    ports: BTreeMap<SocketId, u16>,
    states: bool,
    named: bool,
    requests: bool,
}

impl Commentator {
    /// Counts what there is to remark on.
    pub(super) fn of(recording: &Recording) -> Self {
        let mut ports = BTreeMap::new();
        let mut connections = BTreeSet::new();
        let mut requests = 0;
        for entry in &recording.entries {
            match &entry.event {
                Event::Socket(id, SocketEvent::Opened(connection)) if connection.tcp => {
                    let (local, remote) = (connection.local, connection.remote);
                    ports.insert(
                        *id,
                        if connection.active {
                            local.port()
                        } else {
                            remote.port()
                        },
                    );
                    connections.insert((local.min(remote), local.max(remote)));
                }
                Event::App(_, event) if matches!(**event, AppEvent::Request { .. }) => {
                    requests += 1;
                }
                _ => {}
            }
        }
        let count = connections.len();
        Self {
            ports,
            states: count <= MOST_CONNECTIONS,
            named: count > 1,
            requests: requests <= MOST_REQUESTS,
        }
    }

    /// What an event of a host is worth saying, if anything.
    pub(super) fn say(&self, event: &Event) -> Option<(String, Ink)> {
        match event {
            Event::FrameDiscarded { cause, .. } => Some((format!("✗ {cause}"), Ink::Lost)),
            Event::Socket(id, SocketEvent::State { from, to }) if self.states => {
                let state = state(*from, *to)?;
                Some((self.name(*id) + state, Ink::Remark))
            }
            Event::Socket(id, SocketEvent::Closed { error: Some(error) }) => {
                Some((format!("{}✗ {error}", self.name(*id)), Ink::Lost))
            }
            Event::App(_, event) => self.application(event),
            _ => None,
        }
    }

    fn application(&self, event: &AppEvent) -> Option<(String, Ink)> {
        match event {
            AppEvent::Note { text } => Some((text.clone(), Ink::Remark)),
            AppEvent::Think { span, .. } if !span.is_zero() => {
                Some((format!("thinks for {}", spoken(*span)), Ink::Remark))
            }
            AppEvent::Phase {
                request,
                phase: Phase::RequestStart,
                ..
            } if self.requests => Some((format!("{request} begins"), Ink::Remark)),
            AppEvent::Phase {
                request,
                phase: Phase::ResponseEnd,
                ..
            } if self.requests => Some((format!("{request} is answered"), Ink::Remark)),
            AppEvent::Response {
                request,
                error: Some(error),
                ..
            } => Some((format!("✗ {request}: {error}"), Ink::Lost)),
            _ => None,
        }
    }

    /// The port that tells the socket's connection from others, if there are others.
    fn name(&self, id: SocketId) -> String {
        match self.ports.get(&id) {
            Some(port) if self.named => format!("port {port}: "),
            _ => String::new(),
        }
    }
}

/// States that frames alone do not show; a handshake that fails reports its error instead.
const fn state(from: TcpState, to: TcpState) -> Option<&'static str> {
    match (from, to) {
        (_, TcpState::Established) => Some("ESTAB"),
        (_, TcpState::TimeWait) => Some("TIME-WAIT"),
        (TcpState::SynSent | TcpState::Listen, TcpState::Closed) => None,
        (_, TcpState::Closed) => Some("CLOSED"),
        _ => None,
    }
}
