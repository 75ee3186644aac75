//! Claims about scripts: which frames they name, and which texts they refuse.

use super::*;
use crate::link::tests::Segment;

const ISN: u32 = u32::MAX - 5_000;

/// Indices of the frames that `scripts` name among `frames`.
fn named(scripts: &str, frames: &[Vec<u8>]) -> Vec<usize> {
    let mut watch = Watch::new(&scripts.parse().unwrap());
    frames
        .iter()
        .enumerate()
        .filter_map(|(index, frame)| watch.names(frame).then_some(index))
        .collect()
}

/// A SYN-ACK and segments of 1,000 B of an answer, by their ordinals from 1, in the order given.
fn answer(ordinals: &[u32]) -> Vec<Vec<u8>> {
    let syn_ack = Segment::to_client(7, ISN).syn().ack(1).frame();
    let segment = |ordinal: &u32| {
        let sequence = ISN.wrapping_add(1 + (ordinal - 1) * 1_000);
        Segment::to_client(7, sequence).ack(12).data(1_000).frame()
    };
    std::iter::once(syn_ack)
        .chain(ordinals.iter().map(segment))
        .collect()
}

#[test]
fn scripts_print_as_they_are_read() {
    let text = "s2c:data:5-7,s2c:data:20,c2s:syn:1,s2c:synack:*,s2c:rtx:1,c2s:ackge:100000,\
                s2c:bytes:14600-16060,c2s:fin:1,c2s:rst:2,c2s:ack:3,s2c:any:4,s2c:udp:1";
    assert_eq!(text.parse::<DropScripts>().unwrap().to_string(), text);
    assert!("".parse::<DropScripts>().unwrap().is_empty());
}

#[test]
fn a_list_is_split_by_direction() {
    let scripts: DropScripts = "s2c:data:20,c2s:syn:1,s2c:rtx:1".parse().unwrap();
    assert_eq!(
        scripts.toward(Direction::ServerToClient).to_string(),
        "s2c:data:20,s2c:rtx:1"
    );
    assert_eq!(
        scripts.toward(Direction::ClientToServer).to_string(),
        "c2s:syn:1"
    );
}

#[test]
fn a_script_that_names_nothing_is_refused_with_what_to_write() {
    let refused = [
        (
            "s2c:data",
            "`s2c:data` is not a drop script: write DIRECTION:KIND:WHICH, such as s2c:data:5-7",
        ),
        (
            "down:data:1",
            "`down` in `down:data:1` is not a direction: write c2s or s2c",
        ),
        (
            "s2c:dat:1",
            "`dat` in `s2c:dat:1` is not a kind of frame: write any, syn, synack, data, rtx, ack, fin, rst, \
             udp, ackge or bytes",
        ),
        (
            "s2c:data:0",
            "`0` in `s2c:data:0` is not a count of frames: count from 1 and write 5, 5-7 or *",
        ),
        (
            "c2s:ackge:+9",
            "`+9` in `c2s:ackge:+9` is not a number of bytes: write digits only, as in ackge:100000",
        ),
        (
            "s2c:bytes:5-5",
            "`5-5` in `s2c:bytes:5-5` is not a range of bytes: write the first and the one after the last, \
             as in bytes:14600-16060",
        ),
    ];
    for (text, sentence) in refused {
        assert_eq!(
            text.parse::<DropScripts>().unwrap_err().to_string(),
            sentence
        );
    }
    for text in [
        "s2c:data:7-5",
        "s2c:data:1,",
        "s2c:data:-",
        "s2c:data:1:2",
        "s2c:ackge:*",
        "s2c:data:",
    ] {
        assert!(text.parse::<DropScripts>().is_err(), "{text}");
    }
}

#[test]
fn data_counts_first_transmissions_also_across_the_wrap_of_sequence_numbers() {
    let frames = answer(&[1, 2, 3, 2, 4, 5, 6, 7]);
    assert_eq!(named("s2c:data:2", &frames), [2]);
    assert_eq!(named("s2c:data:5-7", &frames), [6, 7, 8]);
    assert_eq!(named("s2c:data:*", &frames), [1, 2, 3, 5, 6, 7, 8]);
}

#[test]
fn rtx_counts_retransmissions_of_any_segment() {
    let frames = answer(&[1, 2, 3, 2, 2, 4, 1]);
    assert_eq!(named("s2c:rtx:1", &frames), [4]);
    assert_eq!(named("s2c:rtx:2-3", &frames), [5, 7]);
}

