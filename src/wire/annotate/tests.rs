//! That the fields tile any bytes, and what they say of sound frames.

use etherparse::TcpOptionElement;
use proptest::prelude::*;

use super::*;
use crate::wire::sample::{CLIENT_ISN, SERVER_ISN, arp, ping, tcp, tcp_with, udp};

const UP: Isns = Isns {
    own: Some(CLIENT_ISN),
    peer: Some(SERVER_ISN),
};

fn field<'a>(fields: &'a [Field], name: &str) -> &'a Field {
    fields.iter().find(|field| field.name == name).unwrap()
}

fn tiles(frame: &[u8]) -> bool {
    let mut at = 0;
    for field in annotate_relative(frame, UP) {
        if field.range.start != at || field.range.is_empty() {
            return false;
        }
        at = field.range.end;
    }
    at == frame.len()
}

#[test]
fn a_syn_is_explained_byte_by_byte() {
    let frame = tcp(true, "S", 0, 0, b"");
    insta::assert_snapshot!(render(&frame, &annotate_relative(&frame, UP)), @r"
    Ethernet
         0  02 00 00 fe 00 00           eth.dst = 02:00:00:fe:00:00
         6  02 00 00 01 00 00           eth.src = 02:00:00:01:00:00
        12  08 00                       eth.type = 0x0800 (IPv4)
    IPv4
        14  45                          ip.version = 4  [header of 20 bytes (ip.hdr_len)]
        15  00                          ip.dsfield = 0x00
        16  00 34                       ip.len = 52 bytes
        18  00 00                       ip.id = 0x0000
        20  40 00                       ip.flags = DF; fragment offset 0
        22  40                          ip.ttl = 64
        23  06                          ip.proto = 6 (TCP)
        24  ad 9b                       ip.checksum = 0xad9b  [right]
        26  c6 12 00 02                 ip.src = 198.18.0.2
        30  c6 12 01 02                 ip.dst = 198.18.1.2
    TCP
        34  9c 40                       tcp.srcport = 40000
        36  00 50                       tcp.dstport = 80
        38  00 00 03 e8                 tcp.seq = 0  [relative; on the wire 1000]
        42  00 00 00 00                 tcp.ack_raw = 0  [means nothing without ACK]
        46  80                          tcp.hdr_len = 32 bytes
        47  02                          tcp.flags = 0x02 (SYN)
        48  fa f0                       tcp.window_size_value = 64240  [before window scaling]
        50  47 80                       tcp.checksum = 0x4780  [right]
        52  00 00                       tcp.urgent_pointer = 0
        54  02 04 05 b4                 tcp.options.mss_val = 1460 bytes
        58  04 02                       tcp.options.sack_perm = SACK permitted
        60  01                          tcp.options.nop = no operation
        61  03 03 07                    tcp.options.wscale.shift = 7 (times 128)
        64  00 00                       tcp.options.eol = end of options
    ");
}

#[test]
fn an_arp_request_is_explained_byte_by_byte() {
    let frame = arp();
    insta::assert_snapshot!(render(&frame, &annotate(&frame)), @r"
    Ethernet
         0  ff ff ff ff ff ff           eth.dst = ff:ff:ff:ff:ff:ff (broadcast)
         6  02 00 00 01 00 00           eth.src = 02:00:00:01:00:00
        12  08 06                       eth.type = 0x0806 (ARP)
    ARP
        14  00 01                       arp.hw.type = 1  [Ethernet]
        16  08 00                       arp.proto.type = 0x0800 (IPv4)
        18  06                          arp.hw.size = 6
        19  04                          arp.proto.size = 4
        20  00 01                       arp.opcode = 1 (request)
        22  02 00 00 01 00 00           arp.src.hw_mac = 02:00:00:01:00:00
        28  c6 12 00 02                 arp.src.proto_ipv4 = 198.18.0.2
        32  00 00 00 00 00 00           arp.dst.hw_mac = 00:00:00:00:00:00
        38  c6 12 00 01                 arp.dst.proto_ipv4 = 198.18.0.1
    ");
}

#[test]
fn checksums_of_sound_frames_are_right_and_a_flipped_bit_is_noticed() {
    for (mut frame, name) in [
        (tcp(true, "PA", 1, 1, b"GET / HTTP/1.1"), "tcp.checksum"),
        (udp(b"x"), "udp.checksum"),
        (ping(b"xyz"), "icmp.checksum"),
    ] {
        let fields = annotate(&frame);
        assert_eq!(field(&fields, "ip.checksum").note.as_deref(), Some("right"));
        assert_eq!(
            field(&fields, name).note.as_deref(),
            Some("right"),
            "{name}"
        );
        *frame.last_mut().unwrap() ^= 1;
        let fields = annotate(&frame);
        assert_eq!(field(&fields, "ip.checksum").note.as_deref(), Some("right"));
        assert!(
            field(&fields, name)
                .note
                .as_ref()
                .unwrap()
                .starts_with("wrong: should be"),
            "{name}"
        );
    }
}

#[test]
fn every_tcp_option_is_a_field() {
    let options = [
        TcpOptionElement::Timestamp(5, 6),
        TcpOptionElement::SelectiveAcknowledgement(
            (
                SERVER_ISN.wrapping_add(2_921),
                SERVER_ISN.wrapping_add(4_381),
            ),
            [None; 3],
        ),
    ];
    let fields = annotate_relative(&tcp_with(true, "A", 1, 1, &options, b""), UP);
    assert_eq!(
        field(&fields, "tcp.options.timestamp.tsval").value,
        "5, echo 6"
    );
    assert_eq!(field(&fields, "tcp.options.sack").value, "2921-4381");
}

#[test]
fn padding_after_the_packet_is_ethernets() {
    let mut frame = udp(b"x");
    frame.resize(60, 0);
    let fields = annotate(&frame);
    assert_eq!(fields.last().unwrap().name, "eth.padding");
    assert_eq!(
        field(&fields, "udp.checksum").note.as_deref(),
        Some("right")
    );
}

proptest! {
    #[test]
    fn fields_tile_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(tiles(&bytes));
    }

    #[test]
    fn fields_tile_cut_and_corrupted_frames(cut in 0usize..130, changes in prop::collection::vec((0usize..130, any::<u8>()), 0..4)) {
        let sack = [TcpOptionElement::SelectiveAcknowledgement((5, 9), [Some((20, 30)), None, None])];
        for mut frame in [tcp_with(true, "A", 1, 1, &sack, &[1; 60]), udp(&[1; 60]), ping(&[1; 60]), arp()] {
            for (at, byte) in &changes {
                if let Some(place) = frame.get_mut(*at) {
                    *place = *byte;
                }
            }
            frame.truncate(cut);
            prop_assert!(tiles(&frame));
        }
    }
}
