//! One request over a secure connection, TLS on TCP or QUIC.

use super::super::secure::{self, Security};
use super::{Main, Plan, Stage, pair};
use crate::app::http::{Client, Object, Requests, Server, Site};
use crate::app::tls::Terms;
use crate::app::{http1, http3};
use crate::case::stage::Pair;
use crate::units::Span;

/// Where the server listens.
const PORT: u16 = 443;

/// What the server is called.
const NAME: &str = "server.test";

/// What carries the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// HTTP/1.1 over TLS on TCP.
    Tls,
    /// HTTP/3 over QUIC.
    Quic,
}

/// One request; with early data a connection before it has fetched the ticket.
pub(super) fn build(plan: &Plan, stage: &mut Stage<'_>, terms: Terms, carrier: Carrier) -> Main {
    let Pair { client, server } = pair(plan, stage);
    let (requests, spawner) = (Requests::new(), stage.spawner());
    let secure::Pair {
        client: to_server,
        server: identity,
    } = Security::of(plan, stage).pair(&client, &server, NAME, terms);
    let remote = server.endpoint(PORT);
    let object = Object {
        bytes: 2,
        think: Span::ZERO,
    };
    let site = Site::new([object], requests.clone());
    let server = Server::new(server, spawner.clone(), PORT, site).with_tls(identity);
    match carrier {
        Carrier::Tls => drop(spawner.spawn("server", http1::serve(server))),
        Carrier::Quic => drop(spawner.spawn("server", http3::serve(server))),
    }
    let client = Client::new(client, spawner, requests, remote, NAME).with_tls(to_server);
    Box::pin(async move {
        if terms.early_data {
            fetch(client.clone(), carrier).await;
        }
        fetch(client, carrier).await;
    })
}

async fn fetch(client: Client, carrier: Carrier) {
    let path = [Site::path(1)];
    match carrier {
        Carrier::Tls => http1::fetch(client, path, 1).await,
        Carrier::Quic => http3::fetch(client, path).await,
    }
}
