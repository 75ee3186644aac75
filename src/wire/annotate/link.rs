//! Ethernet II and ARP.

use std::net::Ipv4Addr;

use super::walk::Walk;
use super::{Layer, ipv4};
use crate::wire::Mac;
use crate::wire::summary::Isns;

/// A whole frame.
pub(super) fn ethernet(walk: &mut Walk<'_>, isns: Isns) {
    const LAYER: Layer = Layer::Ethernet;
    let kind = walk
        .field(LAYER, "eth.dst", mac)
        .and_then(|_| walk.field(LAYER, "eth.src", mac))
        .and_then(|_| {
            walk.field(LAYER, "eth.type", |bytes| {
                ether_type(u16::from_be_bytes(bytes))
            })
        });
    match kind.map(u16::from_be_bytes) {
        None => walk.malformed(LAYER, "shorter than an Ethernet header"),
        Some(0x0800) => ipv4::packet(walk, isns),
        Some(0x0806) => arp(walk),
        Some(_) => walk.payload("data"),
    }
}

fn arp(walk: &mut Walk<'_>) {
    const LAYER: Layer = Layer::Arp;
    const LENGTH: usize = 28;
    const ETHERNET_IPV4: [u8; 6] = [0, 1, 8, 0, 6, 4];
    if walk.rest().len() < LENGTH || walk.rest()[..6] != ETHERNET_IPV4 {
        return walk.malformed(LAYER, "not an ARP packet for IPv4 over Ethernet");
    }
    walk.limit(LENGTH);
    walk.word(LAYER, "arp.hw.type");
    walk.note("Ethernet");
    walk.field(LAYER, "arp.proto.type", |bytes| {
        ether_type(u16::from_be_bytes(bytes))
    });
    walk.field(LAYER, "arp.hw.size", |[size]| size.to_string());
    walk.field(LAYER, "arp.proto.size", |[size]| size.to_string());
    walk.field(LAYER, "arp.opcode", |bytes| {
        operation(u16::from_be_bytes(bytes))
    });
    walk.field(LAYER, "arp.src.hw_mac", mac);
    walk.field(LAYER, "arp.src.proto_ipv4", address);
    walk.field(LAYER, "arp.dst.hw_mac", mac);
    walk.field(LAYER, "arp.dst.proto_ipv4", address);
}

/// An IPv4 address as people read it.
pub(super) fn address(bytes: [u8; 4]) -> String {
    Ipv4Addr::from(bytes).to_string()
}

fn mac(bytes: [u8; 6]) -> String {
    match Mac(bytes) {
        Mac::BROADCAST => format!("{} (broadcast)", Mac::BROADCAST),
        mac => mac.to_string(),
    }
}

fn ether_type(kind: u16) -> String {
    match kind {
        0x0800 => "0x0800 (IPv4)".to_owned(),
        0x0806 => "0x0806 (ARP)".to_owned(),
        0x86dd => "0x86dd (IPv6)".to_owned(),
        other => format!("0x{other:04x}"),
    }
}

fn operation(code: u16) -> String {
    match code {
        1 => "1 (request)".to_owned(),
        2 => "2 (reply)".to_owned(),
        other => other.to_string(),
    }
}
