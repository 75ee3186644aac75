//! `handshake`: what opening a connection costs, and what one lost segment of it costs more.
//!
//! `tls` has the variants with TLS on the connection, `quic` those over QUIC; `request` builds both.

mod quic;
mod request;
mod tls;

use std::collections::BTreeMap;

use futures::{AsyncReadExt, AsyncWriteExt};
use serde_json::{Value, json};

use super::knob::{Kind, Knob, path_knobs};
use super::secure::certificates_knob;
use super::stage::Pair;
use super::{Case, CaseError, Judgement, Main, Plan, Relief, Stage, Variant, expect, reliefs};
use crate::event::{SocketError, SocketEvent, TcpState};
use crate::host::{ListenOptions, Profile, TcpOptions};
use crate::link::{DropScripts, LinkConfig};
use crate::measure::diagnosis::{Component, Layer};
use crate::measure::{Check, HostView};
use crate::record::Recording;
use crate::rt::Net;
use crate::sim::PathConfig;
use crate::units::Span;
use request::Carrier;

/// The request and the answer fit one segment each.
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: server.test\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The handshake case.
#[derive(Debug)]
pub struct Handshake;

const VARIANTS: &[Variant] = &[
    Variant {
        name: "open",
        about: "SYN, SYN-ACK, ACK, one request, one response, orderly close",
    },
    Variant {
        name: "syn-lost",
        about: "the first SYN is dropped",
    },
    Variant {
        name: "syn-ack-lost",
        about: "the first SYN-ACK is dropped",
    },
    Variant {
        name: "ack-lost",
        about: "the ACK that completes the handshake is dropped",
    },
    Variant {
        name: "refused",
        about: "nobody listens",
    },
    Variant {
        name: "blackhole",
        about: "every SYN is dropped",
    },
    Variant {
        name: "tls12",
        about: "TLS 1.2 on the connection",
    },
    Variant {
        name: "tls13",
        about: "TLS 1.3 on the connection",
    },
    Variant {
        name: "tls13-0rtt",
        about: "TLS 1.3 that resumes a session, with the request as early data",
    },
    Variant {
        name: "quic",
        about: "QUIC and HTTP/3",
    },
    Variant {
        name: "quic-0rtt",
        about: "QUIC that resumes a session, with the request of HTTP/3 in the first flight",
    },
];

impl Case for Handshake {
    fn name(&self) -> &'static str {
        "handshake"
    }

    fn question(&self) -> &'static str {
        "What does opening a connection cost, and what does one lost segment of it cost more?"
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        VARIANTS.to_vec()
    }

    fn knobs(&self) -> Vec<Knob> {
        let mut knobs = path_knobs("150ms");
        let linear = Profile::linux().syn_linear_timeouts.to_string();
        let retries = Profile::linux().syn_retries.to_string();
        knobs.extend([
            Knob::new(
                "syn_linear_timeouts",
                linear,
                Kind::Count(0..=100),
                "SYNs sent again at 1 s before doubling",
            ),
            Knob::new(
                "syn_retries",
                retries,
                Kind::Count(0..=12),
                "SYNs sent again with doubling intervals",
            ),
            certificates_knob(),
        ]);
        knobs
    }

    /// A lossy variant has its own drop script.
    fn check(&self, plan: &Plan) -> Result<(), CaseError> {
        if plan.text("drop") == "none" || script(plan.variant()).is_none() {
            return Ok(());
        }
        Err(CaseError::Contradiction {
            case: self.name().to_owned(),
            first: format!("variant {}", plan.variant()),
            second: format!("drop={}", plan.text("drop")),
            reason: "this variant drops by a script of its own; use the variant `open` with `drop`"
                .to_owned(),
        })
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        if let Some(terms) = tls::terms(plan.variant()) {
            return request::build(plan, stage, terms, Carrier::Tls);
        }
        if let Some(terms) = quic::terms(plan.variant()) {
            return request::build(plan, stage, terms, Carrier::Quic);
        }
        let Pair { client, server } = pair(plan, stage);
        let remote = server.endpoint(80);
        if plan.variant() != "refused" {
            stage.spawner().spawn("server", serve(server));
        }
        let wait_for_ack = plan.variant() == "ack-lost";
        Box::pin(async move {
            // The recording says how it ended.
            let _ = ask(client, remote, wait_for_ack).await;
        })
    }

    fn reliefs(&self, plan: &Plan) -> Vec<Relief> {
        let mut reliefs = reliefs(plan);
        let early = "a first flight that carries the request (0-RTT)";
        let (component, words, variant) = match plan.variant() {
            "tls12" => (Component::Handshake, "TLS 1.3", "tls13"),
            "tls13" => (Component::Handshake, early, "tls13-0rtt"),
            "quic" => (Component::Handshake, early, "quic-0rtt"),
            "syn-lost" | "syn-ack-lost" | "ack-lost" => {
                (Component::Loss, "a path that loses nothing", "open")
            }
            _ => return reliefs,
        };
        let (layer, constraint) = match component {
            Component::Loss => (Layer::L3, "loss and its recovery"),
            _ => (Layer::L7, "the handshake"),
        };
        let of = (component, layer);
        reliefs.push(Relief::as_variant(of, (words, constraint), variant));
        reliefs
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        if let Some(terms) = tls::terms(plan.variant()) {
            return tls::judge(plan, recording, terms);
        }
        if let Some(terms) = quic::terms(plan.variant()) {
            return quic::judge(plan, recording, terms);
        }
        let client = HostView::named(recording, "client");
        let rtt = plan.span("rtt");
        let judgement = Judgement {
            total: client.total(),
            rtt: plan.span("jitter").is_zero().then_some(rtt),
            checks: checks(plan, recording),
            extra: figures(recording),
            ..Judgement::default()
        };
        if !plan.is_clean() {
            return judgement;
        }
        let (text, value) = formula(plan, rtt);
        judgement.formula(text, value)
    }
}

