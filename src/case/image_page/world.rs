//! Client, origin and edge, and the browser's plan.

use super::shape::{Place, Protocol, Shape};
use super::{knobs, listed, names};
use crate::app::http::{Client, Object, Requests, Server, Site, Want, document};
use crate::app::proxy::{self, Upstream};
use crate::app::tls::Terms;
use crate::app::{http1, http2, http3};
use crate::case::secure::{self, Security};
use crate::case::{Main, Plan, Stage, url};
use crate::event::HostId;
use crate::link::{Direction, LinkConfig};
use crate::rt::Net;
use crate::sim::PathConfig;
use crate::units::Span;

/// What the images' origin is called in requests.
pub(super) const NAME: &str = "images.test";

/// The hosts of a page.
struct Hosts {
    client: Net,
    origin: Net,
    edge: Net,
}

/// Builds the world; the page begins once an edge that needs it has its warm connection.
pub(super) fn build(plan: &Plan, stage: &mut Stage<'_>) -> Main {
    let shape = Shape::of(plan);
    let hosts = hosts(plan, stage);
    let requests = Requests::new();
    let site = site(plan, stage, &requests);
    let spawner = stage.spawner();
    let near = match shape.place {
        Place::Origin => &hosts.origin,
        Place::Edge | Place::EdgeMiss => &hosts.edge,
    };
    let mut server = Server::new(near.clone(), spawner.clone(), port(shape), site.clone());
    stage.offers.name(NAME, near.host());
    stage
        .offers
        .urls
        .push(url(shape.tls, NAME, port(shape), "/"));
    let mut client = Client::new(
        hosts.client.clone(),
        spawner.clone(),
        requests.clone(),
        near.endpoint(port(shape)),
        NAME,
    );
    if shape.tls {
        (client, server) = secured(plan, stage, (client, server), (&hosts.client, near));
    }
    client.http2_window = knobs::http2_window(plan);
    if let Some(stub) = names::lookup(plan, stage, (&hosts.client, near)) {
        client = client.with_lookup(stub);
    }
    let wants = wants(plan);
    if shape.place == Place::EdgeMiss {
        let origin = Server::new(hosts.origin.clone(), spawner.clone(), port(shape), site);
        spawner.spawn("origin", http2::serve(origin));
        let remote = hosts.origin.endpoint(port(shape));
        let upstream = Client::new(hosts.edge.clone(), spawner.clone(), requests, remote, NAME);
        let warm = Upstream::warm(upstream, Site::path(warm_object(plan)));
        return Box::pin(async move {
            // Without a way to the origin nothing is answered, and the recording says why.
            if let Ok(upstream) = warm.await {
                spawner.spawn("edge", proxy::serve(server, upstream));
                http2::fetch(client, wants).await;
            }
        });
    }
    serve(shape, server);
    match shape.protocol {
        Protocol::NewEach => Box::pin(async move {
            for want in wants {
                http1::fetch(client.clone(), [want], 1).await;
            }
        }),
        Protocol::Serial => Box::pin(http1::fetch(client, wants, 1)),
        Protocol::Six => {
            let connections = plan.count("connections");
            let connections = usize::try_from(connections).expect("the knob's range is small");
            Box::pin(http1::fetch(client, wants, connections))
        }
        Protocol::H2 => Box::pin(http2::fetch(client, wants)),
        Protocol::H3 => Box::pin(http3::fetch(client, wants)),
    }
}

/// What the servers have; for browsers outside also a document that names the images, and images to see.
fn site(plan: &Plan, stage: &Stage<'_>, requests: &Requests) -> Site {
    let site = Site::new(objects(plan), requests.clone());
    if !stage.is_attached {
        return site;
    }
    let paths: Vec<_> = wants(plan).into_iter().map(|want| want.path).collect();
    let gallery = document(&paths, None).map(|document| ("/".to_owned(), document));
    site.with_documents(gallery).with_pictures()
}

