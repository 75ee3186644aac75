//! `keep-alive`: what a connection that stays open saves, and how it dies while nobody uses it.

mod apps;
mod checks;
mod patience;

use self::patience::Patience;
use super::knob::{Kind, Knob, path_knobs};
use super::stage::Pair;
use super::{Case, CaseError, Judgement, Main, Plan, Relief, Stage, Variant, reliefs};
use crate::host::{KeepAlive, TcpOptions};
use crate::link::FlowMemory;
use crate::measure::diagnosis::{Component, Layer};
use crate::record::Recording;
use crate::units::Span;

/// The keep-alive case.
#[derive(Debug)]
pub struct KeepAliveCase;

const VARIANTS: &[Variant] = &[
    Variant {
        name: "per-request",
        about: "a new connection for each request",
    },
    Variant {
        name: "persistent",
        about: "one connection for all requests",
    },
    Variant {
        name: "idle-race",
        about: "the server closes an idle connection while a request is on its way",
    },
    Variant {
        name: "probe-dead-peer",
        about: "the server vanishes, and TCP's keep-alive probes find out",
    },
    Variant {
        name: "nat-timeout",
        about: "the path forgets the idle connection, and the next request stalls",
    },
    Variant {
        name: "nat-timeout-kept",
        about: "TCP's keep-alive probes keep the path from forgetting it",
    },
];

impl Case for KeepAliveCase {
    fn name(&self) -> &'static str {
        "keep-alive"
    }

    fn question(&self) -> &'static str {
        "What does a connection that stays open save, and how does it die while nobody uses it?"
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        VARIANTS.to_vec()
    }

    fn knobs(&self) -> Vec<Knob> {
        let mut knobs = path_knobs("150ms");
        knobs.extend(request_knobs());
        knobs.extend(idle_knobs());
        knobs
    }

    fn check(&self, plan: &Plan) -> Result<(), CaseError> {
        let Some((key, reason)) = contradiction(plan) else {
            return Ok(());
        };
        Err(CaseError::Contradiction {
            case: self.name().to_owned(),
            first: format!("variant {}", plan.variant()),
            second: format!("{key}={}", plan.text(key)),
            reason,
        })
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        let forgets = plan.variant().starts_with("nat-timeout");
        let memory = forgets.then(|| FlowMemory::new(plan.span("nat_timeout")));
        let pair = stage.pair_with(plan, plan.client(), plan.server(), memory);
        let Pair { client, server } = pair;
        apps::start(plan, stage.spawner(), client, server)
    }

    fn reliefs(&self, plan: &Plan) -> Vec<Relief> {
        let mut reliefs = reliefs(plan);
        if plan.variant() == "per-request" {
            let of = (Component::KeepAlive, Layer::L7);
            let words = ("keep-alive", "a new connection for each request");
            reliefs.push(Relief::as_variant(of, words, "persistent"));
        }
        reliefs
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        checks::judge(plan, recording)
    }
}

fn request_knobs() -> [Knob; 3] {
    [
        Knob::new(
            "requests",
            "80",
            Kind::Count(1..=10_000),
            "requests of `per-request` and `persistent`, one after another",
        ),
        Knob::new(
            "method",
            "GET",
            Kind::Choice(&["GET", "POST"]),
            "method of the request in `idle-race`: GET is safe to send again, POST is not",
        ),
        Knob::new(
            "server_timeout",
            "5s",
            Kind::Time,
            "in `idle-race` the server closes a connection that is idle so long",
        ),
    ]
}

fn idle_knobs() -> [Knob; 5] {
    [
        Knob::new(
            "keep_idle",
            "5s",
            Kind::Time,
            "silence before the first keep-alive probe (TCP_KEEPIDLE)",
        ),
        Knob::new(
            "keep_interval",
            "1s",
            Kind::Time,
            "time between keep-alive probes (TCP_KEEPINTVL)",
        ),
        Knob::new(
            "keep_count",
            "3",
            Kind::Count(1..=100),
            "unanswered probes before the connection is given up (TCP_KEEPCNT)",
        ),
        Knob::new(
            "nat_timeout",
            "30s",
            Kind::Time,
            "the path forgets a flow that is idle so long",
        ),
        Knob::new(
            "pause",
            "40s",
            Kind::Time,
            "in `nat-timeout` the second request follows the first answer so much later",
        ),
    ]
}

