//! Captures of the lab made harder: as other taps, other link layers and other file formats would have them.

use std::time::Duration;

use pcap_file::pcap::{PcapHeader, PcapPacket, PcapTsResolution, PcapWriter};
use pcap_file::{DataLink, Endianness};
use wirelab::record::foreign::Capture;

/// Length of an Ethernet header in bytes.
const ETHERNET: usize = 14;

/// Frames of Ethernet with their times in ns since 1970.
pub(crate) type Frames = Vec<(u64, Vec<u8>)>;

/// What may be done to a capture.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Change {
    /// One in `n` frames is not captured.
    Miss(u64),
    /// One in `n` frames is captured twice.
    Twice(u64),
    /// One in `n` frames changes places with the next.
    Swap(u64),
    /// The first `n` frames are not captured.
    Late(usize),
    /// Only frames of this IPv4 sender are captured: the first that there is.
    OneWay,
    /// An IEEE 802.1Q tag in every frame.
    Vlan,
    /// IPv6 in place of IPv4.
    Ipv6,
}

/// How it is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) link: DataLink,
    pub(crate) endianness: Endianness,
    pub(crate) resolution: PcapTsResolution,
    pub(crate) snaplen: usize,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            link: DataLink::ETHERNET,
            endianness: Endianness::Little,
            resolution: PcapTsResolution::NanoSecond,
            snaplen: 262_144,
        }
    }
}

/// A stream of numbers that the seed decides (splitmix64).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// The frames of a capture of Ethernet.
pub(crate) fn frames(bytes: &[u8]) -> Frames {
    let capture = Capture::read(bytes).expect("the lab's captures are readable");
    let packets = capture.packets.iter();
    packets
        .map(|packet| (packet.at.as_nanos(), packet.data.to_vec()))
        .collect()
}

/// The frames, changed.
pub(crate) fn changed(frames: Frames, change: Change, dice: &mut Dice) -> Frames {
    match change {
        Change::Miss(n) => frames.into_iter().filter(|_| !dice.one_in(n)).collect(),
        Change::Late(n) => frames.into_iter().skip(n).collect(),
        Change::Twice(n) => frames
            .into_iter()
            .flat_map(|(at, frame)| {
                let copies = 1 + usize::from(dice.one_in(n));
                (0..copies).map(move |_| (at, frame.clone()))
            })
            .collect(),
        Change::Swap(n) => {
            let (times, mut frames): (Vec<_>, Vec<_>) = frames.into_iter().unzip();
            for index in 1..frames.len() {
                if dice.one_in(n) {
                    frames.swap(index - 1, index);
                }
            }
            times.into_iter().zip(frames).collect()
        }
        Change::OneWay => {
            let sender = |frame: &[u8]| is_ipv4(frame).then(|| frame[26..30].to_vec());
            let first = frames.iter().find_map(|(_, frame)| sender(frame));
            frames
                .into_iter()
                .filter(|(_, frame)| sender(frame) == first)
                .collect()
        }
        Change::Vlan => each(frames, |frame| {
            [&frame[..12], &[0x81, 0x00, 0x00, 0x07], &frame[12..]].concat()
        }),
        Change::Ipv6 => each(
            frames,
            |frame| if is_ipv4(&frame) { ipv6(&frame) } else { frame },
        ),
    }
}

fn each(frames: Frames, change: impl Fn(Vec<u8>) -> Vec<u8>) -> Frames {
    frames
        .into_iter()
        .map(|(at, frame)| (at, change(frame)))
        .collect()
}

fn is_ipv4(frame: &[u8]) -> bool {
    frame[12..14] == [0x08, 0x00]
}

/// The same segment under an IPv6 header (RFC 8200 section 3); nobody checks its checksum.
fn ipv6(frame: &[u8]) -> Vec<u8> {
    let packet = &frame[ETHERNET..];
    let header = usize::from(packet[0] & 0x0f) * 4;
    let total = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
    let payload = &packet[header..total];
    let length = u16::try_from(payload.len()).expect("short").to_be_bytes();
    let protocol = if packet[9] == 1 { 58 } else { packet[9] };
    let prefix = [0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0];
    [
        &frame[..12],
        &[
            0x86, 0xdd, 0x60, 0, 0, 0, length[0], length[1], protocol, packet[8],
        ],
        &prefix,
        &packet[12..16],
        &prefix,
        &packet[16..20],
        payload,
    ]
    .concat()
}

/// The frames as a pcap file.
pub(crate) fn written(frames: &Frames, form: Form) -> Vec<u8> {
    let header = PcapHeader {
        snaplen: u32::try_from(form.snaplen).expect("short"),
        datalink: form.link,
        ts_resolution: form.resolution,
        endianness: form.endianness,
        ..PcapHeader::default()
    };
    let mut bytes = Vec::new();
    let mut writer = PcapWriter::with_header(&mut bytes, header).expect("memory takes it");
    for (at, frame) in frames {
        let Some(frame) = linked(frame, form.link) else {
            continue;
        };
        let kept = &frame[..frame.len().min(form.snaplen)];
        let length = u32::try_from(frame.len()).expect("short");
        let packet = PcapPacket::new(Duration::from_nanos(*at), length, kept).expect("valid");
        writer.write_packet(&packet).expect("memory takes it");
    }
    bytes
}

/// The frame with another link layer; what is not IP has no place in some of them.
fn linked(frame: &[u8], link: DataLink) -> Option<Vec<u8>> {
    let kind = [frame[12], frame[13]];
    let packet = &frame[ETHERNET..];
    let is_ip = matches!(kind, [0x08, 0x00] | [0x86, 0xdd]);
    match link {
        DataLink::ETHERNET => Some(frame.to_vec()),
        DataLink::LINUX_SLL => {
            let mac = &frame[6..12];
            Some([&[0, 0, 0, 1, 0, 6], mac, &[0, 0], &kind, packet].concat())
        }
        DataLink::LINUX_SLL2 => {
            let mac = &frame[6..12];
            let start = [kind[0], kind[1], 0, 0, 0, 0, 0, 3, 0, 1, 0, 6];
            Some([&start, mac, &[0, 0], packet].concat())
        }
        DataLink::RAW => is_ip.then(|| packet.to_vec()),
        DataLink::NULL => {
            let family = if kind[0] == 0x08 { 2 } else { 30 };
            is_ip.then(|| [&[family, 0, 0, 0], packet].concat())
        }
        other => panic!("no frames are rewritten to {other:?}"),
    }
}
