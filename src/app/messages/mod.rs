//! Messages between a server and its clients, whatever carries them: what both ends hold, and what they say.
//!
//! [`websocket`](crate::app::websocket), [`sse`](crate::app::sse) and [`long_poll`](crate::app::long_poll) are
//! the carriers. Each end has a [`Desk`] per client: the application puts messages on it, the carrier takes them
//! from it. Every message is told three times ([`MessageStep`](crate::event::MessageStep)), so that readers can
//! measure how long it took.

mod courier;
mod cpu;
mod desk;
mod http;
mod message;

pub(super) use self::courier::Courier;
pub use self::cpu::{Costs, Cpu};
pub use self::desk::{Desk, Tally};
pub(super) use self::http::{Content, Service};
pub use self::message::{Message, SHORTEST};

use std::net::SocketAddrV4;
use std::rc::Rc;

use super::http::Requests;
use crate::rt::{ListenOptions, Net, Spawner, TcpOptions};

/// A server of messages. The functions of the carriers say how they travel.
#[derive(Clone, Debug)]
pub struct Server {
    /// The network of its host.
    pub net: Net,
    /// Where the tasks of its connections run.
    pub spawner: Spawner,
    /// Where it listens.
    pub port: u16,
    /// Backlog, and options of its connections.
    pub listen: ListenOptions,
    /// Its desk for each client.
    pub desks: Rc<[Desk]>,
    /// What its work costs.
    pub cpu: Cpu,
}

/// A client of a [`Server`].
#[derive(Clone, Debug)]
pub struct Client {
    /// The network of its host.
    pub net: Net,
    /// Where the tasks of its connections run.
    pub spawner: Spawner,
    /// Where the server listens.
    pub remote: SocketAddrV4,
    /// Options of its connections.
    pub tcp: TcpOptions,
    /// The names of its requests.
    pub requests: Requests,
    /// Bytes of header fields that it sends with every request beyond those that HTTP needs, as browsers do: what
    /// it is, what it accepts, and its cookies.
    pub header_bytes: usize,
    /// Its desk.
    pub desk: Desk,
}

/// What went wrong between two ends.
pub type Failure = Box<dyn std::error::Error>;

impl Server {
    /// The desk of the client of this ordinal.
    pub(super) fn desk(&self, client: &str) -> Option<Desk> {
        let client: usize = client.parse().ok()?;
        self.desks.get(client).cloned()
    }
}

impl Client {
    /// The value of a `Cookie` field that stands for all header fields that HTTP does not need, if there are any.
    pub(super) fn cookie(&self) -> Option<String> {
        const NAME: &str = "cookie: \r\n";
        let value = self.header_bytes.checked_sub(NAME.len())?;
        let name = "s=";
        Some(format!(
            "{name}{}",
            "0".repeat(value.saturating_sub(name.len()))
        ))
    }
}
