//! Which initial sequence numbers are in use between two endpoints, and which sockets belong together.

use std::net::SocketAddrV4;

use rustc_hash::FxHashMap;

use super::socket::Conversation;
use crate::event::{Connection, SocketId};
use crate::units::SimTime;
use crate::wire::Glance;
use crate::wire::summary::Isns;

/// From one endpoint to another.
type Way = (SocketAddrV4, SocketAddrV4);

/// The flows as the frames that were seen so far show them. The maps are never iterated.
#[derive(Debug, Default)]
pub(super) struct Flows {
    isns: FxHashMap<Way, u32>,
    /// The connection that a client's SYN began: its way and initial sequence number.
    begun: FxHashMap<(Way, u32), usize>,
    /// The connection that was begun last on a way.
    latest: FxHashMap<Way, usize>,
}

impl Flows {
    /// Takes note of a frame; says the initial sequence numbers of its flow.
    pub(super) fn frame(&mut self, bytes: &[u8]) -> Isns {
        let Glance::Tcp(tcp) = Glance::of(bytes) else {
            return Isns::ABSOLUTE;
        };
        let (there, back) = ((tcp.source, tcp.destination), (tcp.destination, tcp.source));
        if tcp.header.syn() {
            let isn = tcp.header.sequence_number();
            let before = self.isns.insert(there, isn);
            if before != Some(isn) && !tcp.header.ack() {
                self.isns.remove(&back); // the ports are used again: the peer has not answered yet
            }
        }
        Isns {
            own: self.isns.get(&there).copied(),
            peer: self.isns.get(&back).copied(),
        }
    }

    /// Finds or begins the connection of a socket that was just opened; returns its position.
    pub(super) fn opened(
        &mut self,
        conversations: &mut Vec<Conversation>,
        socket: SocketId,
        connection: &Connection,
        at: SimTime,
    ) -> usize {
        if connection.active {
            let way = (connection.local, connection.remote);
            self.begun
                .insert((way, connection.isn), conversations.len());
            self.latest.insert(way, conversations.len());
            conversations.push(conversation(way, at, Some(socket), None));
            return conversations.len() - 1;
        }
        let way = (connection.remote, connection.local);
        let by_isn = self.isns.get(&way).map(|isn| self.begun.get(&(way, *isn)));
        // without any SYN in the recording, the latest attempt is the one that was answered
        let found = by_isn.unwrap_or_else(|| self.latest.get(&way)).copied();
        let free = found.filter(|position| conversations[*position].server.is_none());
        if let Some(position) = free {
            conversations[position].server = Some(socket);
            return position;
        }
        conversations.push(conversation(way, at, None, Some(socket)));
        conversations.len() - 1
    }
}

fn conversation(
    (client_address, server_address): Way,
    opened: SimTime,
    client: Option<SocketId>,
    server: Option<SocketId>,
) -> Conversation {
    Conversation {
        client,
        server,
        client_address,
        server_address,
        opened,
    }
}
