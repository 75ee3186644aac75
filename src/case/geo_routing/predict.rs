//! The closed form, visit by visit: what each costs, and which server it goes to.
//!
//! A cold visit costs the lookup and 3 round trips (TCP, TLS 1.3, request), a request on the open connection 1. A
//! lookup costs nothing if the program has the answer, the round trip to the resolver if that has it, and the one
//! from there to the authority beside it if nobody has.

use std::collections::BTreeMap;

use super::map::{City, Region, TO_AUTHORITY};
use super::setup::{Policy, Setup, Step};
use crate::units::{SimTime, Span};

/// A visit as it must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    /// Ordinal of the user.
    pub(super) user: usize,
    pub(super) city: City,
    /// The name that is looked up.
    pub(super) name: &'static str,
    pub(super) region: Region,
    /// The lookup.
    pub(super) dns: Span,
    /// From the wish to the last byte of the first answer.
    pub(super) cold: Span,
    /// Each further request.
    pub(super) warm: Span,
}

/// All visits, and from the first frame to the last byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prediction {
    pub(super) visits: Vec<Visit>,
    pub(super) total: Span,
}

/// Who keeps an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Keeper {
    User(usize),
    /// The resolver of that name, which keeps it for everybody or for one user's subnet.
    Resolver(&'static str, Option<usize>),
}

/// Until when who keeps the answer for which name.
type Kept = BTreeMap<(Keeper, &'static str), SimTime>;

impl Prediction {
    /// What must happen if servers that take turns do so as `met` says.
    pub(super) fn of(setup: Setup, met: &[Region]) -> Self {
        let (mut now, mut kept) = (SimTime::ZERO, Kept::new());
        let (mut visits, mut turns) = (Vec::new(), met.iter().copied());
        let (cities, names) = (setup.users(), setup.names());
        for step in setup.steps() {
            let (user, name, caching) = match step {
                Step::Pause(span) => {
                    now += span;
                    continue;
                }
                Step::Visit {
                    user,
                    name,
                    caching,
                } => (user, name, caching),
            };
            let city = cities[user];
            let turn = turns.next();
            let policy = names.iter().find(|(known, _)| *known == name);
            let region = match policy.map(|(_, policy)| *policy) {
                Some(Policy::Fixed(region)) => region,
                Some(Policy::Nearest) => nearest(setup, city),
                Some(Policy::RoundRobin) | None => turn.unwrap_or(Region::Tokyo),
            };
            let dns = lookup(setup, &mut kept, now, (user, name, caching));
            let warm = setup.warm(city, region);
            let cold = dns + city.rtt(region) * 2 + warm;
            now += cold + warm * (setup.fetches - 1);
            visits.push(Visit {
                user,
                city,
                name,
                region,
                dns,
                cold,
                warm,
            });
        }
        Self {
            visits,
            total: now - SimTime::ZERO,
        }
    }
}

/// The region that is named by distance: the nearest to the user, or to the resolver if that is all that the authority sees.
fn nearest(setup: Setup, city: City) -> Region {
    if setup.tells_subnet || !setup.is_far() {
        city.nearest(&setup.regions())[0]
    } else {
        Region::nearest_to_us_east()[0]
    }
}

/// What a lookup at `now` costs; whoever gets an answer keeps it.
fn lookup(
    setup: Setup,
    kept: &mut Kept,
    now: SimTime,
    (user, name, caching): (usize, &'static str, bool),
) -> Span {
    let city = setup.users()[user];
    let has = |kept: &Kept, keeper, at| {
        kept.get(&(keeper, name))
            .copied()
            .filter(|until| at < *until)
    };
    if caching && has(kept, Keeper::User(user), now).is_some() {
        return Span::ZERO;
    }
    let place = if setup.is_far() {
        Region::UsEast.name()
    } else {
        city.name()
    };
    let is_specific = setup.tells_subnet && setup.names().contains(&(name, Policy::Nearest));
    let resolver = Keeper::Resolver(place, is_specific.then_some(user));
    let (near, second) = (setup.to_resolver(city), Span::from_secs(1));
    let asked = now + near / 2;
    let (cost, left) = if let Some(until) = has(kept, resolver, asked) {
        // What is left of the TTL is told in whole seconds.
        (
            near,
            second * ((until - asked).as_nanos() / second.as_nanos()),
        )
    } else {
        let ttl = second * u64::from(setup.ttl);
        kept.insert((resolver, name), asked + TO_AUTHORITY + ttl);
        (near + TO_AUTHORITY, ttl)
    };
    if caching {
        kept.insert((Keeper::User(user), name), now + cost + left);
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Plan;

    fn setup(variant: &str, settings: &[(&str, &str)]) -> Setup {
        Setup::of(&Plan::new("geo-routing", variant, 1, settings.iter().copied()).unwrap())
    }

    fn ms(span: Span) -> u64 {
        span.as_nanos() / 1_000_000
    }

    fn lookups(setup: Setup) -> Vec<u64> {
        let visits = Prediction::of(setup, &[]).visits.into_iter();
        visits.map(|visit| ms(visit.dns)).collect()
    }

    fn total(variant: &str) -> u64 {
        ms(Prediction::of(setup(variant, &[]), &[]).total)
    }

    #[test]
    fn each_user_pays_for_the_lookup_and_for_four_round_trips() {
        assert_eq!(total("single-region"), 3 * 45 + 4 * 410);
        assert_eq!(total("geo-dns"), 3 * 45 + 4 * 55);
        assert_eq!(total("edge-proxy"), 3 * 45 + 4 * 55 + 2 * 420);
    }

    #[test]
    fn an_answer_for_everybody_is_kept_for_everybody_and_one_for_a_subnet_is_not() {
        assert_eq!(lookups(setup("geo-dns-far-resolver", &[])), [190, 80, 180]);
        let told = setup("geo-dns-far-resolver", &[("ecs", "on")]);
        assert_eq!(lookups(told), [190, 120, 220]);
        let beside = setup("one-region-users", &[]);
        assert_eq!(lookups(beside), [45, 45, 45, 5, 45, 5]);
    }

    #[test]
    fn a_ttl_that_ends_between_two_visits_is_paid_for_again() {
        let brief = setup("round-robin", &[("ttl", "1"), ("visits", "2")]);
        let met = [Region::SaoPaulo; 6]; // a visit from Seoul takes 1,285 ms
        let visits = Prediction::of(brief, &met).visits;
        assert_eq!(visits[1].dns, Span::from_millis(45));
        assert_eq!(visits[5].dns, Span::from_millis(5));
    }
}
