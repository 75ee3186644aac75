//! Packets as other people's captures hold them: any of the usual link layers, IPv4 or IPv6, cut short or not.
//!
//! [`super::packet`] reads what the lab itself sends, in place and at full speed. Here a packet of unknown origin is
//! taken apart once (by etherparse) and what the analysis of TCP needs is kept. Lengths are those that the headers
//! claim, since a snap length takes away bytes, not facts. What is not TCP gets a name, never an error.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use etherparse::{
    EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, TcpOptionElement, TcpOptionReadError,
    TcpOptionsIterator, TcpSlice, TransportSlice,
};

/// Link layers that are understood (<https://www.tcpdump.org/linktypes.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkType {
    /// `LINKTYPE_NULL`, 0: BSD loopback, the address family in the order of the machine that captured.
    Null,
    /// `LINKTYPE_ETHERNET`, 1.
    Ethernet,
    /// `LINKTYPE_RAW`, 101, and what some systems write instead: 12 and 14.
    Raw,
    /// `LINKTYPE_LOOP`, 108: OpenBSD loopback, the address family in network order.
    Loop,
    /// `LINKTYPE_LINUX_SLL`, 113: Linux "cooked", for example of `tcpdump -i any`.
    LinuxSll,
    /// `LINKTYPE_IPV4`, 228.
    Ipv4,
    /// `LINKTYPE_IPV6`, 229.
    Ipv6,
    /// `LINKTYPE_LINUX_SLL2`, 276.
    LinuxSll2,
}

/// The flags of a TCP header (RFC 9293 section 3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFlags(u8);

/// The options of a TCP header that an analysis looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpOptions {
    /// Maximum segment size in bytes (RFC 9293 section 3.7.1).
    pub mss: Option<u16>,
    /// Window scale (RFC 7323 section 2).
    pub scale: Option<u8>,
    /// Value and echo of the timestamps (RFC 7323 section 3).
    pub timestamps: Option<(u32, u32)>,
    /// Selective acknowledgments (RFC 2018); the first is a D-SACK (RFC 2883) if it says what was acknowledged before.
    pub sack: [Option<(u32, u32)>; 4],
    /// Whether the snap length took some of them away.
    pub cut: bool,
}

/// One TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpSegment {
    /// Source address and port.
    pub source: SocketAddr,
    /// Destination address and port.
    pub destination: SocketAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// IPv4's identification field, `None` in IPv6.
    pub ip_id: Option<u16>,
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgment number, as it stands there even without ACK.
    pub ack: u32,
    /// Flags.
    pub flags: TcpFlags,
    /// Window, not scaled.
    pub window: u16,
    /// Bytes of data, as the IP header claims.
    pub len: u32,
    /// The checksum as it stands there.
    pub checksum: u16,
    /// Options, as many as were captured.
    pub options: TcpOptions,
}

/// What a packet is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dissected {
    /// A TCP segment that is not a fragment.
    Tcp(Box<TcpSegment>),
    /// Something else, by the name that people know.
    Other(String),
}

impl LinkType {
    /// The link layer of this number, if it is understood.
    pub const fn of(number: u32) -> Option<Self> {
        Some(match number {
            0 => Self::Null,
            1 => Self::Ethernet,
            12 | 14 | 101 => Self::Raw,
            108 => Self::Loop,
            113 => Self::LinuxSll,
            228 => Self::Ipv4,
            229 => Self::Ipv6,
            276 => Self::LinuxSll2,
            _ => return None,
        })
    }
}

impl fmt::Display for LinkType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null | Self::Loop => "loopback",
            Self::Ethernet => "Ethernet",
            Self::Raw => "raw IP",
            Self::LinuxSll => "Linux cooked",
            Self::Ipv4 => "raw IPv4",
            Self::Ipv6 => "raw IPv6",
            Self::LinuxSll2 => "Linux cooked v2",
        })
    }
}

impl TcpFlags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x01);
    /// Sequence numbers begin here.
    pub const SYN: Self = Self(0x02);
    /// The connection is reset.
    pub const RST: Self = Self(0x04);
    /// The receiver shall hand over what it has.
    pub const PSH: Self = Self(0x08);
    /// The acknowledgment number counts.
    pub const ACK: Self = Self(0x10);
    /// The urgent pointer counts.
    pub const URG: Self = Self(0x20);

    const NAMES: [(Self, &'static str); 6] = [
        (Self::SYN, "SYN"),
        (Self::FIN, "FIN"),
        (Self::RST, "RST"),
        (Self::PSH, "PSH"),
        (Self::ACK, "ACK"),
        (Self::URG, "URG"),
    ];

    /// Flags that are set in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of `flags` is set.
    pub const fn any(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }

    /// Whether SYN is set and ACK is not: a connection is asked for.
    pub const fn opens(self) -> bool {
        self.any(Self::SYN) && !self.any(Self::ACK)
    }

    /// Whether SYN and ACK are set: a connection is granted.
    pub const fn grants(self) -> bool {
        self.any(Self::SYN) && self.any(Self::ACK)
    }
}

