//! How hosts are joined.

use std::net::Ipv4Addr;

use crate::event::{HostId, HostInfo, LinkId};
use crate::host::Profile;
use crate::link::{FlowMemory, LinkConfig};
use crate::wire::Mac;

/// The access link of a host: unlimited in both directions unless told otherwise.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Access {
    /// From the host to its gateway.
    pub up: LinkConfig,
    /// From the gateway to the host.
    pub down: LinkConfig,
}

/// The core path between two hosts' gateways.
#[derive(Clone, Debug, Default)]
pub struct PathConfig {
    /// From the first to the second.
    pub forward: LinkConfig,
    /// From the second to the first.
    pub backward: LinkConfig,
    /// What both directions remember of flows, if there is a NAT on the path.
    pub memory: Option<FlowMemory>,
}

impl PathConfig {
    /// The same in both directions.
    pub fn symmetric(config: LinkConfig) -> Self {
        Self {
            forward: config.clone(),
            backward: config,
            memory: None,
        }
    }
}

/// The leg of a route between the two gateways; before and after it are the access links.
pub(super) const CORE: usize = 1;

/// The links that frames from one host to another take, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) from: HostId,
    pub(super) to: HostId,
    pub(super) legs: [LinkId; 3],
}

/// The network of the `index`th host is 198.18.0.0/24 plus `index`, of a range for benchmarks that nobody
/// routes (RFC 2544): the gateway is `.1`, the host `.2`, further addresses follow.
pub(super) fn host_info(index: u16, name: &str, profile: &Profile, addresses: u8) -> HostInfo {
    assert!(
        index < 512,
        "198.18.0.0/15 has 512 networks of 256 addresses"
    );
    let [high, low] = index.to_be_bytes();
    let address = |last: u8| Ipv4Addr::new(198, 18 + high, low, last);
    HostInfo {
        name: name.to_owned(),
        domain: format!("{name}.test"),
        mac: Mac::host(index),
        addresses: (0..addresses.max(1))
            .map(|further| address(2 + further))
            .collect(),
        gateway: address(1),
        stack: profile.name.to_owned(),
    }
}
