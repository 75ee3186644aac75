//! What can still be read of a frame that may be cut short or corrupted.
//!
//! The views of [`super::packet`] refuse a frame that does not hold what its headers promise; people want to
//! see such a frame all the same. Lengths here are those that the headers claim, not those that are there.

use std::net::{Ipv4Addr, SocketAddrV4};

use etherparse::{EtherType, IpNumber, Ipv4HeaderSlice, TcpHeaderSlice};

use super::address::Mac;
use super::frame::ETHERNET_HEADER;
use super::packet::ether_type;

/// The innermost part of a frame that can be read.
#[derive(Clone, Debug)]
pub(crate) enum Glance<'a> {
    /// A TCP segment.
    Tcp(TcpGlance<'a>),
    /// A UDP datagram.
    Udp(UdpGlance),
    /// An ICMP message.
    Icmp(IcmpGlance),
    /// An ARP packet for IPv4 over Ethernet.
    Arp(ArpGlance),
    /// A fragment that does not begin at offset zero, or a protocol that the lab does not speak.
    Ipv4(Ipv4Glance),
    /// Something else, by its `EtherType`; `None` if the frame is too short to have one.
    Ethernet(Option<u16>),
}

/// A TCP segment.
#[derive(Clone, Debug)]
pub(crate) struct TcpGlance<'a> {
    /// Source address and port.
    pub(crate) source: SocketAddrV4,
    /// Destination address and port.
    pub(crate) destination: SocketAddrV4,
    /// The header with its options.
    pub(crate) header: TcpHeaderSlice<'a>,
    /// Length of the data in bytes, as the IPv4 header claims.
    pub(crate) data: usize,
}

/// A UDP datagram.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UdpGlance {
    /// Source port.
    pub(crate) source: u16,
    /// Destination port.
    pub(crate) destination: u16,
    /// Length of the data in bytes, as the UDP header claims.
    pub(crate) data: usize,
    /// The type of its first packet, if it is QUIC.
    pub(crate) quic: Option<&'static str>,
}

/// The fixed part of an ICMP message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IcmpGlance {
    /// Type.
    pub(crate) kind: u8,
    /// Code.
    pub(crate) code: u8,
    /// Identifier of an echo.
    pub(crate) identifier: u16,
    /// Sequence number of an echo, or the next hop's MTU of "fragmentation needed" (RFC 1191 section 4).
    pub(crate) sequence: u16,
}

/// An ARP packet (RFC 826).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArpGlance {
    /// 1 asks, 2 answers.
    pub(crate) operation: u16,
    /// Who asks or answers.
    pub(crate) sender: (Mac, Ipv4Addr),
    /// Who is asked for.
    pub(crate) target: Ipv4Addr,
}

/// An IPv4 packet of which no more can be told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ipv4Glance {
    /// Source address.
    pub(crate) source: Ipv4Addr,
    /// Destination address.
    pub(crate) destination: Ipv4Addr,
    /// Number of the protocol inside.
    pub(crate) protocol: u8,
    /// Offset of the fragment in bytes.
    pub(crate) fragment: usize,
    /// Length of the payload in bytes, as the header claims.
    pub(crate) data: usize,
}

/// The port on which UDP is taken for QUIC, since little of a datagram says so itself.
const HTTPS: u16 = 443;

impl<'a> Glance<'a> {
    /// As much of `frame` as can be read.
    pub(crate) fn of(frame: &'a [u8]) -> Self {
        let Some(kind) = ether_type(frame) else {
            return Self::Ethernet(None);
        };
        let packet = &frame[ETHERNET_HEADER..];
        let inner = match kind {
            EtherType::IPV4 => ipv4(packet),
            EtherType::ARP => arp(packet).map(Self::Arp),
            _ => None,
        };
        inner.unwrap_or(Self::Ethernet(Some(kind.0)))
    }
}

