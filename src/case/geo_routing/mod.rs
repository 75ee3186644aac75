//! `geo-routing`: what it takes that users meet the server that is near them.
//!
//! `map` has the distances, `setup` what a variant is, `hosts` and `world` what is built from it, `predict` the closed
//! form of each visit, `observe` the visits as they were, and `judge` holds both together, in the words of `words`,
//! `tables` and `claims`. In `failover` a region goes dark, which `outage` judges.

mod claims;
mod failover;
mod hosts;
mod judge;
mod map;
mod observe;
mod outage;
mod predict;
mod setup;
mod tables;
mod words;
mod world;

use self::failover::Timing;
use self::setup::{Scheme, Setup};
use self::world::Lab;
use super::knob::{Kind, Knob};
use super::secure::certificates_knob;
use super::{Case, CaseError, Judgement, Main, Plan, Relief, Stage, Variant, reliefs};
use crate::measure::diagnosis::{Component, Layer};
use crate::record::Recording;

/// The geo-routing case.
#[derive(Debug)]
pub struct GeoRouting;

const VARIANTS: &[Variant] = &[
    Variant {
        name: "single-region",
        about: "all users go to one region, us-east",
    },
    Variant {
        name: "round-robin",
        about: "the regions take turns, whoever asks",
    },
    Variant {
        name: "geo-dns",
        about: "the authority is told the user's subnet, and names the region beside it",
    },
    Variant {
        name: "geo-dns-far-resolver",
        about: "the users' resolver is in us-east and tells no subnet, so the authority is wrong",
    },
    Variant {
        name: "edge-compute",
        about: "TLS and the answer at the edge",
    },
    Variant {
        name: "edge-proxy",
        about: "TLS at the edge, the answer from us-east over a warm connection",
    },
    Variant {
        name: "one-region-users",
        about: "all users sit in one region: GeoDNS beside a fixed address",
    },
    Variant {
        name: "ttl-expiry",
        about: "lookups before and after the TTL ends, with and without a cache in the program",
    },
    Variant {
        name: "failover",
        about: "a region goes dark, and a user holds its address until the TTL ends",
    },
];

impl Case for GeoRouting {
    fn name(&self) -> &'static str {
        "geo-routing"
    }

    fn question(&self) -> &'static str {
        "What makes users meet the server near them, and what does that gain?"
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        VARIANTS.to_vec()
    }

    fn knobs(&self) -> Vec<Knob> {
        let mut knobs = visit_knobs().to_vec();
        knobs.extend(failover_knobs());
        knobs.push(certificates_knob());
        knobs
    }

    fn check(&self, plan: &Plan) -> Result<(), CaseError> {
        let refuse = |first: &str, second: &str, reason: &str| {
            let setting = |key| format!("{key}={}", plan.text(key));
            Err(CaseError::Contradiction {
                case: self.name().to_owned(),
                first: setting(first),
                second: setting(second),
                reason: reason.to_owned(),
            })
        };
        if plan.variant() != "failover" {
            return Ok(());
        }
        let timing = Timing::of(plan);
        if timing.every < failover::CLEAR * 2 {
            return refuse("every", "outage", "visits must be at least 4s apart");
        }
        if timing.meets_a_visit() {
            let reason =
                "a visit would be under way; write a multiple of `every`, or 2s more than that";
            return refuse("outage", "every", reason);
        }
        if timing.connect_timeout.is_zero() {
            let reason = "attempts would fail in no time, for ever; write a longer timeout";
            return refuse("connect_timeout", "outage", reason);
        }
        Ok(())
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        let setup = Setup::of(plan);
        let lab = Lab::build(plan, setup, stage);
        match setup.scheme {
            Scheme::Failover => Box::pin(failover::play(lab, Timing::of(plan))),
            _ => Box::pin(lab.play()),
        }
    }

    fn reliefs(&self, plan: &Plan) -> Vec<Relief> {
        let mut reliefs = reliefs(plan);
        if matches!(
            plan.variant(),
            "single-region" | "round-robin" | "geo-dns-far-resolver" | "edge-proxy"
        ) {
            let of = (Component::Distance, Layer::L3);
            let words = ("an edge in each region", "distance");
            reliefs.push(Relief::as_variant(of, words, "edge-compute"));
        }
        reliefs
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        judge::judge(plan, recording)
    }
}

fn visit_knobs() -> [Knob; 5] {
    [
        Knob::new(
            "ttl",
            "60",
            Kind::Count(0..=86_400),
            "how many seconds the authority's answers may be kept",
        ),
        Knob::new("bytes", "1kB", Kind::Size, "size of each object"),
        Knob::new(
            "fetches",
            "2",
            Kind::Count(2..=100),
            "requests of each visit, one after another: the first is cold, all others are warm",
        ),
        Knob::new(
            "visits",
            "3",
            Kind::Count(1..=100),
            "visits of each user in round-robin, each over a new connection",
        ),
        Knob::new(
            "ecs",
            "auto",
            Kind::Choice(&["auto", "on", "off"]),
            "whether resolvers tell the user's subnet (RFC 7871); auto is off in geo-dns-far-resolver only",
        ),
    ]
}

fn failover_knobs() -> [Knob; 4] {
    [
        Knob::new(
            "outage",
            "25s",
            Kind::Time,
            "when Tokyo goes dark in failover",
        ),
        Knob::new(
            "detect",
            "5s",
            Kind::Time,
            "how long after that the authority names it no more",
        ),
        Knob::new(
            "connect_timeout",
            "4s",
            Kind::Time,
            "how long a connection attempt may take in failover",
        ),
        Knob::new(
            "every",
            "10s",
            Kind::Time,
            "time between visits in failover; one that fails is tried again at once",
        ),
    ]
}
