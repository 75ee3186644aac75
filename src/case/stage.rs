//! What a case builds its world on.

use super::{Offers, Plan};
use crate::event::HostId;
use crate::host::Profile;
use crate::link::{Direction, FlowMemory};
use crate::rt::{Net, Spawner};
use crate::sim::{PathConfig, World};
use crate::units::Span;

/// A world under construction.
#[derive(Debug)]
pub struct Stage<'a> {
    /// The world.
    pub world: &'a mut World,
    /// How long the world goes on after the main task has ended, so that connections can close in order.
    pub linger: Span,
    /// How many connections a recording keeps whole; of the others it keeps only how they ended.
    pub keep_flows: Option<usize>,
    /// Whether programs outside take part, which know other cryptography than the lab's and see real content.
    pub is_attached: bool,
    /// What they can use.
    pub offers: Offers,
}

/// A client and a server with the path between them.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The client's network.
    pub client: Net,
    /// The server's network.
    pub server: Net,
}

impl<'a> Stage<'a> {
    /// An empty stage on `world`.
    pub(super) fn new(world: &'a mut World) -> Self {
        Self {
            world,
            linger: Span::from_secs(2),
            keep_flows: None,
            is_attached: false,
            offers: Offers::default(),
        }
    }

    /// Hosts `client` and `server` joined by a path of the plan's path knobs.
    pub fn pair(&mut self, plan: &Plan) -> Pair {
        self.pair_with(plan, plan.client(), plan.server(), None)
    }

    /// The same with profiles of the caller's, and a path that forgets flows.
    pub fn pair_with(
        &mut self,
        plan: &Plan,
        client: Profile,
        server: Profile,
        memory: Option<FlowMemory>,
    ) -> Pair {
        let client = self.world.add_host("client", client);
        let server = self.world.add_host("server", server);
        self.join(plan, client, server, memory);
        Pair {
            client: self.world.net(client),
            server: self.world.net(server),
        }
    }

    /// Joins two hosts by a path of the plan's path knobs.
    pub fn join(
        &mut self,
        plan: &Plan,
        client: HostId,
        server: HostId,
        memory: Option<FlowMemory>,
    ) {
        let path = PathConfig {
            forward: plan.link(Direction::ClientToServer),
            backward: plan.link(Direction::ServerToClient),
            memory,
        };
        self.world.join(client, server, path);
    }

    /// Starts further tasks.
    pub fn spawner(&self) -> Spawner {
        self.world.spawner()
    }
}