impl fmt::Display for TcpFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = Self::NAMES.iter().filter(|(flag, _)| self.any(*flag));
        let names: Vec<_> = set.map(|(_, name)| *name).collect();
        f.write_str(&names.join(","))
    }
}

impl TcpSegment {
    /// Length in sequence space: the data, and one for SYN or FIN (RFC 9293 section 3.4).
    pub fn sequence_len(&self) -> u32 {
        self.len + u32::from(self.flags.any(TcpFlags::SYN.or(TcpFlags::FIN)))
    }

    /// First sequence number after the segment.
    pub fn end(&self) -> u32 {
        self.seq.wrapping_add(self.sequence_len())
    }

    /// Of a SYN, the shift of its sender's later windows (RFC 7323 section 2.3), `None` if the option may have been cut off.
    pub fn shift(&self) -> Option<u8> {
        let scale = self.options.scale;
        let known = scale.is_some() || !self.options.cut;
        known.then(|| scale.unwrap_or(0).min(14))
    }

    /// What is acknowledged beyond gaps, in the order in which it stands there.
    pub fn sacks(&self) -> impl Iterator<Item = (u32, u32)> {
        self.options.sack.into_iter().flatten()
    }
}

impl Dissected {
    /// Takes a packet apart. `data` is what was captured of `original` bytes.
    pub fn of(link: LinkType, data: &[u8], original: usize) -> Self {
        let cut = || Self::Other("cut short".to_owned());
        let after = |length: usize| data.get(length..).unwrap_or_default();
        let number = |at: usize| Some(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?]));
        let sliced = match link {
            LinkType::Ethernet => LaxSlicedPacket::from_ethernet(data).ok(),
            LinkType::LinuxSll => {
                number(14).map(|kind| LaxSlicedPacket::from_ether_type(EtherType(kind), after(16)))
            }
            LinkType::LinuxSll2 if data.len() >= 20 => {
                number(0).map(|kind| LaxSlicedPacket::from_ether_type(EtherType(kind), after(20)))
            }
            LinkType::LinuxSll2 => None,
            LinkType::Raw | LinkType::Ipv4 | LinkType::Ipv6 => LaxSlicedPacket::from_ip(data).ok(),
            LinkType::Null | LinkType::Loop => {
                return LaxSlicedPacket::from_ip(after(4))
                    .map_or_else(|_| family(data), |sliced| inside(&sliced, data, original));
            }
        };
        sliced.map_or_else(cut, |sliced| inside(&sliced, data, original))
    }
}

/// The address family of a loopback packet that holds no IP.
fn family(data: &[u8]) -> Dissected {
    let number = data.first_chunk().map(|bytes| {
        let number = u32::from_be_bytes(*bytes);
        number.min(number.swap_bytes())
    });
    Dissected::Other(match number {
        Some(number) if data.len() > 4 => format!("address family {number}"),
        _ => "cut short".to_owned(),
    })
}

fn inside(sliced: &LaxSlicedPacket<'_>, data: &[u8], original: usize) -> Dissected {
    let other = |name: &str| Dissected::Other(name.to_owned());
    let (payload, ends, ttl, id, claimed) = match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            let header = ip.header();
            let ends = (
                IpAddr::V4(header.source_addr()),
                IpAddr::V4(header.destination_addr()),
            );
            let extensions = ip.extensions().auth.map_or(0, |auth| auth.slice().len());
            // A length of zero is segmentation offload's: the card would have filled it in.
            let total = Some(usize::from(header.total_len())).filter(|total| *total > 0);
            let claimed =
                total.map(|total| total.saturating_sub(header.slice().len() + extensions));
            let id = Some(header.identification());
            (ip.payload(), ends, header.ttl(), id, claimed)
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            let header = ip.header();
            let ends = (
                IpAddr::V6(header.source_addr()),
                IpAddr::V6(header.destination_addr()),
            );
            let extensions = ip.extensions().slice().len();
            let length = Some(usize::from(header.payload_length())).filter(|length| *length > 0);
            let claimed = length.map(|length| length.saturating_sub(extensions));
            (ip.payload(), ends, header.hop_limit(), None, claimed)
        }
        Some(LaxNetSlice::Arp(_)) => return other("ARP"),
        None => return Dissected::Other(ethernet(sliced)),
    };
    if payload.fragmented {
        return other("IP fragment");
    }
    if payload.ip_number != IpNumber::TCP {
        return Dissected::Other(transport(sliced, payload.ip_number));
    }
    let offset = payload.payload.as_ptr() as usize - data.as_ptr() as usize;
    let there = original.max(data.len()).saturating_sub(offset);
    let length = claimed.map_or(there, |claimed| claimed.min(there));
    tcp(payload.payload, length, ends).map_or_else(
        || other("TCP cut short"),
        |mut segment| {
            (segment.ttl, segment.ip_id) = (ttl, id);
            Dissected::Tcp(Box::new(segment))
        },
    )
}

