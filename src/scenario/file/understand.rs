//! From a file to a world of one's own: names become positions, and what is not said gets its default.

use std::ops::Range;

use super::object::Objects;
use super::place::{Placed, Problem};
use super::raw::{File, Link, Serve};
use super::rules;
use super::traces::{self, Open};
use crate::app::browser::Version;
use crate::app::tls;
use crate::case::nearest_of;
use crate::link::{LinkConfig, Trace};
use crate::scenario::model::{Machine, Name, Page, Path, Scenario, Server, Way};
use crate::scenario::turn;
use crate::units::Span;

/// The variant of a scenario that names none.
pub(in crate::scenario) const AS_WRITTEN: &str = "as-written";

/// Hosts that a scenario may have: each has a network of its own, and one is the resolver's.
const MOST_HOSTS: usize = 500;

/// The scenario of a file that has a world of its own.
pub(super) fn scenario(file: &File, name: &str, open: Open<'_>) -> Result<Scenario, Problem> {
    let mut scenario = Scenario {
        name: rules::name(file, name)?,
        question: file
            .question
            .clone()
            .unwrap_or_else(|| "How long does the page take?".to_owned()),
        seed: file.seed.map(|seed| seed.0),
        variants: variants(file)?,
        traces: traces(file, open)?,
        file: None,
        hosts: hosts(file, open)?,
        recorded: file.recorded.map(|value| value.0),
        ..Scenario::default()
    };
    for link in &file.link {
        let path = path(link, &scenario, open)?;
        scenario.paths.push(path);
    }
    for serve in &file.serve {
        let server = server(&serve.value, &scenario)?;
        scenario.servers.push(server);
    }
    scenario.page = page(file, &scenario)?;
    Objects::of(file, &mut scenario).put()?;
    ports(file, &scenario)?;
    lookups(file, &mut scenario)?;
    reachable(file, &scenario)?;
    scenario.faults = rules::faults(file, &hosts_of(&scenario))?;
    scenario.expectations = rules::expectations(file, &names_of(&scenario.variants))?;
    Ok(scenario)
}

fn hosts_of(scenario: &Scenario) -> Vec<String> {
    scenario
        .hosts
        .iter()
        .map(|host| host.name.clone())
        .collect()
}

fn names_of(ways: &[Way]) -> Vec<String> {
    ways.iter().map(|way| way.name.clone()).collect()
}

fn variants(file: &File) -> Result<Vec<Way>, Problem> {
    let mut ways: Vec<Way> = Vec::new();
    for table in &file.variant {
        let name = &table.value.name;
        rules::is_file_name(name, "variant")?;
        if ways.iter().any(|way| way.name == name.value) {
            let message = format!("there are two variants `{}`; rename one", name.value);
            return Err(Problem::with(name, message));
        }
        let set = table.value.set.iter();
        ways.push(Way {
            name: name.value.clone(),
            about: table.value.about.clone(),
            set: set
                .map(|(key, value)| (key.value.clone(), value.value.0.clone()))
                .collect(),
        });
    }
    if ways.is_empty() {
        ways.push(Way {
            name: AS_WRITTEN.to_owned(),
            about: "the scenario as it is written".to_owned(),
            set: Vec::new(),
        });
    }
    Ok(ways)
}

/// The traces that variants name.
fn traces(file: &File, open: Open<'_>) -> Result<Vec<Trace>, Problem> {
    let knobs = turn::knobs();
    let variants = file.variant.iter();
    let named = variants.map(|table| traces::named(&table.value.set, &knobs, open));
    Ok(named.collect::<Result<Vec<_>, _>>()?.concat())
}

