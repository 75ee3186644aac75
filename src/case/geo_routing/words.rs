//! What is said of a variant: its tables, its formula, its constraint, and the claims that people make.

use std::collections::BTreeMap;

use super::failover::Timing;
use super::map::{City, Region};
use super::observe::Visit;
use super::setup::{SINGLE, SITE, Scheme, Setup};
use crate::case::Judgement;
use crate::measure::Table;
use crate::units::Span;

/// A time in milliseconds, to the nanosecond.
pub(super) fn ms(span: Span) -> String {
    let ms = format!("{:.6}", span.as_millis_f64());
    let short = ms.trim_end_matches('0').trim_end_matches('.');
    format!("{short} ms")
}

/// The same, or `none`.
pub(super) fn some_ms(span: Option<Span>) -> String {
    span.map_or_else(|| "none".to_owned(), ms)
}

/// The number alone.
fn number(span: Option<Span>) -> String {
    let text = span.map_or_else(|| "-".to_owned(), ms);
    text.trim_end_matches(" ms").to_owned()
}

/// The city of a user's host.
fn city(visit: &Visit) -> Option<City> {
    let place = visit.user.strip_prefix("user.")?;
    City::ALL
        .into_iter()
        .find(|city| place.starts_with(city.name()))
}

/// City against server, and every visit.
pub(super) fn tables(visits: &[Visit]) -> Vec<Table> {
    let mut tables = Vec::new();
    tables.extend(matrix(visits));
    tables.push(journal(visits));
    tables
}

/// The longest request on an open connection, for each city and server that met; `None` if none did.
fn matrix(visits: &[Visit]) -> Option<Table> {
    let mut cells: BTreeMap<(City, Region), Span> = BTreeMap::new();
    for visit in visits {
        if let (Some(city), Some(region), Some(warm)) = (city(visit), visit.region, visit.warm()) {
            let cell = cells.entry((city, region)).or_default();
            *cell = warm.max(*cell);
        }
    }
    if cells.is_empty() {
        return None;
    }
    let regions = [Region::UsEast].into_iter().chain(Region::REGIONAL);
    let regions = regions.filter(|region| cells.keys().any(|(_, met)| met == region));
    let regions: Vec<_> = regions.collect();
    let cities = City::ALL.into_iter();
    let cities = cities.filter(|city| cells.keys().any(|(met, _)| met == city));
    let row = |city: City| {
        let times = regions
            .iter()
            .map(|region| cells.get(&(city, *region)).copied());
        [city.name().to_owned()]
            .into_iter()
            .chain(times.map(number))
            .collect()
    };
    let names = regions.iter().map(|region| region.name().to_owned());
    Some(Table {
        title: "a request on an open connection in ms, city against server, as measured".to_owned(),
        columns: [String::new()].into_iter().chain(names).collect(),
        rows: cities.map(row).collect(),
    })
}

/// What each visit cost.
fn journal(visits: &[Visit]) -> Table {
    let row = |(count, visit): (usize, &Visit)| {
        let first = visit.requests.first();
        let failed = first.is_some_and(|request| request.error.is_some());
        vec![
            format!("{count} {}", visit.user),
            visit.region.map_or("-", Region::name).to_owned(),
            number(visit.dns),
            if failed {
                "failed".to_owned()
            } else {
                number(visit.cold())
            },
            number(visit.warm()),
        ]
    };
    let columns = [
        "visit",
        "server",
        "lookup",
        "first object",
        "further request",
    ];
    Table {
        title: "visits in ms".to_owned(),
        columns: columns.map(str::to_owned).into(),
        rows: (1..).zip(visits).map(row).collect(),
    }
}

