//! Ethernet addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A MAC address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// All stations.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// The locally administered address of the `index`th host.
    pub const fn host(index: u16) -> Self {
        let [high, low] = index.to_be_bytes();
        Self([0x02, 0, 0, 0x01, high, low])
    }

    /// The locally administered address of the gateway of the `index`th host.
    pub const fn gateway(index: u16) -> Self {
        let [high, low] = index.to_be_bytes();
        Self([0x02, 0, 0, 0xfe, high, low])
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let octets = self.0.map(|octet| format!("{octet:02x}"));
        f.write_str(&octets.join(":"))
    }
}
