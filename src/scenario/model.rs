//! What a scenario is, once it is understood: hosts, paths, servers, the page that a browser fetches, faults and
//! expectations. Plain values; positions in the lists are the names by which they know each other.

use crate::app::browser::{Trigger, Version};
use crate::app::tls;
use crate::link::{LinkConfig, Trace, Trouble};
use crate::units::{SimTime, Span};

/// A world of a user's own, and what is asked of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scenario {
    /// Its name as a case.
    pub name: String,
    /// The name of the file that it was read from, if it was read from one.
    pub file: Option<String>,
    /// The question that it answers, in one sentence.
    pub question: String,
    /// The seed of every chance, unless the command line gives one.
    pub seed: Option<u64>,
    /// The ways to run it, one at least.
    pub variants: Vec<Way>,
    /// The traces that settings of its variants name.
    pub traces: Vec<Trace>,
    /// The hosts.
    pub hosts: Vec<Machine>,
    /// What joins them.
    pub paths: Vec<Path>,
    /// Round trip to the resolver, if names have to be looked up.
    pub resolver: Option<Span>,
    /// Who answers.
    pub servers: Vec<Server>,
    /// What is asked for.
    pub page: Page,
    /// What goes wrong, and when.
    pub faults: Vec<Fault>,
    /// What is expected.
    pub expectations: Vec<Expectation>,
    /// The page time of the recording that it was made of, if it was made of one.
    pub recorded: Option<Span>,
    /// The page time of a replay on the recording's own conditions.
    pub replayed: Option<Span>,
    /// What was assumed when it was made, in sentences.
    pub assumptions: Vec<String>,
}

/// A way to run a scenario: settings of its knobs under a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Its name as a variant.
    pub name: String,
    /// What happens in it, in one line.
    pub about: String,
    /// The settings.
    pub set: Vec<(String, String)>,
}

/// A host and its access line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Its name.
    pub name: String,
    /// The line from it.
    pub up: LinkConfig,
    /// The line to it.
    pub down: LinkConfig,
}

/// A path between two hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path {
    /// Its ends.
    pub ends: [usize; 2],
    /// From the first to the second.
    pub there: LinkConfig,
    /// From the second to the first.
    pub back: LinkConfig,
}

/// Something that answers HTTP on a port of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The host.
    pub host: usize,
    /// What it is called in URLs. By HTTP/2 and HTTP/3 all of them share one connection.
    pub names: Vec<Name>,
    /// The version of HTTP.
    pub version: Version,
    /// The version of TLS, if it speaks TLS.
    pub tls: Option<tls::Version>,
    /// The port.
    pub port: u16,
    /// How long the client works on a new connection before it is ready.
    pub setup: Span,
    /// Whether a connection to it is there before the page begins.
    pub warm: bool,
}

/// A name of a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// For example `www.shop.test`.
    pub name: String,
    /// If it has to be looked up: how much longer that takes than the resolver's answer.
    pub lookup: Option<Span>,
}

/// What a browser fetches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The browser's host.
    pub client: usize,
    /// Connections that it opens to one origin by HTTP/1.1.
    pub connections: usize,
    /// Whether they are kept.
    pub keep_alive: bool,
    /// How long the browser works after the last object, until the page is there.
    pub settle: Span,
    /// The objects, in the order in which the browser finds them.
    pub objects: Vec<Object>,
}

/// An object of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// The server, and which of its names the URL has.
    pub server: usize,
    /// Position among the server's names.
    pub name: usize,
    /// The path of its URL, unlike that of any other object of its server.
    pub path: String,
    /// Length of the body as it is sent, in bytes.
    pub bytes: u64,
    /// Bytes of the request besides what every request has.
    pub request: usize,
    /// How long the server thinks before it answers.
    pub think: Span,
    /// What it waits for.
    pub after: Vec<Trigger>,
    /// How long after the page's beginning it is asked for at the earliest.
    pub wait: Span,
    /// How long the browser works on the request itself, once it may go out.
    pub hold: Span,
    /// Who gets a free connection first: 0 is the lowest.
    pub priority: u8,
    /// Who gets it before any priority counts: the smallest.
    pub turn: Option<u32>,
    /// Whether the page is there without it.
    pub background: bool,
    /// Whether the page's first layout waits for it, and with that every object of priority 0.
    pub blocking: bool,
}

