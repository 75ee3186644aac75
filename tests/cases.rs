//! What belongs here: claims about every case.

use pcap_parser::pcapng::{Block, parse_block_le};
use wirelab::case::{Case, Plan, Run, Variant, all};
use wirelab::record::pcapng::Captures;
use wirelab::record::{Index, Recording};

use crate::support::leave_recording;

/// Runs a variant: every expectation holds, and a residual has its cause.
fn keeps_its_word(case: &dyn Case, variant: &Variant<'_>, settings: &[(&str, &str)]) {
    let plan = Plan::new(case.name(), variant.name, 1, settings.iter().copied())
        .expect("the settings are valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    leave_recording(&finished.recording);
    every_block_is_readable(&finished.recording);
    let result = finished.result;
    let name = format!("{}/{} {settings:?}", result.case, result.variant);
    for check in &result.checks {
        assert!(check.holds, "{name}: {check:?}");
    }
    let cause = result.residual_cause.as_deref().unwrap_or_default();
    assert_ne!(cause, "unexplained", "{name}: {:?} ms", result.residual_ms);
}

/// A reader that shares no code with the writer finds every frame of every capture.
fn every_block_is_readable(recording: &Recording) {
    let (captures, index) = (Captures::of(recording), Index::of(recording));
    for (host, info) in recording.hosts() {
        let mut capture = Vec::new();
        captures
            .write(host, &mut capture)
            .expect("memory takes every capture");
        let (mut rest, mut packets) = (capture.as_slice(), 0);
        while !rest.is_empty() {
            let (after, block) = parse_block_le(rest).expect("the block is well-formed");
            packets += usize::from(matches!(block, Block::EnhancedPacket(_)));
            rest = after;
        }
        assert_eq!(packets, index.capture(host).len(), "{}", info.name);
    }
}

#[test]
fn every_variant_keeps_its_expectations_and_explains_its_residual() {
    for case in all() {
        for variant in case.variants() {
            keeps_its_word(*case, &variant, &[]);
        }
    }
}

#[test]
fn a_round_trip_that_does_not_halve_evenly_costs_no_nanosecond() {
    let has_path = |case: &&&dyn Case| case.knobs().iter().any(|knob| knob.key == "rtt");
    for case in all().iter().filter(has_path) {
        let single = |variant: &&Variant| !variant.name.starts_with("port-exhaustion-");
        for variant in case.variants().iter().filter(single) {
            keeps_its_word(*case, variant, &[("rtt", "333.333us")]);
        }
    }
}
