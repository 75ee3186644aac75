//! What belongs here: Wireshark's opinion of the captures of `run --all`.
//!
//! tshark reads every capture: no malformed frame, every checksum good, completeness as the conversation was,
//! and the `tcp.analysis` flags that follow from the lab's own recording. Where tshark is missing the tests
//! print why they are skipped; where `CI` is set they fail instead.

mod analysis;
mod secure;
pub(crate) mod tshark;

use std::collections::BTreeMap;

use wirelab::case::{Plan, Run, all};
use wirelab::event::HostId;
use wirelab::record::pcapng::Captures;
use wirelab::record::{Index, Recording};

use crate::support::leave_recording;
use analysis::expected;
use tshark::{Opinion, Tshark};

/// Repairs of every kind: fast retransmit, loss probe, reordering timer, timeout, needless ones.
const REPAIRS: &[&[(&str, &str)]] = &[
    &[("drop", "s2c:data:1")],
    &[("drop", "s2c:data:5-7")],
    &[("drop", "s2c:data:20")],
    &[("drop", "s2c:data:68-69")],
    &[("drop", "s2c:data:69")],
    &[("drop", "s2c:data:69,s2c:rtx:1")],
    &[("drop", "c2s:ackge:100000")],
    &[("drop", "c2s:data:1")],
    &[("drop", "s2c:synack:1")],
    &[("drop", "s2c:data:20"), ("timestamps", "on")],
    &[
        ("bytes", "1MB"),
        ("rate", "10mbit"),
        ("queue", "20p"),
        ("rtt", "30ms"),
    ],
];

/// A HEADERS frame of HTTP/3 as tshark prints its type (RFC 9114 section 7.2.2).
const HEADERS: &str = "1";

/// Every capture of every case and of the repairs, named, with the recording that it comes from.
fn captures(mut check: impl FnMut(&str, &Index<'_>, HostId, &[u8])) {
    let variants = all()
        .iter()
        .flat_map(|case| {
            case.variants()
                .into_iter()
                .map(move |variant| (case, variant))
        })
        .map(|(case, variant)| (case.name(), variant.name, &[][..]));
    let repairs = REPAIRS
        .iter()
        .map(|settings| ("transfer", "download", *settings));
    for (case, variant, settings) in variants.chain(repairs) {
        let plan =
            Plan::new(case, variant, 1, settings.iter().copied()).expect("the settings are valid");
        let finished = Run::start(&plan).finish().expect("the world ends");
        leave_recording(&finished.recording);
        for (host, bytes) in written(&finished.recording) {
            let index = Index::of(&finished.recording);
            let name = index.host(host).expect("a host").name.clone();
            check(
                &format!("{case}/{variant}/{name} {settings:?}"),
                &index,
                host,
                &bytes,
            );
        }
    }
}

fn written(recording: &Recording) -> BTreeMap<HostId, Vec<u8>> {
    let captures = Captures::of(recording);
    let hosts = recording.hosts().map(|(host, _)| host);
    hosts
        .map(|host| {
            let mut bytes = Vec::new();
            captures
                .write(host, &mut bytes)
                .expect("writing to memory succeeds");
            (host, bytes)
        })
        .collect()
}

#[test]
fn wireshark_agrees_with_the_recording() {
    let Some(tshark) = Tshark::find() else { return };
    let mut differences = Vec::new();
    captures(|name, index, host, bytes| {
        let opinions = tshark.read(name, bytes);
        let expected = expected(index, host);
        assert_eq!(opinions.len(), expected.len(), "{name}: number of frames");
        for (number, (seen, expected)) in opinions.iter().zip(&expected).enumerate() {
            differences.extend(
                difference(seen, expected)
                    .map(|text| format!("{name} frame {}: {text}", number + 1)),
            );
        }
    });
    assert!(
        differences.is_empty(),
        "{} differences:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// In what one frame's opinion differs from what was expected.
fn difference(seen: &Opinion, expected: &analysis::Expected) -> Option<String> {
    if let Some(fault) = &seen.fault {
        return Some(fault.clone());
    }
    if seen.flags != expected.flags {
        return Some(format!(
            "tcp.analysis is {:?}, the recording says {:?}",
            seen.flags, expected.flags
        ));
    }
    (seen.completeness != expected.completeness).then(|| {
        format!(
            "completeness is {:?}, the recording says {:?}",
            seen.completeness, expected.completeness
        )
    })
}

#[test]
fn requests_and_answers_of_http3_are_decrypted() {
    let Some(tshark) = Tshark::find() else { return };
    // Early data is decrypted too, but some versions do not know yet what is spoken in it.
    for (case, variant, least) in [
        ("handshake", "quic", 2),
        ("handshake", "quic-0rtt", 3),
        ("head-of-line", "h3-lost", 24),
    ] {
        let plan = Plan::new(case, variant, 1, []).expect("defaults are valid");
        let finished = Run::start(&plan).finish().expect("the world ends");
        for (host, bytes) in written(&finished.recording) {
            let name = format!("{case}/{variant}/{}", host.0);
            let types = tshark.values(&name, &bytes, "http3.frame_type");
            let headers = types.iter().filter(|kind| *kind == HEADERS).count();
            assert!(headers >= least, "{name}: {types:?}");
            let streams = tshark.values(&name, &bytes, "quic.stream.stream_id");
            let asked = streams.iter().filter(|stream| *stream == "0").count();
            assert!(asked >= least.min(4), "{name}: {streams:?}");
        }
    }
}

#[test]
fn an_open_connection_that_closes_in_order_is_complete() {
    let Some(tshark) = Tshark::find() else { return };
    let plan = Plan::new("handshake", "open", 1, []).expect("defaults are valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    for (host, bytes) in written(&finished.recording) {
        let opinions = tshark.read("handshake/open", &bytes);
        let last = opinions.last().expect("the capture has frames");
        assert_eq!(last.completeness, Some(31), "host {}", host.0);
    }
}

#[test]
fn messages_decode_as_what_carries_them() {
    let Some(tshark) = Tshark::find() else { return };
    for (variant, filter, keys) in [
        (
            "websocket",
            "websocket.opcode == 1 && websocket.payload_length == 100",
            &["messages", "uploads"][..],
        ),
        ("sse", "http.request.method == POST", &["uploads"]),
    ] {
        let plan = Plan::new("messaging", variant, 1, []).expect("defaults are valid");
        let finished = Run::start(&plan).finish().expect("the world ends");
        let figure = |key: &&str| finished.result.extra[*key].as_u64().expect("a number");
        let expected: u64 = keys.iter().map(figure).sum();
        for (host, bytes) in written(&finished.recording) {
            let count = tshark.count(variant, &bytes, filter);
            assert_eq!(count as u64, expected, "{variant}, host {}", host.0);
        }
    }
}
