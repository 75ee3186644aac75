//! `head-of-line`: who waits for a slow object, and who for a lost segment.
//!
//! One page of N equal objects. `schedule` has the closed forms, `page` reads from a recording how the objects
//! fared, `frames` and `layout` where HTTP/2 and HTTP/3 put them in their streams, `waits` how long their bytes
//! lay undeliverable, and `lost` and `datagram` judge the variants with a loss.

mod datagram;
mod frames;
mod layout;
mod lost;
mod schedule;
mod waits;

use super::knob::{Kind, Knob, path_knobs};
use super::page::{self, Fate};
use super::secure::{Security, certificates_knob, modern};
use super::stage::Pair;
use super::transfer::{MSS, slow_start_rounds};
use super::{Case, CaseError, Judgement, Main, Plan, Relief, Stage, Variant, expect, reliefs};
use crate::app::http::{Client, Object, Requests, Server, Site};
use crate::app::{http1, http2, http3};
use crate::link::{Direction, DropScripts, LinkConfig};
use crate::measure::Check;
use crate::measure::diagnosis::{Component, Layer};
use crate::record::Recording;
use crate::sim::PathConfig;
use crate::units::Span;
use schedule::{Schedule, TOLERANCE};

/// Connections that browsers open to one origin.
const CONNECTIONS: usize = 6;

/// Where servers listen.
const PORT: u16 = 80;

/// Where servers of QUIC listen.
const SECURE_PORT: u16 = 443;

/// What the server is called.
const NAME: &str = "server.test";

/// The head-of-line case.
#[derive(Debug)]
pub struct HeadOfLine;

const VARIANTS: &[Variant] = &[
    Variant {
        name: "h1-serial",
        about: "one HTTP/1.1 connection, one request at a time; one object is slow",
    },
    Variant {
        name: "h1-pipelined",
        about: "one HTTP/1.1 connection, all requests at once; one object is slow",
    },
    Variant {
        name: "h1-six",
        about: "six HTTP/1.1 connections with one queue, as browsers have them; one object is slow",
    },
    Variant {
        name: "h2-slow",
        about: "one HTTP/2 connection, all requests at once; one object is slow",
    },
    Variant {
        name: "h2-lost",
        about: "one HTTP/2 connection, all requests at once; one segment is lost",
    },
    Variant {
        name: "h3-lost",
        about: "one HTTP/3 connection, all requests at once; one datagram is lost",
    },
];

impl Case for HeadOfLine {
    fn name(&self) -> &'static str {
        "head-of-line"
    }

    fn question(&self) -> &'static str {
        "Which objects wait for one that is slow, and which for one lost segment?"
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        VARIANTS.to_vec()
    }

    fn knobs(&self) -> Vec<Knob> {
        let mut knobs = path_knobs("150ms");
        let at_once = Kind::Count(1..=http2::STREAMS as u64);
        knobs.extend([
            Knob::new("objects", "12", at_once.clone(), "objects of the page"),
            Knob::new(
                "bytes",
                "100B",
                Kind::Size,
                "size of each object where one is slow",
            ),
            Knob::new(
                "object",
                "3",
                at_once,
                "the object that is slow, or that loses a byte",
            ),
            Knob::new(
                "think",
                "500ms",
                Kind::Time,
                "how long the server thinks about the slow object",
            ),
            Knob::new(
                "lost_bytes",
                "4kB",
                Kind::Size,
                "size of each object where a byte is lost",
            ),
            Knob::new(
                "byte",
                "2000",
                Kind::Count(0..=3_999_999_999),
                "what carries this byte of the object, counted from 0, is lost",
            ),
            certificates_knob(),
        ]);
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
        if plan.count("object") > plan.count("objects") {
            return refuse("object", "objects", "the page has no such object");
        }
        if is_lost(plan) && plan.count("byte") >= plan.bytes("lost_bytes") {
            return refuse("byte", "lost_bytes", "the object has no such byte");
        }
        if is_lost(plan) && plan.text("drop") != "none" {
            return refuse(
                "drop",
                "byte",
                "this variant drops by a script of its own; use the variant h2-slow with `drop`",
            );
        }
        Ok(())
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        let drops = match plan.variant() {
            "h2-lost" => lost::script(plan),
            "h3-lost" => datagram::script(plan),
            _ => DropScripts::default(),
        };
        fetch_page(plan, stage, &drops)
    }

    fn reliefs(&self, plan: &Plan) -> Vec<Relief> {
        let mut reliefs = reliefs(plan);
        let (of, words, variant) = match plan.variant() {
            "h2-lost" => (
                (Component::Streams, Layer::L4),
                (
                    "independent streams (HTTP/3 over QUIC)",
                    "a loss that holds back every stream",
                ),
                "h3-lost",
            ),
            "h2-slow" | "h3-lost" => return reliefs,
            _ => (
                (Component::Multiplexing, Layer::L7),
                (
                    "multiplexing (HTTP/2)",
                    "requests that wait for one another",
                ),
                "h2-slow",
            ),
        };
        reliefs.push(Relief::as_variant(of, words, variant));
        reliefs
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        let fates = page::fates(recording);
        let judgement = Judgement {
            total: page::total(recording, &fates),
            rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
            checks: vec![expect(
                "objects answered whole",
                plan.count("objects"),
                fates.iter().filter(|fate| fate.bytes == size(plan)).count(),
            )],
            ..Judgement::default()
        };
        match plan.variant() {
            "h2-lost" => lost::judge(plan, recording, &fates, judgement),
            "h3-lost" => datagram::judge(plan, recording, &fates, judgement),
            _ => slow(plan, recording, &fates, judgement),
        }
    }
}

