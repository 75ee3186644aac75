//! The knobs of a scenario: what `--set` can turn in any world of a page, and what that makes of it.
//!
//! Every knob's default is `own`: as the scenario says. Times of the network can be set or, as `x2`, scaled.

use super::model::{Path, Scenario};
use crate::app::browser::Version;
use crate::app::tls;
use crate::case::{CaseError, Kind, Knob, Plan};
use crate::link::{Direction, LinkConfig, Loss, QueueLimit};
use crate::units::{BitRate, Bytes, Span};

/// The value of a knob that changes nothing.
pub(super) const OWN: &str = "own";

/// The round trip to an edge unless told otherwise.
const EDGE: &str = "5ms";

pub(super) fn own(key: &'static str, kind: Kind, about: &'static str) -> Knob {
    Knob::new(key, OWN, Kind::Or(OWN, Box::new(kind)), about).quiet()
}

/// The knobs, besides those that every case has.
pub(super) fn knobs() -> Vec<Knob> {
    let mut knobs = Vec::from(path_knobs());
    knobs.extend(page_knobs());
    knobs.extend(super::changes::knobs());
    knobs
}

fn path_knobs() -> [Knob; 8] {
    [
        own(
            "rtt",
            Kind::Turn,
            "round trip of every path of the browser's, or a factor such as x2",
        ),
        own("jitter", Kind::Time, "uniform jitter of each delay"),
        own(
            "rate",
            Kind::Rate,
            "rate of the browser's line, in both directions, and of paths that have one; unlimited clears the servers' lines too",
        ),
        own(
            "queue",
            Kind::Queue,
            "drop-tail limit wherever there is a rate or a trace",
        ),
        own(
            "loss",
            Kind::Loss,
            "random loss towards the browser: i.i.d. or gemodel",
        ),
        own(
            "drop",
            Kind::Drops,
            "scripted drops on every path of the browser's",
        ),
        own(
            "place",
            Kind::Choice(&["edge"]),
            "who answers: the servers where they are, or as near as an edge",
        ),
        Knob::new("edge_rtt", EDGE, Kind::Time, "round trip to the edge").quiet(),
    ]
}

fn page_knobs() -> [Knob; 10] {
    [
        own(
            "protocol",
            Kind::Choice(&["http/1.1", "h2", "h3"]),
            "version of HTTP that all servers speak; h3 brings TLS",
        ),
        own("tls", Kind::Switch, "TLS 1.3 on all servers"),
        own(
            "connections",
            Kind::Count(1..=64),
            "connections that the browser opens to one origin by HTTP/1.1",
        ),
        own(
            "keep_alive",
            Kind::Switch,
            "whether connections of HTTP/1.1 carry more than one request",
        ),
        own(
            "think",
            Kind::Turn,
            "how long servers think about each object, or a factor such as x0.5",
        ),
        own(
            "cpu",
            Kind::Factor,
            "how long the browser itself works, as a factor such as x4",
        ),
        own(
            "lookup",
            Kind::Choice(&["cached"]),
            "whether names have to be looked up",
        ),
        Knob::new(
            "early_data",
            "off",
            Kind::Switch,
            "over TLS 1.3 on TCP: the browser was here before, and its first flight carries requests (0-RTT)",
        )
        .quiet(),
        own(
            "http2_window",
            Kind::SizeWithin(1..=(1 << 31) - 1),
            "bytes of HTTP/2 flow control",
        ),
        crate::case::certificates_knob().quiet(),
    ]
}

