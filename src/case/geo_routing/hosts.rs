//! The hosts of a plan and the paths between them.

use std::collections::BTreeMap;

use super::map::{Region, TO_AUTHORITY};
use super::setup::{Scheme, Setup};
use crate::case::{Plan, Stage};
use crate::event::HostId;
use crate::link::LinkConfig;
use crate::sim::PathConfig;
use crate::units::Span;

/// Who there is.
#[derive(Debug)]
pub(super) struct Hosts {
    pub(super) users: Vec<HostId>,
    /// The resolver of each user.
    pub(super) resolvers: Vec<HostId>,
    pub(super) authority: HostId,
    pub(super) servers: BTreeMap<Region, HostId>,
    pub(super) origin: Option<HostId>,
}

impl Hosts {
    /// Adds hosts and paths to the stage, from the users to the servers.
    pub(super) fn add(plan: &Plan, setup: Setup, stage: &mut Stage<'_>) -> Self {
        let cities = setup.users();
        let mut add = |name: String, profile| stage.world.add_host(&name, profile);
        let mut users = Vec::new();
        for (number, city) in (1..).zip(&cities) {
            let several = cities.iter().filter(|other| *other == city).count() > 1;
            let suffix = if several {
                format!("-{number}")
            } else {
                String::new()
            };
            users.push(add(format!("user.{}{suffix}", city.name()), plan.client()));
        }
        let mut known = BTreeMap::new();
        let mut resolvers = Vec::new();
        for city in &cities {
            let place = if setup.is_far() {
                Region::UsEast.name()
            } else {
                city.name()
            };
            let resolver = known
                .entry(place)
                .or_insert_with(|| add(format!("resolver.{place}"), plan.server()));
            resolvers.push(*resolver);
        }
        let authority = add("authority".to_owned(), plan.server());
        let role = match setup.scheme {
            Scheme::EdgeCompute | Scheme::EdgeProxy => "edge",
            _ => "server",
        };
        let mut servers = BTreeMap::new();
        for region in setup.regions() {
            let name = format!("{role}.{}", region.name());
            servers.insert(region, add(name, plan.server()));
        }
        let origin = setup.has_origin();
        let origin =
            origin.then(|| add(format!("origin.{}", Region::UsEast.name()), plan.server()));
        let hosts = Self {
            users,
            resolvers,
            authority,
            servers,
            origin,
        };
        hosts.join(setup, stage);
        hosts
    }

    fn join(&self, setup: Setup, stage: &mut Stage<'_>) {
        let mut join = |a, b, rtt: Span| {
            let link = LinkConfig {
                delay: rtt / 2,
                ..LinkConfig::default()
            };
            stage.world.join(a, b, PathConfig::symmetric(link));
        };
        let mut asking = Vec::new();
        for ((user, resolver), city) in self.users.iter().zip(&self.resolvers).zip(setup.users()) {
            join(*user, *resolver, setup.to_resolver(city));
            if !asking.contains(resolver) {
                join(*resolver, self.authority, TO_AUTHORITY);
                asking.push(*resolver);
            }
            for (region, server) in &self.servers {
                join(*user, *server, city.rtt(*region));
            }
        }
        if let Some(origin) = self.origin {
            for (region, server) in &self.servers {
                join(*server, origin, region.to_us_east());
            }
        }
    }
}
