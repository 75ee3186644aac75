//! Whoever tells the browser where the server is.

use super::world::NAME;
use crate::app::dns::{Authority, Meaning, Resolver, Stub, Zone};
use crate::case::{Plan, Stage};
use crate::event::HostId;
use crate::link::LinkConfig;
use crate::rt::Net;
use crate::sim::PathConfig;
use crate::units::Span;

/// How long an answer may be kept, in seconds.
const TTL: u32 = 300;

/// What the browser asks for the address of `server`, if it has to ask at all.
pub(super) fn lookup(
    plan: &Plan,
    stage: &mut Stage<'_>,
    (client, server): (&Net, &Net),
) -> Option<Stub> {
    let is_cold = match plan.text("lookup") {
        "none" => return None,
        word => word == "cold",
    };
    let resolver = stage.world.add_host("resolver", plan.server());
    let authority = stage.world.add_host("authority", plan.server());
    join(stage, client.host(), resolver, plan.span("resolver_rtt"));
    join(stage, resolver, authority, plan.span("authority_rtt"));
    let answers = resolver;
    let (world, spawner) = (&stage.world, stage.spawner());
    let (net, authority) = (world.net(resolver), world.net(authority));
    let chance = world.dice().stream("image-page/turns");
    let zone = Zone::new(TTL, chance).with(NAME, Meaning::Fixed(server.address()));
    let stub = Stub::new(client, world.dice(), net.address());
    let resolver = Resolver::new(net, spawner.clone(), world.dice(), authority.address());
    drop(spawner.spawn("resolver", resolver.serve()));
    stage.offers.resolve(answers, &[NAME]);
    drop(spawner.spawn("authority", Authority::new(authority, zone).serve()));
    Some(if is_cold {
        stub.with_cache()
    } else {
        stub.knowing(NAME, server.address())
    })
}

fn join(stage: &mut Stage<'_>, from: HostId, to: HostId, rtt: Span) {
    let path = |delay| LinkConfig {
        delay,
        ..LinkConfig::default()
    };
    let path = PathConfig {
        forward: path(rtt / 2),
        backward: path(rtt - rtt / 2),
        memory: None,
    };
    stage.world.join(from, to, path);
}
