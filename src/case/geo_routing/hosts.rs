//! The hosts of a plan and the paths between them.

use std::collections::BTreeMap;

use super::map::{Region, TO_AUTHORITY};
use super::setup::Setup;
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
    /// Adds hosts and paths to the stage, those of a city side by side.
    pub(super) fn add(plan: &Plan, setup: Setup, stage: &mut Stage<'_>) -> Self {
        let cities = setup.users();
        let mut add = |name: &str, profile| stage.world.add_host(name, profile);
        let server = |role, region: Region| format!("{role}.{}", region.name());
        let (mut users, mut resolvers, mut servers) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut authority = None;
        for group in cities.chunk_by(|one, other| one == other) {
            let city = group[0];
            for number in 1..=group.len() {
                let suffix = if group.len() > 1 {
                    format!("-{number}")
                } else {
                    String::new()
                };
                users.push(add(&format!("user.{}{suffix}", city.name()), plan.client()));
            }
            let known = resolvers.last().copied().filter(|_| setup.is_far());
            let place = if setup.is_far() {
                Region::UsEast.name()
            } else {
                city.name()
            };
            let resolver =
                known.unwrap_or_else(|| add(&format!("resolver.{place}"), plan.server()));
            resolvers.extend(group.iter().map(|_| resolver));
            authority.get_or_insert_with(|| add("authority", plan.server()));
            let beside = city.nearest(&setup.regions())[0];
            servers
                .entry(beside)
                .or_insert_with(|| add(&server(setup.role(), beside), plan.server()));
        }
        for region in setup.regions() {
            servers
                .entry(region)
                .or_insert_with(|| add(&server(setup.role(), region), plan.server()));
        }
        let origin = setup.has_origin();
        let origin = origin.then(|| add(&server("origin", Region::UsEast), plan.server()));
        let hosts = Self {
            users,
            resolvers,
            authority: authority.expect("there are users"),
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
