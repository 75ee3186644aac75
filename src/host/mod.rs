//! One machine: its tap, its addresses and its sockets.
//!
//! A host is sans-IO. It takes frames ([`Host::receive`]), due timers ([`Host::fire`]) and the calls of
//! applications ([`Host::connect`], [`Host::poll_read`], ...), and leaves frames and timers in its
//! [`Outbox`]. The moment is always an argument. It knows neither links nor other hosts.
//!
//! smoltcp keeps the TCP state machine, sequence space, reassembly, flow control and close. The host owns the
//! rest: Ethernet and ARP, the demultiplexer, listeners, ports, the timers that smoltcp lacks, TIME-WAIT and
//! checksums. There is one smoltcp interface per host and one socket set per connection, so the cost of a
//! packet does not grow with the number of open connections.

pub mod arp;
mod connection;
mod egress;
mod holes;
mod ingress;
mod linux;
mod listener;
mod open;
mod options;
mod outbox;
mod ports;
mod segment;
mod sequence;
mod settle;
mod sockets;
mod stall;
mod streams;
mod tap;
mod timers;
mod timewait;
pub mod transport;
mod udp;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};

use bytes::BytesMut;
use rand::Rng;
use rustc_hash::FxHashMap;
use smoltcp::iface::{Config, Interface, SocketSet};
use smoltcp::wire::{HardwareAddress, IpCidr, Ipv4Cidr};

use self::arp::Gateway;
use self::connection::Connection;
use self::egress::Pending;
use self::listener::Listener;
use self::ports::Ports;
use self::tap::Tap;
use self::timewait::TimeWait;
use self::udp::UdpPort;
use crate::event::{HostId, HostInfo, Probe, SocketError};
use crate::rng::Dice;
use crate::units::{SimTime, to_smoltcp};
use crate::wire::Mac;

pub use self::options::{ListenOptions, TcpOptions};
pub use self::outbox::{FrameNames, HostTimer, Outbox, Stirred};
pub use self::ports::{EPHEMERAL, Tuple};
pub use self::sockets::{SocketRow, TimerRow};
pub use self::tap::SpareFrames;
pub use self::transport::{CongestionControl, Forced, KeepAlive, Profile, Stack};

/// Largest IP packet that a tap carries unless told otherwise: Ethernet's 1500 bytes.
pub const DEFAULT_MTU: usize = 1_500;

/// A machine.
pub struct Host {
    id: HostId,
    info: HostInfo,
    profile: Profile,
    tap: Tap,
    interface: Interface,
    /// For segments that no socket wants: smoltcp answers with RST, and pings with echo replies.
    nobody: SocketSet<'static>,
    gateway: Gateway<Pending>,
    sockets: Vec<Slot>,
    demux: FxHashMap<Tuple, u32>,
    listeners: BTreeMap<u16, Listener>,
    udp: BTreeMap<u16, UdpPort>,
    ports: Ports,
    time_wait: TimeWait,
    time_wait_armed: SimTime,
    /// Next sequence number of every connection that has ended, by tuple: a new one begins above it (RFC 6528).
    past: FxHashMap<Tuple, u32>,
    path_mtu: FxHashMap<Ipv4Addr, u16>,
    dirty: Vec<u32>,
    outbox: Outbox,
    spare: Vec<BytesMut>,
    ip_id: u16,
    powered: bool,
    probe: Probe,
    names: FrameNames,
    stirred: Stirred,
}

/// What the host knows of the socket with a given index.
#[derive(Debug)]
enum Slot {
    /// It lives.
    Live(Box<Connection>),
    /// It lives, and somebody works on it at this moment.
    Busy,
    /// It is gone, and the application has not let go of it yet.
    Gone(Ending),
    /// It is gone.
    Free,
}

