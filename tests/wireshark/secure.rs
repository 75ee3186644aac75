//! What Wireshark reads inside TLS, without a key file.

use wirelab::case::{Plan, Run};

use super::tshark::Tshark;
use super::written;

/// The captures of a variant's hosts.
fn captures_of(case: &str, variant: &str) -> Vec<(String, Vec<u8>)> {
    let plan = Plan::new(case, variant, 1, []).expect("defaults are valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    let captures = written(&finished.recording);
    let hosts = finished.recording.hosts();
    hosts
        .map(|(host, info)| (info.name.clone(), captures[&host].clone()))
        .collect()
}

#[test]
fn requests_and_answers_inside_tls_are_decrypted() {
    let Some(tshark) = Tshark::find() else { return };
    for (case, variant, protocol, count) in [
        ("handshake", "tls12", "http", 1),
        ("handshake", "tls13", "http", 1),
        ("handshake", "tls13-0rtt", "http", 2),
        ("image-page", "edge-h1-six-tls", "http", 80),
    ] {
        for (host, capture) in captures_of(case, variant) {
            let name = format!("{case}-{variant}-{host}");
            for half in ["request", "response"] {
                let filter = format!("tls && {protocol}.{half}");
                assert_eq!(
                    tshark.count(&name, &capture, &filter),
                    count,
                    "{name}: {half}"
                );
            }
        }
    }
}

#[test]
fn an_object_is_followed_from_its_name_to_its_last_byte() {
    let Some(tshark) = Tshark::find() else { return };
    let captures = captures_of("geo-routing", "geo-dns");
    let user = captures.iter().find(|(host, _)| host == "user.seoul");
    let (name, capture) = user.expect("a user in Seoul");
    let one = |field: &str| {
        let values = tshark.values(name, capture, field);
        values.first().cloned().unwrap_or_default()
    };
    let (asked, address) = (one("dns.qry.name"), one("dns.a"));
    assert_eq!(one("tls.handshake.extensions_server_name"), asked);
    assert_eq!(one("http2.headers.authority"), asked);
    assert_eq!(one("http2.headers.path"), "/object/1");
    let from_it =
        |filter: &str| tshark.count(name, capture, &format!("ip.src == {address} && {filter}"));
    assert!(from_it("http2.streamid == 1 && http2.headers.status == 200") > 0);
    let last = "http2.streamid == 1 && http2.type == 0 && http2.flags.end_stream == 1";
    assert_eq!(
        from_it(last),
        1,
        "the last byte of the object comes from the address of its name"
    );
}

#[test]
fn wireshark_has_no_complaint_about_certificates() {
    let Some(tshark) = Tshark::find() else { return };
    for variant in ["tls12", "tls13", "quic"] {
        for (host, capture) in captures_of("handshake", variant) {
            let name = format!("{variant}-{host}");
            let complaints = tshark.count(&name, &capture, "_ws.expert.severity >= \"Warning\"");
            assert_eq!(complaints, 0, "{name}");
        }
    }
}
