//! Ephemeral ports (RFC 6056) and how many of them an endpoint has left.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;

use smoltcp::wire::{IpAddress, IpEndpoint};

/// Linux's `net.ipv4.ip_local_port_range`: 28,232 ports.
pub const EPHEMERAL: RangeInclusive<u16> = 32_768..=60_999;

/// The 4-tuple of a connection, from this host's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tuple {
    /// Own address and port.
    pub local: SocketAddrV4,
    /// The peer's address and port.
    pub remote: SocketAddrV4,
}

impl Tuple {
    /// The same connection from the peer's side.
    pub(super) const fn reversed(self) -> Self {
        Self {
            local: self.remote,
            remote: self.local,
        }
    }
}

/// An endpoint as smoltcp has it.
pub(super) const fn smoltcp_endpoint(address: SocketAddrV4) -> IpEndpoint {
    IpEndpoint {
        addr: IpAddress::Ipv4(*address.ip()),
        port: address.port(),
    }
}

/// Which ephemeral port to try next, and how many are taken towards each endpoint.
#[derive(Debug)]
pub(super) struct Ports {
    range: RangeInclusive<u16>,
    next: u16,
    taken: BTreeMap<(Ipv4Addr, SocketAddrV4), u32>,
}

impl Ports {
    /// Ports of `range`, beginning somewhere in it as `draw` decides.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the remainder is below the range's length"
    )]
    pub(super) fn new(range: RangeInclusive<u16>, draw: u32) -> Self {
        let offset = (draw % Self::count(&range)) as u16;
        let next = range.start() + offset;
        Self {
            range,
            next,
            taken: BTreeMap::new(),
        }
    }

    /// A port for a connection from `local` to `remote` for which `is_free` holds, if there is one.
    /// Ports are tried in order, so that the one that was used longest ago comes first.
    pub(super) fn choose(
        &mut self,
        local: Ipv4Addr,
        remote: SocketAddrV4,
        is_free: impl Fn(Tuple) -> bool,
    ) -> Option<Tuple> {
        for _ in 0..Self::count(&self.range) {
            let tuple = Tuple {
                local: SocketAddrV4::new(local, self.next),
                remote,
            };
            self.next = if self.next == *self.range.end() {
                *self.range.start()
            } else {
                self.next + 1
            };
            if is_free(tuple) {
                return Some(tuple);
            }
        }
        None
    }

    /// Whether every port of the range is taken towards `remote`.
    pub(super) fn exhausted(&self, local: Ipv4Addr, remote: SocketAddrV4) -> bool {
        self.taken
            .get(&(local, remote))
            .is_some_and(|taken| *taken >= Self::count(&self.range))
    }

    /// A connection has this tuple from now on.
    pub(super) fn take(&mut self, tuple: Tuple) {
        if self.range.contains(&tuple.local.port()) {
            *self
                .taken
                .entry((*tuple.local.ip(), tuple.remote))
                .or_default() += 1;
        }
    }

    /// Neither a connection nor TIME-WAIT holds this tuple any more.
    pub(super) fn release(&mut self, tuple: Tuple) {
        let key = (*tuple.local.ip(), tuple.remote);
        if !self.range.contains(&tuple.local.port()) {
            return;
        }
        if let Some(taken) = self.taken.get_mut(&key) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                self.taken.remove(&key);
            }
        }
    }

    fn count(range: &RangeInclusive<u16>) -> u32 {
        u32::from(*range.end()) - u32::from(*range.start()) + 1
    }
}
