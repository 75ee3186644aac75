//! The near end of an access link: answers ARP, routes, and reports packets that are too big.

use bytes::Bytes;
use etherparse::icmpv4::DestUnreachableHeader;
use etherparse::{ArpOperation, Icmpv4Type, PacketBuilder};

use crate::event::HostInfo;
use crate::host::arp::{self, Neighbour};
use crate::wire::packet::Ipv4View;
use crate::wire::{ETHERNET_HEADER, Frame, Mac, patch};

/// Routers between two taps: the gateways of both ends.
const HOPS: u8 = 2;

/// TTL of the gateway's own packets.
const TTL: u8 = 64;

/// Bytes of the offending packet that an ICMP error quotes (RFC 792): its header and 8 bytes more.
const QUOTE: usize = 28;

/// The gateway's answer to a host's ARP request, if the frame is one for it.
pub(super) fn answer_arp(index: u16, info: &HostInfo, frame: &Frame) -> Option<Bytes> {
    let asker = arp::sender_of(&frame.bytes, ArpOperation::REQUEST)?;
    let gateway = Neighbour {
        mac: Mac::gateway(index),
        address: info.gateway,
    };
    Some(arp::reply(gateway, asker))
}

/// The frame as it leaves the gateway of the host that it is for.
pub(super) fn route(index: u16, info: &HostInfo, frame: Frame) -> Frame {
    let bytes = patch::patched(frame.bytes, |bytes| {
        patch::route(bytes, Mac::gateway(index), info.mac, HOPS);
    });
    Frame { bytes, ..frame }
}

/// ICMP "fragmentation needed and DF set" (RFC 1191 section 4), from the sender's gateway to the sender.
pub(super) fn too_big(index: u16, info: &HostInfo, offender: &Frame, mtu: u16) -> Bytes {
    let header = DestUnreachableHeader::FragmentationNeeded { next_hop_mtu: mtu };
    error(index, info, offender, header)
}

/// ICMP "net unreachable" (RFC 792), from the sender's gateway to the sender; nothing if the frame has no IPv4 packet
/// from one host to another, of which alone errors may tell (RFC 1122 section 3.2.2).
pub(super) fn unreachable(index: u16, info: &HostInfo, offender: &Frame) -> Option<Bytes> {
    let ip = Ipv4View::of(&offender.bytes)?;
    let to = ip.destination();
    let is_one_host = !to.is_multicast() && !to.is_broadcast() && to != info.gateway;
    let is_error = ip.header.protocol() == etherparse::IpNumber::ICMP;
    (is_one_host && !is_error).then(|| error(index, info, offender, DestUnreachableHeader::Network))
}

fn error(index: u16, info: &HostInfo, offender: &Frame, header: DestUnreachableHeader) -> Bytes {
    let source: [u8; 4] = offender.bytes[26..30]
        .try_into()
        .expect("four bytes were sliced");
    let builder = PacketBuilder::ethernet2(Mac::gateway(index).0, info.mac.0)
        .ipv4(info.gateway.octets(), source, TTL)
        .icmpv4(Icmpv4Type::DestinationUnreachable(header));
    let packet = &offender.bytes[ETHERNET_HEADER..];
    let quote = &packet[..packet.len().min(QUOTE)];
    let mut bytes = Vec::with_capacity(builder.size(quote.len()));
    builder
        .write(&mut bytes, quote)
        .expect("writing to memory succeeds");
    bytes.into()
}
