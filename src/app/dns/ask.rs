//! A question and its answer over UDP, as stubs and resolvers have it.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::rc::Rc;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use rand::RngExt;

use super::PORT;
use super::message::encoded;
use crate::event::SocketError;
use crate::rng::{Dice, Stream};
use crate::rt::{Net, UdpSocket};
use crate::units::Span;

/// Ports that questions leave from: Linux's `net.ipv4.ip_local_port_range`.
const PORTS: RangeInclusive<u16> = 32_768..=60_999;

/// Longer than any message that this module sends.
const LONGEST: usize = 4_096;

/// How long an answer is waited for, and how often the question is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// From the question to the next attempt.
    pub wait: Span,
    /// How often the question is sent at most.
    pub attempts: u32,
}

/// Why a name has no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// It cannot be a name.
    #[error("`{0}` is not a domain name")]
    BadName(String),
    /// There is no such name (RFC 2308 section 2.1).
    #[error("{0} does not exist (NXDOMAIN)")]
    NoSuchName(String),
    /// It has no address of type A.
    #[error("{0} has no address")]
    NoAddress(String),
    /// The server could not tell.
    #[error("the name server answers {0}")]
    Refused(ResponseCode),
    /// Nobody answered.
    #[error("no answer from {server} to {attempts} questions")]
    NoAnswer {
        /// Who was asked.
        server: Ipv4Addr,
        /// How often.
        attempts: u32,
    },
    /// The socket failed.
    #[error(transparent)]
    Socket(#[from] SocketError),
}

/// Asks one server. Clones share the chance that ids and ports are drawn from.
#[derive(Clone, Debug)]
pub(super) struct Asker {
    net: Net,
    chance: Rc<RefCell<Stream>>,
    server: SocketAddrV4,
    patience: Patience,
}

impl Asker {
    pub(super) fn new(net: Net, dice: Dice, server: Ipv4Addr, patience: Patience) -> Self {
        let chance = dice.stream(&format!("dns/{}", net.host().0));
        Self {
            net,
            chance: Rc::new(RefCell::new(chance)),
            server: SocketAddrV4::new(server, PORT),
            patience,
        }
    }

    pub(super) const fn net(&self) -> &Net {
        &self.net
    }

    pub(super) const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// The answer to `question`, whatever it says. The question leaves with an id and from a port of chance
    /// (RFC 5452 section 9.2), and again with the same ones while no answer comes.
    pub(super) async fn ask(&self, mut question: Message) -> Result<Message, LookupError> {
        question.metadata.id = self.chance.borrow_mut().random();
        let socket = self.bind()?;
        let bytes = encoded(&question);
        for _ in 0..self.patience.attempts {
            socket.send_to(&bytes, self.server)?;
            let answer = Box::pin(self.answer(&socket, &question));
            let waited = self.net.clock().timeout(self.patience.wait, answer).await;
            if let Ok(answer) = waited {
                return answer;
            }
        }
        Err(LookupError::NoAnswer {
            server: *self.server.ip(),
            attempts: self.patience.attempts,
        })
    }

    /// A port of chance that nobody has.
    fn bind(&self) -> Result<UdpSocket, SocketError> {
        for _ in PORTS {
            let port = self.chance.borrow_mut().random_range(PORTS);
            match self.net.bind_udp(port) {
                Err(SocketError::AddressInUse) => {}
                bound => return bound,
            }
        }
        Err(SocketError::AddressNotAvailable)
    }

    /// The first message that answers `question`; any other is ignored (RFC 5452 section 9.1).
    async fn answer(&self, socket: &UdpSocket, question: &Message) -> Result<Message, LookupError> {
        let mut buffer = vec![0; LONGEST];
        loop {
            let (length, from) = socket.receive_from(&mut buffer).await?;
            if let Ok(message) = Message::from_vec(&buffer[..length])
                && from == self.server
                && answers(&message, question)
            {
                return Ok(message);
            }
        }
    }
}

fn answers(message: &Message, question: &Message) -> bool {
    message.metadata.message_type == MessageType::Response
        && message.metadata.id == question.metadata.id
        && message.queries == question.queries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::dns::message::{name_of, query, response};

    #[test]
    fn only_the_same_id_and_question_make_an_answer() {
        let mut question = query(name_of("a.test").unwrap(), true);
        question.metadata.id = 7;
        let answer = response(&question, ResponseCode::NoError);
        assert!(answers(&answer, &question));
        assert!(!answers(&question, &question), "a query is no answer");
        let mut other = answer.clone();
        other.metadata.id = 8;
        assert!(!answers(&other, &question));
        let other = query(name_of("b.test").unwrap(), true);
        let mut other = response(&other, ResponseCode::NoError);
        other.metadata.id = 7;
        assert!(!answers(&other, &question));
    }
}
