//! What stands beside an arrow: flags, relative sequence numbers and length, as Wireshark shows them.
//!
//! Works on frames cut short by a snap length too: only headers are read.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};

use etherparse::{EtherType, IpNumber, Ipv4HeaderSlice, TcpHeaderSlice, UdpHeaderSlice};

use crate::plot::theme::Ink;
use crate::wire::packet::{TcpView, ether_type};
use crate::wire::{ETHERNET_HEADER, Mac, dns};

/// Names frames in the order in which they were sent.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// Sequence number that counts as zero, for each direction of each flow.
    bases: BTreeMap<(SocketAddrV4, SocketAddrV4), u32>,
    /// Whether ports are shown, since there is more than one flow.
    ports: bool,
}

impl Labels {
    /// Labels that show ports if `ports`.
    pub(super) fn new(ports: bool) -> Self {
        Self {
            bases: BTreeMap::new(),
            ports,
        }
    }

    /// The label of a frame and the ink of its arrow.
    pub(super) fn of(&mut self, frame: &[u8]) -> (String, Ink) {
        match ether_type(frame) {
            Some(EtherType::ARP) => (arp(frame).unwrap_or_else(|| "ARP".to_owned()), Ink::Control),
            Some(EtherType::IPV4) => dns::label(frame)
                .map(|label| (label, Ink::Data))
                .or_else(|| self.ipv4(&frame[ETHERNET_HEADER..]))
                .unwrap_or_else(|| ("IPv4".to_owned(), Ink::Control)),
            _ => (format!("Ethernet frame of {} B", frame.len()), Ink::Control),
        }
    }

    fn ipv4(&mut self, packet: &[u8]) -> Option<(String, Ink)> {
        let ip = Ipv4HeaderSlice::from_slice(packet).ok()?;
        let inside = packet.get(ip.slice().len()..)?;
        let length = usize::from(ip.total_len()).checked_sub(ip.slice().len())?;
        let (source, destination) = (ip.source_addr(), ip.destination_addr());
        match ip.protocol() {
            IpNumber::TCP => {
                let header = TcpHeaderSlice::from_slice(inside).ok()?;
                let source = SocketAddrV4::new(source, header.source_port());
                let destination = SocketAddrV4::new(destination, header.destination_port());
                let data = length.checked_sub(header.slice().len())?;
                let view = TcpView {
                    source,
                    destination,
                    header,
                    payload: &[],
                };
                Some((
                    self.tcp(&view, data),
                    if data > 0 { Ink::Data } else { Ink::Control },
                ))
            }
            IpNumber::UDP => {
                let header = UdpHeaderSlice::from_slice(inside).ok()?;
                let data = header.length().saturating_sub(8);
                let (from, to) = (header.source_port(), header.destination_port());
                Some((format!("UDP {from}→{to} len={data}"), Ink::Data))
            }
            IpNumber::ICMP => Some((icmp(inside), Ink::Control)),
            other => Some((format!("IP protocol {}", other.0), Ink::Control)),
        }
    }

    fn tcp(&mut self, view: &TcpView<'_>, data: usize) -> String {
        let header = &view.header;
        let sequence = header.sequence_number();
        let flow = (view.source, view.destination);
        if header.syn() {
            self.bases.insert(flow, sequence);
        }
        // Without a SYN the first byte counts as 1, as it would after one.
        let base = *self.bases.entry(flow).or_insert(sequence.wrapping_sub(1));
        let mut label = String::new();
        if self.ports {
            label = format!("{}→{} ", view.source.port(), view.destination.port());
        }
        label.push_str(&view.flags());
        label = format!("{label} seq={}", sequence.wrapping_sub(base));
        if header.ack() {
            let number = header.acknowledgment_number();
            let back = (view.destination, view.source);
            let base = *self.bases.entry(back).or_insert(number.wrapping_sub(1));
            label = format!("{label} ack={}", number.wrapping_sub(base));
        }
        if data > 0 {
            label = format!("{label} len={data}");
        }
        label
    }
}

/// The destination of an IPv4 frame.
pub(super) fn destination(frame: &[u8]) -> Option<Ipv4Addr> {
    if ether_type(frame)? != EtherType::IPV4 {
        return None;
    }
    Some(
        Ipv4HeaderSlice::from_slice(&frame[ETHERNET_HEADER..])
            .ok()?
            .destination_addr(),
    )
}

/// Both ends of a TCP segment, the smaller first: the name of its connection.
pub(super) fn connection(frame: &[u8]) -> Option<(SocketAddrV4, SocketAddrV4)> {
    let packet = frame.get(ETHERNET_HEADER..)?;
    let ip = Ipv4HeaderSlice::from_slice(packet).ok()?;
    if ip.protocol() != IpNumber::TCP {
        return None;
    }
    let header = TcpHeaderSlice::from_slice(packet.get(ip.slice().len()..)?).ok()?;
    let source = SocketAddrV4::new(ip.source_addr(), header.source_port());
    let destination = SocketAddrV4::new(ip.destination_addr(), header.destination_port());
    Some((source.min(destination), source.max(destination)))
}

/// RFC 826: the operation is in bytes 6 and 7, sender and target from byte 8 on.
fn arp(frame: &[u8]) -> Option<String> {
    let body: &[u8; 28] = frame.get(ETHERNET_HEADER..)?.first_chunk()?;
    let address = |at: usize| Ipv4Addr::new(body[at], body[at + 1], body[at + 2], body[at + 3]);
    Some(if body[7] == 1 {
        format!("ARP who has {}", address(24))
    } else {
        let mac = Mac([body[8], body[9], body[10], body[11], body[12], body[13]]);
        format!("ARP {} is at {mac}", address(14))
    })
}

/// The type and code of RFC 792 in words.
fn icmp(message: &[u8]) -> String {
    match *message {
        [0, ..] => "ICMP echo reply".to_owned(),
        [3, 4, ..] => "ICMP fragmentation needed".to_owned(),
        [3, ..] => "ICMP destination unreachable".to_owned(),
        [8, ..] => "ICMP echo request".to_owned(),
        [11, ..] => "ICMP time exceeded".to_owned(),
        [kind, ..] => format!("ICMP type {kind}"),
        [] => "ICMP".to_owned(),
    }
}
