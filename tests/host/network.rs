//! What a host does below TCP.

use std::collections::BTreeSet;

use etherparse::{IpNumber, PacketBuilder};
use wirelab::event::{DropCause, Event, HostId, Mechanism};
use wirelab::host::{CongestionControl, TcpOptions};
use wirelab::link::LinkConfig;
use wirelab::record::Entry;
use wirelab::units::{SimTime, Span};
use wirelab::wire::packet::{Ipv4View, ether_type};
use wirelab::wire::{Frame, FrameId};

use super::{plain, rest, write};
use crate::support::{Lab, Pair};

/// Frames that a host sent or received, in order.
fn frames(entries: &[Entry], of: HostId, sent: bool) -> Vec<(SimTime, Frame)> {
    let frames = entries.iter().filter_map(|entry| match &entry.event {
        Event::FrameSent { host, frame } if sent && *host == of => Some((entry.at, frame.clone())),
        Event::FrameReceived { host, frame } if !sent && *host == of => {
            Some((entry.at, frame.clone()))
        }
        _ => None,
    });
    frames.collect()
}

/// Sends `bytes` from the client to the server, which reads them all, and closes.
fn transfer(lab: &mut Lab, bytes: usize) {
    let (mut client, mut server) = lab.connection(plain(), plain());
    let read = lab.drive(async move {
        let send = async {
            write(&mut client, bytes).await.unwrap();
            drop(client);
        };
        futures::join!(send, rest(&mut server)).1
    });
    assert_eq!(read, Ok(bytes));
    lab.come_to_rest();
}

#[test]
fn arp_is_one_exchange_before_the_first_frame_and_takes_no_time() {
    let mut lab = Pair::new(1).delay(75).build();
    transfer(&mut lab, 1_000);
    let entries = lab.entries();
    for host in [lab.client, lab.server] {
        let sent = frames(&entries, host, true);
        let arp = |(_, frame): &(SimTime, Frame)| {
            ether_type(&frame.bytes) == Some(etherparse::EtherType::ARP)
        };
        assert!(arp(&sent[0]) && !sent[1..].iter().any(arp));
        assert_eq!(sent[0].0, sent[1].0);
        let answers = frames(&entries, host, false).into_iter().filter(arp);
        assert_eq!(answers.map(|(at, _)| at).collect::<Vec<_>>(), [sent[0].0]);
    }
}

#[test]
fn two_routers_decrement_the_ttl_and_no_packet_has_anothers_id() {
    let mut lab = Pair::new(1).build();
    transfer(&mut lab, 100_000);
    let entries = lab.entries();
    let mut ids = BTreeSet::new();
    for (_, frame) in frames(&entries, lab.server, false) {
        let Some(ip) = Ipv4View::of(&frame.bytes) else {
            continue;
        };
        assert_eq!(ip.header.ttl(), 62);
        assert!(ids.insert(ip.header.identification()), "an id twice");
    }
    assert!(ids.len() > 70);
}

#[test]
fn segments_are_cut_to_the_mtu_that_icmp_tells() {
    let narrow = LinkConfig {
        mtu: Some(1_000),
        ..LinkConfig::default()
    };
    let mut lab = Pair::new(1).link(narrow).build();
    transfer(&mut lab, 100_000);
    let entries = lab.entries();
    let too_big = entries.iter().filter(|entry| {
        matches!(
            entry.event,
            Event::FrameDropped {
                cause: DropCause::TooBig,
                ..
            }
        )
    });
    assert!(
        (1..=10).contains(&too_big.count()),
        "the first window at most"
    );
    let told = frames(&entries, lab.client, false)
        .into_iter()
        .filter(|(_, frame)| {
            Ipv4View::of(&frame.bytes).is_some_and(|ip| ip.header.protocol() == IpNumber::ICMP)
        });
    let (at, _) = told.last().expect("ICMP tells of it");
    let sent = lab.sent_by(lab.client);
    assert!(
        sent.iter()
            .filter(|sent| sent.at > at)
            .all(|sent| sent.ip_len <= 1_000)
    );
}

