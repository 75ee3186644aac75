//! The server that knows what the names of a zone mean.

use std::net::SocketAddrV4;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::RecordType;

use super::PORT;
use super::message::{add_addresses, encoded, response, set_scope, subnet_option};
use super::subnet::Subnet;
use super::zone::Zone;
use crate::event::SocketError;
use crate::rt::Net;

/// An authoritative name server.
#[derive(Clone, Debug)]
pub struct Authority {
    net: Net,
    zone: Zone,
}

impl Authority {
    /// The authority for `zone` on `net`.
    pub const fn new(net: Net, zone: Zone) -> Self {
        Self { net, zone }
    }

    /// Answers for ever.
    ///
    /// # Errors
    /// `EADDRINUSE` if somebody has the port.
    pub async fn serve(self) -> Result<(), SocketError> {
        let socket = self.net.bind_udp(PORT)?;
        let mut buffer = vec![0; usize::from(u16::MAX)];
        loop {
            let (length, asker) = socket.receive_from(&mut buffer).await?;
            if let Ok(question) = Message::from_vec(&buffer[..length]) {
                socket.send_to(&encoded(&self.answer(&question, asker)), asker)?;
            }
        }
    }

    fn answer(&self, question: &Message, asker: SocketAddrV4) -> Message {
        let [
            Query {
                name, query_type, ..
            },
        ] = question.queries.as_slice()
        else {
            return response(question, ResponseCode::FormErr);
        };
        let told = subnet_option(question).and_then(Subnet::told);
        let client = told.map_or(*asker.ip(), Subnet::address);
        let said = self.zone.say(name, client);
        let code = match &said {
            Some(_) => ResponseCode::NoError,
            None => ResponseCode::NXDomain,
        };
        let mut message = response(question, code);
        message.metadata.authoritative = true;
        if let Some(said) = said.filter(|_| *query_type == RecordType::A) {
            add_addresses(&mut message, name, &said.addresses, said.ttl);
            if let Some(subnet) = told {
                set_scope(&mut message, subnet, said.scope.prefix());
            }
            if said.scope != Subnet::EVERYWHERE {
                self.net.note(told.map_or_else(
                    || format!("answers for the resolver {}", asker.ip()),
                    |subnet| format!("answers for {subnet}, as it is told"),
                ));
            }
        }
        message
    }
}
