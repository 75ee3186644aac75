//! The names of the requests of a world.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddrV4;
use std::rc::Rc;

use crate::event::RequestId;

/// Both ends of a connection, the client's first.
pub type Ends = (SocketAddrV4, SocketAddrV4);

/// What carries requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Carrier {
    /// A TCP connection.
    Tcp(Ends),
    /// A stream of a QUIC connection, which is known by the name that its packets have in events.
    Quic {
        /// The connection.
        connection: u64,
        /// The stream.
        stream: u64,
    },
}

impl From<Ends> for Carrier {
    fn from(ends: Ends) -> Self {
        Self::Tcp(ends)
    }
}

/// Gives out [`RequestId`]s, unique in a world, and tells the server which request it has before it. Clones are
/// the same ledger.
///
/// On TCP the requests of one connection are delivered in the order in which they were sent (RFC 9112 section 9.3.2; in
/// HTTP/2 a new stream's id is larger than those before, RFC 9113 section 5.1.1), so a queue per connection is
/// enough. On QUIC any may come first, but each has its stream for itself (RFC 9114 section 4.1).
#[derive(Clone, Debug, Default)]
pub struct Requests(Rc<RefCell<Ledger>>);

#[derive(Debug, Default)]
struct Ledger {
    next: u32,
    under_way: BTreeMap<Carrier, VecDeque<RequestId>>,
}

impl Requests {
    /// A ledger without requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// A name for one more request.
    pub fn name(&self) -> RequestId {
        let mut ledger = self.0.borrow_mut();
        let request = RequestId(ledger.next);
        ledger.next += 1;
        request
    }

    /// A client sends `request` on this connection.
    pub fn sent(&self, carrier: impl Into<Carrier>, request: RequestId) {
        let mut ledger = self.0.borrow_mut();
        let queue = ledger.under_way.entry(carrier.into()).or_default();
        queue.push_back(request);
    }

    /// A server has the next request of this connection before it.
    pub fn arrived(&self, carrier: impl Into<Carrier>) -> Option<RequestId> {
        let mut ledger = self.0.borrow_mut();
        ledger.under_way.get_mut(&carrier.into())?.pop_front()
    }

    /// The connection is gone, and with it the requests that never arrived.
    pub fn closed(&self, carrier: impl Into<Carrier>) {
        self.0.borrow_mut().under_way.remove(&carrier.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn ends(port: u16) -> Ends {
        let end = |port| SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        (end(port), end(80))
    }

    #[test]
    fn a_server_meets_the_requests_of_a_connection_in_order() {
        let requests = Requests::new();
        let [first, second, third] = [(); 3].map(|()| requests.name());
        requests.sent(ends(1), first);
        requests.sent(ends(2), second);
        requests.sent(ends(1), third);
        assert_eq!(requests.arrived(ends(1)), Some(first));
        assert_eq!(requests.arrived(ends(1)), Some(third));
        assert_eq!(requests.arrived(ends(1)), None);
        assert_eq!(requests.arrived(ends(2)), Some(second));
    }

    #[test]
    fn a_new_connection_on_old_ports_begins_anew() {
        let requests = Requests::new();
        requests.sent(ends(1), requests.name());
        requests.closed(ends(1));
        assert_eq!(requests.arrived(ends(1)), None);
    }
}