/// Both sides over TLS, or QUIC.
fn secured(
    plan: &Plan,
    stage: &mut Stage<'_>,
    (client, server): (Client, Server),
    (browser, near): (&Net, &Net),
) -> (Client, Server) {
    let shape = Shape::of(plan);
    let alpn = match shape.protocol {
        Protocol::H2 => &["h2"],
        Protocol::H3 => &["h3"],
        _ => &["http/1.1"],
    };
    let security = Security::of(plan, stage);
    let terms = Terms {
        early_data: shape.early_data,
        ..secure::modern(alpn)
    };
    let pair = security.pair(browser, near, NAME, terms);
    if shape.early_data {
        pair.client.visit(&pair.server);
    }
    (client.with_tls(pair.client), server.with_tls(pair.server))
}

/// Starts the server; it serves until the world ends.
fn serve(shape: Shape, server: Server) {
    let spawner = server.spawner.clone();
    match shape.protocol {
        Protocol::H2 => drop(spawner.spawn("server", http2::serve(server))),
        Protocol::H3 => drop(spawner.spawn("server", http3::serve(server))),
        _ => drop(spawner.spawn("server", http1::serve(server))),
    }
}

const fn port(shape: Shape) -> u16 {
    if shape.tls { 443 } else { 80 }
}

/// Only the hosts that a variant needs are joined.
fn hosts(plan: &Plan, stage: &mut Stage<'_>) -> Hosts {
    let shape = Shape::of(plan);
    let client = stage.world.add_host("client", plan.client());
    let far = |stage: &mut Stage<'_>| stage.world.add_host("origin", plan.server());
    let near = |stage: &mut Stage<'_>| stage.world.add_host("edge", plan.server());
    let (origin, edge) = match shape.place {
        Place::Origin => {
            let origin = far(stage);
            stage.join(plan, client, origin, None);
            (origin, origin)
        }
        Place::Edge => {
            let edge = near(stage);
            join_near(plan, stage, client, edge);
            (edge, edge)
        }
        Place::EdgeMiss => {
            let (origin, edge) = (far(stage), near(stage));
            join_near(plan, stage, client, edge);
            let delay = plan.span("backhaul_rtt") / 2;
            let path = |delay| LinkConfig {
                delay,
                ..LinkConfig::default()
            };
            let backhaul = PathConfig {
                forward: path(delay),
                backward: path(plan.span("backhaul_rtt") - delay),
                memory: None,
            };
            stage.world.join(edge, origin, backhaul);
            (origin, edge)
        }
    };
    Hosts {
        client: stage.world.net(client),
        origin: stage.world.net(origin),
        edge: stage.world.net(edge),
    }
}

/// The path of the knobs with the edge's delay: whatever else limits the client's line limits it there too.
fn join_near(plan: &Plan, stage: &mut Stage<'_>, client: HostId, edge: HostId) {
    let rtt = plan.span("edge_rtt");
    let link = |direction, delay| LinkConfig {
        delay,
        ..plan.link(direction)
    };
    let path = PathConfig {
        forward: link(Direction::ClientToServer, rtt / 2),
        backward: link(Direction::ServerToClient, rtt - rtt / 2),
        memory: None,
    };
    stage.world.join(client, edge, path);
}

/// The images, and after them the object with which an edge opens the window of its connection.
fn objects(plan: &Plan) -> Vec<Object> {
    let mut by_ordinal = listed(plan);
    by_ordinal.sort_unstable();
    let think = plan.span("think");
    let total: u64 = by_ordinal.iter().map(|(_, bytes)| bytes).sum();
    let warm = Object {
        bytes: 2 * total + 100_000,
        think: Span::ZERO,
    };
    let images = by_ordinal
        .into_iter()
        .map(|(_, bytes)| Object { bytes, think });
    images.chain([warm]).collect()
}

fn warm_object(plan: &Plan) -> u64 {
    listed(plan).len() as u64 + 1
}

/// What the browser asks for, in its order.
fn wants(plan: &Plan) -> Vec<Want> {
    let discovery = plan.span("discovery");
    let wants = (0..).zip(listed(plan));
    wants
        .map(|(position, (ordinal, _))| Want {
            path: Site::path(ordinal),
            after: discovery * position,
        })
        .collect()
}
