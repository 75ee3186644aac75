//! The fields that hosts and readers need, read in place.
//!
//! [`Ipv4View`], [`TcpView`] and [`UdpView`] borrow a frame and check its lengths once. They judge nothing
//! else: checksums are [`super::checksum`]'s.

use std::net::{Ipv4Addr, SocketAddrV4};

use etherparse::{EtherType, Ipv4HeaderSlice, TcpHeaderSlice, UdpHeaderSlice};

use super::frame::ETHERNET_HEADER;

/// `EtherType` of a frame, if it is long enough to have one.
pub fn ether_type(frame: &[u8]) -> Option<EtherType> {
    Some(EtherType(u16::from_be_bytes([
        *frame.get(12)?,
        *frame.get(13)?,
    ])))
}

/// An IPv4 packet in a frame.
#[derive(Clone, Debug)]
pub struct Ipv4View<'a> {
    /// The header.
    pub header: Ipv4HeaderSlice<'a>,
    /// What the header's total length covers after it.
    pub payload: &'a [u8],
}

/// A TCP segment in a frame.
#[derive(Clone, Debug)]
pub struct TcpView<'a> {
    /// Source address and port.
    pub source: SocketAddrV4,
    /// Destination address and port.
    pub destination: SocketAddrV4,
    /// The header with its options.
    pub header: TcpHeaderSlice<'a>,
    /// The segment's data.
    pub payload: &'a [u8],
}

/// A UDP datagram in a frame.
#[derive(Clone, Debug)]
pub struct UdpView<'a> {
    /// Source address and port.
    pub source: SocketAddrV4,
    /// Destination address and port.
    pub destination: SocketAddrV4,
    /// The datagram's data.
    pub payload: &'a [u8],
}

impl<'a> Ipv4View<'a> {
    /// The IPv4 packet in `frame`, or `None` if it is something else or cut short.
    pub fn of(frame: &'a [u8]) -> Option<Self> {
        if ether_type(frame)? != EtherType::IPV4 {
            return None;
        }
        let packet = &frame[ETHERNET_HEADER..];
        let header = Ipv4HeaderSlice::from_slice(packet).ok()?;
        let payload = packet.get(header.slice().len()..usize::from(header.total_len()))?;
        Some(Self { header, payload })
    }

    /// Source address.
    pub fn source(&self) -> Ipv4Addr {
        self.header.source_addr()
    }

    /// Destination address.
    pub fn destination(&self) -> Ipv4Addr {
        self.header.destination_addr()
    }
}

impl<'a> TcpView<'a> {
    /// The TCP segment in `frame`, or `None` if it is something else, a fragment, or cut short.
    pub fn of(frame: &'a [u8]) -> Option<Self> {
        Self::in_packet(&Ipv4View::of(frame)?)
    }

    /// The TCP segment in an IPv4 packet.
    pub fn in_packet(ip: &Ipv4View<'a>) -> Option<Self> {
        if ip.header.protocol() != etherparse::IpNumber::TCP || ip.header.is_fragmenting_payload() {
            return None;
        }
        let header = TcpHeaderSlice::from_slice(ip.payload).ok()?;
        Some(Self {
            source: SocketAddrV4::new(ip.source(), header.source_port()),
            destination: SocketAddrV4::new(ip.destination(), header.destination_port()),
            payload: &ip.payload[header.slice().len()..],
            header,
        })
    }

    /// Length in sequence space: the data, and one each for SYN and FIN (RFC 9293 section 3.4).
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a segment is shorter than 64 KiB"
    )]
    pub fn sequence_len(&self) -> u32 {
        self.payload.len() as u32 + u32::from(self.header.syn()) + u32::from(self.header.fin())
    }

    /// First sequence number after the segment.
    pub fn sequence_end(&self) -> u32 {
        self.header
            .sequence_number()
            .wrapping_add(self.sequence_len())
    }

    /// The flags as `ss` and tcpdump readers know them, for example `SYN,ACK`.
    pub fn flags(&self) -> String {
        flags(&self.header)
    }
}

/// The flags of a TCP header as `ss` and tcpdump readers know them, for example `SYN,ACK`.
pub fn flags(header: &TcpHeaderSlice<'_>) -> String {
    let set = [
        (header.syn(), "SYN"),
        (header.fin(), "FIN"),
        (header.rst(), "RST"),
        (header.psh(), "PSH"),
        (header.ack(), "ACK"),
        (header.urg(), "URG"),
    ];
    let names: Vec<_> = set
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, name)| *name)
        .collect();
    names.join(",")
}

impl<'a> UdpView<'a> {
    /// The datagram in `frame`, or `None` if it is something else or cut short.
    pub fn of(frame: &'a [u8]) -> Option<Self> {
        Self::in_packet(&Ipv4View::of(frame)?)
    }

    /// The UDP datagram in an IPv4 packet, or `None` if it is something else, a fragment, or cut short.
    pub fn in_packet(ip: &Ipv4View<'a>) -> Option<Self> {
        if ip.header.protocol() != etherparse::IpNumber::UDP || ip.header.is_fragmenting_payload() {
            return None;
        }
        let header = UdpHeaderSlice::from_slice(ip.payload).ok()?;
        Some(Self {
            source: SocketAddrV4::new(ip.source(), header.source_port()),
            destination: SocketAddrV4::new(ip.destination(), header.destination_port()),
            payload: ip.payload.get(8..usize::from(header.length()))?,
        })
    }
}

/// Whether sequence number `a` is before `b` in RFC 9293's modular order (section 3.4).
#[expect(
    clippy::cast_possible_wrap,
    reason = "the sign of the wrapped difference is the order"
)]
pub const fn seq_before(a: u32, b: u32) -> bool {
    (a.wrapping_sub(b) as i32) < 0
}