fn hosts(file: &File, open: Open<'_>) -> Result<Vec<Machine>, Problem> {
    let mut hosts = Vec::new();
    for (name, host) in &file.hosts {
        rules::is_file_name(name, "host")?;
        if name.value == crate::scenario::world::RESOLVER && file.names.is_some() {
            let message = "the host of the resolver is called `resolver`; choose another name";
            return Err(Problem::with(name, message));
        }
        let limit = host.limit.map(|value| value.0);
        let line = |rate: Option<_>| LinkConfig {
            rate,
            limit,
            ..LinkConfig::default()
        };
        let mut machine = Machine {
            name: name.value.clone(),
            up: line(host.up.map(|value| value.0)),
            down: line(host.down.map(|value| value.0)),
        };
        let traces = (host.up_trace.as_ref(), host.down_trace.as_ref());
        traces::put(&mut machine.up, host.up.is_some(), traces.0, open)?;
        traces::put(&mut machine.down, host.down.is_some(), traces.1, open)?;
        hosts.push((name.at, machine));
    }
    // In the order of the file, which is that of captures and reports.
    hosts.sort_by_key(|(at, _)| *at);
    if let Some((at, _)) = hosts.get(MOST_HOSTS) {
        let message = format!("a scenario has at most {MOST_HOSTS} hosts; leave some out");
        return Err(Problem {
            at: at.0..at.1,
            message,
        });
    }
    Ok(hosts.into_iter().map(|(_, machine)| machine).collect())
}

/// The position of the host of that name.
pub(super) fn host(name: &Placed<String>, scenario: &Scenario) -> Result<usize, Problem> {
    let mut hosts = scenario.hosts.iter();
    let found = hosts.position(|host| host.name == name.value);
    found.ok_or_else(|| {
        let known = hosts_of(scenario);
        Problem::with(
            name,
            unknown("host", &name.value, &known, "add [hosts.NAME]"),
        )
    })
}

/// A sentence about a name that nothing has.
pub(super) fn unknown(what: &str, name: &str, known: &[String], remedy: &str) -> String {
    let near = nearest_of(name, known.iter().map(String::as_str));
    let near = near.map_or(String::new(), |near| format!(" (did you mean `{near}`?)"));
    let known = if known.is_empty() {
        format!("there is none; {remedy}")
    } else {
        format!("there are: {}", known.join(", "))
    };
    format!("no {what} is called `{name}`{near}; {known}")
}

fn path(link: &Placed<Link>, scenario: &Scenario, open: Open<'_>) -> Result<Path, Problem> {
    let table = &link.value;
    let ends = [host(&table.from, scenario)?, host(&table.to, scenario)?];
    if ends[0] == ends[1] {
        let message = "a link joins two hosts; name another one here";
        return Err(Problem::with(&table.to, message));
    }
    let is_same = |path: &&Path| path.ends == ends || path.ends == [ends[1], ends[0]];
    if scenario.paths.iter().any(|path| is_same(&path)) {
        let message = format!(
            "`{}` and `{}` are joined already; remove one of the links",
            table.from.value, table.to.value
        );
        return Err(Problem::with(&table.to, message));
    }
    let mut there = table.on(&LinkConfig::default());
    traces::put(&mut there, table.rate.is_some(), table.trace.as_ref(), open)?;
    let mut back = there.clone();
    if let Some(table) = &table.back {
        back = table.on(&there);
        traces::put(&mut back, table.rate.is_some(), table.trace.as_ref(), open)?;
    }
    let mut path = Path { ends, there, back };
    if let Some(rtt) = &table.rtt {
        let delayed = table.back.as_ref().is_some_and(|back| back.delay.is_some());
        if table.delay.is_some() || delayed {
            let message = "`rtt` is twice the `delay`; give one of them";
            return Err(Problem::with(rtt, message));
        }
        path.set_trip(rtt.value.0);
    }
    Ok(path)
}

fn server(table: &Serve, scenario: &Scenario) -> Result<Server, Problem> {
    let host = host(&table.host, scenario)?;
    let name = table.name.as_ref().unwrap_or(&table.host);
    let mut names = Vec::new();
    for name in std::iter::once(name).chain(&table.aliases) {
        rules::is_dns_name(&name.value).map_err(|message| Problem::with(name, message))?;
        let mut servers = scenario.servers.iter().flat_map(|server| &server.names);
        if servers.any(|known| known.name == name.value) {
            let message = format!("`{}` has a server already; rename one", name.value);
            return Err(Problem::with(name, message));
        }
        names.push(Name {
            name: name.value.clone(),
            lookup: None,
        });
    }
    let version = table
        .protocol
        .as_ref()
        .map_or(Ok(Version::Http1), rules::version)?;
    let tls = table.tls.as_ref().map(rules::tls).transpose()?;
    if let (Some(tls), Some(tls::Version::Tls12), Version::Http3) = (&table.tls, tls, version) {
        let message = "HTTP/3 has TLS 1.3; leave `tls` out, or choose protocol = \"h2\"";
        return Err(Problem::with(tls, message));
    }
    Ok(Server {
        host,
        names,
        version,
        tls,
        port: table
            .port
            .map_or(0, |port| u16::try_from(port.0).unwrap_or_default()),
        setup: table.setup.map_or(Span::ZERO, |value| value.0),
        warm: table.warm,
    })
}

