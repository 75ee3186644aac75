//! Networks of IPv4 addresses, and how queries and answers name them (RFC 7871 section 6).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use hickory_proto::rr::rdata::opt::ClientSubnet;

/// All addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subnet {
    address: Ipv4Addr,
    prefix: u8,
}

impl Subnet {
    /// Every address.
    pub const EVERYWHERE: Self = Self {
        address: Ipv4Addr::UNSPECIFIED,
        prefix: 0,
    };

    /// What resolvers should tell of a client at most (RFC 7871 section 11.1).
    pub const TOLD: u8 = 24;

    /// The network of `address` with a prefix of so many bits, at most 32.
    pub fn of(address: Ipv4Addr, prefix: u8) -> Self {
        let prefix = prefix.min(32);
        let mask = u32::MAX
            .checked_shl(32 - u32::from(prefix))
            .unwrap_or_default();
        Self {
            address: Ipv4Addr::from_bits(address.to_bits() & mask),
            prefix,
        }
    }

    /// Its first address.
    pub const fn address(self) -> Ipv4Addr {
        self.address
    }

    /// How many bits its addresses have in common.
    pub const fn prefix(self) -> u8 {
        self.prefix
    }

    /// Whether `address` is in it.
    pub fn contains(self, address: Ipv4Addr) -> bool {
        Self::of(address, self.prefix) == self
    }

    /// The network that a query tells; an IPv6 one is of no use here.
    pub(super) fn told(option: &ClientSubnet) -> Option<Self> {
        match option.addr() {
            IpAddr::V4(address) => Some(Self::of(address, option.source_prefix())),
            IpAddr::V6(_) => None,
        }
    }

    /// The option for it. `scope` is zero in queries; in answers it says to how many bits the answer is specific
    /// (RFC 7871 section 6).
    pub(super) fn option(self, scope: u8) -> ClientSubnet {
        ClientSubnet::new(IpAddr::V4(self.address), self.prefix, scope)
    }
}

/// For example `198.18.0.0/24`.
impl fmt::Display for Subnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subnet_has_the_addresses_that_share_its_bits() {
        let address = Ipv4Addr::new(198, 18, 7, 2);
        let subnet = Subnet::of(address, 24);
        assert_eq!(subnet.to_string(), "198.18.7.0/24");
        assert!(subnet.contains(Ipv4Addr::new(198, 18, 7, 255)));
        assert!(!subnet.contains(Ipv4Addr::new(198, 18, 8, 2)));
        assert!(Subnet::EVERYWHERE.contains(address));
        assert_eq!(Subnet::of(address, 0), Subnet::EVERYWHERE);
        assert_eq!(Subnet::of(address, 33).address(), address);
    }
}