fn ipv4(packet: &[u8]) -> Option<Glance<'_>> {
    let header = Ipv4HeaderSlice::from_slice(packet).ok()?;
    let length = header.slice().len();
    let claimed = usize::from(header.total_len()).checked_sub(length)?;
    let rest = &packet[length..];
    let payload = &rest[..rest.len().min(claimed)];
    let fragment = usize::from(header.fragments_offset().value()) * 8;
    let inner = match (fragment, header.protocol()) {
        (0, IpNumber::TCP) => tcp(&header, payload, claimed),
        (0, IpNumber::UDP) => udp(payload),
        (0, IpNumber::ICMP) => icmp(payload),
        _ => None,
    };
    Some(inner.unwrap_or(Glance::Ipv4(Ipv4Glance {
        source: header.source_addr(),
        destination: header.destination_addr(),
        protocol: header.protocol().0,
        fragment,
        data: claimed,
    })))
}

fn tcp<'a>(ip: &Ipv4HeaderSlice<'_>, payload: &'a [u8], claimed: usize) -> Option<Glance<'a>> {
    let header = TcpHeaderSlice::from_slice(payload).ok()?;
    Some(Glance::Tcp(TcpGlance {
        source: SocketAddrV4::new(ip.source_addr(), header.source_port()),
        destination: SocketAddrV4::new(ip.destination_addr(), header.destination_port()),
        data: claimed.saturating_sub(header.slice().len()),
        header,
    }))
}

fn udp<'a>(payload: &[u8]) -> Option<Glance<'a>> {
    let header = payload.first_chunk::<8>()?;
    let source = u16::from_be_bytes([header[0], header[1]]);
    let destination = u16::from_be_bytes([header[2], header[3]]);
    let secure = source == HTTPS || destination == HTTPS;
    Some(Glance::Udp(UdpGlance {
        source,
        destination,
        data: usize::from(u16::from_be_bytes([header[4], header[5]])).saturating_sub(8),
        quic: quic(&payload[header.len()..]).filter(|_| secure),
    }))
}

/// The type of the packet at the beginning of a datagram of QUIC version 1 (RFC 9000 sections 17.2 and 17.3). Only
/// bits that header protection leaves alone are looked at.
fn quic(datagram: &[u8]) -> Option<&'static str> {
    let first = *datagram.first()?;
    match (first & 0xc0, (first >> 4) & 0x03) {
        (0x40, _) => Some("1-RTT"),
        (0xc0, kind) if datagram.get(1..5)? == [0, 0, 0, 1] => {
            Some(["Initial", "0-RTT", "Handshake", "Retry"][usize::from(kind)])
        }
        _ => None,
    }
}

fn icmp<'a>(payload: &[u8]) -> Option<Glance<'a>> {
    let header = payload.first_chunk::<8>()?;
    Some(Glance::Icmp(IcmpGlance {
        kind: header[0],
        code: header[1],
        identifier: u16::from_be_bytes([header[4], header[5]]),
        sequence: u16::from_be_bytes([header[6], header[7]]),
    }))
}

fn arp(packet: &[u8]) -> Option<ArpGlance> {
    const ETHERNET_IPV4: [u8; 6] = [0, 1, 8, 0, 6, 4];
    let fields = packet.first_chunk::<28>()?;
    let address =
        |at: usize| Ipv4Addr::from([fields[at], fields[at + 1], fields[at + 2], fields[at + 3]]);
    (fields[..6] == ETHERNET_IPV4).then(|| ArpGlance {
        operation: u16::from_be_bytes([fields[6], fields[7]]),
        sender: (
            Mac([
                fields[8], fields[9], fields[10], fields[11], fields[12], fields[13],
            ]),
            address(14),
        ),
        target: address(24),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_packet_of_quic_is_in_its_first_byte() {
        let long = |first| quic(&[first, 0, 0, 0, 1, 8]);
        assert_eq!(long(0xc3), Some("Initial"));
        assert_eq!(long(0xdf), Some("0-RTT"));
        assert_eq!(long(0xe1), Some("Handshake"));
        assert_eq!(long(0xf0), Some("Retry"));
        assert_eq!(quic(&[0x41, 7]), Some("1-RTT"));
    }

    #[test]
    fn what_is_no_packet_of_quic_version_1_is_not_taken_for_one() {
        assert_eq!(quic(&[0xc3, 0, 0, 0, 2, 8]), None);
        assert_eq!(quic(&[0xc3, 0, 0]), None);
        assert_eq!(quic(&[0x12, 0x34, 0x01]), None);
        assert_eq!(quic(&[]), None);
    }
}
