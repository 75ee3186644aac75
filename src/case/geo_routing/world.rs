//! The applications of a plan: names, servers, and users who visit one after another.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::hosts::Hosts;
use super::map::Region;
use super::setup::{Policy, SINGLE, SITE, Setup, Step};
use crate::app::dns::{Authority, Meaning, Resolver, Stub, Subnet, Zone};
use crate::app::http::{Client, Object, Requests, Server, Site};
use crate::app::http2;
use crate::app::proxy::{self, Upstream};
use crate::app::tls::{ClientTls, Terms};
use crate::case::secure::{Security, modern};
use crate::case::{Main, Plan, Stage};
use crate::rt::{Net, Spawner};
use crate::units::Span;

/// Where HTTPS servers listen.
const PORT: u16 = 443;

/// What certificates are for.
const CERTIFIED: &str = "*.example.test";

/// TLS 1.3 with HTTP/2.
const TERMS: Terms = modern(&["h2"]);

/// A world in which everybody who answers has begun to.
pub(super) struct Lab {
    pub(super) zone: Zone,
    pub(super) servers: BTreeMap<Region, Net>,
    pub(super) spawner: Spawner,
    setup: Setup,
    requests: Requests,
    users: Vec<User>,
    /// What must be done before the first user comes.
    preparations: Vec<Main>,
}

/// One user's host.
struct User {
    net: Net,
    /// Asks the resolver each time.
    plain: Stub,
    /// Keeps answers as browsers do.
    caching: Stub,
    tls: BTreeMap<&'static str, ClientTls>,
}

impl Lab {
    /// Puts hosts and applications on the stage.
    pub(super) fn build(plan: &Plan, setup: Setup, stage: &mut Stage<'_>) -> Self {
        let hosts = Hosts::add(plan, setup, stage);
        let security = Security::of(plan, stage);
        let servers = hosts.servers.iter();
        let servers = servers.map(|(region, host)| (*region, stage.world.net(*host)));
        let servers: BTreeMap<_, _> = servers.collect();
        let zone = zone(setup, stage, &hosts, &servers);
        start_dns(setup, stage, &hosts, &zone);
        let mut lab = Self {
            zone,
            servers,
            setup,
            spawner: stage.spawner(),
            requests: Requests::new(),
            users: users(stage, &hosts, &security),
            preparations: Vec::new(),
        };
        let origin = hosts.origin.map(|host| stage.world.net(host));
        lab.start_servers(plan, &security, origin.as_ref());
        lab
    }

    /// Servers that answer by themselves, or edges that open a connection to the origin first.
    fn start_servers(&mut self, plan: &Plan, security: &Security, origin: Option<&Net>) {
        let object = Object {
            bytes: plan.bytes("bytes"),
            think: Span::ZERO,
        };
        let site = Site::new(
            (0..self.setup.fetches).map(|_| object),
            self.requests.clone(),
        );
        let server = |net: &Net| {
            let tls = security.server(net, CERTIFIED, TERMS);
            Server::new(net.clone(), self.spawner.clone(), PORT, site.clone()).with_tls(tls)
        };
        for net in origin.into_iter().chain(self.servers.values()) {
            let server = server(net);
            let Some(origin) = origin.filter(|origin| origin.host() != net.host()) else {
                drop(self.spawner.spawn("server", http2::serve(server)));
                continue;
            };
            let tls = security.client(net, SITE, TERMS);
            let client = self.client(net, SITE, origin.address()).with_tls(tls);
            let spawner = self.spawner.clone();
            self.preparations.push(Box::pin(async move {
                // Without it the users would be refused, and the checks would say so.
                if let Ok(upstream) = Upstream::warm(client, Site::path(1)).await {
                    drop(spawner.spawn("edge", proxy::serve(server, upstream)));
                }
            }));
        }
    }

    fn client(&self, net: &Net, name: &str, address: Ipv4Addr) -> Client {
        let (net, spawner, requests) = (net.clone(), self.spawner.clone(), self.requests.clone());
        let remote = SocketAddrV4::new(address, PORT);
        Client::new(net, spawner, requests, remote, name)
    }

