//! A host's sockets as `ss -tan` would print them.

use std::fmt;
use std::net::SocketAddrV4;

use super::connection::Connection;
use super::{Host, Slot};
use crate::event::{SocketId, TcpState, Timer};
use crate::units::{SimTime, Span};

/// One line of `ss -tan`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocketRow {
    /// The socket, except for a listener.
    pub socket: Option<SocketId>,
    /// State of the connection.
    pub state: TcpState,
    /// Bytes that the application has not read; for a listener, connections that wait for `accept`.
    pub recv_q: u64,
    /// Bytes that the peer has not acknowledged; for a listener, the backlog.
    pub send_q: u64,
    /// Own end.
    pub local: SocketAddrV4,
    /// Other end, `0.0.0.0:0` for a listener.
    pub peer: SocketAddrV4,
    /// The timer that runs, if one does.
    pub timer: Option<TimerRow>,
}

/// A running timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerRow {
    /// Which.
    pub timer: Timer,
    /// How long it still runs.
    pub left: Span,
    /// How often it has fired for the same thing.
    pub fired: u32,
}

impl Host {
    /// Listeners by port, then connections by age, then TIME-WAIT by tuple.
    pub fn sockets(&self, now: SimTime) -> Vec<SocketRow> {
        let unspecified = SocketAddrV4::new(std::net::Ipv4Addr::UNSPECIFIED, 0);
        let listeners = self.listeners.iter().map(|(port, listener)| SocketRow {
            socket: None,
            state: TcpState::Listen,
            recv_q: listener.ready.len() as u64,
            send_q: listener.options.backlog as u64,
            local: SocketAddrV4::new(*unspecified.ip(), *port),
            peer: unspecified,
            timer: None,
        });
        let connections = self.sockets.iter().filter_map(|slot| match slot {
            Slot::Live(connection) => Some(connection.row(now)),
            _ => None,
        });
        let waiting = self.time_wait.iter().map(|(tuple, record)| SocketRow {
            socket: Some(record.socket),
            state: TcpState::TimeWait,
            recv_q: 0,
            send_q: 0,
            local: tuple.local,
            peer: tuple.remote,
            timer: Some(TimerRow {
                timer: Timer::TimeWait,
                left: record.expires - now,
                fired: 0,
            }),
        });
        listeners.chain(connections).chain(waiting).collect()
    }
}

impl Connection {
    fn row(&self, now: SimTime) -> SocketRow {
        SocketRow {
            socket: Some(self.id),
            state: self.state,
            recv_q: self.readable - self.read,
            send_q: self.send_queue() as u64,
            local: self.tuple.local,
            peer: self.tuple.remote,
            timer: self.timer(now),
        }
    }

    /// The timer that `ss -o` would show.
    fn timer(&self, now: SimTime) -> Option<TimerRow> {
        if let Some(handshake) = &self.handshake {
            let timer = if self.active {
                Timer::Syn
            } else {
                Timer::SynAck
            };
            return Some(TimerRow {
                timer,
                left: handshake.at - now,
                fired: handshake.sent - 1,
            });
        }
        if !self.transport.all_acknowledged() && self.armed != SimTime::MAX {
            return Some(TimerRow {
                timer: Timer::Transport,
                left: self.armed - now,
                fired: 0,
            });
        }
        let probing = self.keep_alive.filter(|_| self.probes())?;
        Some(TimerRow {
            timer: Timer::KeepAlive,
            left: probing.at - now,
            fired: probing.unanswered,
        })
    }
}

/// `ss`'s columns: state, Recv-Q, Send-Q, local, peer, timer.
impl fmt::Display for SocketRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = |address: SocketAddrV4| match (address.ip().is_unspecified(), address.port()) {
            (true, 0) => "*:*".to_owned(),
            (true, port) => format!("*:{port}"),
            _ => address.to_string(),
        };
        write!(
            f,
            "{:<10} {:>6} {:>6} {:>21} {:>21}",
            self.state,
            self.recv_q,
            self.send_q,
            end(self.local),
            end(self.peer)
        )?;
        match &self.timer {
            Some(timer) => write!(f, "  {timer}"),
            None => Ok(()),
        }
    }
}

/// As in `ss -o`: `timer:(keepalive,4.9s,0)`.
impl fmt::Display for TimerRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.timer {
            Timer::KeepAlive => "keepalive",
            Timer::TimeWait => "timewait",
            _ => "on",
        };
        write!(f, "timer:({name},{},{})", self.left, self.fired)
    }
}