/// The closed form in words.
pub(super) const fn formula(setup: Setup) -> &'static str {
    match setup.scheme {
        Scheme::SingleRegion => {
            "each user: DNS (5 + 40 ms) + 3 RTT to us-east + 1 RTT per further request"
        }
        Scheme::RoundRobin => {
            "each visit: DNS (5 ms, the first + 40) + 3 RTT to whose turn it is + 1 RTT per further request"
        }
        Scheme::GeoDns => {
            "each user: DNS (5 + 40 ms) + 3 RTT to the nearest + 1 RTT per further request"
        }
        Scheme::FarResolver => {
            "each user: DNS (1 RTT to us-east, + 40 ms for what is new) + 3 RTT + 1 RTT per further request"
        }
        Scheme::EdgeCompute => {
            "each user: DNS (5 + 40 ms) + 3 edge RTT + 1 edge RTT per further request"
        }
        Scheme::EdgeProxy => {
            "each user: DNS + 3 edge RTT + 1 edge-origin RTT, then 1 + 1 RTT per further request"
        }
        Scheme::OneRegionUsers => {
            "each user and name: DNS (5 ms, + 40 for what is new) + 3 RTT + 1 RTT per further request"
        }
        Scheme::TtlExpiry => {
            "TTL + each visit: DNS (45, 5 or 0 ms) + 3 RTT + 1 RTT per further request"
        }
        Scheme::Failover => {
            "attempts until the TTL ends + DNS (5 + 40 ms) + 3 RTT to Frankfurt + 1 RTT per further request"
        }
    }
}

/// The constraint in one sentence.
pub(super) const fn constraint(setup: Setup) -> &'static str {
    match setup.scheme {
        Scheme::SingleRegion => {
            "the constraint is distance: only a server nearer to the users makes round trips shorter"
        }
        Scheme::RoundRobin => {
            "the constraint is missing information: servers are near, but who gives them out does not know who asks"
        }
        Scheme::GeoDns => {
            "the constraint is the number of round trips: each is as short as it can be, and a cold visit still makes \
             three after its lookup"
        }
        Scheme::FarResolver if setup.tells_subnet => {
            "the constraint is the way to the resolver: the answer is right, but every lookup goes to us-east first"
        }
        Scheme::FarResolver => {
            "the constraint is wrong information: the authority sees where the resolver is and not where the user is; \
             telling the subnet (ecs=on) relieves it"
        }
        Scheme::EdgeCompute => {
            "the constraint is the number of round trips: nothing beyond the edge takes part in an answer"
        }
        Scheme::EdgeProxy => {
            "the constraint is the distance to the origin: the edge saves it two of three round trips, but every answer \
             still makes that way once"
        }
        Scheme::OneRegionUsers => {
            "the constraint is distance, and that is short already: with all users in one region there is nothing to choose"
        }
        Scheme::TtlExpiry => {
            "the constraint is the TTL: how long it lasts decides how often a visit pays for the authority"
        }
        Scheme::Failover => {
            "the constraint is the TTL: until it ends users keep the dead address, whatever the authority knows by then"
        }
    }
}

/// By how much a request to the site is shorter than one to its twin in one region; both must have been measured.
pub(super) fn gain(visits: &[Visit]) -> Option<Span> {
    let longest = |name: &str| {
        let url = format!("https://{name}/");
        let of_name = visits.iter().filter(|visit| {
            visit
                .requests
                .first()
                .is_some_and(|request| request.url.starts_with(&url))
        });
        of_name.filter_map(Visit::warm).max()
    };
    Some(longest(SINGLE)?.saturating_sub(longest(SITE)?))
}

/// One figure of each city: that of its users' first visit.
fn per_city(visits: &[Visit], figure: impl Fn(&Visit) -> Option<Span>) -> String {
    let of = |wanted: City| {
        let visit = visits.iter().find(|visit| city(visit) == Some(wanted))?;
        Some(number(figure(visit)))
    };
    let figures: Vec<_> = City::ALL.into_iter().filter_map(of).collect();
    format!("{} ms", figures.join("/"))
}

