//! ARP (RFC 826) between a host and its gateway.

use std::net::Ipv4Addr;

use bytes::Bytes;
use etherparse::{ArpHardwareId, ArpOperation, ArpPacket, EtherType, Ethernet2Header};

use crate::wire::Mac;

/// What a host knows of its gateway's address, and what waits for it.
#[derive(Debug)]
pub(super) enum Gateway<W> {
    /// Nothing was sent yet.
    Unknown,
    /// A request is under way; these wait for the answer.
    Asked(Vec<W>),
    /// The gateway answered.
    Known(Mac),
}

/// One end of an ARP exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Ethernet address.
    pub mac: Mac,
    /// IPv4 address.
    pub address: Ipv4Addr,
}

/// The frame in which `sender` asks everybody for the Ethernet address of `target`.
pub fn request(sender: Neighbour, target: Ipv4Addr) -> Bytes {
    let unknown = Neighbour {
        mac: Mac([0; 6]),
        address: target,
    };
    frame(ArpOperation::REQUEST, sender, unknown, Mac::BROADCAST)
}

/// The frame in which `sender` tells `target` its Ethernet address.
pub fn reply(sender: Neighbour, target: Neighbour) -> Bytes {
    frame(ArpOperation::REPLY, sender, target, target.mac)
}

/// The neighbour that an ARP frame with this operation speaks of.
pub fn sender_of(frame: &[u8], operation: ArpOperation) -> Option<Neighbour> {
    let packet =
        etherparse::ArpPacketSlice::from_slice(frame.get(crate::wire::ETHERNET_HEADER..)?).ok()?;
    if packet.operation() != operation {
        return None;
    }
    let mac = packet.sender_hw_addr().try_into().ok()?;
    let address: [u8; 4] = packet.sender_protocol_addr().try_into().ok()?;
    Some(Neighbour {
        mac: Mac(mac),
        address: address.into(),
    })
}

fn frame(operation: ArpOperation, sender: Neighbour, target: Neighbour, destination: Mac) -> Bytes {
    let ethernet = Ethernet2Header {
        source: sender.mac.0,
        destination: destination.0,
        ether_type: EtherType::ARP,
    };
    let packet = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        operation,
        &sender.mac.0,
        &sender.address.octets(),
        &target.mac.0,
        &target.address.octets(),
    )
    .expect("Ethernet and IPv4 addresses fit an ARP packet");
    let mut bytes = ethernet.to_bytes().to_vec();
    bytes.extend_from_slice(&packet.to_bytes());
    bytes.into()
}
