//! Captures read back by other people's code: pcap-parser always, capinfos and tshark where they are.

use std::process::Command;

use pcap_parser::pcapng::{Block, EnhancedPacketBlock, PcapNGOption, parse_block_le};
use pcap_parser::traits::PcapNGPacketBlock;
use pcap_parser::{NameRecordType, OptionCode, SecretsType};

use super::*;
use crate::event::Observer;
use crate::record::sample::{self, CLIENT_SOCKET, SERVER_SOCKET};
use crate::wire::{Frame, FrameId};

fn written(captures: &Captures<'_>, host: HostId) -> Vec<u8> {
    let mut bytes = Vec::new();
    captures.write(host, &mut bytes).unwrap();
    bytes
}

fn read(mut bytes: &[u8], mut each: impl FnMut(&Block<'_>)) {
    while !bytes.is_empty() {
        let (rest, block) = parse_block_le(bytes).unwrap();
        each(&block);
        bytes = rest;
    }
}

fn text(options: &[PcapNGOption<'_>], code: u16) -> Vec<String> {
    let of_code = options
        .iter()
        .filter(|option| option.code == OptionCode(code));
    of_code
        .map(|option| String::from_utf8(option.as_bytes().unwrap().to_vec()).unwrap())
        .collect()
}

/// One line per block.
fn outline(bytes: &[u8]) -> String {
    let mut lines = Vec::new();
    read(bytes, |block| lines.push(line(block).trim_end().to_owned()));
    lines.join("\n")
}

fn line(block: &Block<'_>) -> String {
    match block {
        Block::SectionHeader(b) => {
            let options = [1, 2, 3, 4].map(|code| text(&b.options, code));
            format!("SHB {options:?}")
        }
        Block::InterfaceDescription(b) => {
            let options = [2, 3].map(|code| text(&b.options, code));
            let (resolution, snaplen) = (b.if_tsresol, b.snaplen);
            format!(
                "IDB {:?} resolution {resolution} snaplen {snaplen} {options:?}",
                b.linktype
            )
        }
        Block::NameResolution(b) => {
            let records = b.nr.iter();
            let of_ipv4 = records.filter(|record| record.record_type == NameRecordType::Ipv4);
            let names = of_ipv4.map(|record| String::from_utf8_lossy(&record.record_value[4..]));
            format!("NRB {:?}", names.collect::<Vec<_>>())
        }
        Block::DecryptionSecrets(b) => {
            assert_eq!(b.secrets_type, SecretsType::TlsKeyLog);
            let log = std::str::from_utf8(&b.data[..b.secrets_len as usize]).unwrap();
            format!("DSB {log:?}")
        }
        Block::EnhancedPacket(b) => packet_line(b),
        Block::InterfaceStatistics(_) => "ISB".to_owned(),
        other => panic!("{other:?}"),
    }
}

fn packet_line(packet: &EnhancedPacketBlock<'_>) -> String {
    let (seconds, nanos) = packet.decode_ts(0, 1_000_000_000);
    let ns = u64::from(seconds) * 1_000_000_000 + u64::from(nanos) - EPOCH.as_nanos();
    let first_byte = |code| {
        let mut options = packet.options.iter();
        let option = options
            .find(|option| option.code == OptionCode(code))
            .unwrap();
        option.as_bytes().unwrap()[0]
    };
    let way = if first_byte(2) == 2 { "out" } else { "in" };
    let (at, id) = (SimTime::from_nanos(ns), first_byte(5));
    let comments = text(&packet.options, 1).join("; ");
    format!(
        "EPB {at} #{id} {way} {}/{} {comments}",
        packet.caplen, packet.origlen
    )
}

#[test]
fn an_independent_reader_finds_every_block_of_the_servers_capture() {
    let recording = sample::transfer();
    let bytes = written(&Captures::of(&recording), SERVER_SOCKET.host);
    insta::assert_snapshot!(outline(&bytes).replace(env!("CARGO_PKG_VERSION"), "VERSION"), @r#"
    SHB [["wirelab run transfer/two-segments --seed 1 --set rtt=150ms\nThe frames that server sent and received in a simulated network, in virtual time."], ["simulated host"], ["linux transport profile"], ["wirelab VERSION"]]
    IDB Linktype(1) resolution 9 snaplen 0 [["server-tap0"], ["tap of server (linux stack) at 198.18.1.2, gateway 198.18.1.1"]]
    NRB ["client.test\0", "server.test\0"]
    EPB 0.075000000 #1 in 66/66
    EPB 0.075000000 #2 out 66/66
    EPB 0.225000000 #3 in 54/54
    EPB 0.225000000 #4 in 65/65
    EPB 0.225000000 #5 out 1514/1514 dropped by server->client: drop script
    EPB 0.225000000 #6 out 1514/1514
    EPB 0.375000000 #7 in 66/66
    EPB 0.525000000 #8 out 1514/1514 retransmission: RTO; the RTO timer fired; corrupted by server->client: bit 800 flipped
    EPB 0.750000000 #9 out 1514/1514 retransmission: RTO; the RTO timer fired
    EPB 0.900000000 #10 in 54/54
    EPB 0.900000000 #11 out 54/54 duplicated by server->client: the copy is #12
    EPB 1.050000000 #13 in 54/54
    EPB 1.050000000 #14 out 54/54
    ISB
    "#);
}

#[test]
fn the_clients_capture_has_its_secrets_and_lacks_what_was_dropped() {
    let recording = sample::transfer();
    let outline = outline(&written(
        &Captures::of(&recording).with_snaplen(54),
        CLIENT_SOCKET.host,
    ));
    insta::assert_snapshot!(outline.replace(env!("CARGO_PKG_VERSION"), "VERSION"), @r#"
    SHB [["wirelab run transfer/two-segments --seed 1 --set rtt=150ms\nThe frames that client sent and received in a simulated network, in virtual time."], ["simulated host"], ["linux transport profile"], ["wirelab VERSION"]]
    IDB Linktype(1) resolution 9 snaplen 54 [["client-tap0"], ["tap of client (linux stack) at 198.18.0.2, gateway 198.18.0.1"]]
    NRB ["client.test\0", "server.test\0"]
    DSB "CLIENT_RANDOM 00 11\n"
    EPB 0.000000000 #0 out 42/42
    EPB 0.000000000 #1 out 54/66
    EPB 0.150000000 #2 in 54/66
    EPB 0.150000000 #3 out 54/54
    EPB 0.150000000 #4 out 54/65 the request leaves
    EPB 0.300000000 #6 in 54/1514
    EPB 0.300000000 #7 out 54/66
    EPB 0.600000000 #8 in 54/1514 retransmission: RTO; corrupted by server->client: bit 800 flipped; discarded by the host: bad checksum
    EPB 0.825000000 #9 in 54/1514 retransmission: RTO
    EPB 0.825000000 #10 out 54/54
    EPB 0.975000000 #11 in 54/54 duplicated by server->client: the copy is #12
    EPB 0.975000000 #12 in 54/54 copy of #11, made by server->client
    EPB 0.975000000 #13 out 54/54
    EPB 1.125000000 #14 in 54/54
    ISB
    "#);
}

#[test]
fn the_data_of_a_packet_is_the_frame() {
    let recording = sample::transfer();
    let mut frames = Vec::new();
    read(
        &written(&Captures::of(&recording), CLIENT_SOCKET.host),
        |block| {
            if let Block::EnhancedPacket(packet) = block {
                frames.push(packet.packet_data().to_vec());
            }
        },
    );
    let expected = recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::FrameSent { host, frame } | Event::FrameReceived { host, frame }
                if *host == CLIENT_SOCKET.host =>
            {
                Some(frame.bytes.to_vec())
            }
            _ => None,
        });
    assert_eq!(frames, expected.collect::<Vec<_>>());
}

#[test]
fn a_host_that_is_not_there_is_refused_with_the_ones_that_are() {
    let recording = sample::transfer();
    let error = Captures::of(&recording)
        .write(HostId(7), Vec::new())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"the recording has no host 7: ask for one of ["client", "server"]"#
    );
}

#[test]
fn the_same_recording_makes_the_same_bytes() {
    let recording = sample::transfer();
    let once = || written(&Captures::of(&recording), SERVER_SOCKET.host);
    assert_eq!(once(), once());
}

#[test]
fn a_comment_that_is_too_long_is_cut_between_characters() {
    let frame = Frame::new(FrameId(1), bytes::Bytes::from_static(&[0; 60]));
    let comments = ["ü".repeat(40_000)];
    let packet = Packet {
        timestamp: 0,
        id: frame.id,
        bytes: &frame.bytes,
        length: packet::length_of(&frame),
        direction: Direction::Out,
        comments: &comments,
    };
    let block = PacketBlock::new(None).encode(&packet).body.into_owned();
    assert!(block.len() < 70_000);
}

/// What a tool prints of the server's capture; `None`, with the reason printed, if it is not installed.
fn tool(name: &str, arguments: &[&str]) -> Option<String> {
    if let Err(error) = Command::new(name).arg("--version").output() {
        println!("skipped: {name} cannot be run: {error}");
        return None;
    }
    let recording = sample::transfer();
    let path = std::env::temp_dir().join(format!("wirelab-{}-{name}.pcapng", std::process::id()));
    std::fs::write(
        &path,
        written(&Captures::of(&recording), CLIENT_SOCKET.host),
    )
    .unwrap();
    let output = Command::new(name)
        .args(arguments)
        .arg(&path)
        .output()
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8(output.stdout).unwrap())
}

