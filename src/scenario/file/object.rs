//! The objects of a page: their servers, their paths, and what they wait for.

use std::collections::{BTreeMap, BTreeSet};

use super::place::{Placed, Problem};
use super::raw::{After, File, ObjectTable, Part};
use super::rules;
use super::understand::unknown;
use super::value::Value;
use crate::app::browser::{Moment, Trigger, Version};
use crate::app::tls;
use crate::scenario::LONGEST_HEAD;
use crate::scenario::model::{Name, Object, Scenario, Server};
use crate::units::{Bytes, Percent, Span};

/// Objects on their way into a scenario.
pub(super) struct Objects<'f, 's> {
    tables: Vec<&'f ObjectTable>,
    /// Think times of servers, by their positions.
    thinks: Vec<Span>,
    scenario: &'s mut Scenario,
    /// By URL, path and id: the position of the object that is called so; `None` if several are.
    names: BTreeMap<String, Option<usize>>,
    /// Paths that are taken, each with the position of its server: a server has one object of a path, whichever of its
    /// names the URL has.
    taken: BTreeSet<(usize, String)>,
}

/// A URL in its parts.
struct Parts<'t> {
    secure: bool,
    host: &'t str,
    port: Option<u16>,
    path: &'t str,
}

impl<'f, 's> Objects<'f, 's> {
    pub(super) fn of(file: &'f File, scenario: &'s mut Scenario) -> Self {
        let tables = file.page.iter().flat_map(|page| &page.value.object);
        let think = |think: Option<Value<Span>>| think.map_or(Span::ZERO, |value| value.0);
        Self {
            tables: tables.map(|table| &table.value).collect(),
            thinks: file
                .serve
                .iter()
                .map(|serve| think(serve.value.think))
                .collect(),
            scenario,
            names: BTreeMap::new(),
            taken: BTreeSet::new(),
        }
    }

    /// Puts all objects into the scenario.
    pub(super) fn put(mut self) -> Result<(), Problem> {
        for (position, table) in self.tables.clone().into_iter().enumerate() {
            let object = self.object(table)?;
            self.name(position, &table.url.value);
            self.name(position, &object.path);
            if let Some(id) = &table.id {
                self.name(position, &id.value);
            }
            self.scenario.page.objects.push(object);
        }
        for server in &mut self.scenario.servers {
            if server.version == Version::Http3 {
                server.tls = Some(tls::Version::Tls13);
            }
            if server.port == 0 {
                server.port = if server.tls.is_some() { 443 } else { 80 };
            }
        }
        Ok(())
    }

    fn name(&mut self, position: usize, name: &str) {
        let several = |known: &mut Option<usize>| *known = known.filter(|known| *known == position);
        self.names
            .entry(name.to_owned())
            .and_modify(several)
            .or_insert(Some(position));
    }

    fn object(&mut self, table: &ObjectTable) -> Result<Object, Problem> {
        let url = &table.url;
        let parts = Parts::of(url)?;
        let (server, name) = self.server(url, &parts)?;
        if !self.taken.insert((server, parts.path.to_owned())) {
            let message =
                "another object of this server has this path; add something to it, such as ~2";
            return Err(Problem::with(url, message));
        }
        let after = table.after.iter().map(|after| self.trigger(after));
        Ok(Object {
            server,
            name,
            path: parts.path.to_owned(),
            bytes: table.bytes.0.0,
            request: request(table)?,
            think: table.think.map_or_else(
                || self.thinks.get(server).copied().unwrap_or(Span::ZERO),
                |value| value.0,
            ),
            after: after.collect::<Result<_, _>>()?,
            wait: table.wait.map_or(Span::ZERO, |value| value.0),
            hold: table.hold.map_or(Span::ZERO, |value| value.0),
            priority: rules::priority(table.priority.as_ref())?,
            turn: table
                .turn
                .map(|turn| u32::try_from(turn.0).unwrap_or(u32::MAX)),
            background: table.background,
            blocking: table.blocking,
        })
    }

    /// The server of a URL, and which of its names the URL has; hosts answer to their own names without being told.
    fn server(
        &mut self,
        url: &Placed<String>,
        parts: &Parts<'_>,
    ) -> Result<(usize, usize), Problem> {
        let found = self
            .scenario
            .servers
            .iter()
            .enumerate()
            .find_map(|(server, known)| {
                let mut names = known.names.iter();
                let name = names.position(|name| name.name == parts.host)?;
                Some((server, name))
            });
        if let Some((server, name)) = found {
            self.agree(url, parts, server)?;
            return Ok((server, name));
        }
        let mut hosts = self.scenario.hosts.iter();
        let Some(host) = hosts.position(|host| host.name == parts.host) else {
            let servers = self
                .scenario
                .servers
                .iter()
                .flat_map(|server| &server.names);
            let mut known: Vec<_> = servers.map(|name| name.name.clone()).collect();
            let client = self.scenario.page.client;
            let hosts = self.scenario.hosts.iter().enumerate();
            known.extend(
                hosts
                    .filter(|(position, _)| *position != client)
                    .map(|(_, host)| host.name.clone()),
            );
            known.sort();
            known.dedup();
            let message = unknown(
                "server",
                parts.host,
                &known,
                "add [[serve]] with host and name",
            );
            return Err(Problem::with(url, message));
        };
        rules::is_dns_name(parts.host).map_err(|message| Problem::with(url, message))?;
        let names = vec![Name {
            name: parts.host.to_owned(),
            lookup: None,
        }];
        self.scenario.servers.push(Server {
            host,
            names,
            tls: parts.secure.then_some(tls::Version::Tls13),
            port: parts.port.unwrap_or_default(),
            ..Server::default()
        });
        Ok((self.scenario.servers.len() - 1, 0))
    }

