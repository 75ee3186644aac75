//! The resolver of a provider: it answers from its cache, or asks the authority first.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::rc::Rc;

use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RecordType};

use super::PORT;
use super::ask::{Asker, Patience};
use super::cache::{Answer, Cache};
use super::message::{
    add_addresses, addresses, encoded, query, query_for, response, subnet_option, text_of,
};
use super::stub::told;
use super::subnet::Subnet;
use crate::event::SocketError;
use crate::rng::Dice;
use crate::rt::{Net, Spawner};
use crate::units::Span;

/// A caching resolver. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Resolver {
    asker: Asker,
    spawner: Spawner,
    cache: Rc<RefCell<Cache>>,
    tells_subnet: bool,
}

/// What the authority said: the addresses, or why there are none.
type Found = Result<Answer, ResponseCode>;

impl Resolver {
    /// BIND's `resolver-retry-interval` and `resolver-nonbackoff-tries`.
    pub const PATIENCE: Patience = Patience {
        wait: Span::from_millis(800),
        attempts: 3,
    };

    /// A resolver on `net` that asks `authority` what it does not know, without a word about its clients.
    pub fn new(net: Net, spawner: Spawner, dice: Dice, authority: Ipv4Addr) -> Self {
        Self {
            asker: Asker::new(net, dice, authority, Self::PATIENCE),
            spawner,
            cache: Rc::new(RefCell::new(Cache::rotating())),
            tells_subnet: false,
        }
    }

    /// The same, which tells the authority the first [`Subnet::TOLD`] bits of its client's address (RFC 7871).
    #[must_use]
    pub const fn with_client_subnet(mut self) -> Self {
        self.tells_subnet = true;
        self
    }

    /// Answers for ever.
    ///
    /// # Errors
    /// `EADDRINUSE` if somebody has the port.
    pub async fn serve(self) -> Result<(), SocketError> {
        let socket = Rc::new(self.asker.net().bind_udp(PORT)?);
        let mut buffer = vec![0; usize::from(u16::MAX)];
        loop {
            let (length, client) = socket.receive_from(&mut buffer).await?;
            let Ok(question) = Message::from_vec(&buffer[..length]) else {
                continue; // whoever sent it will send it again
            };
            let (resolver, socket) = (self.clone(), Rc::clone(&socket));
            drop(self.spawner.spawn("resolver", async move {
                let answer = resolver.answer(&question, client).await;
                socket.send_to(&encoded(&answer), client)
            }));
        }
    }

    async fn answer(&self, question: &Message, client: SocketAddrV4) -> Message {
        let [
            Query {
                name, query_type, ..
            },
        ] = question.queries.as_slice()
        else {
            return response(question, ResponseCode::FormErr);
        };
        if *query_type != RecordType::A {
            return response(question, ResponseCode::NotImp);
        }
        let mut message = match self.find(name, *client.ip()).await {
            Ok(answer) => {
                let mut message = response(question, ResponseCode::NoError);
                add_addresses(&mut message, name, &answer.addresses, answer.ttl);
                message
            }
            Err(code) => response(question, code),
        };
        message.metadata.recursion_available = true;
        message
    }

    /// What `name` means for `client`.
    async fn find(&self, name: &Name, client: Ipv4Addr) -> Found {
        let net = self.asker.net();
        let now = net.clock().now();
        let known = self.cache.borrow_mut().get(now, name, client);
        if let Some(answer) = known {
            net.tell(|| told(&text_of(name), &answer, true));
            return Ok(answer);
        }
        let subnet = Subnet::of(client, Subnet::TOLD);
        let question = if self.tells_subnet {
            query_for(name.clone(), subnet)
        } else {
            query(name.clone(), false)
        };
        let message = self.asker.ask(question).await;
        let message = message.map_err(|_| ResponseCode::ServFail)?;
        match message.metadata.response_code {
            ResponseCode::NoError => {}
            code => return Err(code),
        }
        let (addresses, ttl) = addresses(&message);
        let answer = Answer { addresses, ttl };
        if !answer.addresses.is_empty() {
            let (now, scope) = (net.clock().now(), scope(&message, client));
            let mut cache = self.cache.borrow_mut();
            cache.put(now, name.clone(), scope, &answer);
            net.tell(|| told(&text_of(name), &answer, false));
        }
        Ok(answer)
    }
}

/// Whom an answer may be told: everybody, unless it says to how many bits of the client's network it is specific,
/// which is never more than the authority was told (RFC 7871 section 7.3.1).
fn scope(answer: &Message, client: Ipv4Addr) -> Subnet {
    subnet_option(answer).map_or(Subnet::EVERYWHERE, |option| {
        let bits = option.scope_prefix().min(option.source_prefix());
        Subnet::of(client, bits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dns::message::{name_of, set_scope};

    const CLIENT: Ipv4Addr = Ipv4Addr::new(198, 18, 3, 2);

    fn answer(told: Option<(Subnet, u8)>) -> Message {
        let question = query(name_of("a.test").unwrap(), false);
        let mut answer = response(&question, ResponseCode::NoError);
        if let Some((subnet, scope)) = told {
            set_scope(&mut answer, subnet, scope);
        }
        answer
    }

    #[test]
    fn an_answer_is_for_everybody_unless_it_says_otherwise() {
        assert_eq!(scope(&answer(None), CLIENT), Subnet::EVERYWHERE);
        let subnet = Subnet::of(CLIENT, 24);
        assert_eq!(
            scope(&answer(Some((subnet, 0))), CLIENT),
            Subnet::EVERYWHERE
        );
        assert_eq!(scope(&answer(Some((subnet, 24))), CLIENT), subnet);
        let wide = scope(&answer(Some((subnet, 16))), CLIENT);
        assert_eq!(wide, Subnet::of(CLIENT, 16));
    }

    #[test]
    fn an_answer_is_never_more_specific_than_the_question() {
        let subnet = Subnet::of(CLIENT, 24);
        assert_eq!(scope(&answer(Some((subnet, 32))), CLIENT), subnet);
    }
}
