//! One world of the case: who charges whom, over which path, and what goes wrong.

use std::rc::Rc;

use http::Method;

use crate::app::http::Requests;
use crate::app::ledger::{Design, Store};
use crate::app::payment::{Call, Client, Policy, Server, Terms, draw_key};
use crate::case::{Main, Plan};
use crate::event::{AppEvent, LedgerStep};
use crate::host::Profile;
use crate::link::{Direction, DropScripts, LinkConfig, Loss};
use crate::rt::Net;
use crate::sim::{PathConfig, World};
use crate::units::Span;

/// The server's port.
const PORT: u16 = 80;

/// What the customer pays.
const BODY: &str = "amount=50&currency=usd";

/// What else a customer might pay.
const OTHER_BODY: &str = "amount=70&currency=usd";

/// How long to wait before looking again whether the ledger can be read.
const AGAIN: Span = Span::from_millis(5);

/// Send and receive buffers of both hosts in bytes (`net.ipv4.tcp_wmem`, `tcp_rmem`).
const BUFFER: usize = 128 << 10;

/// A world.
#[derive(Clone, Debug)]
pub(super) struct Setup {
    pub(super) terms: Terms,
    pub(super) policy: Policy,
    pub(super) deed: Deed,
    /// Frames that are lost besides those of the plan.
    pub(super) drops: DropScripts,
    /// Loss by chance in both directions, instead of the plan's.
    pub(super) loss: Option<Loss>,
    /// From the end of the client's work to the reading of the ledger: what is under way must have come by then.
    pub(super) closing: Span,
}

/// What the client does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deed {
    /// It charges, with a key if the design has keys.
    Charge,
    /// It charges without a key, whatever the design.
    WithoutKey,
    /// It charges, and then another amount with the same key.
    OtherBody,
    /// It reads.
    Read,
}

impl Setup {
    /// Builds the world and returns the client's task, which ends with reading the ledger back.
    pub(super) fn build(&self, plan: &Plan, world: &mut World, store: Rc<Store>) -> Main {
        let (client, server) = self.hosts(plan, world);
        let (requests, spawner, dice) = (Requests::new(), world.spawner(), world.dice());
        let serving = Server::new(
            (server.clone(), spawner.clone(), PORT),
            Rc::clone(&store),
            requests.clone(),
            self.terms,
            dice,
        );
        drop(spawner.spawn("server", serving.run()));
        let remote = server.endpoint(PORT);
        let customer = Client::new(client, requests, remote, self.policy);
        let key = draw_key(&mut dice.stream("payment/keys"));
        let calls = self.calls(&key);
        let closing = self.closing;
        Box::pin(async move {
            for call in &calls {
                customer.call(call).await;
            }
            server.clock().sleep(closing).await;
            read_back(&server, &store).await;
        })
    }

    fn hosts(&self, plan: &Plan, world: &mut World) -> (Net, Net) {
        let client = world.add_host("client", small(plan.client()));
        let server = world.add_host("server", small(plan.server()));
        let path = PathConfig {
            forward: self.link(plan, Direction::ClientToServer),
            backward: self.link(plan, Direction::ServerToClient),
            memory: None,
        };
        world.join(client, server, path);
        (world.net(client), world.net(server))
    }

    fn link(&self, plan: &Plan, direction: Direction) -> LinkConfig {
        let link = plan.link(direction);
        let both = link.drops.iter().chain(self.drops.iter()).copied();
        let drops: DropScripts = both.collect();
        LinkConfig {
            drops: drops.toward(direction),
            loss: self.loss.or(link.loss),
            ..link
        }
    }

    fn calls(&self, key: &str) -> Vec<Call> {
        let with_key = self.terms.design != Design::NoKey && self.deed != Deed::WithoutKey;
        let charge = |body: &str| Call {
            method: Method::POST,
            key: with_key.then(|| key.to_owned()),
            body: body.to_owned(),
        };
        match self.deed {
            Deed::Charge | Deed::WithoutKey => vec![charge(BODY)],
            Deed::OtherBody => vec![charge(BODY), charge(OTHER_BODY)],
            Deed::Read => vec![Call {
                method: Method::GET,
                key: None,
                body: String::new(),
            }],
        }
    }
}

/// The profile with buffers for small messages: making room for large ones would take most of a world's time.
fn small(mut profile: Profile) -> Profile {
    profile.send_buffer = BUFFER;
    profile.recv_buffer = BUFFER;
    profile
}

/// Says what the ledger holds.
async fn read_back(server: &Net, store: &Store) {
    let books = loop {
        match store.books() {
            Ok(books) => break books,
            Err(_busy) => server.clock().sleep(AGAIN).await,
        }
    };
    server.tell(|| AppEvent::Ledger {
        request: None,
        step: LedgerStep::Books {
            charges: books.charges.into(),
            amount: books.amount.into(),
            keys: books.keys.into(),
        },
    });
}
