//! `saturation`: the load rises in stages through what the server's processor can do, as counted costs predict.

use super::apps::{Cast, Casting, length};
use super::checks::{astray, fit_windows, latencies, slowest, window};
use super::closed::Path;
use super::resources::{Capacity, Footprint, Load, float};
use super::schedule::{Due, beginning, settling};
use super::seen::{Fate, Seen, percentile};
use super::tables::{short, texts};
use super::{calm, tables};
use crate::case::{Judgement, Main, Plan, Stage, expect};
use crate::event::MessageId;
use crate::measure::Table;
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// The stages, in per cent of what the processor can do.
const LOADS: [u64; 5] = [50, 90, 100, 110, 150];

/// Lets stage follow stage, each when all that the one before has caused is over.
pub(super) fn start(plan: &Plan, stage: &mut Stage<'_>) -> Main {
    let cast = Cast::new(plan, stage, &Casting::of(plan));
    let stages = LOADS.map(|load| messages(plan, load));
    let (beginning, settling, bytes) = (beginning(plan), settling(plan), length(plan));
    Box::pin(async move {
        let clients = cast.open_all();
        let clock = cast.net.clock();
        clock.sleep_until(beginning).await;
        let mut said = 0;
        for messages in stages {
            cast.say(clock.now(), bytes, &messages, |client| &cast.desks[client])
                .await;
            said += messages.len() as u64;
            cast.down.reaches(said).await;
            clock.sleep(settling).await;
        }
        cast.close_all(clients).await;
    })
}

/// The messages of a stage: in equal intervals, for one client after another.
fn messages(plan: &Plan, load: u64) -> Vec<Due> {
    let (count, clients) = (plan.count("messages"), plan.count("clients"));
    let stage = LOADS
        .iter()
        .position(|known| *known == load)
        .unwrap_or_default() as u64;
    let small = |number: u64| u32::try_from(number).expect("a run has fewer messages");
    (0..count)
        .map(|ordinal| Due {
            at: plan.span("cpu_message") * (ordinal * 100) / load,
            client: small(ordinal % clients),
            id: MessageId(small(stage * count + ordinal)),
        })
        .collect()
}

/// Holds the recording against a queue that serves one message after another.
pub(super) fn judge(plan: &Plan, recording: &Recording) -> Judgement {
    let seen = Seen::of(recording, settling(plan));
    let path = Path::of(plan);
    let held = seen.sockets.held;
    let load = Load {
        footprint: Footprint::of(path, &seen.while_down, &seen, held, plan.count("clients")),
        capacity: Capacity::of(plan),
    };
    let work = load.work(1.0);
    let stages = stages(plan, &seen.down);
    let limit = load.limit(true);
    let once = seen
        .down
        .iter()
        .filter(|fate| fate.delivered.len() == 1)
        .count();
    let expected = plan.count("messages") * LOADS.len() as u64;
    let mut judgement = Judgement {
        total: slowest(&seen.down),
        window: window(recording, &seen.down),
        rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
        checks: vec![expect("messages that came exactly once", expected, once)],
        tables: vec![table(&stages, path, work), load.limits()],
        constraint: Some(constraint(&stages, path, work, limit.at)),
        ..Judgement::default()
    };
    if !calm(plan) || !fit_windows(plan, path, &seen.down) {
        return judgement;
    }
    let expected = served(&seen.down, work, path.down);
    judgement.checks.push(expect(
        "messages that took another time than a queue with that work for each",
        0,
        astray(&seen.down, &expected),
    ));
    for (load, fates) in &stages {
        judgement.checks.push(expect(
            &format!("at {load} % of the predicted limit the wait grows, in ms each second, by"),
            (load.saturating_sub(100)) * 10,
            format!("{:.0}", growth(fates, path, work)),
        ));
    }
    let value = expected.into_iter().max().unwrap_or_default();
    judgement.formula(
        "slowest delivery: 1 delay + 1 message's work + (messages - 1) x (work - interval) of the last stage",
        value,
    )
}

/// Each stage's load, with its messages.
fn stages<'a>(plan: &Plan, fates: &'a [Fate]) -> Vec<(u64, &'a [Fate])> {
    let count = usize::try_from(plan.count("messages")).expect("a run fits memory");
    LOADS.into_iter().zip(fates.chunks(count)).collect()
}

/// How long messages take if each is served when those before it are.
fn served(fates: &[Fate], work: Span, delay: Span) -> Vec<Span> {
    let mut free = SimTime::ZERO;
    let latency = |fate: &Fate| {
        free = free.max(fate.accepted) + work;
        free - fate.accepted + delay
    };
    fates.iter().map(latency).collect()
}

/// How long a message waited for the processor.
fn waited(fate: &Fate, path: Path, work: Span) -> Span {
    fate.latency()
        .unwrap_or_default()
        .saturating_sub(path.down + work)
}

/// By how many ms the wait grew in each second of a stage.
fn growth(fates: &[Fate], path: Path, work: Span) -> f64 {
    let (Some(first), Some(last)) = (fates.first(), fates.last()) else {
        return 0.0;
    };
    let time = last.accepted - first.accepted;
    if time.is_zero() {
        return 0.0;
    }
    waited(last, path, work).as_millis_f64() / time.as_secs_f64()
}

fn table(stages: &[(u64, &[Fate])], path: Path, work: Span) -> Table {
    let row = |(load, fates): &(u64, &[Fate])| {
        let latencies = latencies(fates);
        let at = |percent| tables::millis(percentile(&latencies, percent));
        vec![
            format!("{load} %"),
            short(float(*load) / 100.0 / work.as_secs_f64()),
            fates.len().to_string(),
            at(50),
            at(99),
            at(100),
            tables::millis(fates.last().map(|fate| waited(fate, path, work))),
            short(growth(fates, path, work)),
        ]
    };
    Table {
        title: "the server's processor in stages of its predicted limit: latency in ms, the wait of the stage's last message in ms, and by how \
                many ms the wait grows each second"
            .to_owned(),
        columns: texts(["load", "messages/s", "messages", "p50", "p99", "max", "last wait", "growth"]),
        rows: stages.iter().map(row).collect(),
    }
}

fn constraint(stages: &[(u64, &[Fate])], path: Path, work: Span, limit: f64) -> String {
    let grown = |load: u64| {
        let stage = stages.iter().find(|(known, _)| *known == load);
        stage.map_or(0.0, |(_, fates)| growth(fates, path, work))
    };
    format!(
        "CPU: {work} for each message predict {} messages/s; at 90 % of that no message waits for another, at 110 % the wait grows by {} ms \
         each second and does not end before the load does: a second processor, or less work for a message, relieves it",
        short(limit),
        short(grown(110)),
    )
}
