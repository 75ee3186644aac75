//! Recordings made by hand: what the simulator would emit, without one.

use std::net::Ipv4Addr;

use bytes::Bytes;
use etherparse::{ArpEthIpv4Packet, ArpOperation, ArpPacket, EtherType, PacketBuilder};

use crate::event::{
    AppEvent, DropCause, Event, HostId, HostInfo, LinkId, LinkInfo, LinkRole, Mechanism,
    SocketEvent, SocketId,
};
use crate::record::{Entry, Recording, RunInfo};
use crate::units::{SimTime, Span};
use crate::wire::{Frame, FrameId, Mac};

/// A recording in the making: hosts that are all equally far from each other.
pub(super) struct Script {
    recording: Recording,
    delay: Span,
    next: u64,
}

/// A TCP segment in relative sequence numbers.
#[derive(Clone, Copy)]
pub(super) struct Segment {
    pub(super) flags: &'static str,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) len: usize,
    pub(super) port: u16,
}

/// A segment of the connection from port 49152.
pub(super) const fn segment(flags: &'static str, seq: u32, ack: u32, len: usize) -> Segment {
    Segment {
        flags,
        seq,
        ack,
        len,
        port: 49152,
    }
}

impl Script {
    /// Hosts of these names, `delay` one way from each other, linked by one link of each role.
    pub(super) fn new(variant: &str, names: &[&str], delay: Span) -> Self {
        let run = RunInfo {
            case: "handshake".into(),
            variant: variant.into(),
            seed: 1,
            params: [("rtt".to_owned(), (delay * 2).to_string())].into(),
            ..RunInfo::default()
        };
        let mut script = Self {
            recording: Recording {
                run,
                entries: Vec::new(),
            },
            delay,
            next: 0,
        };
        for (index, name) in (0..).zip(names) {
            let info = HostInfo {
                name: (*name).to_owned(),
                domain: format!("{name}.test"),
                mac: Mac::host(index),
                addresses: vec![address(index)],
                gateway: Ipv4Addr::new(198, 18, index.to_be_bytes()[1], 254),
                stack: "linux".to_owned(),
            };
            script.push(SimTime::ZERO, Event::Host(HostId(index), Box::new(info)));
        }
        for (index, role) in (0..).zip([LinkRole::AccessUp, LinkRole::Core, LinkRole::AccessDown]) {
            let (from, to) = (HostId(0), HostId(1));
            let info = LinkInfo {
                name: "client->server".into(),
                role,
                from,
                to,
                config: String::new(),
            };
            script.push(SimTime::ZERO, Event::Link(LinkId(index), Box::new(info)));
        }
        script
    }

    pub(super) fn push(&mut self, at: SimTime, event: Event) {
        self.recording.entries.push(Entry { at, event });
    }

    /// A segment that arrives; returns when.
    pub(super) fn send(&mut self, at: SimTime, from: u16, to: u16, segment: Segment) -> SimTime {
        let frame = self.sent(at, from, to, segment);
        let arrives = at + self.delay;
        self.push(
            arrives,
            Event::FrameReceived {
                host: HostId(to),
                frame,
            },
        );
        arrives
    }

    /// A segment that is sent, whatever becomes of it.
    pub(super) fn sent(&mut self, at: SimTime, from: u16, to: u16, segment: Segment) -> Frame {
        let frame = self.frame(tcp(from, to, segment));
        self.push(
            at,
            Event::FrameSent {
                host: HostId(from),
                frame: frame.clone(),
            },
        );
        frame
    }

    /// A segment that the core drops.
    pub(super) fn lose(
        &mut self,
        at: SimTime,
        from: u16,
        to: u16,
        segment: Segment,
        cause: DropCause,
    ) -> FrameId {
        let id = self.sent(at, from, to, segment).id;
        self.push(
            at,
            Event::FrameDropped {
                link: LinkId(1),
                frame: id,
                cause,
            },
        );
        id
    }