/// Reads a segment of `length` bytes, of which the first may be all that was captured.
fn tcp(bytes: &[u8], length: usize, ends: (IpAddr, IpAddr)) -> Option<TcpSegment> {
    const FIXED: usize = 20;
    if bytes.len() < FIXED {
        return None;
    }
    let header = usize::from(bytes[12] >> 4) * 4;
    // Options that the snap length took away count as their end (kind 0).
    let mut whole = Vec::new();
    let readable = if bytes.len() < header {
        whole.extend_from_slice(bytes);
        whole.resize(header, 0);
        whole.as_slice()
    } else {
        bytes
    };
    let slice = TcpSlice::from_slice(readable).ok()?;
    let flag = |set: bool, flag: TcpFlags| if set { flag } else { TcpFlags::default() };
    let flags = [
        flag(slice.fin(), TcpFlags::FIN),
        flag(slice.syn(), TcpFlags::SYN),
        flag(slice.rst(), TcpFlags::RST),
        flag(slice.psh(), TcpFlags::PSH),
        flag(slice.ack(), TcpFlags::ACK),
        flag(slice.urg(), TcpFlags::URG),
    ];
    Some(TcpSegment {
        source: SocketAddr::new(ends.0, slice.source_port()),
        destination: SocketAddr::new(ends.1, slice.destination_port()),
        ttl: 0,
        ip_id: None,
        seq: slice.sequence_number(),
        ack: slice.acknowledgment_number(),
        flags: flags.into_iter().fold(TcpFlags::default(), TcpFlags::or),
        window: slice.window_size(),
        len: u32::try_from(length.saturating_sub(header)).unwrap_or(u32::MAX),
        checksum: slice.checksum(),
        options: TcpOptions {
            cut: bytes.len() < header,
            ..options(&slice)
        },
    })
}

fn options(slice: &TcpSlice<'_>) -> TcpOptions {
    let mut options = TcpOptions::default();
    let mut elements = TcpOptionsIterator::from_slice(slice.options());
    loop {
        let before = elements.rest();
        match elements.next() {
            Some(Ok(option)) => options.take(&option),
            // The iterator ends at a kind that it does not know, and more may follow that one.
            Some(Err(TcpOptionReadError::UnknownId(_))) => {
                let length = before.get(1).map_or(0, |length| usize::from(*length));
                match before.get(length..) {
                    Some(rest) if length >= 2 => elements = TcpOptionsIterator::from_slice(rest),
                    _ => return options,
                }
            }
            Some(Err(_)) | None => return options,
        }
    }
}

impl TcpOptions {
    fn take(&mut self, option: &TcpOptionElement) {
        match *option {
            TcpOptionElement::MaximumSegmentSize(mss) => self.mss = Some(mss),
            TcpOptionElement::WindowScale(scale) => self.scale = Some(scale),
            TcpOptionElement::Timestamp(value, echo) => self.timestamps = Some((value, echo)),
            TcpOptionElement::SelectiveAcknowledgement(first, rest) => {
                self.sack = [Some(first), rest[0], rest[1], rest[2]];
            }
            TcpOptionElement::Noop | TcpOptionElement::SelectiveAcknowledgementPermitted => {}
        }
    }
}

/// What travels over UDP on well-known ports, and other protocols above IP.
fn transport(sliced: &LaxSlicedPacket<'_>, number: IpNumber) -> String {
    let Some(TransportSlice::Udp(udp)) = &sliced.transport else {
        return match number {
            IpNumber::ICMP => "ICMP".to_owned(),
            IpNumber::IPV6_ICMP => "ICMPv6".to_owned(),
            IpNumber::UDP => "UDP cut short".to_owned(),
            IpNumber::GRE => "GRE".to_owned(),
            IpNumber::IPV6 => "IPv6 in IP".to_owned(),
            _ => number
                .keyword_str()
                .map_or_else(|| format!("IP protocol {}", number.0), str::to_owned),
        };
    };
    let ports = [udp.source_port(), udp.destination_port()];
    let known = [
        (53, "DNS"),
        (67, "DHCP"),
        (123, "NTP"),
        (443, "QUIC"),
        (1900, "SSDP"),
        (5353, "mDNS"),
    ];
    let service = known.iter().find(|(port, _)| ports.contains(port));
    service.map_or_else(|| "UDP".to_owned(), |(_, name)| format!("UDP ({name})"))
}

/// A frame without IP or ARP, by its `EtherType` (below 1536 it is IEEE 802.3's length).
fn ethernet(sliced: &LaxSlicedPacket<'_>) -> String {
    match sliced.ether_payload().map(|payload| payload.ether_type.0) {
        Some(0x0800 | 0x86dd | 0x0806) | None => "cut short".to_owned(),
        Some(0x88cc) => "LLDP".to_owned(),
        Some(0x8863 | 0x8864) => "PPPoE".to_owned(),
        Some(0x888e) => "EAPOL".to_owned(),
        Some(length) if length < 1536 => "IEEE 802.3".to_owned(),
        Some(kind) => format!("EtherType {kind:#06x}"),
    }
}
