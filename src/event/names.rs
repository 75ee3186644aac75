//! The names of hosts, links and sockets.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};

use crate::wire::Mac;

/// A host of the world: its ordinal in the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostId(pub u16);

/// One direction of a link: its ordinal in the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(pub u16);

/// A socket: the host that it belongs to and its ordinal there. Never used again for another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SocketId {
    /// The host.
    pub host: HostId,
    /// The ordinal among the host's sockets.
    pub index: u32,
}

/// What readers know of a host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostInfo {
    /// Name, also the name of its capture file: `client`, `server`, `edge.tokyo`.
    pub name: String,
    /// Name in the name resolution block of captures, under `.test`.
    pub domain: String,
    /// Address of its tap.
    pub mac: Mac,
    /// Its IPv4 addresses; the first is the one it uses unless told otherwise.
    pub addresses: Vec<Ipv4Addr>,
    /// Address of its gateway.
    pub gateway: Ipv4Addr,
    /// The transport profile: `linux` or `smoltcp`.
    pub stack: String,
}

/// Which part of a path a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkRole {
    /// From a host to its gateway.
    AccessUp,
    /// From a gateway to another.
    Core,
    /// From a gateway to its host.
    AccessDown,
}

/// What readers know of one direction of a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkInfo {
    /// For example `client->server`, or `client->gateway`.
    pub name: String,
    /// Which part of a path it is.
    pub role: LinkRole,
    /// The host on whose side it begins.
    pub from: HostId,
    /// The host on whose side it ends.
    pub to: HostId,
    /// Its configuration in netem's words, for example `delay 75ms rate 10mbit limit 100p`.
    pub config: String,
}

/// The moments at which a link delivers that follows a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// The trace: its name and a fingerprint of its moments.
    pub trace: String,
    /// The moments in ms from the beginning of the world. After the last one they begin again.
    pub moments: Vec<u32>,
    /// What each delivers, in bytes: of a frame its IP packet counts, and four bytes.
    pub bytes: u32,
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h{}s{}", self.host.0, self.index)
    }
}