/// Whether the settings can be applied to the scenario.
pub(super) fn check(scenario: &Scenario, plan: &Plan) -> Result<(), CaseError> {
    let refuse = |first: &str, second: &str, reason: &str| {
        Err(CaseError::Contradiction {
            case: scenario.name.clone(),
            first: first.to_owned(),
            second: second.to_owned(),
            reason: reason.to_owned(),
        })
    };
    let turned = turned(scenario, plan);
    let is_quic = |server: &super::model::Server| server.version == Version::Http3;
    if plan.text("tls") == "off" && turned.servers.iter().any(is_quic) {
        return refuse(
            "tls=off",
            "HTTP/3",
            "QUIC is never without TLS; give --set protocol=h2 too",
        );
    }
    let by_tcp = |server: &super::model::Server| {
        server.tls == Some(tls::Version::Tls13) && server.version != Version::Http3
    };
    if plan.is_on("early_data") && !turned.servers.iter().any(by_tcp) {
        return refuse(
            "early_data=on",
            "the servers",
            "none of them speaks TLS 1.3 on TCP; give --set tls=on",
        );
    }
    if plan.text("queue") != OWN && !turned.links().any(LinkConfig::is_limited) {
        let first = format!("queue={}", plan.text("queue"));
        return refuse(
            &first,
            "rate=own",
            "no line of the scenario has a rate or a trace, so nothing waits; give --set rate=10mbit too",
        );
    }
    if plan.text("lookup") != OWN && scenario.resolver.is_none() {
        return refuse(
            "lookup=cached",
            "the names",
            "none of them has to be looked up; leave the setting out",
        );
    }
    Ok(())
}

/// The scenario as a plan has it.
pub(super) fn turned(scenario: &Scenario, plan: &Plan) -> Scenario {
    let mut turned = scenario.clone();
    turned.turn_paths(plan);
    turned.turn_servers(plan);
    turned.turn_page(plan);
    turned
}

/// A value, unless it is `own`.
fn given<T: std::str::FromStr<Err: std::fmt::Debug>>(plan: &Plan, key: &str) -> Option<T> {
    plan.optional(key, OWN)
}

/// A value that may be a word of its own: `None` if it is `own`, `Some(None)` if it is the word.
#[expect(
    clippy::option_option,
    reason = "not given, given as none, and given are three things"
)]
fn given_or<T: std::str::FromStr<Err: std::fmt::Debug>>(
    plan: &Plan,
    key: &str,
    word: &str,
) -> Option<Option<T>> {
    match plan.text(key) {
        OWN => None,
        text if text == word => Some(None),
        _ => Some(given(plan, key)),
    }
}

/// A time that is set, or scaled as `x2`.
fn turn(plan: &Plan, key: &str, span: Span) -> Span {
    match plan.text(key) {
        OWN => span,
        text => match text.strip_prefix('x') {
            Some(factor) => scaled(span, factor),
            None => given(plan, key).unwrap_or(span),
        },
    }
}

/// A time by a factor, to the nanosecond.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "times are shorter than the 104 days up to which a float counts nanoseconds"
)]
fn scaled(span: Span, factor: &str) -> Span {
    let factor: f64 = factor.parse().unwrap_or(1.0);
    Span::from_nanos((span.as_nanos() as f64 * factor).round() as u64)
}

impl Scenario {
    fn turn_paths(&mut self, plan: &Plan) {
        let client = self.page.client;
        let edge = (plan.text("place") == "edge").then(|| plan.span("edge_rtt"));
        for path in &mut self.paths {
            if !path.ends.contains(&client) {
                continue;
            }
            let trip = path.there.delay + path.back.delay;
            let wanted = turn(plan, "rtt", trip);
            let wanted = edge.map_or(wanted, |edge| edge.min(wanted));
            if wanted != trip {
                path.set_trip(wanted);
            }
            path.turn(plan, client);
        }
        if let Some(rate) = given_or::<BitRate>(plan, "rate", "unlimited") {
            let machine = &mut self.hosts[client];
            for line in [&mut machine.up, &mut machine.down] {
                (line.rate, line.trace) = (rate, None);
            }
            for link in self.paths.iter_mut().flat_map(Path::links_mut) {
                if link.is_limited() {
                    (link.rate, link.trace) = (rate, None);
                }
            }
            if rate.is_none() {
                // What is to have no limit has none at the servers' lines either.
                let machines = self.hosts.iter_mut();
                for line in machines.flat_map(|machine| [&mut machine.up, &mut machine.down]) {
                    (line.rate, line.trace) = (None, None);
                }
            }
        }
        self.turn_changes(plan);
        if let Some(limit) = given_or::<QueueLimit>(plan, "queue", "unlimited") {
            let machines = self.hosts.iter_mut();
            let machines = machines.flat_map(|machine| [&mut machine.up, &mut machine.down]);
            for link in machines.chain(self.paths.iter_mut().flat_map(Path::links_mut)) {
                link.limit = limit.filter(|_| link.is_limited());
            }
        }
    }

