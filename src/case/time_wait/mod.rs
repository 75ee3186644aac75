//! `time-wait`: who holds a closed connection's ports, for how long, and what that costs the next ones.

mod apps;
mod checks;
mod exhaustion;
mod reuse;
mod variants;

use super::knob::{Kind, Knob, path_knobs};
use super::{Case, CaseError, Judgement, Main, Plan, Stage, Variant};
use crate::event::HostId;
use crate::host::Profile;
use crate::link::Direction::{ClientToServer, ServerToClient};
use crate::link::{DropScripts, Late};
use crate::record::Recording;
use crate::sim::{Access, PathConfig};
use crate::units::Span;
use exhaustion::Relief;

/// The TIME-WAIT case.
#[derive(Debug)]
pub struct TimeWaitCase;

impl Case for TimeWaitCase {
    fn name(&self) -> &'static str {
        "time-wait"
    }

    fn question(&self) -> &'static str {
        "Who holds a closed connection's ports, for how long, and what does that cost the next ones?"
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        variants::ALL.to_vec()
    }

    fn knobs(&self) -> Vec<Knob> {
        let mut knobs = path_knobs("100ms");
        knobs.push(Knob::new(
            "opens",
            "500",
            Kind::Count(1..=2_000),
            "connections that the `port-exhaustion` variants open each second",
        ));
        knobs
    }

    fn check(&self, plan: &Plan) -> Result<(), CaseError> {
        let refuse = |key: &str, reason: &str| {
            Err(CaseError::Contradiction {
                case: self.name().to_owned(),
                first: format!("variant {}", plan.variant()),
                second: format!("{key}={}", plan.text(key)),
                reason: reason.to_owned(),
            })
        };
        match plan.variant() {
            "simultaneous" if plan.span("rtt").is_zero() => refuse(
                "rtt",
                "two FINs cross only on a path that takes time; write a round trip above zero",
            ),
            "last-ack-lost" if plan.text("drop") != "none" => refuse(
                "drop",
                "this variant drops by a script of its own; use `client-closes` with `drop`",
            ),
            _ => Ok(()),
        }
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        let (client, server) = hosts(plan, stage);
        let (client, server) = (stage.world.net(client), stage.world.net(server));
        if let Some(relief) = Relief::of(plan.variant()) {
            stage.keep_flows = Some(exhaustion::KEPT_FLOWS);
            stage.linger += plan.span("rtt") * 2;
            return exhaustion::start(plan, relief, stage.spawner(), client, server);
        }
        let two_msl = plan.client().time_wait.max(plan.server().time_wait);
        stage.linger = two_msl * 2 + plan.span("rtt") * 4;
        apps::start(plan, &stage.spawner(), client, server)
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        match Relief::of(plan.variant()) {
            Some(relief) => exhaustion::judge(plan, relief, recording),
            None => checks::judge(plan, recording),
        }
    }
}

/// Client and server, joined as the variant has it.
fn hosts(plan: &Plan, stage: &mut Stage<'_>) -> (HostId, HostId) {
    let relief = Relief::of(plan.variant());
    let client = Profile {
        tw_reuse: relief == Some(Relief::TwReuse),
        ..plan.client()
    };
    let addresses = if relief == Some(Relief::SecondAddress) {
        2
    } else {
        1
    };
    let access = Access::default();
    let client = stage
        .world
        .add_host_with("client", client, addresses, access);
    let server = stage.world.add_host("server", plan.server());
    stage.world.join(client, server, path(plan));
    (client, server)
}

/// The path of the knobs, with what the variant does to one frame of it.
fn path(plan: &Plan) -> PathConfig {
    let mut forward = plan.link(ClientToServer);
    match plan.variant() {
        "last-ack-lost" => {
            // The first pure ACK of everything that the server sends, its FIN included.
            let script = format!("c2s:ackge:{}", apps::ANSWER.len() + 1);
            forward.drops = script_of(&script);
        }
        "reused-tuple-duplicate" => {
            forward.late = Some(Late {
                frames: script_of("c2s:data:1"),
                by: lateness(plan.span("rtt")),
            });
        }
        _ => {}
    }
    PathConfig {
        forward,
        backward: plan.link(ServerToClient),
        memory: None,
    }
}

/// Whether closed forms hold: nothing depends on chance, a rate or a script, and no SYN is sent again while its
/// answer is on the way. The answers to such copies come late, and may end a TIME-WAIT by RST (RFC 1337).
fn is_calm(plan: &Plan) -> bool {
    let first_wait = plan.client().initial_rto.min(plan.server().initial_rto);
    plan.is_clean() && plan.span("rtt") < first_wait
}

fn script_of(text: &str) -> DropScripts {
    text.parse().expect("the script is well-formed")
}

/// How much longer the first copy of the first request travels in `reused-tuple-duplicate`: until the tuple's
/// next connection is open.
fn lateness(rtt: Span) -> Span {
    Span::from_secs(10) + rtt * 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fins_cannot_cross_in_no_time() {
        let error = Plan::new("time-wait", "simultaneous", 1, [("rtt", "0")]).unwrap_err();
        assert!(matches!(error, CaseError::Contradiction { .. }), "{error}");
    }

    #[test]
    fn a_variant_with_its_own_drops_takes_no_others() {
        let drops = [("drop", "c2s:syn:1")];
        let error = Plan::new("time-wait", "last-ack-lost", 1, drops).unwrap_err();
        assert!(matches!(error, CaseError::Contradiction { .. }), "{error}");
    }
}