/// The variant's own drops.
fn script(variant: &str) -> Option<&'static str> {
    match variant {
        "syn-lost" => Some("c2s:syn:1"),
        "syn-ack-lost" => Some("s2c:synack:1"),
        "ack-lost" => Some("c2s:ack:1"),
        "blackhole" => Some("c2s:syn:*"),
        _ => None,
    }
}

fn pair(plan: &Plan, stage: &mut Stage<'_>) -> Pair {
    use crate::link::Direction::{ClientToServer, ServerToClient};
    let count = |key| u32::try_from(plan.count(key)).expect("the knob's range is small");
    let profile = plan.client();
    let linear = if plan.is_default("syn_linear_timeouts") {
        profile.syn_linear_timeouts
    } else {
        count("syn_linear_timeouts")
    };
    let profile = Profile {
        syn_linear_timeouts: linear,
        syn_retries: count("syn_retries"),
        ..profile
    };
    let client = stage.world.add_host("client", profile);
    let server = stage.world.add_host("server", plan.server());
    let own: Option<DropScripts> =
        script(plan.variant()).map(|text| text.parse().expect("the script is well-formed"));
    let link = |direction| match &own {
        Some(scripts) => LinkConfig {
            drops: scripts.toward(direction),
            ..plan.link(direction)
        },
        None => plan.link(direction),
    };
    let path = PathConfig {
        forward: link(ClientToServer),
        backward: link(ServerToClient),
        memory: None,
    };
    stage.world.join(client, server, path);
    Pair {
        client: stage.world.net(client),
        server: stage.world.net(server),
    }
}

async fn serve(net: Net) -> std::io::Result<()> {
    let listener = net.listen(80, ListenOptions::default())?;
    loop {
        let mut stream = listener.accept().await;
        let mut request = [0; REQUEST.len()];
        stream.read_exact(&mut request).await?;
        stream.write_all(ANSWER).await?;
        let mut rest = [0; 1];
        while stream.read(&mut rest).await? > 0 {}
    }
}

/// Connects, asks, reads the answer and closes. In `ack-lost` the ACK leaves on its own, one nanosecond before
/// the request: in zero time the profile `smoltcp` would put both into one segment.
async fn ask(net: Net, remote: std::net::SocketAddrV4, wait_for_ack: bool) -> std::io::Result<()> {
    let mut stream = net.connect(remote, &TcpOptions::default()).await?;
    if wait_for_ack {
        net.clock().sleep(Span::from_nanos(1)).await;
    }
    stream.write_all(REQUEST).await?;
    let mut answer = [0; ANSWER.len()];
    stream.read_exact(&mut answer).await?;
    Ok(())
}