fn is_lost(plan: &Plan) -> bool {
    matches!(plan.variant(), "h2-lost" | "h3-lost")
}

/// Body length of each object.
fn size(plan: &Plan) -> u64 {
    plan.bytes(if is_lost(plan) { "lost_bytes" } else { "bytes" })
}

/// Client, server, path and page; `drops` are the variant's own.
fn fetch_page(plan: &Plan, stage: &mut Stage<'_>, drops: &DropScripts) -> Main {
    let Pair { client, server } = pair(plan, stage, drops);
    let (requests, spawner) = (Requests::new(), stage.spawner());
    let site = Site::new(objects(plan), requests.clone());
    let paths = (1..=plan.count("objects")).map(Site::path);
    if plan.variant() == "h3-lost" {
        let tls = Security::of(plan, stage).pair(&client, &server, NAME, modern(&["h3"]));
        let remote = server.endpoint(SECURE_PORT);
        let server = Server::new(server, spawner.clone(), SECURE_PORT, site);
        spawner.spawn("server", http3::serve(server.with_tls(tls.server)));
        let client = Client::new(client, spawner, requests, remote, NAME);
        return Box::pin(http3::fetch(client.with_tls(tls.client), paths));
    }
    let remote = server.endpoint(PORT);
    let server = Server::new(server, spawner.clone(), PORT, site);
    match plan.variant() {
        "h2-slow" | "h2-lost" => drop(spawner.spawn("server", http2::serve(server))),
        _ => drop(spawner.spawn("server", http1::serve(server))),
    }
    let client = Client::new(client, spawner, requests, remote, NAME);
    match plan.variant() {
        "h1-serial" => Box::pin(http1::fetch(client, paths, 1)),
        "h1-pipelined" => Box::pin(http1::pipeline(client, paths)),
        "h1-six" => Box::pin(http1::fetch(client, paths, CONNECTIONS)),
        _ => Box::pin(http2::fetch(client, paths)),
    }
}

/// The page: equal objects, one of them slow unless one is to lose a byte.
fn objects(plan: &Plan) -> impl Iterator<Item = Object> {
    let bytes = size(plan);
    let (slow, think) = (plan.count("object"), plan.span("think"));
    let has_slow = !is_lost(plan);
    (1..=plan.count("objects")).map(move |ordinal| Object {
        bytes,
        think: if has_slow && ordinal == slow {
            think
        } else {
            Span::ZERO
        },
    })
}

/// Two hosts, with `drops` beside those of the plan.
fn pair(plan: &Plan, stage: &mut Stage<'_>, drops: &DropScripts) -> Pair {
    let client = stage.world.add_host("client", plan.client());
    let server = stage.world.add_host("server", plan.server());
    let link = |direction| {
        let link = plan.link(direction);
        let both = link.drops.iter().chain(drops.iter()).copied();
        let drops: DropScripts = both.collect();
        LinkConfig {
            drops: drops.toward(direction),
            ..link
        }
    };
    let path = PathConfig {
        forward: link(Direction::ClientToServer),
        backward: link(Direction::ServerToClient),
        memory: None,
    };
    stage.world.join(client, server, path);
    Pair {
        client: stage.world.net(client),
        server: stage.world.net(server),
    }
}

/// Judges a variant in which one object is slow.
fn slow(plan: &Plan, recording: &Recording, fates: &[Fate], mut judgement: Judgement) -> Judgement {
    let schedule = Schedule::of(plan);
    judgement.objects = page::objects(recording, fates, &[]);
    judgement.cause = Some(format!(
        "the answers that one connection carries at once exceed the first congestion window of {} B: slow start \
         takes more round trips",
        plan.server().first_window(MSS)
    ));
    if !plan.is_clean() {
        return judgement;
    }
    if schedule.is_exact() {
        judgement.checks.extend(delays(&schedule, recording, fates));
    }
    judgement.formula(schedule.text(), schedule.total())
}

/// Whom the slow object delays, and by how much.
fn delays(schedule: &Schedule, recording: &Recording, fates: &[Fate]) -> Vec<Check> {
    let ends: Vec<_> = fates.iter().map(|fate| fate.end(recording)).collect();
    let delayed = |ends: &[Option<Span>]| schedule.delayed(ends);
    let closed_form: Vec<_> = schedule.ends().into_iter().map(Some).collect();
    let (predicted, seen) = (delayed(&closed_form), delayed(&ends));
    let on_time = std::iter::zip(schedule.ends(), &ends)
        .filter(|(predicted, seen)| seen.is_some_and(|seen| seen.abs_diff(*predicted) < TOLERANCE))
        .count();
    vec![
        expect(
            "objects that end when the closed form says",
            ends.len(),
            on_time,
        ),
        expect(
            "other objects that the slow one delays by its whole think time",
            predicted.wholly,
            seen.wholly,
        ),
        expect(
            "other objects that it delays at all",
            predicted.at_all,
            seen.at_all,
        ),
    ]
}
