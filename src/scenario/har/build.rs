//! From a recorded page to a scenario that replays it.

use std::collections::BTreeSet;

use super::depend::{Part, causes};
use super::item::Item;
use super::origin::{Origin, Origins};
use super::page::Recorded;
use crate::app::browser::{Moment, Trigger, Version};
use crate::link::LinkConfig;
use crate::scenario::model::{Machine, Name, Object, Page, Path, Scenario, Server, Way};
use crate::units::Span;

/// A recorded page and the scenario that replays it; objects and items are in the same order.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    pub(super) recorded: Recorded,
    pub(super) scenario: Scenario,
}

/// Connections that browsers open to one origin by HTTP/1.1.
const CONNECTIONS: usize = 6;

/// The browser's host.
const CLIENT: &str = "client";

/// A time in ms, never negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the number is between zero and 10^18"
)]
pub(super) fn span(ms: f64) -> Span {
    // Microseconds are finer than any recording, and keep what is printed short.
    Span::from_micros((ms.clamp(0.0, 1e12) * 1000.0).round() as u64)
}

impl Replay {
    /// A first guess, in which servers answer at once.
    pub(super) fn of(mut recorded: Recorded, name: &str) -> Self {
        let origins = Origins::of(&recorded.items, &mut recorded.notes);
        let causes = causes(&recorded.items, &mut recorded.notes);
        let hosts: Vec<_> = host_names(&origins.all);
        let machines = std::iter::once(CLIENT.to_owned()).chain(hosts);
        let machines = machines.map(|name| Machine {
            name,
            ..Machine::default()
        });
        let (servers, resolver) = servers(&origins.all);
        let paths = origins.all.iter().enumerate().map(|(position, origin)| {
            let mut path = Path {
                ends: [0, position + 1],
                there: LinkConfig::default(),
                back: LinkConfig::default(),
            };
            path.set_trip(span(origin.rtt));
            path
        });
        let mut scenario = Scenario {
            name: name.to_owned(),
            question: question(&recorded),
            variants: vec![Way {
                name: super::super::file::tidy(&recorded.id),
                about: about(&recorded),
                set: Vec::new(),
            }],
            hosts: machines.collect(),
            paths: paths.collect(),
            resolver,
            servers,
            file: None,
            recorded: Some(span(recorded.time)),
            ..Scenario::default()
        };
        scenario.page = page(&recorded, &origins, &causes);
        Self { recorded, scenario }
    }
}

fn question(recorded: &Recorded) -> String {
    let words = recorded.title.split_whitespace();
    let title: String = words
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(80)
        .collect();
    if title.is_empty() {
        "What does the page wait for?".to_owned()
    } else {
        format!("What does the page wait for: {title}")
    }
}

fn about(recorded: &Recorded) -> String {
    let until = if recorded.until_load {
        "the load event"
    } else {
        "the last answer"
    };
    format!(
        "{} requests as recorded, {until} after {}",
        recorded.items.len(),
        span(recorded.time)
    )
}

/// Names of hosts, each once.
fn host_names(origins: &[Origin]) -> Vec<String> {
    let mut taken: BTreeSet<String> = [CLIENT.to_owned(), "resolver".to_owned()].into();
    let mut names = Vec::new();
    for origin in origins {
        let base: String = origin.names[0].chars().take(50).collect();
        let name = unlike(&base, &taken, |number| format!("{base}-{number}"));
        taken.insert(name.clone());
        names.push(name);
    }
    names
}

/// The first of a name and its successors that nobody has.
fn unlike(base: &str, taken: &BTreeSet<String>, next: impl Fn(u32) -> String) -> String {
    let others = (2..).map(next);
    let mut all = std::iter::once(base.to_owned()).chain(others);
    all.find(|name| !taken.contains(name)).unwrap_or_default()
}

/// The servers, and the round trip to the resolver: that of the fastest lookup.
fn servers(origins: &[Origin]) -> (Vec<Server>, Option<Span>) {
    let lookups = origins.iter().flat_map(|origin| &origin.lookups).flatten();
    let resolver = lookups.copied().reduce(f64::min);
    let mut taken = BTreeSet::new();
    let servers = origins.iter().enumerate().map(|(position, origin)| {
        let mut name = |(name, lookup): (&String, &Option<f64>)| {
            let own = unlike(name, &taken, |number| format!("n{number}.{name}"));
            taken.insert(own.clone());
            Name {
                name: own,
                lookup: lookup.zip(resolver).map(|(all, least)| span(all - least)),
            }
        };
        Server {
            host: position + 1,
            names: std::iter::zip(&origin.names, &origin.lookups)
                .map(&mut name)
                .collect(),
            version: origin.version,
            tls: origin.tls,
            port: origin.port,
            setup: Span::ZERO,
            warm: origin.warm,
        }
    });
    (servers.collect(), resolver.map(span))
}

fn page(recorded: &Recorded, origins: &Origins, causes: &[Vec<super::depend::Cause>]) -> Page {
    let mut taken: BTreeSet<(usize, String)> = BTreeSet::new();
    let mut objects = Vec::new();
    let mut last = 0.0_f64;
    let turns = turns(&recorded.items, origins);
    for (position, item) in recorded.items.iter().enumerate() {
        let (server, name) = origins.of[position];
        let base = item.url.tidy_path();
        let others = (2..).map(|number| format!("{base}~{number}"));
        let mut paths = std::iter::once(base.clone()).chain(others);
        let path = paths
            .find(|path| !taken.contains(&(server, path.clone())))
            .unwrap_or_default();
        taken.insert((server, path.clone()));
        let background = recorded.until_load && item.end() > recorded.time + 1.0;
        if !background {
            last = last.max(item.end());
        }
        let triggers = causes[position].iter().map(|cause| Trigger {
            of: cause.of,
            at: moment(cause.part, recorded.items[cause.of].bytes),
            wait: span(cause.wait),
        });
        let after: Vec<_> = triggers.collect();
        objects.push(Object {
            server,
            name,
            path,
            bytes: item.bytes,
            request: item.request,
            think: Span::ZERO,
            wait: if after.is_empty() {
                span(item.start)
            } else {
                Span::ZERO
            },
            after,
            hold: Span::ZERO,
            priority: item.priority,
            turn: turns[position],
            background,
            blocking: item.blocking,
        });
    }
    Page {
        client: 0,
        connections: CONNECTIONS,
        keep_alive: true,
        settle: span(recorded.time - last),
        objects,
    }
}

/// The order in which requests got the connections of their origin, where there were not enough. Chromium raises what
/// comes into view, in an order of its own, and what is told as priority is the last one.
fn turns(items: &[Item], origins: &Origins) -> Vec<Option<u32>> {
    let mut turns = vec![None; items.len()];
    for (server, origin) in origins.all.iter().enumerate() {
        let own = (0..items.len()).filter(|item| origins.of[*item].0 == server);
        let mut own: Vec<_> = own.collect();
        if origin.version != Version::Http1 || own.len() <= CONNECTIONS {
            continue;
        }
        own.sort_by(|one, other| items[*one].sent().total_cmp(&items[*other].sent()));
        for (turn, item) in (1..).zip(own) {
            turns[item] = Some(turn);
        }
    }
    turns
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a part of a number of bytes that is smaller than 2^53"
)]
fn moment(part: Part, bytes: u64) -> Moment {
    match part {
        Part::Start => Moment::Start,
        Part::End => Moment::End,
        Part::Share(share) => Moment::Bytes(((bytes as f64 * share).ceil() as u64).min(bytes)),
    }
}
