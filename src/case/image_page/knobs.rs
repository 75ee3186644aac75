//! The knobs with which a constraint is planted in a page, and relieved.

use super::shape::{Protocol, Shape};
use crate::case::knob::{Kind, Knob};
use crate::case::{CaseError, Plan};
use crate::units::Span;

/// Flow-control windows of HTTP/2: from what RFC 9113 section 6.5.2 begins with downwards nothing is too small.
const LARGEST_WINDOW: u64 = (1 << 31) - 1;

/// Knobs that say nothing of the page unless they are turned.
pub(super) fn knobs() -> [Knob; 8] {
    [
        Knob::new(
            "place",
            "variant",
            Kind::Choice(&["variant", "origin", "edge", "edge-miss"]),
            "who answers, if not as the variant says",
        ),
        Knob::new(
            "protocol",
            "variant",
            Kind::Choice(&[
                "variant",
                "new-connection-each",
                "h1-serial",
                "h1-six",
                "h2",
                "h3",
            ]),
            "how the browser asks, if not as the variant says",
        ),
        Knob::new(
            "tls",
            "variant",
            Kind::Choice(&["variant", "on", "off"]),
            "TLS 1.3, if not as the variant says; HTTP/3 has it always",
        ),
        Knob::new(
            "early_data",
            "off",
            Kind::Switch,
            "over TLS on TCP: the browser was here before, and its first flight carries requests (0-RTT)",
        ),
        Knob::new(
            "lookup",
            "none",
            Kind::Choice(&["none", "cold", "cached"]),
            "whether the name of the server has to be looked up",
        ),
        Knob::new(
            "resolver_rtt",
            "5ms",
            Kind::Time,
            "round trip to the resolver",
        ),
        Knob::new(
            "authority_rtt",
            "40ms",
            Kind::Time,
            "round trip from the resolver to the authority that it asks",
        ),
        Knob::new(
            "http2_window",
            "2MB",
            Kind::SizeWithin(1..=LARGEST_WINDOW),
            "bytes of HTTP/2 flow control, of each answer and of all together",
        ),
    ]
    .map(Knob::quiet)
}

/// Whether the settings fit together.
pub(super) fn check(plan: &Plan) -> Result<(), CaseError> {
    let shape = Shape::of(plan);
    let is_quic = shape.protocol == Protocol::H3;
    if is_quic && plan.text("lookup") != "none" {
        return Err(CaseError::Contradiction {
            case: plan.case().name().to_owned(),
            first: format!("lookup={}", plan.text("lookup")),
            second: "HTTP/3".to_owned(),
            reason: "only connections over TCP look names up here; choose HTTP/1.1 or HTTP/2"
                .to_owned(),
        });
    }
    if !shape.early_data || shape.tls && !is_quic {
        return Ok(());
    }
    Err(CaseError::Contradiction {
        case: plan.case().name().to_owned(),
        first: "early_data=on".to_owned(),
        second: format!("variant {}", plan.variant()),
        reason: "there is no TLS on TCP; choose a variant with `-tls`, or give --set tls=on"
            .to_owned(),
    })
}

/// Whether something is tuned that the closed forms do not know.
pub(super) fn is_tuned(plan: &Plan) -> bool {
    let unknown = ["initcwnd", "nagle", "rcvbuf", "sndbuf", "http2_window"];
    unknown.iter().any(|key| !plan.is_default(key))
}

/// How long a lookup takes.
pub(super) fn lookup(plan: &Plan) -> Span {
    match plan.text("lookup") {
        "cold" => plan.span("resolver_rtt") + plan.span("authority_rtt"),
        _ => Span::ZERO,
    }
}

/// The flow-control window, if it is not hyper's own.
pub(super) fn http2_window(plan: &Plan) -> Option<u32> {
    let window = u32::try_from(plan.bytes("http2_window")).expect("the knob's range is small");
    (!plan.is_default("http2_window")).then_some(window)
}
