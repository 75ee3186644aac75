//! TCP with its options.

use super::Layer;
use super::walk::{Judge, Walk};
use crate::wire::summary::Isns;

const LAYER: Layer = Layer::Tcp;

/// A segment: header, options and data.
pub(super) fn segment(walk: &mut Walk<'_>, judge: Judge, isns: Isns) {
    let bytes = walk.rest();
    let length = usize::from(bytes.get(12).map_or(0, |byte| byte >> 4)) * 4;
    if length < 20 || bytes.len() < length {
        return walk.malformed(LAYER, "not a whole TCP header");
    }
    walk.word(LAYER, "tcp.srcport");
    walk.word(LAYER, "tcp.dstport");
    sequence(walk, isns);
    let acknowledges = bytes[13] & 0x10 != 0;
    acknowledgment(walk, isns, acknowledges);
    walk.field(LAYER, "tcp.hdr_len", |[byte]| {
        format!("{} bytes", usize::from(byte >> 4) * 4)
    });
    walk.field(LAYER, "tcp.flags", |[byte]| {
        format!("0x{byte:02x} ({})", flags(byte))
    });
    walk.field(LAYER, "tcp.window_size_value", |bytes| {
        u16::from_be_bytes(bytes).to_string()
    });
    walk.note("before window scaling");
    walk.checksum(LAYER, "tcp.checksum", judge);
    walk.word(LAYER, "tcp.urgent_pointer");
    options(walk, length - 20, isns);
    walk.payload("tcp.payload");
}

fn sequence(walk: &mut Walk<'_>, isns: Isns) {
    if isns.own.is_none() {
        walk.field(LAYER, "tcp.seq_raw", |bytes| {
            u32::from_be_bytes(bytes).to_string()
        });
        return;
    }
    let raw = walk.field(LAYER, "tcp.seq", |bytes| {
        isns.sequence(u32::from_be_bytes(bytes)).to_string()
    });
    walk.note(format!(
        "relative; on the wire {}",
        raw.map_or(0, u32::from_be_bytes)
    ));
}

fn acknowledgment(walk: &mut Walk<'_>, isns: Isns, acknowledges: bool) {
    if isns.peer.is_none() || !acknowledges {
        walk.field(LAYER, "tcp.ack_raw", |bytes| {
            u32::from_be_bytes(bytes).to_string()
        });
    } else {
        let relative = |bytes| isns.acknowledgment(u32::from_be_bytes(bytes)).to_string();
        let raw = walk.field(LAYER, "tcp.ack", relative);
        walk.note(format!(
            "relative; on the wire {}",
            raw.map_or(0, u32::from_be_bytes)
        ));
    }
    if !acknowledges {
        walk.note("means nothing without ACK");
    }
}

/// The next `length` bytes, option by option (RFC 9293 section 3.1).
fn options(walk: &mut Walk<'_>, length: usize, isns: Isns) {
    let mut left = &walk.rest()[..length];
    while let [kind, ..] = left {
        let size = match (kind, left.get(1)) {
            (0, _) => left.len(),
            (1, _) => 1,
            (_, Some(size)) if (2..=left.len()).contains(&usize::from(*size)) => usize::from(*size),
            _ => {
                walk.push(left.len(), LAYER, "tcp.options", format!("kind {kind}"));
                return walk.note("longer than the header");
            }
        };
        let (name, value) = option(*kind, left.get(2..size).unwrap_or_default(), isns);
        walk.push(size, LAYER, name, value);
        left = &left[size..];
    }
}

/// Name and value of an option by its kind and its bytes after kind and length.
fn option(kind: u8, value: &[u8], isns: Isns) -> (&'static str, String) {
    match (kind, value) {
        (0, _) => ("tcp.options.eol", "end of options".to_owned()),
        (1, _) => ("tcp.options.nop", "no operation".to_owned()),
        (2, [a, b]) => (
            "tcp.options.mss_val",
            format!("{} bytes", u16::from_be_bytes([*a, *b])),
        ),
        (3, [shift]) => {
            // RFC 7323 section 2.3: a shift above 14 counts as 14
            let factor = 1u32 << (*shift).min(14);
            (
                "tcp.options.wscale.shift",
                format!("{shift} (times {factor})"),
            )
        }
        (4, []) => ("tcp.options.sack_perm", "SACK permitted".to_owned()),
        (5, blocks) if blocks.len() % 8 == 0 => ("tcp.options.sack", sack(blocks, isns)),
        (8, times) if times.len() == 8 => {
            let (value, echo) = (number(&times[..4]), number(&times[4..]));
            (
                "tcp.options.timestamp.tsval",
                format!("{value}, echo {echo}"),
            )
        }
        (kind, value) => (
            "tcp.options",
            format!("kind {kind}, {} bytes of value", value.len()),
        ),
    }
}

fn sack(blocks: &[u8], isns: Isns) -> String {
    let edge = |bytes: &[u8]| {
        let raw = bytes
            .iter()
            .fold(0, |edge, byte| edge << 8 | u32::from(*byte));
        isns.acknowledgment(raw)
    };
    let blocks = blocks
        .chunks_exact(8)
        .map(|block| format!("{}-{}", edge(&block[..4]), edge(&block[4..])));
    blocks.collect::<Vec<_>>().join(", ")
}

fn number(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |number, byte| number << 8 | u32::from(*byte))
}

fn flags(byte: u8) -> String {
    const NAMES: [&str; 8] = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"];
    let set = NAMES
        .iter()
        .enumerate()
        .filter(|(bit, _)| byte & (1 << bit) != 0);
    set.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
}
