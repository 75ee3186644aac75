//! The knobs of the case, and what a plan makes of them: a world for each variant.

use super::setup::{Deed, Setup};
use crate::app::ledger::{Design, Isolation};
use crate::app::payment::{CrashPoint, Policy, Terms};
use crate::case::Plan;
use crate::case::knob::{Kind, Knob, path_knobs};
use crate::link::DropScripts;
use crate::units::Span;

/// The word for what a variant does by itself.
const OWN: &str = "own";

/// The first answer and all its repeats.
const ANSWER_LOST: &str = "s2c:data:1,s2c:rtx:*";

/// How long the server looks for what is still under way, besides its own time, before the ledger is read back.
const CLOSING: Span = Span::from_secs(5);

pub(super) fn knobs() -> Vec<Knob> {
    let mut knobs = path_knobs("150ms");
    knobs.extend(client_knobs());
    knobs.extend(server_knobs());
    knobs.extend(ledger_knobs());
    knobs.extend(explorer_knobs());
    knobs
}

fn client_knobs() -> [Knob; 4] {
    [
        Knob::new(
            "timeout",
            "1s",
            Kind::Time,
            "how long the client waits for an answer, from the beginning of an attempt",
        ),
        Knob::new(
            "attempts",
            "5",
            Kind::Count(1..=20),
            "attempts of the client in all",
        ),
        Knob::new(
            "backoff",
            "200ms",
            Kind::Time,
            "pause before the second attempt; each further one is twice as long",
        ),
        Knob::new(
            "retries",
            OWN,
            Kind::Choice(&[OWN, "after", "beside"]),
            "whether an attempt that has timed out is given up before the next, or left open beside it",
        ),
    ]
}

fn server_knobs() -> [Knob; 5] {
    [
        Knob::new(
            "think",
            "50ms",
            Kind::Time,
            "time in the server before the charge is entered",
        ),
        Knob::new(
            "slow",
            "1500ms",
            Kind::Time,
            "the same where requests overlap: key-check-then-insert, in-progress, explorer",
        ),
        Knob::new(
            "finish",
            "10ms",
            Kind::Time,
            "time in the server from the commit to the answer",
        ),
        Knob::new(
            "crash",
            OWN,
            Kind::Choice(&[
                OWN,
                "none",
                "received",
                "checked",
                "charged",
                "stored",
                "committed",
                "answered",
            ]),
            "where in its work for a charge the server's process is killed, once",
        ),
        Knob::new(
            "restart",
            "100ms",
            Kind::Time,
            "from the kill to the next process",
        ),
    ]
}

fn ledger_knobs() -> [Knob; 4] {
    [
        Knob::new(
            "design",
            OWN,
            Kind::Choice(&[
                OWN,
                "no-key",
                "check-then-insert",
                "key-after",
                "key-before",
                "one-transaction",
            ]),
            "what the server does with the key; in explorer, whose shortest failure is replayed",
        ),
        Knob::new(
            "isolation",
            OWN,
            Kind::Choice(&[OWN, "autocommit", "deferred", "immediate"]),
            "statements by themselves, or one transaction: BEGIN DEFERRED or BEGIN IMMEDIATE",
        ),
        Knob::new(
            "in_progress",
            OWN,
            Kind::Choice(&[OWN, "conflict", "work"]),
            "a key whose request is under way in the same process: answer 409, or set to work on it as well",
        ),
        Knob::new(
            "lifetime",
            "60s",
            Kind::Time,
            "how long a key means anything (a day is usual)",
        ),
    ]
}

fn explorer_knobs() -> [Knob; 3] {
    [
        Knob::new(
            "schedules",
            "576",
            Kind::Count(1..=1_000_000),
            "explorer runs so many schedules of each design, those with the fewest faults first",
        ),
        Knob::new(
            "seeds",
            "200",
            Kind::Count(0..=1_000_000),
            "explorer runs so many worlds with random loss",
        ),
        Knob::new(
            "chance",
            "20%",
            Kind::Chance,
            "chance in those worlds that a frame is lost, in both directions",
        ),
    ]
}

/// The knob's value, unless the variant decides.
fn chosen<'a>(plan: &'a Plan, key: &str) -> Option<&'a str> {
    Some(plan.text(key)).filter(|word| *word != OWN)
}

/// Whether nothing was changed of what makes the variant what it is.
pub(super) fn is_itself(plan: &Plan) -> bool {
    ["design", "isolation", "in_progress", "crash", "retries"]
        .iter()
        .all(|key| plan.is_default(key))
}

/// The design of a variant.
pub(super) fn design(plan: &Plan) -> Design {
    let own = match plan.variant() {
        "no-key" => Design::NoKey,
        "key-check-then-insert" | "explorer" => Design::CheckThenInsert,
        "crash-after-commit-apart" => Design::KeyAfter,
        _ => Design::OneTransaction,
    };
    chosen(plan, "design")
        .and_then(Design::named)
        .unwrap_or(own)
}

fn terms(plan: &Plan) -> Terms {
    let variant = plan.variant();
    let alone = matches!(
        variant,
        "key-check-then-insert" | "crash-after-commit-apart"
    );
    let isolation = if alone {
        Isolation::Autocommit
    } else {
        Isolation::Immediate
    };
    let crash = match variant {
        "crash-before-commit" => Some(CrashPoint::Stored),
        "crash-after-commit" | "crash-after-commit-apart" => Some(CrashPoint::Committed),
        _ => None,
    };
    Terms {
        design: design(plan),
        isolation: chosen(plan, "isolation")
            .and_then(Isolation::named)
            .unwrap_or(isolation),
        guard: chosen(plan, "in_progress").map_or(variant != "key-check-then-insert", |word| {
            word == "conflict"
        }),
        think: think(plan),
        finish: plan.span("finish"),
        lifetime: plan.span("lifetime"),
        crash: chosen(plan, "crash").map_or(crash, CrashPoint::named),
        restart: plan.span("restart"),
    }
}

/// Time in the server before the charge is entered.
pub(super) fn think(plan: &Plan) -> Span {
    plan.span(match plan.variant() {
        "key-check-then-insert" | "in-progress" | "explorer" => "slow",
        _ => "think",
    })
}

/// When the client tries again.
pub(super) fn policy(plan: &Plan) -> Policy {
    let beside = plan.variant() == "key-check-then-insert";
    let backoff = plan.span("backoff");
    Policy {
        timeout: plan.span("timeout"),
        attempts: u32::try_from(plan.count("attempts")).expect("the knob's range is small"),
        // Whoever comes back so late finds that the key means nothing any more.
        backoff: match plan.variant() {
            "key-expired" => plan.span("lifetime") + backoff,
            _ => backoff,
        },
        beside: chosen(plan, "retries").map_or(beside, |word| word == "beside"),
    }
}

/// The world of a plan; that of `explorer` before a schedule is put into it.
pub(super) fn setup(plan: &Plan) -> Setup {
    let drops = match plan.variant() {
        "lost-packet" => "s2c:data:1",
        "no-key" | "idempotency-key" | "key-expired" | "read-only" => ANSWER_LOST,
        _ => "",
    };
    let terms = terms(plan);
    Setup {
        terms,
        policy: policy(plan),
        deed: match plan.variant() {
            "missing-key" => Deed::WithoutKey,
            "key-reused-other-body" => Deed::OtherBody,
            "read-only" => Deed::Read,
            _ => Deed::Charge,
        },
        drops: drops
            .parse::<DropScripts>()
            .expect("these scripts are well-formed"),
        loss: None,
        closing: CLOSING + (terms.think + terms.finish) * 2 + terms.restart,
    }
}
