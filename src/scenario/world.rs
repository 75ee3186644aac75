//! A scenario on the stage: hosts, paths, servers, and the browser's plan.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::model::{Object, Page, Scenario, Server};
use super::turn;
use crate::app::browser::{self, Fetch, Origin, Version};
use crate::app::dns::{Authority, Meaning, Stub, Zone};
use crate::app::http::{self, Client, Requests, Site, document};
use crate::app::tls::{self, Terms};
use crate::app::{http1, http2, http3};
use crate::case::{Main, Plan, Security, Stage, authority, url};
use crate::event::HostId;
use crate::link::LinkConfig;
use crate::rt::Net;
use crate::sim::{Access, PathConfig};
use crate::units::Span;

/// How long an answer of the resolver may be kept, in seconds.
const TTL: u32 = 300;

/// What the resolver's host is called.
pub(super) const RESOLVER: &str = "resolver";

/// A world under construction.
struct Builder<'a, 'w> {
    scenario: &'a Scenario,
    plan: &'a Plan,
    stage: &'a mut Stage<'w>,
    hosts: Vec<HostId>,
    resolver: Option<HostId>,
    requests: Requests,
}

/// Builds the world of a scenario on which the knobs have been turned.
pub(super) fn build(scenario: &Scenario, plan: &Plan, stage: &mut Stage<'_>) -> Main {
    let mut builder = Builder {
        scenario,
        plan,
        stage,
        hosts: Vec::new(),
        resolver: None,
        requests: Requests::new(),
    };
    builder.hosts();
    let stub = builder.names();
    let origins = builder.origins(stub.as_ref());
    builder.offers();
    let fetches = fetches(&scenario.page, &origins);
    let origins = origins.into_values().collect();
    let net = builder.net(scenario.page.client);
    super::fault::put(&scenario.faults, builder.stage);
    Box::pin(browser::browse(net, origins, fetches, scenario.page.settle))
}

/// By which server and which of its names an origin is known; by HTTP/2 and HTTP/3 all names are one.
type Key = (usize, usize);

fn key(server: &Server, position: usize, name: usize) -> Key {
    match server.version {
        Version::Http1 => (position, name),
        _ => (position, 0),
    }
}

impl Builder<'_, '_> {
    fn hosts(&mut self) {
        let (client, server) = (self.plan.client(), self.plan.server());
        let page = &self.scenario.page;
        for (position, machine) in self.scenario.hosts.iter().enumerate() {
            let profile = if position == page.client {
                &client
            } else {
                &server
            };
            let access = Access {
                up: machine.up.clone(),
                down: machine.down.clone(),
            };
            let world = &mut *self.stage.world;
            let host = world.add_host_with(&machine.name, profile.clone(), 1, access);
            self.hosts.push(host);
        }
        for path in &self.scenario.paths {
            let [from, to] = path.ends.map(|end| self.hosts[end]);
            let path = PathConfig {
                forward: path.there.clone(),
                backward: path.back.clone(),
                memory: None,
            };
            self.stage.world.join(from, to, path);
        }
    }

    fn net(&self, position: usize) -> Net {
        self.stage.world.net(self.hosts[position])
    }

    /// The resolver, if anything has to be looked up, and the stub that asks it.
    fn names(&mut self) -> Option<Stub> {
        let trip = self.scenario.resolver?;
        let servers = self.scenario.servers.iter();
        let mut names = servers.flat_map(|server| {
            let names = server.names.iter();
            let asked = names.filter(|name| name.lookup.is_some());
            asked.map(move |name| (name.name.clone(), server.host))
        });
        let first = names.next()?;
        let world = &mut *self.stage.world;
        let resolver = world.add_host(RESOLVER, self.plan.server());
        self.resolver = Some(resolver);
        let client = self.hosts[self.scenario.page.client];
        world.join(client, resolver, even(trip));
        let chance = world.dice().stream("scenario/turns");
        let mut zone = Zone::new(TTL, chance);
        for (name, host) in std::iter::once(first).chain(names) {
            let address = world.net(self.hosts[host]).address();
            zone = zone.with(&name, Meaning::Fixed(address));
        }
        let net = world.net(resolver);
        let stub = Stub::new(&world.net(client), world.dice(), net.address()).with_cache();
        let spawner = self.stage.spawner();
        drop(spawner.spawn("resolver", Authority::new(net, zone).serve()));
        Some(stub)
    }

    /// Starts the servers; the browser's origins by their keys.
    fn origins(&mut self, stub: Option<&Stub>) -> BTreeMap<Key, Origin> {
        let security = Security::of(self.plan, self.stage);
        let mut origins = BTreeMap::new();
        for (position, server) in self.scenario.servers.iter().enumerate() {
            let own = self.server(position, server, &security);
            for (ordinal, name) in server.names.iter().enumerate() {
                let key = key(server, position, ordinal);
                if origins.contains_key(&key) {
                    continue;
                }
                let mut client = self.client(server, &name.name);
                if let (Some(stub), Some(wait)) = (stub, name.lookup) {
                    client = client.with_lookup(stub.clone());
                    client.lookup_wait = wait;
                }
                if let Some(terms) = self.terms(server) {
                    let net = self.net(self.scenario.page.client);
                    let tls = security.client(&net, &name.name, terms);
                    if let Some(own) = own.as_ref().filter(|_| terms.early_data) {
                        tls.visit(own);
                    }
                    client = client.with_tls(tls);
                }
                let origin = Origin {
                    client,
                    version: server.version,
                    connections: self.scenario.page.connections,
                    keep_alive: self.scenario.page.keep_alive,
                    warm: server.warm && ordinal == 0,
                };
                origins.insert(key, origin);
            }
        }
        origins
    }

