//! What a recording says of messages, frames and sockets.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddrV4;

use crate::event::{
    AppEvent, Event, HostId, MessageId, MessageStep, SocketEvent, SocketId, TcpState,
};
use crate::measure::HostView;
use crate::record::Recording;
use crate::units::{SimTime, Span};
use crate::wire::packet::TcpView;

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) id: MessageId,
    /// The client that it was for, or came from.
    pub(super) client: u32,
    /// Length of its text.
    pub(super) bytes: u64,
    /// When the sender's application had it.
    pub(super) accepted: SimTime,
    /// When the receiver's application had it; more than once if something went wrong.
    pub(super) delivered: Vec<SimTime>,
}

impl Fate {
    /// From one application to the other, if it came.
    pub(super) fn latency(&self) -> Option<Span> {
        Some(*self.delivered.first()? - self.accepted)
    }
}

/// What was on the wire in some time, in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    pub(super) frames: u64,
    /// Bytes of the frames, without FCS.
    pub(super) bytes: u64,
    /// Bytes of TCP payload.
    pub(super) payload: u64,
    /// SYNs without ACK: handshakes that this end began.
    pub(super) syns: u64,
}

/// Both directions of some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traffic {
    /// From the server.
    pub(super) down: Flow,
    /// From the clients.
    pub(super) up: Flow,
    /// Answers to requests that the clients' applications had.
    pub(super) answers: u64,
}

/// Sockets and ports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sockets {
    /// Connections that the server held at once, at most.
    pub(super) held: u64,
    /// Connections that were in TIME-WAIT at the server at once, at most.
    pub(super) server_waits: u64,
    /// The same at the clients' host.
    pub(super) client_waits: u64,
    /// Ends, address and port, that the clients' host used, one after another or at once.
    pub(super) ports: u64,
}

/// All of it.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// The server's messages, in the order in which they came to be.
    pub(super) down: Vec<Fate>,
    /// The clients' own, likewise.
    pub(super) up: Vec<Fate>,
    /// While sessions were opened.
    pub(super) opening: Traffic,
    /// While the server's messages were delivered.
    pub(super) while_down: Traffic,
    /// While the clients' own were.
    pub(super) while_up: Traffic,
    pub(super) sockets: Sockets,
}

impl Seen {
    /// `settling` is how long all was left quiet after the last message.
    pub(super) fn of(recording: &Recording, settling: Span) -> Self {
        let server = HostView::named(recording, "server").id();
        let client = HostView::named(recording, "client").id();
        let (down, up) = (fates(recording, server), fates(recording, client));
        let end = recording.end();
        let first = |fates: &[Fate]| fates.first().map(|fate| fate.accepted);
        let last = |fates: &[Fate]| {
            fates
                .iter()
                .filter_map(|fate| fate.delivered.last())
                .max()
                .copied()
        };
        let begins = first(&down).unwrap_or(end);
        let closes = last(&up)
            .or_else(|| last(&down))
            .map_or(end, |at| at + settling);
        let turns = first(&up).unwrap_or(closes);
        let between = |from, to| traffic(recording, [server, client], from, to);
        Self {
            opening: between(SimTime::ZERO, begins),
            while_down: between(begins, turns),
            while_up: between(turns, closes),
            sockets: sockets(recording, server),
            down,
            up,
        }
    }
}

/// The messages that a host's applications had for others.
fn fates(recording: &Recording, sender: HostId) -> Vec<Fate> {
    let mut fates: Vec<Fate> = Vec::new();
    let mut places: BTreeMap<MessageId, usize> = BTreeMap::new();
    for entry in &recording.entries {
        let Event::App(host, event) = &entry.event else {
            continue;
        };
        let AppEvent::Message {
            message,
            client,
            step,
            bytes,
        } = &**event
        else {
            continue;
        };
        match step {
            MessageStep::Accepted if *host == sender => {
                places.insert(*message, fates.len());
                fates.push(Fate {
                    id: *message,
                    client: *client,
                    bytes: *bytes,
                    accepted: entry.at,
                    delivered: Vec::new(),
                });
            }
            MessageStep::Delivered if *host != sender => {
                if let Some(place) = places.get(message) {
                    fates[*place].delivered.push(entry.at);
                }
            }
            _ => {}
        }
    }
    fates
}

/// What left both hosts from `from` until just before `to`.
fn traffic(
    recording: &Recording,
    [server, client]: [HostId; 2],
    from: SimTime,
    to: SimTime,
) -> Traffic {
    let mut traffic = Traffic::default();
    let entries = recording.position(from)..recording.position(to);
    for entry in &recording.entries[entries] {
        match &entry.event {
            Event::FrameSent { host, frame } => {
                let flow = if *host == server {
                    &mut traffic.down
                } else {
                    &mut traffic.up
                };
                flow.frames += 1;
                flow.bytes += frame.len() as u64;
                if let Some(view) = TcpView::of(&frame.bytes) {
                    flow.payload += view.payload.len() as u64;
                    flow.syns += u64::from(view.header.syn() && !view.header.ack());
                }
            }
            Event::App(host, event) if *host == client => {
                let answered = matches!(**event, AppEvent::Response { error: None, .. });
                traffic.answers += u64::from(answered);
            }
            _ => {}
        }
    }
    traffic
}

fn sockets(recording: &Recording, server: HostId) -> Sockets {
    let mut sockets = Sockets::default();
    let mut held: BTreeSet<SocketId> = BTreeSet::new();
    // At the server, and at the clients' host.
    let mut waits = [BTreeSet::new(), BTreeSet::new()];
    let mut ports: BTreeSet<SocketAddrV4> = BTreeSet::new();
    for entry in &recording.entries {
        let Event::Socket(socket, event) = &entry.event else {
            continue;
        };
        let waiting: &mut BTreeSet<SocketId> = &mut waits[usize::from(socket.host != server)];
        match event {
            SocketEvent::Opened(connection) if connection.active => {
                ports.insert(connection.local);
            }
            SocketEvent::Opened(_) => {
                held.insert(*socket);
            }
            SocketEvent::State { to, .. } if *to == TcpState::TimeWait => {
                held.remove(socket);
                waiting.insert(*socket);
            }
            SocketEvent::Closed { .. } => {
                held.remove(socket);
                waiting.remove(socket);
            }
            _ => {}
        }
        sockets.held = sockets.held.max(held.len() as u64);
        sockets.server_waits = sockets.server_waits.max(waits[0].len() as u64);
        sockets.client_waits = sockets.client_waits.max(waits[1].len() as u64);
    }
    sockets.ports = ports.len() as u64;
    sockets
}

/// The smallest latency that so many per cent do not exceed; `None` if there is none.
pub(super) fn percentile(latencies: &[Span], percent: usize) -> Option<Span> {
    let mut sorted = latencies.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_latencies_that_occurred() {
        let latencies: Vec<_> = (1..=200).rev().map(Span::from_millis).collect();
        let at = |percent| percentile(&latencies, percent);
        assert_eq!(at(50), Some(Span::from_millis(100)));
        assert_eq!(at(99), Some(Span::from_millis(198)));
        assert_eq!(at(0), Some(Span::from_millis(1)));
        assert_eq!(at(100), Some(Span::from_millis(200)));
        assert_eq!(percentile(&[], 50), None);
    }
}
