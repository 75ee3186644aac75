//! The lab's own captures and random worlds, as they are and made harder, beside tshark.

use std::fmt::Write;

use pcap_file::pcap::PcapTsResolution;
use pcap_file::{DataLink, Endianness};
use wirelab::case::{Plan, Run};
use wirelab::event::HostId;
use wirelab::record::pcapng::Captures;

use super::oracle::{assert_none, differences};
use super::rewrite::{Change, Dice, Form, changed, frames, written};
use crate::wireshark::tshark::Tshark;

/// A case, a variant, and knobs.
pub(crate) type World = (
    &'static str,
    &'static str,
    &'static [(&'static str, &'static str)],
);

/// Worlds with losses of every kind, small enough to be written down.
pub(crate) const WORLDS: &[World] = &[
    ("transfer", "download", &[("drop", "s2c:data:5-7")]),
    ("transfer", "download", &[("drop", "s2c:data:69,s2c:rtx:1")]),
    ("transfer", "download", &[("drop", "c2s:ackge:100000")]),
    (
        "transfer",
        "download",
        &[("loss", "3%"), ("timestamps", "on")],
    ),
    (
        "transfer",
        "download",
        &[
            ("bytes", "300kB"),
            ("rate", "10mbit"),
            ("queue", "10p"),
            ("rtt", "30ms"),
        ],
    ),
    (
        "transfer",
        "download",
        &[("loss", "5%"), ("stack", "smoltcp")],
    ),
    ("keep-alive", "probe-dead-peer", &[]),
    ("time-wait", "reused-tuple-duplicate", &[]),
    ("payment", "no-key", &[]),
    ("head-of-line", "h2-lost", &[]),
];

const CHANGES: [Change; 7] = [
    Change::Miss(10),
    Change::Twice(8),
    Change::Swap(6),
    Change::Late(9),
    Change::OneWay,
    Change::Vlan,
    Change::Ipv6,
];

const LINKS: [DataLink; 5] = [
    DataLink::ETHERNET,
    DataLink::LINUX_SLL,
    DataLink::LINUX_SLL2,
    DataLink::RAW,
    DataLink::NULL,
];

/// What each host's tap saw in a world.
pub(crate) fn captures(
    case: &str,
    variant: &str,
    seed: u64,
    knobs: &[(&str, &str)],
) -> Vec<Vec<u8>> {
    let plan =
        Plan::new(case, variant, seed, knobs.iter().copied()).expect("the settings are valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    let captures = Captures::of(&finished.recording);
    let hosts: Vec<HostId> = finished.recording.hosts().map(|(host, _)| host).collect();
    hosts
        .into_iter()
        .map(|host| {
            let mut bytes = Vec::new();
            captures.write(host, &mut bytes).expect("memory takes it");
            bytes
        })
        .collect()
}

/// One way of writing a capture down that the dice choose: up to two changes, and a form.
pub(crate) fn harder(capture: &[u8], dice: &mut Dice) -> (String, Vec<u8>) {
    let mut frames = frames(capture);
    let mut name = String::new();
    for _ in 0..=dice.below(2) {
        let change = CHANGES[usize::try_from(dice.below(7)).expect("small")];
        // What is tagged or IPv6 already has no IPv4 header where it is looked for.
        if !name.contains("Vlan") && !name.contains("Ipv6") {
            frames = changed(frames, change, dice);
            write!(name, "{change:?} ").expect("a string takes every text");
        }
    }
    // A tag belongs to Ethernet.
    let link = if name.contains("Vlan") {
        0
    } else {
        dice.below(5)
    };
    let form = Form {
        link: LINKS[usize::try_from(link).expect("small")],
        endianness: [Endianness::Little, Endianness::Big][usize::from(dice.below(2) == 0)],
        resolution: [PcapTsResolution::NanoSecond, PcapTsResolution::MicroSecond]
            [usize::from(dice.below(3) == 0)],
        // Whole headers: where one is cut, tshark says nothing of its segment.
        snaplen: [262_144, 262_144, 140, 120][usize::try_from(dice.below(4)).expect("small")],
    };
    (format!("{name}{form:?}"), written(&frames, form))
}

#[test]
fn tshark_and_explain_agree_on_every_segment_of_harder_captures() {
    let Some(tshark) = Tshark::find() else { return };
    let mut found = Vec::new();
    for (number, (case, variant, knobs)) in (0..).zip(WORLDS) {
        for (host, capture) in captures(case, variant, 1, knobs).iter().enumerate() {
            let mut dice = Dice(number * 2 + host as u64);
            let (name, bytes) = harder(capture, &mut dice);
            let name = format!("{case}/{variant} {knobs:?} host {host}: {name}");
            found.extend(differences(tshark, &name, &bytes));
        }
    }
    assert_none(&found);
}