fn page(file: &File, scenario: &Scenario) -> Result<Page, Problem> {
    let nothing = "a page needs an object: add [[page.object]] with url and bytes";
    let Some(table) = &file.page else {
        return Err(Problem {
            at: 0..0,
            message: format!("nothing is fetched: {nothing}; or name a built-in `case`"),
        });
    };
    let client = match &table.value.client {
        Some(name) => host(name, scenario)?,
        None => host(&named_client(table.span()), scenario)?,
    };
    if table.value.object.is_empty() {
        return Err(Problem::with(table, nothing));
    }
    let connections = table.value.connections;
    let connections = connections.and_then(|count| usize::try_from(count.0).ok());
    Ok(Page {
        client,
        connections: connections.unwrap_or(6),
        keep_alive: table.value.keep_alive.unwrap_or(true),
        settle: table.value.settle.map_or(Span::ZERO, |value| value.0),
        objects: Vec::new(),
    })
}

/// The name of the browser's host where none is given.
fn named_client(at: Range<usize>) -> Placed<String> {
    Placed {
        value: "client".to_owned(),
        at: (at.start, at.end),
    }
}

fn lookups(file: &File, scenario: &mut Scenario) -> Result<(), Problem> {
    let Some(table) = &file.names else {
        return Ok(());
    };
    scenario.resolver = Some(table.value.resolver_rtt.0);
    for (name, wait) in &table.value.lookup {
        let mut names = scenario
            .servers
            .iter_mut()
            .flat_map(|server| &mut server.names);
        let Some(known) = names.find(|known| known.name == name.value) else {
            let names = scenario.servers.iter().flat_map(|server| &server.names);
            let names: Vec<_> = names.map(|name| name.name.clone()).collect();
            let message = unknown("server", &name.value, &names, "add [[serve]]");
            return Err(Problem::with(name, message));
        };
        known.lookup = Some(wait.0);
    }
    Ok(())
}

/// Whether every server has its port for itself: TCP's or, for HTTP/3, UDP's.
fn ports(file: &File, scenario: &Scenario) -> Result<(), Problem> {
    let port = |server: &Server| (server.host, server.port, server.version == Version::Http3);
    for (position, server) in scenario.servers.iter().enumerate() {
        let before = &scenario.servers[..position];
        if before.iter().all(|other| port(other) != port(server)) {
            continue;
        }
        let message = format!(
            "another server listens on port {} of `{}`; give one of them another `port`, or make one [[serve]] of them, with `aliases`",
            server.port, scenario.hosts[server.host].name
        );
        if let Some(serve) = file.serve.get(position) {
            return Err(Problem::with(serve, message));
        }
        // One that follows from a URL.
        let objects = file.page.iter().flat_map(|page| &page.value.object);
        let mut urls = std::iter::zip(objects, &scenario.page.objects);
        let named = urls.find(|(_, object)| object.server == position);
        if let Some((table, _)) = named {
            return Err(Problem::with(&table.value.url, message));
        }
    }
    Ok(())
}

/// Whether the browser has a path to every server that it asks.
fn reachable(file: &File, scenario: &Scenario) -> Result<(), Problem> {
    let client = scenario.page.client;
    let tables = file.page.iter().flat_map(|page| &page.value.object);
    for (object, table) in std::iter::zip(&scenario.page.objects, tables) {
        let host = scenario.servers[object.server].host;
        let joined = |path: &Path| path.ends == [client, host] || path.ends == [host, client];
        if !scenario.paths.iter().any(joined) {
            let (from, to) = (&scenario.hosts[client].name, &scenario.hosts[host].name);
            let message = format!(
                "no link leads from `{from}` to `{to}`; add [[link]] with from = \"{from}\" and to = \"{to}\""
            );
            return Err(Problem::with(&table.value.url, message));
        }
    }
    Ok(())
}