fn formula(plan: &Plan, rtt: Span) -> (String, Span) {
    let second = Span::from_secs(1);
    match plan.variant() {
        "syn-lost" => (
            "1 s (SYN timer, RFC 6298) + 2 RTT".to_owned(),
            second + rtt * 2,
        ),
        "syn-ack-lost" => (
            "1 s (SYN and SYN-ACK timer) + 2 RTT".to_owned(),
            second + rtt * 2,
        ),
        "ack-lost" => (
            "2 RTT: the request carries the ACK again".to_owned(),
            rtt * 2,
        ),
        "refused" => ("1 RTT".to_owned(), rtt),
        "blackhole" => {
            let (sent, end) = schedule(plan);
            (
                format!("SYNs at {} s, then the last wait", seconds(&sent)),
                end,
            )
        }
        _ => ("1 RTT (connect) + 1 RTT (request)".to_owned(), rtt * 2),
    }
}

/// When the client's SYNs leave, and when it gives up.
fn schedule(plan: &Plan) -> (Vec<Span>, Span) {
    let defaults = plan.client();
    let linear = if plan.is_default("syn_linear_timeouts") {
        u64::from(defaults.syn_linear_timeouts)
    } else {
        plan.count("syn_linear_timeouts")
    };
    let mut at = Span::ZERO;
    let mut sent = vec![at];
    for _ in 0..linear {
        at += Span::from_secs(1);
        sent.push(at);
    }
    for doubling in 0..plan.count("syn_retries") {
        at += Span::from_secs(1 << doubling);
        sent.push(at);
    }
    (sent, at + Span::from_secs(1 << plan.count("syn_retries")))
}

fn seconds(times: &[Span]) -> String {
    let texts: Vec<_> = times
        .iter()
        .map(|at| (at.as_nanos() / 1_000_000_000).to_string())
        .collect();
    texts.join(", ")
}

fn checks(plan: &Plan, recording: &Recording) -> Vec<Check> {
    let client = HostView::named(recording, "client");
    let error = client.first_error().map(|(_, error)| error);
    let shown = |error: Option<SocketError>| error.map_or("none", SocketError::errno);
    let expected = match plan.variant() {
        "refused" => Some(SocketError::Refused),
        "blackhole" => Some(SocketError::TimedOut),
        _ => None,
    };
    let mut checks = vec![expect(
        "the application's error",
        shown(expected),
        shown(error),
    )];
    if plan.variant() == "blackhole" {
        let sent: Vec<_> = client
            .sent()
            .map(|seen| seen.at - client.first_sent())
            .collect();
        checks.push(expect(
            "SYNs leave at (s)",
            seconds(&schedule(plan).0),
            seconds(&sent),
        ));
    }
    if plan.variant() == "open" && plan.is_clean() {
        checks.extend(one_way_checks(recording, plan.span("rtt")));
    }
    checks
}

/// Connect = 1 RTT; the server's application has the first byte at 1.5 RTT, the client's at 2 RTT.
fn one_way_checks(recording: &Recording, rtt: Span) -> Vec<Check> {
    let client = HostView::named(recording, "client");
    let start = client.first_sent();
    let first_read = |host: HostView<'_>| {
        host.sockets()
            .find(|(_, _, event)| matches!(event, SocketEvent::AppRead { .. }))
            .map(|(at, _, _)| at - start)
    };
    let connected = connected_at(client).map(|at| at - start);
    let shown =
        |span: Option<Span>| span.map_or_else(|| "never".to_owned(), |span| span.to_string());
    let server = HostView::named(recording, "server");
    vec![
        expect("connected after 1 RTT", rtt, shown(connected)),
        expect(
            "the server reads the first byte after 1.5 RTT",
            rtt + rtt / 2,
            shown(first_read(server)),
        ),
        expect(
            "the client reads the first byte after 2 RTT",
            rtt * 2,
            shown(first_read(client)),
        ),
    ]
}

fn connected_at(host: HostView<'_>) -> Option<crate::units::SimTime> {
    host.sockets()
        .find_map(|(at, _, event)| is_established(event).then_some(at))
}

const fn is_established(event: &SocketEvent) -> bool {
    matches!(
        event,
        SocketEvent::State {
            to: TcpState::Established,
            ..
        }
    )
}

fn figures(recording: &Recording) -> BTreeMap<String, Value> {
    let client = HostView::named(recording, "client");
    let start = client.first_sent();
    let connect = connected_at(client).map(|at| (at - start).as_millis_f64());
    let error = client.first_error().map(|(_, error)| error.errno());
    [
        ("connect_ms".to_owned(), json!(connect)),
        ("error".to_owned(), json!(error)),
    ]
    .into()
}