    fn turn_servers(&mut self, plan: &Plan) {
        for server in &mut self.servers {
            server.version = match plan.text("protocol") {
                "http/1.1" => Version::Http1,
                "h2" => Version::Http2,
                "h3" => Version::Http3,
                _ => server.version,
            };
            match plan.text("tls") {
                "off" => server.tls = None,
                "on" => server.tls = Some(tls::Version::Tls13),
                _ => {}
            }
            if server.version == Version::Http3 {
                server.tls = Some(tls::Version::Tls13);
            }
            if plan.text("lookup") == "cached" {
                for name in &mut server.names {
                    name.lookup = None;
                }
            }
            server.setup = turn(plan, "cpu", server.setup);
        }
    }

    fn turn_page(&mut self, plan: &Plan) {
        let page = &mut self.page;
        if let Some(connections) = given(plan, "connections") {
            page.connections = connections;
        }
        match plan.text("keep_alive") {
            "on" => page.keep_alive = true,
            "off" => page.keep_alive = false,
            _ => {}
        }
        page.settle = turn(plan, "cpu", page.settle);
        for object in &mut page.objects {
            object.think = turn(plan, "think", object.think);
            object.wait = turn(plan, "cpu", object.wait);
            object.hold = turn(plan, "cpu", object.hold);
            for trigger in &mut object.after {
                trigger.wait = turn(plan, "cpu", trigger.wait);
            }
        }
    }

    /// All lines and paths.
    pub(super) fn links(&self) -> impl Iterator<Item = &LinkConfig> {
        let machines = self.hosts.iter();
        let machines = machines.flat_map(|machine| [&machine.up, &machine.down]);
        let paths = self.paths.iter().flat_map(|path| [&path.there, &path.back]);
        machines.chain(paths)
    }
}

impl Path {
    fn links_mut(&mut self) -> [&mut LinkConfig; 2] {
        [&mut self.there, &mut self.back]
    }

    /// Gives both directions half of a round trip; what does not halve evenly goes to the way back.
    pub(super) fn set_trip(&mut self, trip: Span) {
        self.there.delay = trip / 2;
        self.back.delay = trip - trip / 2;
    }

    /// What knobs other than the round trip make of a path of the browser's.
    fn turn(&mut self, plan: &Plan, client: usize) {
        if let Some(jitter) = given(plan, "jitter") {
            (self.there.jitter, self.back.jitter) = (jitter, jitter);
        }
        let (up, down) = if self.ends[0] == client {
            (&mut self.there, &mut self.back)
        } else {
            (&mut self.back, &mut self.there)
        };
        if let Some(loss) = given_or::<Loss>(plan, "loss", "0") {
            down.loss = loss;
            if loss.is_none() {
                up.loss = None;
            }
        }
        if let Some(drops) = given_or::<crate::link::DropScripts>(plan, "drop", "none") {
            let drops = drops.unwrap_or_default();
            up.drops = drops.toward(Direction::ClientToServer);
            down.drops = drops.toward(Direction::ServerToClient);
        }
    }
}

/// The flow-control window of HTTP/2 in bytes, as browsers have it unless the plan says otherwise.
pub(super) fn http2_window(plan: &Plan) -> u32 {
    /// What Chromium gives each stream.
    const CHROMIUM: u32 = 6 << 20;
    let window = given::<Bytes>(plan, "http2_window").map(|window| u32::try_from(window.0));
    window.and_then(Result::ok).unwrap_or(CHROMIUM)
}