    /// What programs outside can use.
    fn offers(&mut self) {
        let page = &self.scenario.page;
        let mut asked = Vec::new();
        for server in &self.scenario.servers {
            for name in &server.names {
                self.stage.offers.name(&name.name, self.hosts[server.host]);
                asked.extend(name.lookup.map(|_| name.name.as_str()));
            }
        }
        if let Some(resolver) = self.resolver {
            self.stage.offers.resolve(resolver, &asked);
        }
        let first = page.objects.first().map(|object| self.url(object));
        self.stage.offers.urls.extend(first);
    }

    fn url(&self, object: &Object) -> String {
        let server = &self.scenario.servers[object.server];
        let name = &server.names[object.name].name;
        url(server.tls.is_some(), name, server.port, &object.path)
    }

    /// The page's document, which names its other objects: browsers outside look into it.
    fn document(&self, server: usize) -> Option<(String, Bytes)> {
        let (first, others) = self.scenario.page.objects.split_first()?;
        if !self.stage.is_attached || first.server != server {
            return None;
        }
        let urls: Vec<_> = others.iter().map(|object| self.url(object)).collect();
        Some((first.path.clone(), document(&urls, Some(first.bytes))?))
    }

    fn client(&self, server: &Server, name: &str) -> Client {
        let mut client = Client::new(
            self.net(self.scenario.page.client),
            self.stage.spawner(),
            self.requests.clone(),
            self.net(server.host).endpoint(server.port),
            &authority(server.tls.is_some(), name, server.port),
        );
        client.http2_window = Some(turn::http2_window(self.plan));
        client.setup = server.setup;
        client
    }

    /// Starts a server; it serves until the world ends.
    fn server(
        &self,
        position: usize,
        server: &Server,
        security: &Security,
    ) -> Option<tls::ServerTls> {
        let objects = self.scenario.page.objects.iter();
        let objects = objects.filter(|object| object.server == position);
        let objects = objects.map(|object| {
            let (bytes, think) = (object.bytes, object.think);
            (object.path.clone(), http::Object { bytes, think })
        });
        let site = Site::named(objects, self.requests.clone());
        let mut site = site.with_documents(self.document(position));
        if self.stage.is_attached {
            site = site.with_pictures();
        }
        let (net, spawner) = (self.net(server.host), self.stage.spawner());
        let mut serving = http::Server::new(net.clone(), spawner.clone(), server.port, site);
        let tls = self.terms(server).map(|terms| {
            let names: Vec<_> = server.names.iter().map(|name| &*name.name).collect();
            security.server_of(&net, &names, terms)
        });
        if let Some(tls) = &tls {
            serving = serving.with_tls(tls.clone());
        }
        match server.version {
            Version::Http1 => drop(spawner.spawn("server", http1::serve(serving))),
            Version::Http2 => drop(spawner.spawn("server", http2::serve(serving))),
            Version::Http3 => drop(spawner.spawn("server", http3::serve(serving))),
        }
        tls
    }

    fn terms(&self, server: &Server) -> Option<Terms> {
        let version = server.tls?;
        let alpn: &[&str] = match server.version {
            Version::Http1 => &["http/1.1"],
            Version::Http2 => &["h2"],
            Version::Http3 => &["h3"],
        };
        let early = self.plan.is_on("early_data")
            && version == tls::Version::Tls13
            && server.version != Version::Http3;
        Some(Terms {
            version,
            early_data: early,
            alpn,
        })
    }
}

/// What the browser asks for, with the positions of the origins in the order of their keys.
fn fetches(page: &Page, origins: &BTreeMap<Key, Origin>) -> Vec<Fetch> {
    let position = |server: usize, name: usize| {
        let mut keys = origins.keys();
        let exact = origins.contains_key(&(server, name));
        let wanted = (server, if exact { name } else { 0 });
        keys.position(|key| *key == wanted).unwrap_or_default()
    };
    let objects = page.objects.iter();
    objects
        .map(|object| Fetch {
            origin: position(object.server, object.name),
            path: object.path.clone(),
            after: object.after.clone(),
            wait: object.wait,
            hold: object.hold,
            priority: object.priority,
            turn: object.turn,
            padding: object.request,
            background: object.background,
            blocking: object.blocking,
        })
        .collect()
}

/// A path of this round trip that does nothing else.
fn even(trip: Span) -> PathConfig {
    let link = |delay| LinkConfig {
        delay,
        ..LinkConfig::default()
    };
    PathConfig {
        forward: link(trip / 2),
        backward: link(trip - trip / 2),
        memory: None,
    }
}
