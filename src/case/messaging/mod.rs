//! `messaging`: where the cost of a connection goes when a server has messages for its clients.

mod apps;
mod checks;
mod closed;
mod fan_in;
mod knobs;
mod limits;
mod report;
mod resources;
mod saturation;
mod schedule;
mod seen;
mod tables;
mod variants;

use super::{Case, CaseError, Judgement, Knob, Main, Plan, Stage, Variant};
use crate::app::messages::SHORTEST;
use crate::record::Recording;

/// The messaging case.
#[derive(Debug)]
pub struct Messaging;

impl Case for Messaging {
    fn name(&self) -> &'static str {
        "messaging"
    }

    fn question(&self) -> &'static str {
        "Where does a connection's cost go, to each message or to each session, and what saturates first?"
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        variants::ALL.to_vec()
    }

    fn knobs(&self) -> Vec<Knob> {
        knobs::all()
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
        match plan.variant() {
            "fan-in" => fan_in::start(plan, stage),
            "saturation" => saturation::start(plan, stage),
            _ => apps::start(plan, stage),
        }
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        match plan.variant() {
            "fan-in" => fan_in::judge(plan, recording),
            "saturation" => saturation::judge(plan, recording),
            _ => checks::judge(plan, recording),
        }
    }
}

/// The knob that the variant cannot do with, and why.
fn contradiction(plan: &Plan) -> Option<(&'static str, String)> {
    if plan.bytes("bytes") < SHORTEST as u64 {
        return Some((
            "bytes",
            format!("a message begins with its number, which takes {SHORTEST} bytes"),
        ));
    }
    if plan.variant() == "saturation" {
        if plan.span("cpu_message").is_zero() {
            let reason = "a processor that works in no time is never saturated";
            return Some(("cpu_message", reason.to_owned()));
        }
        if plan.count("messages") < 2 {
            let reason = "a queue takes two messages";
            return Some(("messages", reason.to_owned()));
        }
    }
    None
}

/// Whether nothing on the path depends on chance, a rate or a script, no SYN is sent again while its answer is on
/// the way, and nobody pings.
fn calm(plan: &Plan) -> bool {
    let first_wait = plan.client().initial_rto.min(plan.server().initial_rto);
    plan.is_clean() && plan.span("rtt") < first_wait && plan.span("ping").is_zero()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(variant: &str, key: &str, value: &str) {
        let error = Plan::new("messaging", variant, 1, [(key, value)]).unwrap_err();
        assert!(matches!(error, CaseError::Contradiction { .. }), "{error}");
    }

    #[test]
    fn a_message_without_room_for_its_number_is_refused() {
        refused("websocket", "bytes", "7B");
    }

    #[test]
    fn a_processor_of_infinite_speed_is_refused() {
        refused("saturation", "cpu_message", "0");
        refused("saturation", "messages", "1");
    }
}
