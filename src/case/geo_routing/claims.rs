//! What people say of a variant, beside what the packets say.

use super::failover::Timing;
use super::map::{City, Region};
use super::observe::Visit;
use super::setup::{SINGLE, SITE, Scheme, Setup};
use super::tables::{city, ms, number, some_ms};
use crate::case::Judgement;
use crate::units::Span;

/// What is promised to users of a site in us-east.
const PROMISE: &str = "150/80/180 ms become 30/15/10 ms";

/// What is said, what the packets say, and why both differ or agree.
type Words = (&'static str, String, String);

/// Adds what is said of a variant whose users visit one after another.
pub(super) fn add(setup: Setup, visits: &[Visit], judgement: &mut Judgement) {
    let words = match setup.scheme {
        Scheme::SingleRegion | Scheme::GeoDns | Scheme::EdgeCompute => promise(setup, visits),
        Scheme::RoundRobin => turns(visits),
        Scheme::FarResolver => far(setup, visits),
        Scheme::EdgeProxy => proxy(visits),
        Scheme::OneRegionUsers => one_region(visits),
        Scheme::TtlExpiry => expiry(visits),
        Scheme::Failover => return,
    };
    let (said, packets, why) = words;
    judgement.claim(said, packets, why);
}

/// Adds what is said of failover.
pub(super) fn add_failover(
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

fn promise(setup: Setup, visits: &[Visit]) -> Words {
    let packets = format!(
        "a request on an open connection takes {}, a cold visit {}, of which the lookup is {}",
        per_city(visits, Visit::warm),
        per_city(visits, Visit::cold),
        per_city(visits, |visit| visit.dns)
    );
    let why = match setup.scheme {
        Scheme::SingleRegion => {
            "the first half of it is a request on an open connection; a cold visit pays that three times (TCP, TLS 1.3, \
             request), and the lookup before"
        }
        Scheme::GeoDns => {
            "it holds for a request on an open connection; a cold visit costs DNS + 3 RTT, and GeoDNS shortens only the \
             way to the server, not the lookup"
        }
        _ => {
            "it is what a region beside the user gives, provided that the edge needs nobody to answer"
        }
    };
    (PROMISE, packets, why.to_owned())
}

fn turns(visits: &[Visit]) -> Words {
    let packets = format!(
        "a request takes {} in the mean of each city's visits, from {} to us-east",
        means(visits),
        direct()
    );
    let why = "round robin does not look at who asks: each user gets the mean of its row, and a region beside it makes \
               up for two that are far away only where us-east is farther still";
    (
        "servers in three regions bring each user a near one",
        packets,
        why.to_owned(),
    )
}

fn far(setup: Setup, visits: &[Visit]) -> Words {
    let packets = format!(
        "a request on an open connection takes {}, the lookup {}",
        per_city(visits, Visit::warm),
        per_city(visits, |visit| visit.dns)
    );
    let why = if setup.tells_subnet {
        "the resolver tells the user's subnet, so the answer is right; but it keeps one answer for each /24, and each \
         pays for the way to the authority"
    } else {
        "the authority answers whoever asks, and that is a resolver in us-east, next to Frankfurt; the answer is for no \
         subnet, so the resolver's cache gives it to everybody"
    };
    (
        "GeoDNS sends each user to the nearest region",
        packets,
        why.to_owned(),
    )
}

fn proxy(visits: &[Visit]) -> Words {
    let packets = format!(
        "a cold visit takes {}, a further request {}",
        per_city(visits, Visit::cold),
        per_city(visits, Visit::warm)
    );
    let why = format!(
        "TCP and TLS end at the edge, the answer comes from us-east: DNS + 3 edge RTT + 1 edge-origin RTT; on an open \
         connection the way by the edge is no shorter than the direct one ({})",
        direct()
    );
    (
        "an edge makes everything as fast as the edge is near",
        packets,
        why,
    )
}

fn one_region(visits: &[Visit]) -> Words {
    let packets = format!(
        "it gains {} on a request when all users sit in one region",
        some_ms(gain(visits))
    );
    let why = "all get the same region with it and without it; and since its answers are for one /24 each, the users of \
               one resolver do not share them, as they share the fixed address";
    ("GeoDNS makes a site faster", packets, why.to_owned())
}

fn expiry(visits: &[Visit]) -> Words {
    let lookups: Vec<_> = visits.iter().map(|visit| number(visit.dns)).collect();
    let packets = format!("the lookups take {} ms", lookups.join(", "));
    let why = "only a program that keeps answers itself pays nothing; all others pay for the way to the resolver, and \
               the first after the end of the TTL for the way to the authority too";
    (
        "DNS is cached, so it costs nothing",
        packets,
        why.to_owned(),
    )
}

/// By how much a request to the site is shorter than one to its twin in one region. `None` if it is longer, or either
/// was not measured.
pub(super) fn gain(visits: &[Visit]) -> Option<Span> {
    let longest = |name: &str| {
        let url = format!("https://{name}/");
        let of_name = visits.iter().filter(|visit| {
            let mut requests = visit.requests.iter();
            requests.all(|request| request.url.starts_with(&url))
        });
        of_name.filter_map(Visit::warm).max()
    };
    let (with, without) = (longest(SITE)?, longest(SINGLE)?);
    (with <= without).then(|| without.saturating_sub(with))
}

/// The round trips to us-east.
fn direct() -> String {
    let times = City::ALL.map(|city| number(Some(city.rtt(Region::UsEast))));
    format!("{} ms", times.join("/"))
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
