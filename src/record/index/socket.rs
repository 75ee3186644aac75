//! What a recording says of one socket, and which two sockets talk to each other.

use std::net::SocketAddrV4;

use crate::event::{Connection, SocketError, SocketId, TcpState};
use crate::units::SimTime;

/// What happened to a socket.
#[derive(Clone, Debug)]
pub struct SocketStory<'a> {
    /// The socket; its host is part of its name.
    pub id: SocketId,
    /// Its ends, from the moment when it was opened.
    pub connection: Option<&'a Connection>,
    /// When it was opened.
    pub opened: Option<SimTime>,
    /// The states that it entered, in order.
    pub states: Vec<(SimTime, TcpState)>,
    /// When it was gone, and what the application was told.
    pub closed: Option<(SimTime, Option<SocketError>)>,
    /// Position of its connection in [`super::Index::conversations`].
    pub conversation: Option<usize>,
}

/// A TCP connection: two sockets with the same four-tuple, of which the passive one was opened by the
/// active one's SYN. Ports may be used again; the initial sequence number tells such connections apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    /// The socket that sent the first SYN, if the recording has it.
    pub client: Option<SocketId>,
    /// The socket that answered, if there is one.
    pub server: Option<SocketId>,
    /// Address and port of the client.
    pub client_address: SocketAddrV4,
    /// Address and port of the server.
    pub server_address: SocketAddrV4,
    /// When it was opened.
    pub opened: SimTime,
}

impl SocketStory<'_> {
    pub(super) const fn new(id: SocketId) -> Self {
        Self {
            id,
            connection: None,
            opened: None,
            states: Vec::new(),
            closed: None,
            conversation: None,
        }
    }

    /// The TCP state after everything that happened up to `at`; `None` before the first one.
    pub fn state(&self, at: SimTime) -> Option<TcpState> {
        let entered = self.states.partition_point(|(time, _)| *time <= at);
        entered.checked_sub(1).map(|last| self.states[last].1)
    }
}
