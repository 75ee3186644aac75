//! Damaged captures: what each is told, what is kept of it, and that no bytes make the reader panic.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use wirelab::measure::conversation::Traffic;
use wirelab::record::foreign::{Capture, CaptureError};

fn sample(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/pcap")
        .join(name);
    fs::read(path).expect("the sample is there")
}

/// A pcap file whose header is changed from byte `at` on.
fn pcap(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = sample("whois.pcap");
    file[at..at + bytes.len()].copy_from_slice(bytes);
    file
}

/// The block of pcapng of this type and body, little endian.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 12).expect("short").to_le_bytes();
    [&kind.to_le_bytes(), &length[..], body, &length[..]].concat()
}

/// A section header and these blocks.
fn pcapng(blocks: &[Vec<u8>]) -> Vec<u8> {
    let body = [&[0x4d, 0x3c, 0x2b, 0x1a, 1, 0, 0, 0][..], &[0xff; 8]].concat();
    [block(0x0a0d_0d0a, &body), blocks.concat()].concat()
}

/// An interface of this link type, with these options.
fn interface(link: u16, options: &[u8]) -> Vec<u8> {
    let mut body = link.to_le_bytes().to_vec();
    body.extend([0; 6]);
    body.extend(options);
    block(1, &body)
}

/// A packet of four bytes on this interface at this time.
fn packet(interface: u32, [high, low]: [u32; 2], claimed: u32) -> Vec<u8> {
    let fields = [interface, high, low, claimed, 4];
    let mut body: Vec<u8> = fields
        .iter()
        .flat_map(|field| field.to_le_bytes())
        .collect();
    body.extend([0xff; 4]);
    block(6, &body)
}

/// A bad file: its name, its bytes, and what is told of it.
type Bad = (&'static str, Vec<u8>, &'static str);

/// Files that are no captures.
fn other_files() -> Vec<Bad> {
    vec![
        ("empty", Vec::new(), "the file is empty"),
        (
            "text",
            b"hello, I am no capture".to_vec(),
            "begins with 68 65 6c 6c",
        ),
        (
            "gzip",
            vec![0x1f, 0x8b, 8, 0],
            "compressed by gzip; decompress it with gunzip",
        ),
        (
            "zstd",
            vec![0x28, 0xb5, 0x2f, 0xfd, 0],
            "compressed by zstd",
        ),
        (
            "snoop",
            b"snoop\0\0\0".to_vec(),
            "a capture of snoop; convert it with `editcap",
        ),
        (
            "modified",
            pcap(0, &[0x34, 0xcd, 0xb2, 0xa1]),
            "modified pcap",
        ),
    ]
}

/// Damaged pcap.
fn pcap_files() -> Vec<Bad> {
    let cut = |length: usize| sample("whois.pcap")[..length].to_vec();
    vec![
        ("header cut", cut(20), "ends after 20 of the 24 bytes"),
        (
            "version",
            pcap(4, &[9, 0]),
            "it is pcap 9.4, and 2.4 is what is understood",
        ),
        (
            "radio",
            pcap(20, &[127, 0, 0, 0]),
            "link type 127 (IEEE802_11_RADIOTAP) is not",
        ),
        (
            "unassigned",
            pcap(20, &[0xff, 0x0f, 0, 0]),
            "link type 4095 (unassigned)",
        ),
        (
            "no header",
            cut(24 + 7),
            "packet 1 at byte 24: the file ends 9 bytes too early",
        ),
        (
            "no packet",
            cut(24 + 16 + 4),
            "packet 1 at byte 24: the file ends",
        ),
        (
            "length",
            pcap(32, &[0xff, 0xff, 0xff, 0x7f]),
            "packet 1 at byte 24 claims 2147483647",
        ),
    ]
}

/// Damaged blocks of pcapng.
fn block_files() -> Vec<Bad> {
    let whole = sample("bgp-role.pcapng");
    let changed = |at: usize, value: u8| {
        let mut bytes = pcapng(&[interface(1, &[])]);
        bytes[at] = value;
        bytes
    };
    let mut byte_order = whole.clone();
    byte_order[8] = 0;
    vec![
        (
            "header",
            whole[..20].to_vec(),
            "ends after 20 of the 28 bytes",
        ),
        (
            "byte order",
            byte_order,
            "block 1 at byte 0 cannot be read: invalid magic number",
        ),
        (
            "mismatch",
            changed(44, 24),
            "its length is 20 at its beginning and 24 at its end",
        ),
        (
            "short",
            changed(32, 8),
            "its length is 8 bytes, and no block has fewer than 12",
        ),
        (
            "odd",
            changed(32, 21),
            "its length is 21 bytes, which is no multiple of 4",
        ),
        ("huge", changed(35, 0x7f), "more than the file has"),
    ]
}

