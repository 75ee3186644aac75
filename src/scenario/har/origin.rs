//! The servers of a page: who speaks what, how far away each is, and which names share connections.

use std::collections::BTreeMap;

use super::item::Item;
use super::page::Notes;
use crate::app::browser::Version;
use crate::app::tls;

/// A server as a recording shows it. Times are in ms.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) port: u16,
    /// Names, the first one first met.
    pub(super) names: Vec<String>,
    pub(super) version: Version,
    pub(super) tls: Option<tls::Version>,
    pub(super) rtt: f64,
    /// How long lookups of each name took, if there were any.
    pub(super) lookups: Vec<Option<f64>>,
    /// Whether its first connection was there before the page began.
    pub(super) warm: bool,
}

/// The origins of a page, and for each item the position of its origin and of its name there.
#[derive(Clone, Debug, Default)]
pub(super) struct Origins {
    pub(super) all: Vec<Origin>,
    pub(super) of: Vec<(usize, usize)>,
}

/// A round trip where nothing tells of one, in ms.
const UNKNOWN: f64 = 50.0;

/// TLS 1.2 takes two round trips, TLS 1.3 one: the ratio of TLS to TCP that parts them.
const OLD_TLS: f64 = 1.7;

type Key<'i> = (bool, &'i str, u16);

fn key(item: &Item) -> Key<'_> {
    (item.url.secure, &item.url.host, item.url.port)
}

impl Origins {
    pub(super) fn of(items: &[Item], notes: &mut Notes) -> Self {
        let groups = grouped(items);
        let mut origins = Self::default();
        let mut places: BTreeMap<Key<'_>, (usize, usize)> = BTreeMap::new();
        let trips = Trips::of(items);
        let tells_of_connections = items.iter().any(|item| item.connect.is_some());
        for group in groups {
            let members: Vec<_> = items
                .iter()
                .filter(|item| group.contains(&key(item)))
                .collect();
            let position = origins.all.len();
            for (name, key) in group.iter().enumerate() {
                places.insert(*key, (position, name));
            }
            let origin = origin(&group, &members, &trips, tells_of_connections, notes);
            origins.all.push(origin);
        }
        origins.of = items.iter().map(|item| places[&key(item)]).collect();
        origins
    }
}

/// Origins that share connections by HTTP/2 or HTTP/3, in the order in which they are first met.
fn grouped(items: &[Item]) -> Vec<Vec<Key<'_>>> {
    let mut groups: Vec<Vec<Key<'_>>> = Vec::new();
    for item in items {
        if !groups.iter().flatten().any(|known| *known == key(item)) {
            groups.push(vec![key(item)]);
        }
    }
    // A connection that carries requests to several hosts; ports of servers are no names of connections.
    let mut carried: BTreeMap<(&str, Option<&str>), Key<'_>> = BTreeMap::new();
    for item in items {
        let shares = item.url.secure && version(std::slice::from_ref(&item)) != Version::Http1;
        let Some(connection) = item
            .connection
            .as_deref()
            .filter(|id| shares && !["80", "443"].contains(id))
        else {
            continue;
        };
        let first = *carried
            .entry((connection, item.address.as_deref()))
            .or_insert_with(|| key(item));
        let place = |key: Key<'_>| groups.iter().position(|group| group.contains(&key));
        if let (Some(one), Some(other)) = (place(first), place(key(item)))
            && one != other
            && first.2 == item.url.port
        {
            let (keep, merge) = (one.min(other), one.max(other));
            let merged = groups.remove(merge);
            groups[keep].extend(merged);
        }
    }
    groups
}

/// The version that most of these speak.
fn version(items: &[&Item]) -> Version {
    let count = |version| {
        items
            .iter()
            .filter(|item| item.version == Some(version))
            .count()
    };
    let known = [Version::Http1, Version::Http2, Version::Http3];
    let most = known.into_iter().max_by_key(|version| count(*version));
    most.filter(|version| count(*version) > 0)
        .unwrap_or(Version::Http1)
}

