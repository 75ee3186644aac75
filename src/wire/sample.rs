//! Frames for tests, built with etherparse.

use std::net::Ipv4Addr;

use etherparse::{
    ArpHardwareId, ArpOperation, ArpPacket, EtherType, PacketBuilder, TcpHeader, TcpOptionElement,
};

use super::Mac;

/// Address of the client.
pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 2);
/// Address of the server.
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(198, 18, 1, 2);
/// Port of the client.
pub(crate) const CLIENT_PORT: u16 = 40_000;
/// Port of the server.
pub(crate) const SERVER_PORT: u16 = 80;
/// Initial sequence number of the client.
pub(crate) const CLIENT_ISN: u32 = 1_000;
/// Initial sequence number of the server; its stream wraps around after 4 kB.
pub(crate) const SERVER_ISN: u32 = u32::MAX - 4_000;

/// A TCP segment towards the server if `up`, else towards the client; `seq` and `ack` are relative.
pub(crate) fn tcp(up: bool, flags: &str, seq: u32, ack: u32, data: &[u8]) -> Vec<u8> {
    let options: &[TcpOptionElement] = if flags.contains('S') {
        &[
            TcpOptionElement::MaximumSegmentSize(1_460),
            TcpOptionElement::SelectiveAcknowledgementPermitted,
            TcpOptionElement::Noop,
            TcpOptionElement::WindowScale(7),
        ]
    } else {
        &[]
    };
    tcp_with(up, flags, seq, ack, options, data)
}

/// The same with these options.
pub(crate) fn tcp_with(
    up: bool,
    flags: &str,
    seq: u32,
    ack: u32,
    options: &[TcpOptionElement],
    data: &[u8],
) -> Vec<u8> {
    let (own, peer) = if up {
        (CLIENT_ISN, SERVER_ISN)
    } else {
        (SERVER_ISN, CLIENT_ISN)
    };
    let (source, destination) = if up {
        (CLIENT_PORT, SERVER_PORT)
    } else {
        (SERVER_PORT, CLIENT_PORT)
    };
    let mut header = TcpHeader::new(source, destination, own.wrapping_add(seq), 64_240);
    header.syn = flags.contains('S');
    header.fin = flags.contains('F');
    header.rst = flags.contains('R');
    header.psh = flags.contains('P');
    header.ack = flags.contains('A');
    if header.ack {
        header.acknowledgment_number = peer.wrapping_add(ack);
    }
    header.set_options(options).unwrap();
    let mut frame = Vec::new();
    ethernet_ipv4(up)
        .tcp_header(header)
        .write(&mut frame, data)
        .unwrap();
    frame
}

/// A UDP datagram towards the server.
pub(crate) fn udp(data: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    ethernet_ipv4(true)
        .udp(50_000, 53)
        .write(&mut frame, data)
        .unwrap();
    frame
}

/// An ICMP echo request towards the server.
pub(crate) fn ping(data: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    ethernet_ipv4(true)
        .icmpv4_echo_request(7, 1)
        .write(&mut frame, data)
        .unwrap();
    frame
}

/// The client's question for its gateway.
pub(crate) fn arp() -> Vec<u8> {
    let packet = ArpPacket::new(
        ArpHardwareId::ETHERNET,
        EtherType::IPV4,
        ArpOperation::REQUEST,
        &Mac::host(0).0,
        &CLIENT.octets(),
        &[0; 6],
        &[198, 18, 0, 1],
    )
    .unwrap();
    let mut frame = Vec::new();
    PacketBuilder::ethernet2(Mac::host(0).0, Mac::BROADCAST.0)
        .arp(packet)
        .write(&mut frame)
        .unwrap();
    frame
}

fn ethernet_ipv4(up: bool) -> etherparse::PacketBuilderStep<etherparse::IpHeaders> {
    let (host, source, destination) = if up {
        (0, CLIENT, SERVER)
    } else {
        (1, SERVER, CLIENT)
    };
    PacketBuilder::ethernet2(Mac::host(host).0, Mac::gateway(host).0).ipv4(
        source.octets(),
        destination.octets(),
        64,
    )
}