/// Something that goes wrong on a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The hosts on either side.
    pub between: [String; 2],
    /// Whether only frames to the second one meet it.
    pub one_way: bool,
    /// When it begins.
    pub from: SimTime,
    /// When it ends.
    pub until: SimTime,
    /// What happens meanwhile.
    pub what: Trouble,
}

/// Something that is expected of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// The variant of which it is expected; of all if none is named.
    pub variant: Option<String>,
    /// What is looked at.
    pub what: Figure,
    /// The most that it may be: nanoseconds for times, thousandths for round trips, else a count.
    pub most: u64,
}

/// A figure of a run that may be limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// The page's time.
    Page,
    /// The page's time in round trips.
    RoundTrips,
    /// The time from the page's beginning to the end of the object that is called so, by
    /// [`Scenario::object_called`]; in a case of the catalog, of that path or URL.
    Object(String),
    /// Retransmission timeouts.
    Timeouts,
    /// Segments that were sent again.
    Retransmissions,
    /// Connections that were opened.
    Connections,
    /// Bytes of all frames.
    Bytes,
}

impl Scenario {
    /// The traces of its lines and paths, and those that its variants name.
    pub fn all_traces(&self) -> impl Iterator<Item = &Trace> {
        let lines = self.links().filter_map(|link| link.trace.as_ref());
        lines.chain(&self.traces)
    }

    /// Whether a path has the browser's host at one end.
    pub fn is_clients(&self, path: &Path) -> bool {
        path.ends.contains(&self.page.client)
    }

    /// The URL of an object as the browser asks for it: by HTTP/2 and HTTP/3 by the first name of its server.
    pub fn url(&self, object: &Object) -> String {
        let server = &self.servers[object.server];
        let name = match server.version {
            Version::Http1 => object.name,
            _ => 0,
        };
        let (name, is_secure) = (&server.names[name].name, server.tls.is_some());
        crate::case::url(is_secure, name, server.port, &object.path)
    }

    /// The object that somebody calls by its URL, with any of its server's names and with or without the port, by its
    /// path, or by the end of its path: `hero.jpg` for `/img/hero.jpg`. The scheme says nothing, since a knob turns it.
    pub fn object_called(&self, name: &str) -> Option<&Object> {
        let wanted = name.split_once("://").map_or(name, |(_, rest)| rest);
        let is_url = |object: &&Object| {
            let server = &self.servers[object.server];
            let is_before_path = |authority: &str| {
                let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
                let is_port = port.is_empty() || port == server.port.to_string();
                is_port && server.names.iter().any(|known| known.name == host)
            };
            wanted
                .strip_suffix(object.path.as_str())
                .is_some_and(is_before_path)
        };
        let is_end = |object: &&Object| {
            let before = object.path.strip_suffix(wanted);
            before.is_some_and(|before| !wanted.is_empty() && before.ends_with('/'))
        };
        let objects = || self.page.objects.iter();
        let by_path = objects().find(|object| object.path == name);
        by_path
            .or_else(|| objects().find(is_url))
            .or_else(|| objects().find(is_end))
    }

    /// The round trip between the browser and its servers, if it is the same to all of them and constant.
    pub fn rtt(&self) -> Option<Span> {
        let mut paths = self.paths.iter().filter(|path| self.is_clients(path));
        let trip = |path: &Path| {
            let constant = path.there.jitter.is_zero() && path.back.jitter.is_zero();
            constant.then(|| path.there.delay + path.back.delay)
        };
        let first = trip(paths.next()?)?;
        paths.all(|path| trip(path) == Some(first)).then_some(first)
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            host: 0,
            names: Vec::new(),
            version: Version::Http1,
            tls: None,
            port: 80,
            setup: Span::ZERO,
            warm: false,
        }
    }
}