    /// A visit: a connection and its requests, one after another. Returns how many were answered.
    pub(super) fn visit(
        &self,
        user: usize,
        name: &'static str,
        caching: bool,
        connect_timeout: Option<Span>,
    ) -> impl Future<Output = usize> + use<> {
        let user = &self.users[user];
        let stub = if caching { &user.caching } else { &user.plain };
        let mut client = self
            .client(&user.net, name, Ipv4Addr::UNSPECIFIED)
            .with_tls(user.tls[name].clone())
            .with_lookup(stub.clone());
        client.connect_timeout = connect_timeout;
        http2::fetch_in_turn(client, (1..=self.setup.fetches).map(Site::path))
    }

    /// Lets the users do what they do, one after another.
    pub(super) async fn play(mut self) {
        for preparation in std::mem::take(&mut self.preparations) {
            preparation.await;
        }
        for step in self.setup.steps() {
            match step {
                Step::Visit {
                    user,
                    name,
                    caching,
                } => drop(self.visit(user, name, caching, None).await),
                Step::Pause(span) => self.users[0].net.clock().sleep(span).await,
            }
        }
    }
}

/// What the names mean, and for whom.
fn zone(setup: Setup, stage: &Stage<'_>, hosts: &Hosts, servers: &BTreeMap<Region, Net>) -> Zone {
    let addresses = |regions: Vec<Region>| -> Vec<Ipv4Addr> {
        let nets = regions.iter().map(|region| servers[region].address());
        nets.collect()
    };
    let chance = stage.world.dice().stream("geo-routing/turns");
    let mut zone = Zone::new(setup.ttl, chance);
    for (name, policy) in setup.names() {
        let meaning = match policy {
            Policy::Fixed(region) => Meaning::Fixed(servers[&region].address()),
            Policy::RoundRobin => Meaning::RoundRobin(addresses(setup.regions())),
            Policy::Nearest => {
                let around = |host, regions| {
                    let network = Subnet::of(stage.world.net(host).address(), Subnet::TOLD);
                    (network, addresses(regions))
                };
                let cities = setup.users().into_iter();
                let near = cities.map(|city| city.nearest(&setup.regions()));
                let users = hosts.users.iter().zip(near.clone());
                let users = users.map(|(user, regions)| around(*user, regions));
                let resolvers = hosts.resolvers.iter().zip(near);
                let resolvers = resolvers.map(|(resolver, near)| {
                    let regions = if setup.is_far() {
                        Region::nearest_to_us_east()
                    } else {
                        near
                    };
                    around(*resolver, regions)
                });
                Meaning::Nearest(users.chain(resolvers).collect())
            }
        };
        zone = zone.with(name, meaning);
    }
    zone
}

fn start_dns(setup: Setup, stage: &Stage<'_>, hosts: &Hosts, zone: &Zone) {
    let (world, spawner) = (&stage.world, stage.spawner());
    let authority = world.net(hosts.authority);
    let mut started = Vec::new();
    for host in &hosts.resolvers {
        if started.contains(host) {
            continue;
        }
        started.push(*host);
        let net = world.net(*host);
        let mut resolver = Resolver::new(net, spawner.clone(), world.dice(), authority.address());
        if setup.tells_subnet {
            resolver = resolver.with_client_subnet();
        }
        drop(spawner.spawn("resolver", resolver.serve()));
    }
    let authority = Authority::new(authority, zone.clone());
    drop(spawner.spawn("authority", authority.serve()));
}

fn users(stage: &Stage<'_>, hosts: &Hosts, security: &Security) -> Vec<User> {
    let user = |(host, resolver): (&_, &_)| {
        let net = stage.world.net(*host);
        let resolver = stage.world.net(*resolver).address();
        let plain = Stub::new(&net, stage.world.dice(), resolver);
        let tls = [SITE, SINGLE].map(|name| (name, security.client(&net, name, TERMS)));
        User {
            caching: plain.clone().with_cache(),
            plain,
            tls: tls.into(),
            net,
        }
    };
    hosts.users.iter().zip(&hosts.resolvers).map(user).collect()
}
