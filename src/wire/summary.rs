//! A frame in one line, in the words of tcpdump and Wireshark, and in a few words for an arrow.
//!
//! Any bytes are summed up, also cut short or corrupted ones; nothing here judges checksums.

use std::fmt::Write;

use etherparse::TcpOptionElement;

use super::dns;
use super::frame::ETHERNET_HEADER;
use super::glance::{ArpGlance, Glance, IcmpGlance, Ipv4Glance, TcpGlance, UdpGlance};
use super::packet::flags;

/// The initial sequence numbers of a flow, as the sender of a frame sees them: what sequence numbers are
/// counted from. A number that is not known leaves its direction absolute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Isns {
    /// Of the frame's sender.
    pub own: Option<u32>,
    /// Of the frame's receiver.
    pub peer: Option<u32>,
}

impl Isns {
    /// Sequence numbers as they are on the wire.
    pub const ABSOLUTE: Self = Self {
        own: None,
        peer: None,
    };

    /// The sender's sequence number `seq`, counted from its initial one.
    pub const fn sequence(self, seq: u32) -> u32 {
        match self.own {
            Some(isn) => seq.wrapping_sub(isn),
            None => seq,
        }
    }

    /// The peer's sequence number `ack`, counted from its initial one.
    pub const fn acknowledgment(self, ack: u32) -> u32 {
        match self.peer {
            Some(isn) => ack.wrapping_sub(isn),
            None => ack,
        }
    }
}

/// A frame in one line, for example `40000 > 80 [SYN] seq=0 win=64240 len=0 MSS=1460`.
pub fn line(frame: &[u8], isns: Isns) -> String {
    match Glance::of(frame) {
        Glance::Tcp(tcp) => tcp_line(&tcp, isns),
        Glance::Udp(udp) => dns::line(frame).unwrap_or_else(|| {
            let (source, destination) = (udp.source, udp.destination);
            let protocol = protocol(udp);
            format!("{source} > {destination} {protocol} len={}", udp.data)
        }),
        Glance::Icmp(icmp) => icmp_line(icmp),
        Glance::Arp(arp) => arp_line(arp),
        Glance::Ipv4(ip) => ipv4_line(ip),
        Glance::Ethernet(kind) => ethernet_line(kind, frame.len()),
    }
}

/// A frame in a few words for the arrow of a ladder, for example `PSH,ACK seq 1 len 1460`.
pub fn label(frame: &[u8], isns: Isns) -> String {
    match Glance::of(frame) {
        Glance::Tcp(tcp) => tcp_label(&tcp, isns),
        Glance::Udp(udp) => {
            dns::label(frame).unwrap_or_else(|| format!("{} len {}", protocol(udp), udp.data))
        }
        Glance::Icmp(icmp) => icmp_line(icmp),
        Glance::Arp(ArpGlance { operation: 1, .. }) => "ARP request".to_owned(),
        Glance::Arp(_) => "ARP reply".to_owned(),
        Glance::Ipv4(ip) => ipv4_line(ip),
        Glance::Ethernet(kind) => ethernet_line(kind, frame.len()),
    }
}

/// Length in bytes of a frame on the wire of which only the first bytes may have been kept: what its IPv4
/// header claims, if that is more than there is.
pub fn wire_len(frame: &[u8]) -> usize {
    let claimed = match super::packet::ether_type(frame) {
        Some(etherparse::EtherType::IPV4) => match frame
            .get(ETHERNET_HEADER + 2..ETHERNET_HEADER + 4)
        {
            Some(total) => ETHERNET_HEADER + usize::from(u16::from_be_bytes([total[0], total[1]])),
            None => 0,
        },
        _ => 0,
    };
    claimed.max(frame.len())
}

fn tcp_line(tcp: &TcpGlance<'_>, isns: Isns) -> String {
    let header = &tcp.header;
    let mut text = format!(
        "{} > {} [{}]",
        tcp.source.port(),
        tcp.destination.port(),
        flags(header)
    );
    push(
        &mut text,
        format_args!(" seq={}", isns.sequence(header.sequence_number())),
    );
    if header.ack() {
        push(
            &mut text,
            format_args!(
                " ack={}",
                isns.acknowledgment(header.acknowledgment_number())
            ),
        );
    }
    push(
        &mut text,
        format_args!(" win={} len={}", header.window_size(), tcp.data),
    );
    for option in header.options_iterator() {
        let Ok(option) = option else {
            text.push_str(" malformed-option");
            break;
        };
        push_option(&mut text, &option, isns);
    }
    text
}

