//! What the summaries say, and that they say something of any bytes.

use etherparse::TcpOptionElement;
use proptest::prelude::*;

use super::*;
use crate::wire::sample::{CLIENT_ISN, SERVER_ISN, arp, ping, tcp, tcp_with, udp};

const UP: Isns = Isns {
    own: Some(CLIENT_ISN),
    peer: Some(SERVER_ISN),
};
const DOWN: Isns = Isns {
    own: Some(SERVER_ISN),
    peer: Some(CLIENT_ISN),
};

#[test]
fn lines_read_like_wireshark() {
    let sack = [TcpOptionElement::SelectiveAcknowledgement(
        (SERVER_ISN.wrapping_add(2_921), 379),
        [None; 3],
    )];
    let lines = [
        line(&arp(), UP),
        line(&tcp(true, "S", 0, 0, b""), UP),
        line(&tcp(false, "SA", 0, 1, b""), DOWN),
        line(&tcp(false, "PA", 1_461, 12, &[7; 1_460]), DOWN),
        line(&tcp_with(true, "A", 12, 1_461, &sack, b""), UP),
        line(&tcp(true, "S", 0, 0, b""), Isns::ABSOLUTE),
        line(&udp(b"question"), UP),
        line(&ping(b"hello"), UP),
        line(&[0; 60], UP),
        line(b"short", UP),
    ];
    insta::assert_snapshot!(lines.join("\n"), @r"
    ARP who has 198.18.0.1? tell 198.18.0.2
    40000 > 80 [SYN] seq=0 win=64240 len=0 MSS=1460 SACK_PERM WS=128
    80 > 40000 [SYN,ACK] seq=0 ack=1 win=64240 len=0 MSS=1460 SACK_PERM WS=128
    80 > 40000 [PSH,ACK] seq=1461 ack=12 win=64240 len=1460
    40000 > 80 [ACK] seq=12 ack=1461 win=64240 len=0 SACK=2921-4380
    40000 > 80 [SYN] seq=1000 win=64240 len=0 MSS=1460 SACK_PERM WS=128
    50000 > 53 UDP len=8
    ICMP echo request id=7 seq=1
    EtherType 0x0000 len=60
    short frame len=5
    ");
}

#[test]
fn labels_fit_on_an_arrow() {
    let labels = [
        label(&arp(), UP),
        label(&tcp(true, "S", 0, 0, b""), UP),
        label(&tcp(false, "SA", 0, 1, b""), DOWN),
        label(&tcp(true, "A", 101, 101, b""), UP),
        label(&tcp(false, "PA", 1, 101, &[7; 1_460]), DOWN),
        label(&tcp(false, "FA", 1_461, 101, b""), DOWN),
        label(&tcp(true, "R", 101, 0, b""), UP),
        label(&udp(b"question"), UP),
    ];
    insta::assert_snapshot!(labels.join("\n"), @r"
    ARP request
    SYN
    SYN,ACK
    ACK 101
    PSH,ACK seq 1 len 1460
    FIN,ACK
    RST
    UDP len 8
    ");
}

#[test]
fn a_frame_that_was_cut_short_keeps_the_length_that_it_claims() {
    let frame = tcp(false, "PA", 1, 12, &[7; 1_460]);
    assert_eq!(line(&frame[..60], DOWN), line(&frame, DOWN));
    assert_eq!(wire_len(&frame[..60]), frame.len());
}

proptest! {
    #[test]
    fn any_bytes_are_summed_up(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(!line(&bytes, UP).is_empty());
        prop_assert!(!label(&bytes, UP).is_empty());
    }

    #[test]
    fn any_cut_or_corrupted_frame_is_summed_up(cut in 0usize..120, at in 0usize..120, byte in any::<u8>()) {
        let sack = [TcpOptionElement::SelectiveAcknowledgement((5, 9), [Some((20, 30)), None, None])];
        for mut frame in [tcp_with(true, "A", 1, 1, &sack, &[1; 60]), udp(&[1; 60]), ping(&[1; 60]), arp()] {
            if let Some(place) = frame.get_mut(at) {
                *place = byte;
            }
            frame.truncate(cut);
            prop_assert!(!line(&frame, UP).is_empty());
            prop_assert!(!label(&frame, UP).is_empty());
            prop_assert!(wire_len(&frame) >= frame.len());
        }
    }
}
