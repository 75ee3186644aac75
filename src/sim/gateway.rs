//! The near end of an access link: answers ARP, routes, and reports packets that are too big.

use std::net::Ipv4Addr;

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

/// Bytes of the offending packet that an ICMP error quotes after its header (RFC 792).
const QUOTE: usize = 8;

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

/// ICMP "net unreachable" (RFC 792), from the sender's gateway to the sender; nothing if the packet is none of which
/// errors may tell.
pub(super) fn unreachable(index: u16, info: &HostInfo, offender: &Frame) -> Option<Bytes> {
    let ip = Ipv4View::of(&offender.bytes)?;
    let may_tell = ip.destination() != info.gateway && is_told_of(&ip);
    may_tell.then(|| error(index, info, offender, DestUnreachableHeader::Network))
}

/// Whether errors may tell of a packet (RFC 1122 section 3.2.2): it goes from one host to another, is no later fragment,
/// and no error itself.
fn is_told_of(ip: &Ipv4View<'_>) -> bool {
    /// Destination unreachable, source quench, redirect, time exceeded, parameter problem.
    const ERRORS: [u8; 5] = [3, 4, 5, 11, 12];
    let (from, to) = (ip.header.source_addr(), ip.destination());
    // Networks of the world have 256 addresses.
    let is_broadcast = to.is_broadcast() || to.octets()[3] == 255;
    let is_one_host = |address: Ipv4Addr| {
        !address.is_multicast() && !address.is_unspecified() && !address.is_loopback()
    };
    let is_icmp = ip.header.protocol() == etherparse::IpNumber::ICMP;
    let is_error = is_icmp && ip.payload.first().is_none_or(|kind| ERRORS.contains(kind));
    let is_first = ip.header.fragments_offset().value() == 0;
    is_one_host(from) && is_one_host(to) && !is_broadcast && is_first && !is_error
}

fn error(index: u16, info: &HostInfo, offender: &Frame, header: DestUnreachableHeader) -> Bytes {
    let source: [u8; 4] = offender.bytes[26..30]
        .try_into()
        .expect("four bytes were sliced");
    let builder = PacketBuilder::ethernet2(Mac::gateway(index).0, info.mac.0)
        .ipv4(info.gateway.octets(), source, TTL)
        .icmpv4(Icmpv4Type::DestinationUnreachable(header));
    let packet = &offender.bytes[ETHERNET_HEADER..];
    let header = usize::from(packet[0] & 0xf) * 4;
    let quote = &packet[..packet.len().min(header + QUOTE)];
    let mut bytes = Vec::with_capacity(builder.size(quote.len()));
    builder
        .write(&mut bytes, quote)
        .expect("writing to memory succeeds");
    bytes.into()
}

#[cfg(test)]
mod tests {
    use etherparse::PacketBuilder;

    use super::*;

    fn packet(from: [u8; 4], to: [u8; 4], icmp: Option<u8>) -> Vec<u8> {
        let builder = PacketBuilder::ethernet2([2; 6], [4; 6]).ipv4(from, to, 64);
        let mut bytes = Vec::new();
        match icmp {
            None => builder.udp(1, 2).write(&mut bytes, b"question"),
            Some(kind) => builder
                .icmpv4_raw(kind, 0, [0; 4])
                .write(&mut bytes, b"question"),
        }
        .expect("memory takes it");
        bytes
    }

    fn told_of(bytes: &[u8]) -> bool {
        is_told_of(&Ipv4View::of(bytes).expect("it is an IPv4 packet"))
    }

    #[test]
    fn errors_tell_of_what_goes_from_one_host_to_another_and_of_no_errors() {
        const HERE: [u8; 4] = [198, 18, 0, 2];
        const THERE: [u8; 4] = [10, 0, 0, 7];
        assert!(told_of(&packet(HERE, THERE, None)));
        assert!(told_of(&packet(HERE, THERE, Some(8))), "a ping is no error");
        assert!(!told_of(&packet(HERE, THERE, Some(3))));
        for to in [[255; 4], [198, 18, 0, 255], [224, 0, 0, 1]] {
            assert!(!told_of(&packet(HERE, to, None)), "{to:?}");
        }
        for from in [[0; 4], [127, 0, 0, 1], [224, 0, 0, 1]] {
            assert!(!told_of(&packet(from, THERE, None)), "{from:?}");
        }
        let mut later = packet(HERE, THERE, None);
        later[ETHERNET_HEADER + 7] = 1;
        assert!(Ipv4View::of(&later).is_none_or(|ip| !is_told_of(&ip)));
    }
}
