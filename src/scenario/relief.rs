//! What can be made ideal about a page of a scenario.

use super::model::Scenario;
use crate::app::browser::Version;
use crate::app::tls;
use crate::case::{Plan, Relief, Troubles, stack_reliefs};
use crate::link::LinkConfig;
use crate::measure::diagnosis::{Component, Layer};
use crate::units::Span;

/// Most connections that a browser may be given.
const MOST_CONNECTIONS: usize = 64;

/// The reliefs of a scenario on which the knobs have been turned. One that would change nothing is not among them.
pub(super) fn of(scenario: &Scenario, plan: &Plan) -> Vec<Relief> {
    let mut reliefs = path(scenario, plan);
    reliefs.extend(protocol(scenario));
    reliefs.extend(application(scenario, plan));
    // Browsers and servers switch Nagle off by themselves.
    let nagle = plan.text("nagle") == "on";
    let tunings = stack_reliefs(plan).into_iter();
    reliefs.extend(tunings.filter(|relief| nagle || relief.component != Component::Nagle));
    reliefs
}

fn path(scenario: &Scenario, plan: &Plan) -> Vec<Relief> {
    let mut reliefs = Vec::new();
    let near = plan.span("edge_rtt");
    let mut paths = scenario.paths.iter();
    let is_far = |path: &super::model::Path| {
        scenario.is_clients(path) && path.there.delay + path.back.delay > near
    };
    if paths.any(is_far) {
        reliefs.push(Relief::by(
            (Component::Distance, Layer::L3),
            (format!("an edge {near} away"), "distance"),
            ("place", "edge"),
        ));
    }
    if scenario.links().any(LinkConfig::is_limited) {
        reliefs.push(Relief::faster_line(&Relief::traced(plan)));
    }
    reliefs.extend(Relief::clean_path(Troubles {
        by_chance: scenario.links().any(|link| link.loss.is_some()),
        by_script: scenario.links().any(|link| !link.drops.is_empty()),
        by_outage: scenario.links().any(|link| !link.outages.is_empty()),
        by_hold: scenario.links().any(|link| !link.holds.is_empty()),
    }));
    reliefs
}

fn protocol(scenario: &Scenario) -> Vec<Relief> {
    let page = &scenario.page;
    let speaks = |version| {
        scenario
            .servers
            .iter()
            .any(|server| server.version == version)
    };
    let loses = scenario
        .links()
        .any(|link| link.loss.is_some() || !link.drops.is_empty());
    let mut reliefs = Vec::new();
    let waits = if page.keep_alive {
        "requests that wait for a free connection"
    } else {
        "a new connection for each request"
    };
    if speaks(Version::Http1) {
        if !page.keep_alive {
            let of = (Component::KeepAlive, Layer::L7);
            reliefs.push(Relief::by(of, ("keep-alive", waits), ("keep_alive", "on")));
        }
        let most = MOST_CONNECTIONS.min(page.objects.len());
        if page.connections < most {
            let of = (Component::Connections, Layer::L7);
            let words = (format!("{most} connections"), waits);
            reliefs.push(Relief::by(of, words, ("connections", most.to_string())));
        }
        let of = (Component::Multiplexing, Layer::L7);
        reliefs.push(Relief::by(
            of,
            ("multiplexing (HTTP/2)", waits),
            ("protocol", "h2"),
        ));
    }
    if speaks(Version::Http1) || speaks(Version::Http2) && loses {
        let of = (Component::Streams, Layer::L4);
        let waits = if speaks(Version::Http1) {
            waits
        } else {
            "losses that hold back every stream of one connection"
        };
        let words = ("independent streams (HTTP/3 over QUIC)", waits);
        reliefs.push(Relief::by(of, words, ("protocol", "h3")));
    }
    reliefs
}

fn application(scenario: &Scenario, plan: &Plan) -> Vec<Relief> {
    let mut reliefs = Vec::new();
    let by_tcp = |server: &super::model::Server| {
        server.tls == Some(tls::Version::Tls13) && server.version != Version::Http3
    };
    if scenario.servers.iter().any(by_tcp) && !plan.is_on("early_data") {
        reliefs.push(Relief::by(
            (Component::Handshake, Layer::L7),
            ("early data (TLS 1.3 0-RTT)", "the TLS handshake"),
            ("early_data", "on"),
        ));
    }
    let mut names = scenario.servers.iter().flat_map(|server| &server.names);
    if scenario.resolver.is_some() && names.any(|name| name.lookup.is_some()) {
        reliefs.push(Relief::by(
            (Component::Lookup, Layer::L7),
            ("names that are known already", "the lookup of names"),
            ("lookup", "cached"),
        ));
    }
    let objects = &scenario.page.objects;
    if objects.iter().any(|object| !object.think.is_zero()) {
        reliefs.push(Relief::by(
            (Component::Think, Layer::L7),
            ("servers that answer at once", "the servers' think time"),
            ("think", "0"),
        ));
    }
    let works = objects.iter().any(|object| {
        !object.wait.is_zero()
            || !object.hold.is_zero()
            || object.after.iter().any(|trigger| !trigger.wait.is_zero())
    });
    if works || scenario.page.settle > Span::ZERO {
        reliefs.push(Relief::by(
            (Component::Client, Layer::L7),
            ("a browser that works in no time", "the browser's own work"),
            ("cpu", "x0"),
        ));
    }
    reliefs
}
