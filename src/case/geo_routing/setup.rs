//! What a plan means: who the users are, whom they ask, which servers there are, and what the users do.

use super::map::{City, Region, TO_RESOLVER};
use crate::case::Plan;
use crate::units::Span;

/// The name of the site.
pub(super) const SITE: &str = "www.example.test";

/// The name of the same site in one region only, for comparison.
pub(super) const SINGLE: &str = "single.example.test";

/// What tells users apart from their servers' point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scheme {
    SingleRegion,
    RoundRobin,
    GeoDns,
    FarResolver,
    EdgeCompute,
    EdgeProxy,
    OneRegionUsers,
    TtlExpiry,
    Failover,
}

/// What a name means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    Fixed(Region),
    RoundRobin,
    Nearest,
}

/// What a user does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Opens a connection to a name and makes all requests of a visit.
    Visit {
        user: usize,
        name: &'static str,
        /// Whether the program keeps answers until their TTL ends.
        caching: bool,
    },
    /// Does nothing.
    Pause(Span),
}

/// A plan, understood.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setup {
    pub(super) scheme: Scheme,
    /// In seconds.
    pub(super) ttl: u32,
    /// Requests of a visit.
    pub(super) fetches: u64,
    /// Visits of each user where servers take turns.
    visits: u64,
    /// Whether resolvers tell the client's subnet.
    pub(super) tells_subnet: bool,
}

impl Scheme {
    fn of(variant: &str) -> Self {
        match variant {
            "single-region" => Self::SingleRegion,
            "round-robin" => Self::RoundRobin,
            "geo-dns" => Self::GeoDns,
            "geo-dns-far-resolver" => Self::FarResolver,
            "edge-compute" => Self::EdgeCompute,
            "edge-proxy" => Self::EdgeProxy,
            "one-region-users" => Self::OneRegionUsers,
            "ttl-expiry" => Self::TtlExpiry,
            _ => Self::Failover,
        }
    }
}

impl Setup {
    pub(super) fn of(plan: &Plan) -> Self {
        let scheme = Scheme::of(plan.variant());
        Self {
            scheme,
            ttl: u32::try_from(plan.count("ttl")).expect("the knob's range is small"),
            fetches: plan.count("fetches"),
            visits: plan.count("visits"),
            tells_subnet: match plan.text("ecs") {
                "auto" => scheme != Scheme::FarResolver,
                word => word == "on",
            },
        }
    }

    /// Where each user lives.
    pub(super) fn users(self) -> Vec<City> {
        match self.scheme {
            Scheme::OneRegionUsers => vec![City::Seoul; 3],
            Scheme::TtlExpiry | Scheme::Failover => vec![City::Seoul],
            _ => City::ALL.to_vec(),
        }
    }

    /// Where servers stand that answer users.
    pub(super) fn regions(self) -> Vec<Region> {
        match self.scheme {
            Scheme::SingleRegion => vec![Region::UsEast],
            Scheme::OneRegionUsers | Scheme::TtlExpiry => vec![Region::Tokyo],
            _ => Region::REGIONAL.to_vec(),
        }
    }

    /// The names of the zone.
    pub(super) fn names(self) -> Vec<(&'static str, Policy)> {
        match self.scheme {
            Scheme::SingleRegion => vec![(SITE, Policy::Fixed(Region::UsEast))],
            Scheme::RoundRobin => vec![(SITE, Policy::RoundRobin)],
            Scheme::OneRegionUsers => vec![
                (SITE, Policy::Nearest),
                (SINGLE, Policy::Fixed(Region::Tokyo)),
            ],
            _ => vec![(SITE, Policy::Nearest)],
        }
    }

    /// Whether all users share one resolver in us-east.
    pub(super) fn is_far(self) -> bool {
        self.scheme == Scheme::FarResolver
    }

    /// What the servers that answer users are called.
    pub(super) fn role(self) -> &'static str {
        match self.scheme {
            Scheme::EdgeCompute | Scheme::EdgeProxy => "edge",
            _ => "server",
        }
    }

    /// Whether servers only end TLS, and ask an origin in us-east.
    pub(super) fn has_origin(self) -> bool {
        self.scheme == Scheme::EdgeProxy
    }

    /// From a user to the resolver that it asks and back.
    pub(super) fn to_resolver(self, city: City) -> Span {
        if self.is_far() {
            city.rtt(Region::UsEast)
        } else {
            TO_RESOLVER
        }
    }

    /// From the first byte of a request to the last of its answer, over a connection that is open.
    pub(super) fn warm(self, city: City, region: Region) -> Span {
        let beyond = if self.has_origin() {
            region.to_us_east()
        } else {
            Span::ZERO
        };
        city.rtt(region) + beyond
    }

    /// What the users do, one after another. Failover has a schedule of its own.
    pub(super) fn steps(self) -> Vec<Step> {
        let visit = |user, name, caching| Step::Visit {
            user,
            name,
            caching,
        };
        let once = |user| visit(user, SITE, false);
        match self.scheme {
            Scheme::RoundRobin => (0..3)
                .flat_map(|user| (0..self.visits).map(move |_| once(user)))
                .collect(),
            Scheme::OneRegionUsers => (0..3)
                .flat_map(|user| [SITE, SINGLE].map(|name| visit(user, name, false)))
                .collect(),
            Scheme::TtlExpiry => vec![
                visit(0, SITE, true),
                visit(0, SITE, true),
                once(0),
                Step::Pause(Span::from_secs(u64::from(self.ttl))),
                visit(0, SITE, true),
                once(0),
            ],
            Scheme::Failover => Vec::new(),
            _ => (0..3).map(once).collect(),
        }
    }
}
