//! IPv4, UDP and ICMP.

use super::Layer;
use super::link::address;
use super::tcp;
use super::walk::{Judge, Walk};
use crate::wire::checksum::{ICMP, TCP, UDP};
use crate::wire::summary::Isns;

/// An IPv4 packet and what it carries.
pub(super) fn packet(walk: &mut Walk<'_>, isns: Isns) {
    const LAYER: Layer = Layer::Ipv4;
    let bytes = walk.rest();
    let length = usize::from(bytes.first().map_or(0, |first| first & 0x0f)) * 4;
    if length < 20 || bytes.len() < length || bytes[0] >> 4 != 4 {
        return walk.malformed(LAYER, "not a whole IPv4 header");
    }
    let total = usize::from(u16::from_be_bytes([bytes[2], bytes[3]]));
    let flags = u16::from_be_bytes([bytes[6], bytes[7]]);
    let whole = total >= length && walk.limit(total);
    header(walk, length, whole);
    let judge = match (whole, flags & 0x3fff) {
        (false, _) => Judge::Cut,
        (true, 0) => Judge::Whole,
        (true, _) => Judge::Fragment,
    };
    match (flags & 0x1fff, bytes[9]) {
        (0, TCP) => tcp::segment(walk, judge, isns),
        (0, UDP) => udp(walk, judge),
        (0, ICMP) => icmp(walk, judge),
        _ => walk.payload("data"),
    }
}

/// The header's fields; the caller has checked that its `length` bytes are there.
fn header(walk: &mut Walk<'_>, length: usize, whole: bool) {
    const LAYER: Layer = Layer::Ipv4;
    walk.field(LAYER, "ip.version", |[byte]| (byte >> 4).to_string());
    walk.note(format!("header of {length} bytes (ip.hdr_len)"));
    walk.field(LAYER, "ip.dsfield", |[byte]| format!("0x{byte:02x}"));
    walk.field(LAYER, "ip.len", |bytes| {
        format!("{} bytes", u16::from_be_bytes(bytes))
    });
    if !whole {
        walk.note("not the length of what is here");
    }
    walk.field(LAYER, "ip.id", |bytes| {
        format!("0x{:04x}", u16::from_be_bytes(bytes))
    });
    walk.field(LAYER, "ip.flags", |bytes| {
        fragmentation(u16::from_be_bytes(bytes))
    });
    walk.field(LAYER, "ip.ttl", |[byte]| byte.to_string());
    walk.field(LAYER, "ip.proto", |[byte]| protocol(byte));
    walk.checksum(
        LAYER,
        "ip.checksum",
        if whole { Judge::Whole } else { Judge::Cut },
    );
    walk.field(LAYER, "ip.src", address);
    walk.field(LAYER, "ip.dst", address);
    walk.push(
        length - 20,
        LAYER,
        "ip.options",
        format!("{} bytes", length - 20),
    );
}

fn udp(walk: &mut Walk<'_>, judge: Judge) {
    const LAYER: Layer = Layer::Udp;
    if walk.rest().len() < 8 {
        return walk.malformed(LAYER, "shorter than a UDP header");
    }
    walk.word(LAYER, "udp.srcport");
    walk.word(LAYER, "udp.dstport");
    let length = walk.word(LAYER, "udp.length").map_or(0, usize::from);
    walk.note("header and data, in bytes");
    if walk.checksum(LAYER, "udp.checksum", judge) == Some(0) {
        walk.note("none (RFC 768)");
    }
    let differs = judge == Judge::Whole && length != walk.rest().len() + 8;
    walk.payload("udp.payload");
    if differs {
        walk.note(format!(
            "udp.length says {length}, the IPv4 header something else"
        ));
    }
}

fn icmp(walk: &mut Walk<'_>, judge: Judge) {
    const LAYER: Layer = Layer::Icmp;
    if walk.rest().len() < 8 {
        return walk.malformed(LAYER, "shorter than an ICMP header");
    }
    let (kind, code) = (walk.rest()[0], walk.rest()[1]);
    walk.field(LAYER, "icmp.type", |[kind]| icmp_type(kind));
    walk.field(LAYER, "icmp.code", |[code]| code.to_string());
    walk.checksum(LAYER, "icmp.checksum", judge);
    let (first, second) = match (kind, code) {
        (0 | 8, _) => ("icmp.ident", "icmp.seq"),
        (3, 4) => ("icmp.unused", "icmp.mtu"),
        _ => ("icmp.unused", "icmp.unused"),
    };
    walk.word(LAYER, first);
    walk.word(LAYER, second);
    walk.payload("data");
}

fn fragmentation(flags: u16) -> String {
    let names = match (flags & 0x4000 != 0, flags & 0x2000 != 0) {
        (true, true) => "DF, MF",
        (true, false) => "DF",
        (false, true) => "MF",
        (false, false) => "none",
    };
    format!(
        "{names}; fragment offset {}",
        usize::from(flags & 0x1fff) * 8
    )
}

fn protocol(number: u8) -> String {
    match number {
        TCP => "6 (TCP)".to_owned(),
        UDP => "17 (UDP)".to_owned(),
        ICMP => "1 (ICMP)".to_owned(),
        other => other.to_string(),
    }
}

fn icmp_type(kind: u8) -> String {
    match kind {
        0 => "0 (echo reply)".to_owned(),
        3 => "3 (destination unreachable)".to_owned(),
        8 => "8 (echo request)".to_owned(),
        11 => "11 (time exceeded)".to_owned(),
        other => other.to_string(),
    }
}