/// Interfaces and packets of pcapng that do not fit.
fn interface_files() -> Vec<Bad> {
    let resolution = |value: u8| interface(1, &[9, 0, 1, 0, value, 0, 0, 0, 0, 0, 0, 0]);
    let past = [14, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0];
    let one = |interface, packet| pcapng(&[interface, packet]);
    vec![
        (
            "no interface",
            pcapng(&[packet(0, [0, 0], 4)]),
            "block 2 at byte 28 cannot be read",
        ),
        (
            "claims",
            one(interface(1, &[]), packet(0, [0, 0], 400)),
            "block 3 at byte 48 cannot",
        ),
        (
            "tsresol",
            pcapng(&[resolution(60)]),
            "invalid timestamp resolution",
        ),
        (
            "seconds",
            one(resolution(0), packet(0, [9, 9], 4)),
            "beyond the year 2554",
        ),
        (
            "past",
            one(interface(1, &past), packet(0, [0, 9], 4)),
            "failed to decode timestamp",
        ),
        (
            "link",
            one(interface(105, &[]), packet(0, [0, 0], 4)),
            "link type 105 (IEEE802_11)",
        ),
    ]
}

#[test]
fn bad_files_are_told_where_they_are_bad_and_what_to_do() {
    let all = [
        other_files(),
        pcap_files(),
        block_files(),
        interface_files(),
    ];
    for (name, bytes, expected) in all.concat() {
        let error = Capture::read(&bytes).expect_err(name);
        let told = error.to_string();
        assert!(told.contains(expected), "{name}: {told}");
    }
}

#[test]
fn what_comes_before_the_damage_is_kept() {
    let whole = sample("whois.pcap");
    let all = Capture::read(&whole).unwrap();
    let cut = Capture::read(&whole[..whole.len() - 5]).unwrap();
    assert_eq!(cut.packets[..], all.packets[..all.packets.len() - 1]);
    assert!(matches!(
        cut.damage,
        Some(CaptureError::Cut { missing: 5, .. })
    ));

    let bytes = [whole.clone(), vec![0xee; 40]].concat();
    let damaged = Capture::read(&bytes).unwrap();
    assert_eq!(damaged.packets.len(), all.packets.len());
    assert!(matches!(damaged.damage, Some(CaptureError::Length { .. })));
}

#[test]
fn a_capture_without_packets_is_no_error() {
    let whole = sample("whois.pcap");
    let capture = Capture::read(&whole[..24]).unwrap();
    assert!(capture.packets.is_empty() && capture.damage.is_none());
    assert_eq!(Traffic::of(&capture).conversations, []);
    assert!(Capture::read(&pcapng(&[])).unwrap().packets.is_empty());
}

#[test]
fn interfaces_have_their_own_clocks_and_sections_their_own_interfaces() {
    // Microseconds; nanoseconds; 1/1024 s and ten seconds on.
    let resolution = |value: u8| [9, 0, 1, 0, value, 0, 0, 0, 0, 0, 0, 0];
    let offset = [14, 0, 8, 0, 10, 0, 0, 0, 0, 0, 0, 0];
    let binary = [&[9, 0, 1, 0, 0x8a, 0, 0, 0], &offset[..], &[0; 4]].concat();
    let first = pcapng(&[
        interface(1, &[]),
        interface(101, &resolution(9)),
        interface(113, &binary),
        packet(0, [0, 7], 4),
        packet(1, [0, 7], 4),
        packet(2, [0, 512], 4),
    ]);
    let second = pcapng(&[interface(1, &resolution(3)), packet(0, [0, 7], 4)]);
    let bytes = [first, second].concat();
    let capture = Capture::read(&bytes).unwrap();
    let times: Vec<_> = capture
        .packets
        .iter()
        .map(|packet| packet.at.as_nanos())
        .collect();
    assert_eq!(times, [7_000, 7, 10_500_000_000, 7_000_000]);
    let interfaces: Vec<_> = capture
        .packets
        .iter()
        .map(|packet| packet.interface)
        .collect();
    assert_eq!(interfaces, [0, 1, 2, 3]);
}

/// Reads bytes and everything that follows from them.
fn explain(bytes: &[u8]) {
    let Ok(capture) = Capture::read(bytes) else {
        return;
    };
    let traffic = Traffic::of(&capture);
    let summary = traffic.summary();
    assert_eq!(summary.packets, capture.packets.len() as u64);
    for conversation in &traffic.conversations {
        assert_eq!(conversation.account().total(), conversation.duration());
        conversation.sequence(conversation.sender());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_reader_panic(
        name in prop::sample::select(vec!["whois.pcap", "bgp-role.pcapng", "ssh.pcap", "print-flags.pcap"]),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..12),
        cut in any::<Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = sample(name);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        explain(&bytes);
    }

    #[test]
    fn noise_is_refused(noise in prop::collection::vec(any::<u8>(), 0..200)) {
        explain(&noise);
    }
}