#[test]
fn a_ping_is_answered() {
    let lab = Pair::new(1).build();
    let server = lab.world.host(lab.server);
    let to = server.borrow().info().clone();
    let from = lab.world.host(lab.client).borrow().address();
    let builder = PacketBuilder::ethernet2([2, 0, 0, 0, 0, 9], to.mac.0)
        .ipv4(from.octets(), to.addresses[0].octets(), 62)
        .icmpv4_echo_request(7, 1);
    let mut bytes = Vec::new();
    builder.write(&mut bytes, b"are you there?").unwrap();
    let ping = Frame::new(FrameId(1_000), bytes.into());
    let now = lab.world.now();
    server.borrow_mut().receive(now, ping);
    // The gateway's address is not known yet: an ARP request leaves, and the answer waits for its reply.
    let gateway = wirelab::host::arp::Neighbour {
        mac: wirelab::wire::Mac::gateway(1),
        address: to.gateway,
    };
    let host = wirelab::host::arp::Neighbour {
        mac: to.mac,
        address: to.addresses[0],
    };
    let reply = Frame::new(FrameId(1_001), wirelab::host::arp::reply(gateway, host));
    server.borrow_mut().receive(now, reply);
    let sent = frames(&lab.entries(), lab.server, true);
    let answer = Ipv4View::of(&sent.last().unwrap().1.bytes).expect("an IPv4 packet");
    assert_eq!(
        (answer.header.protocol(), answer.destination()),
        (IpNumber::ICMP, from)
    );
    assert_eq!(answer.payload[..2], [0, 0], "an echo reply");
    assert_eq!(
        answer.payload[4..8],
        [0, 7, 0, 1],
        "identifier and sequence number"
    );
    assert_eq!(&answer.payload[8..], b"are you there?");
}

#[test]
fn a_datagram_comes_back_from_a_udp_echo() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, server) = lab.nets();
    let echo = server.bind_udp(7).unwrap();
    drop(lab.world.spawner().spawn("accept", async move {
        let mut buffer = [0; 2_000];
        loop {
            let (count, from) = echo.receive_from(&mut buffer).await.unwrap();
            echo.send_to(&buffer[..count], from).unwrap();
        }
    }));
    let back = lab.drive(async move {
        let socket = client.bind_udp(0).unwrap();
        socket.send_to(b"hello", server.endpoint(7)).unwrap();
        let mut buffer = [0; 10];
        let (count, from) = socket.receive_from(&mut buffer).await.unwrap();
        assert_eq!(from, server.endpoint(7));
        buffer[..count].to_vec()
    });
    assert_eq!(back, b"hello");
    assert_eq!(lab.world.now().as_nanos(), 20_000_000);
}

#[test]
fn data_behind_more_than_32_holes_is_kept() {
    // The window of the SYN-ACK is not scaled: the first flight is 45 segments at most.
    let lost: Vec<_> = (31..=90)
        .map(|nth| format!("c2s:data:{}", nth * 2))
        .collect();
    let forward = LinkConfig {
        delay: Span::from_millis(50),
        rate: "10mbit".parse().ok(),
        drops: lost.join(",").parse().expect("the script is well-formed"),
        ..LinkConfig::default()
    };
    let backward = LinkConfig {
        delay: Span::from_millis(50),
        ..LinkConfig::default()
    };
    let mut lab = Pair::new(1).links(forward, backward).build();
    let options = TcpOptions {
        congestion: Some(CongestionControl::Unlimited),
        ..plain()
    };
    let (mut client, mut server) = lab.connection(options, plain());
    let bytes = 1_460 * 181;
    let read = lab.drive(async move {
        let send = async {
            write(&mut client, bytes).await.unwrap();
            drop(client);
        };
        futures::join!(send, rest(&mut server)).1
    });
    assert_eq!(read, Ok(bytes));
    // Nothing that arrived behind a hole is sent again: one retransmission for each of the 60 holes.
    assert_eq!(lab.sent_again(lab.client, Mechanism::FastRetransmit), 60);
}