fn push_option(text: &mut String, option: &TcpOptionElement, isns: Isns) {
    use TcpOptionElement as Element;
    match option {
        Element::Noop => {}
        Element::MaximumSegmentSize(size) => push(text, format_args!(" MSS={size}")),
        Element::WindowScale(shift) => {
            // RFC 7323 section 2.3: a shift above 14 counts as 14
            push(text, format_args!(" WS={}", 1u32 << (*shift).min(14)));
        }
        Element::SelectiveAcknowledgementPermitted => text.push_str(" SACK_PERM"),
        Element::SelectiveAcknowledgement(first, more) => {
            for (left, right) in std::iter::once(first).chain(more.iter().flatten()) {
                let (left, right) = (isns.acknowledgment(*left), isns.acknowledgment(*right));
                push(text, format_args!(" SACK={left}-{right}"));
            }
        }
        Element::Timestamp(value, echo) => push(text, format_args!(" TSval={value} TSecr={echo}")),
    }
}

fn tcp_label(tcp: &TcpGlance<'_>, isns: Isns) -> String {
    let header = &tcp.header;
    let mut text = flags(header);
    if tcp.data > 0 {
        let seq = isns.sequence(header.sequence_number());
        push(&mut text, format_args!(" seq {seq} len {}", tcp.data));
    } else if text == "ACK" {
        let ack = isns.acknowledgment(header.acknowledgment_number());
        push(&mut text, format_args!(" {ack}"));
    }
    let sack = |option| matches!(option, Ok(TcpOptionElement::SelectiveAcknowledgement(..)));
    if header.options_iterator().any(sack) {
        text.push_str(" SACK");
    }
    text
}

/// What a datagram carries, as far as it can be told.
fn protocol(udp: UdpGlance) -> String {
    udp.quic
        .map_or_else(|| "UDP".to_owned(), |kind| format!("QUIC {kind}"))
}

fn icmp_line(icmp: IcmpGlance) -> String {
    let IcmpGlance {
        kind,
        code,
        identifier,
        sequence,
    } = icmp;
    match (kind, code) {
        (0, _) => format!("ICMP echo reply id={identifier} seq={sequence}"),
        (8, _) => format!("ICMP echo request id={identifier} seq={sequence}"),
        (3, 0) => "ICMP network unreachable".to_owned(),
        (3, 1) => "ICMP host unreachable".to_owned(),
        (3, 3) => "ICMP port unreachable".to_owned(),
        (3, 4) => format!("ICMP fragmentation needed mtu={sequence}"),
        (11, _) => "ICMP time exceeded".to_owned(),
        _ => format!("ICMP type={kind} code={code}"),
    }
}

fn arp_line(arp: ArpGlance) -> String {
    let (mac, address) = arp.sender;
    match arp.operation {
        1 => format!("ARP who has {}? tell {address}", arp.target),
        2 => format!("ARP {address} is at {mac}"),
        other => format!("ARP operation {other} from {address}"),
    }
}

fn ipv4_line(ip: Ipv4Glance) -> String {
    let Ipv4Glance {
        source,
        destination,
        protocol,
        fragment,
        data,
    } = ip;
    match fragment {
        0 => format!("{source} > {destination} IPv4 protocol={protocol} len={data}"),
        offset => format!("{source} > {destination} IPv4 fragment offset={offset} len={data}"),
    }
}

fn ethernet_line(kind: Option<u16>, length: usize) -> String {
    match kind {
        None => format!("short frame len={length}"),
        Some(0x0800) => format!("malformed IPv4 len={length}"),
        Some(0x0806) => format!("malformed ARP len={length}"),
        Some(kind) => format!("EtherType 0x{kind:04x} len={length}"),
    }
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments)
        .expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests;