#[test]
fn capinfos_accepts_a_capture() {
    let Some(text) = tool("capinfos", &["-M"]) else {
        return;
    };
    for expected in [
        "pcapng",
        "Ethernet",
        "nanoseconds (9)",
        "wirelab run transfer/two-segments",
        "client-tap0",
    ] {
        assert!(text.contains(expected), "{expected} is missing in {text}");
    }
}

#[test]
fn tshark_reads_a_capture_and_shows_its_comments() {
    let fields = [
        "frame.number",
        "frame.time_relative",
        "tcp.flags.str",
        "frame.comment",
    ];
    let mut arguments = vec!["-o", "tcp.check_checksum:TRUE", "-T", "fields"];
    arguments.extend(fields.iter().flat_map(|field| ["-e", field]));
    arguments.push("-r");
    let Some(text) = tool("tshark", &arguments) else {
        return;
    };
    assert!(
        text.contains("corrupted by server->client: bit 800 flipped"),
        "{text}"
    );
    assert!(text.contains("the request leaves"), "{text}");
    assert!(!text.contains("dropped"), "{text}");
}

#[test]
fn a_capture_written_live_is_the_capture_written_afterwards() {
    let recording = sample::transfer();
    let (mut client, mut server) = (Vec::new(), Vec::new());
    let mut live = LiveCaptures::new(recording.run.clone(), Some(54), [&mut client, &mut server]);
    for entry in &recording.entries {
        live.observe(entry.at, entry.event.clone());
    }
    live.finish().unwrap();
    drop(live);
    let captures = Captures::of(&recording).with_snaplen(54);
    assert_eq!(server, written(&captures, SERVER_SOCKET.host));
    let blocks = |bytes: &[u8]| {
        let mut lines: Vec<_> = outline(bytes).lines().map(str::to_owned).collect();
        lines.retain(|line| !line.starts_with("DSB")); // which comes later in a live capture
        lines
    };
    assert_eq!(
        blocks(&client),
        blocks(&written(&captures, CLIENT_SOCKET.host))
    );
}