    /// A server speaks TLS on one port or it does not: the first URL decides, and the others have to agree.
    fn agree(
        &mut self,
        url: &Placed<String>,
        parts: &Parts<'_>,
        server: usize,
    ) -> Result<(), Problem> {
        let mut others = self.scenario.page.objects.iter();
        let is_first = !others.any(|object| object.server == server);
        let known = &mut self.scenario.servers[server];
        let is_quic = known.version == Version::Http3;
        if is_first && known.tls.is_none() && parts.secure {
            known.tls = Some(tls::Version::Tls13);
        }
        if (known.tls.is_some() || is_quic) != parts.secure {
            let (scheme, other) = if parts.secure {
                ("http", "https")
            } else {
                ("https", "http")
            };
            let message = format!(
                "the server of `{}` speaks {scheme}, not {other}; write {scheme}://, or add another [[serve]]",
                parts.host
            );
            return Err(Problem::with(url, message));
        }
        let Some(port) = parts.port else {
            return Ok(());
        };
        if is_first && known.port == 0 {
            known.port = port;
        }
        if known.port != port {
            let message = format!(
                "the server of `{}` listens on port {}",
                parts.host, known.port
            );
            return Err(Problem::with(url, message));
        }
        Ok(())
    }

    fn trigger(&self, after: &Placed<After>) -> Result<Trigger, Problem> {
        let (name, place, part) = match &after.value {
            After::End(name) => (name, after.span(), None),
            After::Part(part) => (&part.of.value, part.of.span(), Some(part)),
        };
        let refuse = |message| Err(Problem { at: place, message });
        let of = match self.names.get(name) {
            Some(Some(position)) => *position,
            Some(None) => {
                let message = format!(
                    "several objects before this one are called `{name}`; write a URL or an `id`"
                );
                return refuse(message);
            }
            None => {
                let known: Vec<_> = self.names.keys().cloned().collect();
                let near = crate::case::nearest_of(name, known.iter().map(String::as_str));
                let near = near.map_or(String::new(), |near| format!(" (did you mean `{near}`?)"));
                let message = format!(
                    "no object before this one is called `{name}`{near}; an object waits for objects that are listed before it"
                );
                return refuse(message);
            }
        };
        let bytes = self.scenario.page.objects[of].bytes;
        let at = part.and_then(|part| part.at.as_ref());
        Ok(Trigger {
            of,
            at: at.map_or(Ok(Moment::End), |at| moment(at, bytes))?,
            wait: part
                .and_then(|part: &Part| part.wait)
                .map_or(Span::ZERO, |value| value.0),
        })
    }
}

/// What `at` means for an object of so many bytes.
fn moment(at: &Placed<String>, bytes: u64) -> Result<Moment, Problem> {
    let text = match at.value.as_str() {
        "end" => return Ok(Moment::End),
        "start" => return Ok(Moment::Start),
        text => text,
    };
    let wrong = || {
        let message = format!("`{text}` is no part of an object; write start, end, 50% or 10kB");
        Problem::with(at, message)
    };
    let count = if text.ends_with('%') {
        let part: Percent = text.parse().map_err(|_| wrong())?;
        let parts = u128::from(bytes) * u128::from(part.parts_per_billion());
        u64::try_from(parts.div_ceil(1_000_000_000)).unwrap_or(bytes)
    } else {
        text.parse::<Bytes>().map_err(|_| wrong())?.0
    };
    if count > bytes {
        let message = format!("the object has only {}; wait for its end", Bytes(bytes));
        return Err(Problem::with(at, message));
    }
    Ok(Moment::Bytes(count))
}

fn request(table: &ObjectTable) -> Result<usize, Problem> {
    let Some(request) = &table.request else {
        return Ok(0);
    };
    let bytes = request.value.0.0;
    if bytes > LONGEST_HEAD {
        let message = format!("servers take requests of at most {}", Bytes(LONGEST_HEAD));
        return Err(Problem::with(request, message));
    }
    Ok(usize::try_from(bytes).unwrap_or(usize::MAX))
}

impl<'t> Parts<'t> {
    fn of(url: &'t Placed<String>) -> Result<Self, Problem> {
        let refuse = |message: &str| Err(Problem::with(url, message));
        let text = url.value.as_str();
        let (secure, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (_, Some(rest)) => (false, rest),
            _ => return refuse("a URL begins with http:// or https://"),
        };
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let port = match port.map(str::parse) {
            None => None,
            Some(Ok(port)) if port > 0 => Some(port),
            Some(_) => return refuse("what follows `:` in a URL is a port from 1 to 65535"),
        };
        if host.is_empty() {
            return refuse("the URL has no host; write for example https://www.shop.test/");
        }
        let path = if path.is_empty() { "/" } else { path };
        let is_fine = |letter: char| letter.is_ascii_graphic() && !"\"<>\\^`{|}#?".contains(letter);
        if !path.chars().all(is_fine) {
            return refuse(
                "the path of a URL has letters, digits and /-._~!$&'()*+,;=:@% here, and no query; name objects apart by their paths",
            );
        }
        Ok(Self {
            secure,
            host,
            port,
            path,
        })
    }
}