/// What is said of the scenario.
pub(super) fn claim(setup: Setup, visits: &[Visit], judgement: &mut Judgement) {
    let warm = || per_city(visits, Visit::warm);
    let cold = || per_city(visits, Visit::cold);
    let dns = || per_city(visits, |visit| visit.dns);
    let (said, packets, why) = match setup.scheme {
        Scheme::SingleRegion => (
            "150/80/180 ms become 30/15/10 ms".to_owned(),
            format!("request RTT {} here; a cold visit {}", warm(), cold()),
            "150/80/180 ms is one request on an open connection; a cold visit pays it three times (TCP, TLS 1.3, \
             request) and the lookup before"
                .to_owned(),
        ),
        Scheme::GeoDns => (
            "150/80/180 ms become 30/15/10 ms".to_owned(),
            format!("request RTT {}; a cold visit {}, of which the lookup is {}", warm(), cold(), dns()),
            "the claim holds for a request on an open connection; a cold visit costs DNS + 3 RTT, and GeoDNS makes only \
             the round trips to the server shorter, not the lookup"
                .to_owned(),
        ),
        Scheme::RoundRobin => (
            "servers in three regions bring each user a near one".to_owned(),
            format!("a visit meets each in turn: the mean of a request is {}", means(visits)),
            "round robin does not look at who asks: each user gets the mean of its row, which is worse than us-east for \
             Seoul (150 ms) and London (80 ms)"
                .to_owned(),
        ),
        Scheme::FarResolver => (
            "GeoDNS sends each user to the nearest region".to_owned(),
            format!("request RTT {}; lookup {}", warm(), dns()),
            if setup.tells_subnet {
                "the resolver tells the user's subnet, so the answer is right; but it keeps one answer for each /24, and \
                 each pays for the way to the authority"
            } else {
                "the authority answers whoever asks, and that is a resolver in us-east, next to Frankfurt; the answer is \
                 for no subnet, so the cache gives it to everybody"
            }
            .to_owned(),
        ),
        Scheme::EdgeProxy => (
            "an edge makes everything as fast as the edge is near".to_owned(),
            format!("a cold visit {}, a further request {}", cold(), warm()),
            "TCP and TLS end at the edge, the answer comes from us-east: DNS + 3 edge RTT + 1 edge-origin RTT. On an open \
             connection the detour by the edge is longer than the direct way (150/80/180 ms)"
                .to_owned(),
        ),
        Scheme::EdgeCompute => (
            "150/80/180 ms become 30/15/10 ms".to_owned(),
            format!("request RTT {}; a cold visit {}", warm(), cold()),
            "what a region beside the user gives, provided that the edge needs nobody to answer".to_owned(),
        ),
        Scheme::OneRegionUsers => (
            "GeoDNS makes a site faster".to_owned(),
            format!("it gains {} on a request when all users sit in one region", some_ms(gain(visits))),
            "all get the same region with and without it; and since answers are for one /24 each, users of one resolver \
             do not share them, as they share the fixed one"
                .to_owned(),
        ),
        Scheme::TtlExpiry => (
            "DNS is cached, so it costs nothing".to_owned(),
            format!("lookups of the visits: {}", lookups(visits)),
            "only a program that keeps answers itself pays nothing; all others pay for the way to the resolver, and the \
             first after the TTL's end for the way to the authority too"
                .to_owned(),
        ),
        Scheme::Failover => return,
    };
    judgement.claim(said, packets, why);
}

/// What is said of failover.
pub(super) fn claim_failover(
    setup: Setup,
    timing: Timing,
    lost: Option<Span>,
    bound: Span,
    judgement: &mut Judgement,
) {
    judgement.claim(
        "DNS takes a dead region out in seconds",
        format!("the user is lost for {}; {} at most", some_ms(lost), ms(bound)),
        format!(
            "the authority knows after {}, but the user keeps the address until the TTL of {} s ends, and then the \
             attempt under way must fail first, which takes {}",
            timing.detect, setup.ttl, timing.connect_timeout
        ),
    );
}

fn lookups(visits: &[Visit]) -> String {
    let lookups: Vec<_> = visits.iter().map(|visit| number(visit.dns)).collect();
    format!("{} ms", lookups.join(", "))
}

/// The mean of all further requests of each city.
fn means(visits: &[Visit]) -> String {
    let mean = |wanted: City| {
        let of_city = visits.iter().filter(|visit| city(visit) == Some(wanted));
        let times: Vec<_> = of_city.filter_map(Visit::warm).collect();
        let sum: Span = times.iter().copied().sum();
        format!("{:.3}", (sum / (times.len() as u64).max(1)).as_millis_f64())
    };
    format!("{} ms", City::ALL.map(mean).join("/"))
}