#[test]
fn a_segment_that_adds_new_data_to_old_is_data() {
    let mut frames = answer(&[1]);
    frames.push(
        Segment::to_client(7, ISN.wrapping_add(1))
            .ack(12)
            .data(1_500)
            .frame(),
    );
    frames.push(
        Segment::to_client(7, ISN.wrapping_add(501))
            .ack(12)
            .data(1_000)
            .frame(),
    );
    assert_eq!(named("s2c:data:2", &frames), [2]);
    assert_eq!(named("s2c:rtx:1", &frames), [3]);
}

#[test]
fn a_keep_alive_is_no_data() {
    let mut frames = answer(&[]);
    frames.push(Segment::to_client(7, ISN).ack(12).data(1).frame());
    assert_eq!(named("s2c:data:*,s2c:bytes:0-1", &frames), [0_usize; 0]);
}

#[test]
fn data_is_counted_over_the_path_but_judged_by_flow() {
    let mut frames = answer(&[1]);
    frames.push(Segment::to_client(8, 500).syn().ack(1).frame());
    frames.push(Segment::to_client(8, 501).ack(12).data(10).frame());
    frames.push(Segment::to_client(8, 501).ack(12).data(10).frame());
    assert_eq!(named("s2c:data:2", &frames), [3]);
    assert_eq!(named("s2c:rtx:1", &frames), [4]);
}

#[test]
fn a_new_connection_on_old_ports_begins_anew() {
    let mut frames = answer(&[1]);
    frames.push(Segment::to_client(7, 9_000).syn().ack(1).frame());
    frames.push(Segment::to_client(7, 9_001).ack(12).data(10).frame());
    assert_eq!(named("s2c:data:2", &frames), [3]);
}

#[test]
fn syn_and_synack_are_told_apart_and_count_repeats() {
    let frames = [
        Segment::to_server(7, ISN).syn().frame(),
        Segment::to_server(7, ISN).syn().frame(),
        Segment::to_server(7, ISN.wrapping_add(1)).ack(1).frame(),
    ];
    assert_eq!(named("c2s:syn:1", &frames), [0]);
    assert_eq!(named("c2s:syn:2", &frames), [1]);
    assert_eq!(named("c2s:synack:*", &frames), [0_usize; 0]);
    assert_eq!(named("s2c:synack:1", &answer(&[1])), [0]);
    assert_eq!(named("s2c:synack:*", &answer(&[1])), [0]);
}

/// The handshake's ACK, a request and pure ACKs of so many bytes.
fn acks(bytes: &[u32]) -> Vec<Vec<u8>> {
    let number = |bytes: u32| ISN.wrapping_add(1 + bytes);
    let mut frames = vec![
        Segment::to_server(7, 0).syn().frame(),
        Segment::to_server(7, 1).ack(number(0)).frame(),
        Segment::to_server(7, 1).ack(number(0)).data(11).frame(),
    ];
    frames.extend(
        bytes
            .iter()
            .map(|bytes| Segment::to_server(7, 12).ack(number(*bytes)).frame()),
    );
    frames
}

#[test]
fn ackge_is_the_first_pure_ack_of_so_many_bytes_and_no_other() {
    let frames = acks(&[1_460, 98_540, 100_000, 100_000]);
    assert_eq!(named("c2s:ackge:100000", &frames), [5]);
    assert_eq!(named("c2s:ackge:98541", &frames), [5]);
    assert_eq!(named("c2s:ackge:1", &frames), [3]);
}

#[test]
fn ack_counts_pure_acks_only() {
    assert_eq!(named("c2s:ack:2", &acks(&[10, 20])), [3]);
}

#[test]
fn bytes_is_the_first_frame_that_carries_any_of_them() {
    let frames = answer(&[1, 2, 3, 2, 4]);
    assert_eq!(named("s2c:bytes:1000-2000", &frames), [2]);
    assert_eq!(named("s2c:bytes:1999-2001", &frames), [2]);
    assert_eq!(named("s2c:bytes:3500-3501", &frames), [5]);
    assert_eq!(named("s2c:bytes:4000-9000", &frames), [0_usize; 0]);
}

#[test]
fn fin_and_rst_count_their_flags_and_any_counts_all() {
    let frames = [
        Segment::to_client(7, 1).ack(1).data(5).frame(),
        Segment::to_client(7, 6).ack(1).fin().frame(),
        Segment::to_client(8, 1).rst().frame(),
        vec![0; 60],
    ];
    assert_eq!(named("s2c:fin:1", &frames), [1]);
    assert_eq!(named("s2c:rst:1", &frames), [2]);
    assert_eq!(named("s2c:any:4", &frames), [3]);
}

#[test]
fn scripts_count_independently_of_one_another() {
    let frames = answer(&[1, 2, 3, 2]);
    assert_eq!(
        named("s2c:data:1,s2c:data:1-2,s2c:rtx:1", &frames),
        [1, 2, 4]
    );
}