    /// Says that the frame sent last was sent again.
    pub(super) fn again(&mut self, at: SimTime, host: u16, mechanism: Mechanism) {
        let frame = FrameId(self.next - 1);
        let event = SocketEvent::Segment {
            frame,
            offset: 0,
            len: 0,
            again: Some(mechanism),
        };
        self.socket(at, host, event);
    }

    pub(super) fn socket(&mut self, at: SimTime, host: u16, event: SocketEvent) {
        self.push(
            at,
            Event::Socket(
                SocketId {
                    host: HostId(host),
                    index: 0,
                },
                event,
            ),
        );
    }

    pub(super) fn note(&mut self, at: SimTime, host: u16, text: &str) {
        let event = AppEvent::Note {
            text: text.to_owned(),
        };
        self.push(at, Event::App(HostId(host), Box::new(event)));
    }

    /// A host asks its gateway for its address and is answered at once.
    pub(super) fn arp(&mut self, at: SimTime, host: u16) {
        let (mac, gateway) = (Mac::host(host), Mac::gateway(host));
        let router = Ipv4Addr::new(198, 18, host.to_be_bytes()[1], 254);
        let request = arp(
            ArpOperation::REQUEST,
            mac,
            address(host),
            Mac([0; 6]),
            router,
        );
        let frame = self.frame(request);
        self.push(
            at,
            Event::FrameSent {
                host: HostId(host),
                frame,
            },
        );
        let reply = arp(ArpOperation::REPLY, gateway, router, mac, address(host));
        let frame = self.frame(reply);
        self.push(
            at,
            Event::FrameReceived {
                host: HostId(host),
                frame,
            },
        );
    }

    /// The recording, in order of time; what was said first of one instant stays first.
    pub(super) fn finish(mut self) -> Recording {
        self.recording.entries.sort_by_key(|entry| entry.at);
        self.recording
    }

    fn frame(&mut self, bytes: Vec<u8>) -> Frame {
        self.next += 1;
        Frame::new(FrameId(self.next - 1), Bytes::from(bytes))
    }
}

/// The moment so many microseconds after the beginning.
pub(super) fn us(us: u64) -> SimTime {
    SimTime::ZERO + Span::from_micros(us)
}

/// The moment so many milliseconds after the beginning.
pub(super) fn ms(ms: u64) -> SimTime {
    SimTime::ZERO + Span::from_millis(ms)
}

fn address(host: u16) -> Ipv4Addr {
    Ipv4Addr::new(198, 18, host.to_be_bytes()[1], 1)
}

fn tcp(from: u16, to: u16, segment: Segment) -> Vec<u8> {
    // The client's port is that of the smaller host; initial sequence numbers differ per host and port.
    let isn =
        |host: u16| 0xffff_f000_u32.wrapping_add(u32::from(host) * 7_777 + u32::from(segment.port));
    let ports = if from < to {
        (segment.port, 80)
    } else {
        (80, segment.port)
    };
    let mut builder = PacketBuilder::ethernet2(Mac::host(from).0, Mac::gateway(from).0)
        .ipv4(address(from).octets(), address(to).octets(), 64)
        .tcp(ports.0, ports.1, isn(from).wrapping_add(segment.seq), 64240);
    for flag in segment.flags.split(',') {
        builder = match flag {
            "SYN" => builder.syn(),
            "FIN" => builder.fin(),
            "RST" => builder.rst(),
            "PSH" => builder.psh(),
            _ => builder.ack(isn(to).wrapping_add(segment.ack)),
        };
    }
    let mut bytes = Vec::new();
    builder.write(&mut bytes, &vec![0; segment.len]).unwrap();
    bytes
}

fn arp(operation: ArpOperation, from: Mac, sender: Ipv4Addr, to: Mac, target: Ipv4Addr) -> Vec<u8> {
    let packet = ArpPacket::from(ArpEthIpv4Packet {
        operation,
        sender_mac: from.0,
        sender_ipv4: sender.octets(),
        target_mac: to.0,
        target_ipv4: target.octets(),
    });
    let mut bytes = [Mac::BROADCAST.0, from.0].concat();
    bytes.extend(EtherType::ARP.0.to_be_bytes());
    bytes.extend(packet.to_bytes());
    bytes
}