fn origin(
    group: &[Key<'_>],
    members: &[&Item],
    trips: &Trips<'_>,
    tells_of_connections: bool,
    notes: &mut Notes,
) -> Origin {
    let (secure, _, port) = group[0];
    let mut version = version(members);
    if members.iter().all(|item| item.version.is_none()) {
        notes.add(
            "servers that do not say which version of HTTP they speak, taken for HTTP/1.1: #",
            1,
        );
    }
    if version == Version::Http3 && !secure {
        version = Version::Http2;
    }
    let names = group.iter().map(|key| {
        let item = members.iter().find(|item| super::origin::key(item) == *key);
        item.map_or_else(String::new, |item| item.url.name())
    });
    let lookups = group.iter().map(|key| {
        let own = members
            .iter()
            .filter(|item| super::origin::key(item) == *key);
        own.filter_map(|item| item.dns).reduce(f64::max)
    });
    let first = members.first();
    let cold = members.iter().any(|item| item.connect.is_some());
    let warm = tells_of_connections && !cold && first.is_some_and(|item| item.reused);
    notes.add(
        "servers with a connection from before the page, opened ahead: #",
        usize::from(warm),
    );
    Origin {
        port,
        names: names.collect(),
        version,
        tls: secure.then(|| tls_of(members, version)),
        rtt: trips.to(members, notes),
        lookups: lookups.collect(),
        warm,
    }
}

/// The version of TLS: old if its handshakes take as long as two round trips.
fn tls_of(members: &[&Item], version: Version) -> tls::Version {
    let least = |times: &mut dyn Iterator<Item = f64>| times.reduce(f64::min);
    let tcp = least(
        &mut members
            .iter()
            .filter_map(|item| item.connect)
            .filter(|ms| *ms > 0.0),
    );
    let ssl = least(&mut members.iter().filter_map(|item| item.ssl));
    match (tcp, ssl) {
        (Some(tcp), Some(ssl)) if version != Version::Http3 && ssl > OLD_TLS * tcp + 5.0 => {
            tls::Version::Tls12
        }
        _ => tls::Version::Tls13,
    }
}

/// Round trips, as the openings of connections show them.
struct Trips<'i> {
    by_address: BTreeMap<&'i str, Vec<f64>>,
    typical: Option<f64>,
}

/// Connections of navigations may have been asked for so long before their requests, in ms; their openings then look
/// shorter than a round trip.
const AHEAD: f64 = 6.0;

impl<'i> Trips<'i> {
    fn of(items: &'i [Item]) -> Self {
        let mut by_address: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let mut addresses: Vec<_> = items
            .iter()
            .filter_map(|item| item.address.as_deref())
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        for address in addresses {
            let own = items
                .iter()
                .filter(|item| item.address.as_deref() == Some(address));
            by_address.insert(address, by_turn(own));
        }
        let mut all: Vec<_> = items.iter().filter_map(opening).collect();
        Self {
            typical: median(&mut all),
            by_address,
        }
    }

    /// The round trip to a server, in ms. No answer and no handshake of TLS comes sooner.
    fn to(&self, members: &[&Item], notes: &mut Notes) -> f64 {
        let mut own: Vec<_> = by_turn(members.iter().copied());
        if own.is_empty() {
            let mut addresses = members.iter().filter_map(|item| item.address.as_deref());
            let beside = addresses.find_map(|address| self.by_address.get(address));
            own.extend(beside.into_iter().flatten());
        }
        let waits = members.iter().map(|item| item.wait);
        let Some(known) = first(&own) else {
            notes.add("servers that show no opening of a connection, as far away as the others or as their fastest answer: #", 1);
            let least = waits.filter(|ms| *ms > 0.5).reduce(f64::min);
            return match (self.typical, least) {
                (Some(typical), Some(least)) => typical.min(least),
                (Some(typical), None) => typical,
                (None, Some(least)) => least.min(UNKNOWN),
                (None, None) => UNKNOWN,
            };
        };
        let tls = members.iter().filter(|item| opening(item).is_some());
        let bounds = waits.chain(tls.filter_map(|item| item.ssl));
        let most = bounds.filter(|ms| *ms > 0.6 * known).reduce(f64::min);
        match most {
            Some(most) if most < known => most,
            Some(most) => known + ((most - known) / 2.0).min(AHEAD),
            None => known,
        }
    }
}

/// The openings of connections in the order in which they began.
fn by_turn<'i>(items: impl Iterator<Item = &'i Item>) -> Vec<f64> {
    let openings = items.filter_map(|item| Some((item.start + item.blocked, opening(item)?)));
    let mut openings: Vec<_> = openings.collect();
    openings.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    openings.into_iter().map(|(_, trip)| trip).collect()
}

/// The round trip that the first opening shows, when the line was idle; a later one that is a little shorter shows it
/// better, one that is much shorter was begun for another request.
fn first(openings: &[f64]) -> Option<f64> {
    let first = *openings.first()?;
    let near = openings.iter().copied().filter(|trip| *trip > 0.85 * first);
    near.reduce(f64::min)
}

fn median(times: &mut [f64]) -> Option<f64> {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied()
}

/// A round trip, as the opening of an item's connection shows it: TCP's handshake takes one, and so does QUIC's. Openings
/// that somebody else had begun look too short, and say nothing.
fn opening(item: &Item) -> Option<f64> {
    /// Handshakes of TCP below this were somebody else's, in ms, unless TLS was as short.
    const BEGUN: f64 = 0.3;
    match (item.connect, item.ssl) {
        (Some(connect), None) if connect > 0.0 => Some(connect),
        (Some(connect), Some(ssl)) if connect > BEGUN && connect > 0.05 * ssl => Some(connect),
        (_, Some(ssl)) if item.version == Some(Version::Http3) => Some(ssl),
        _ => None,
    }
}