/// The knob that the variant cannot do with, and why.
fn contradiction(plan: &Plan) -> Option<(&'static str, String)> {
    let refuse = |key, reason: String| Some((key, reason));
    let zero = |keys: &[&'static str]| keys.iter().copied().find(|key| plan.span(key).is_zero());
    let used: &[&'static str] = match plan.variant() {
        "idle-race" => &["rtt", "server_timeout"],
        "probe-dead-peer" => &["keep_idle", "keep_interval"],
        "nat-timeout-kept" => &["keep_idle", "keep_interval", "nat_timeout"],
        "nat-timeout" => &["nat_timeout"],
        _ => &[],
    };
    if let Some(key) = zero(used) {
        return refuse(key, "the variant needs a time above zero there".to_owned());
    }
    let (nat, rtt) = (plan.span("nat_timeout"), plan.span("rtt"));
    match plan.variant() {
        "nat-timeout" if plan.span("pause") < nat + plan.client().ack_delay => refuse(
            "pause",
            format!(
                "the path forgets nothing before {nat} after the delayed ACK; write a longer pause"
            ),
        ),
        "nat-timeout-kept" if plan.span("keep_interval") <= rtt => refuse(
            "keep_interval",
            format!("a probe is answered after {rtt}; write a longer interval"),
        ),
        "nat-timeout-kept" if plan.span("keep_idle") + rtt >= nat => refuse(
            "keep_idle",
            format!("a probe must pass before the path forgets after {nat}; write a shorter time"),
        ),
        _ => None,
    }
}

/// The client's socket options: Nagle off, and keep-alive where the variant has it.
fn client_options(plan: &Plan) -> TcpOptions {
    let probes = matches!(plan.variant(), "probe-dead-peer" | "nat-timeout-kept");
    TcpOptions {
        keep_alive: probes.then(|| keep_alive(plan)),
        ..TcpOptions::without_nagle()
    }
}

fn keep_alive(plan: &Plan) -> KeepAlive {
    KeepAlive {
        idle: plan.span("keep_idle"),
        interval: plan.span("keep_interval"),
        count: u32::try_from(plan.count("keep_count")).expect("the knob's range is small"),
    }
}

/// The closed form of a variant, in words and as a value, for a path without chance or rate.
fn formula(plan: &Plan) -> Option<(String, Span)> {
    let (rtt, requests) = (plan.span("rtt"), plan.count("requests"));
    let formula = match plan.variant() {
        "per-request" => (
            format!("2 x {requests} RTT: each request pays for its own handshake"),
            rtt * (2 * requests),
        ),
        "persistent" => (
            format!("({requests} + 1) RTT: one handshake"),
            rtt * (requests + 1),
        ),
        "idle-race" if plan.text("method") == "GET" => (
            "server_timeout + 2 RTT until the FIN meets the request + 2 RTT on a new connection"
                .to_owned(),
            plan.span("server_timeout") + rtt * 4,
        ),
        "idle-race" => (
            "server_timeout + 2 RTT until the FIN meets the request".to_owned(),
            plan.span("server_timeout") + rtt * 2,
        ),
        "probe-dead-peer" => {
            let KeepAlive {
                idle,
                interval,
                count,
            } = keep_alive(plan);
            let silence = idle + interval * u64::from(count);
            let text = format!("2 RTT + keep_idle + {count} x keep_interval");
            (text, rtt * 2 + silence)
        }
        "nat-timeout-kept" => (
            "2 RTT + pause + 1 RTT: the connection is still there".to_owned(),
            rtt * 3 + plan.span("pause"),
        ),
        "nat-timeout" => {
            let Patience { span, rule, .. } = Patience::of(&plan.client(), rtt)?;
            let text = format!("2 RTT + pause + {rule}");
            (text, rtt * 2 + plan.span("pause") + span)
        }
        _ => return None,
    };
    Some(formula)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formula_ms(variant: &str, settings: &[(&str, &str)]) -> Option<f64> {
        let plan = Plan::new("keep-alive", variant, 1, settings.iter().copied()).unwrap();
        formula(&plan).map(|(_, value)| value.as_millis_f64())
    }

    #[test]
    fn eighty_tiny_objects_cost_24_seconds_apart_and_12_15_together() {
        assert_eq!(formula_ms("per-request", &[]), Some(24_000.0));
        assert_eq!(formula_ms("persistent", &[]), Some(12_150.0));
    }

    #[test]
    fn a_dead_peer_is_found_out_after_idle_and_all_probes() {
        let quick = [("rtt", "0"), ("keep_idle", "5s"), ("keep_count", "3")];
        assert_eq!(formula_ms("probe-dead-peer", &quick), Some(8_000.0));
    }

    #[test]
    fn a_post_waits_for_no_second_connection() {
        assert_eq!(formula_ms("idle-race", &[]), Some(5_600.0));
        assert_eq!(
            formula_ms("idle-race", &[("method", "POST")]),
            Some(5_300.0)
        );
    }

    #[test]
    fn probes_that_come_too_late_are_refused() {
        let late = [("keep_idle", "30s")];
        let error = Plan::new("keep-alive", "nat-timeout-kept", 1, late).unwrap_err();
        assert!(matches!(error, CaseError::Contradiction { .. }), "{error}");
        let short = [("pause", "30s")];
        let error = Plan::new("keep-alive", "nat-timeout", 1, short).unwrap_err();
        assert!(matches!(error, CaseError::Contradiction { .. }), "{error}");
    }
}