/// How a connection ended, for the application that still holds its socket.
#[derive(Clone, Copy, Debug)]
struct Ending {
    /// What it is to be told, once.
    error: Option<SocketError>,
    /// Whether the peer had closed its half before: then reads end as they should.
    finished: bool,
}

/// What a new host needs.
#[derive(Debug)]
pub struct HostSetup {
    /// Its name among the world's hosts.
    pub id: HostId,
    /// What readers are told of it.
    pub info: HostInfo,
    /// How its TCP behaves.
    pub profile: Profile,
    /// Largest IP packet on its tap, in bytes.
    pub mtu: usize,
    /// The world's dice; the host takes streams of its own.
    pub dice: Dice,
    /// Where its events go.
    pub probe: Probe,
    /// Where its frames get their names.
    pub names: FrameNames,
    /// Where it asks to be flushed.
    pub stirred: Stirred,
    /// Where it finds buffers for its frames.
    pub spare_frames: SpareFrames,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("id", &self.id)
            .field("name", &self.info.name)
            .field("connections", &self.demux.len())
            .finish_non_exhaustive()
    }
}

impl Host {
    /// A machine that is switched on and has no sockets.
    ///
    /// # Panics
    /// With more than eight addresses.
    pub fn new(setup: HostSetup) -> Self {
        let HostSetup {
            id,
            info,
            profile,
            mtu,
            dice,
            probe,
            names,
            stirred,
            spare_frames,
        } = setup;
        let mut tap = Tap::new(mtu, spare_frames);
        let mut config = Config::new(HardwareAddress::Ip);
        config.random_seed = dice.stream(&format!("host/{}/isn", info.name)).next_u64();
        let mut interface = Interface::new(config, &mut tap, to_smoltcp(SimTime::ZERO));
        interface.update_ip_addrs(|addresses| {
            for address in &info.addresses {
                let cidr = IpCidr::Ipv4(Ipv4Cidr::new(*address, 24));
                addresses
                    .push(cidr)
                    .expect("a host has at most eight addresses");
            }
        });
        let draw = dice.stream(&format!("host/{}/port", info.name)).next_u32();
        Self {
            id,
            info,
            profile,
            tap,
            interface,
            nobody: SocketSet::new(Vec::new()),
            gateway: Gateway::Unknown,
            sockets: Vec::new(),
            demux: FxHashMap::default(),
            listeners: BTreeMap::new(),
            udp: BTreeMap::new(),
            ports: Ports::new(EPHEMERAL, draw),
            time_wait: TimeWait::default(),
            time_wait_armed: SimTime::MAX,
            past: FxHashMap::default(),
            path_mtu: FxHashMap::default(),
            dirty: Vec::new(),
            outbox: Outbox::default(),
            spare: Vec::new(),
            ip_id: 0,
            powered: true,
            probe,
            names,
            stirred,
        }
    }

    /// Its name in the world.
    pub const fn id(&self) -> HostId {
        self.id
    }

    /// What readers are told of it.
    pub const fn info(&self) -> &HostInfo {
        &self.info
    }

    /// How its TCP behaves.
    pub const fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Changes how its TCP behaves; sockets that exist keep what they have.
    pub fn set_profile(&mut self, change: impl FnOnce(&mut Profile)) {
        change(&mut self.profile);
    }

    /// Frames and timers for the world, to be taken.
    pub const fn outbox(&mut self) -> &mut Outbox {
        &mut self.outbox
    }

    /// Cuts the power: the host falls silent at once, no FIN, no RST, and what it receives is lost.
    pub const fn power_off(&mut self) {
        self.powered = false;
    }

    /// Address of the tap.
    const fn mac(&self) -> Mac {
        self.info.mac
    }

    /// The address that it uses unless told otherwise.
    pub fn address(&self) -> Ipv4Addr {
        self.info.addresses[0]
    }

    /// An endpoint of this host.
    pub fn endpoint(&self, port: u16) -> SocketAddrV4 {
        SocketAddrV4::new(self.address(), port)
    }
}
