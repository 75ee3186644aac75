//! Which world stands for which experiment.

use super::exchanges::{self, Exchanges};
use super::reference::Experiment;
use crate::case::{CaseError, CaseRef, Plan};
use crate::measure::accuracy::Kind;
use crate::units::Bytes;

/// The world of an experiment in which both ends have the same profile; `None` if the lab cannot do what Linux
/// was asked for.
pub(super) fn plan(
    experiment: &Experiment,
    stack: &str,
    seed: u64,
) -> Result<Option<Plan>, CaseError> {
    let mut settings = path(experiment);
    settings.push(("stack", stack.to_owned()));
    let settings = |more: &[(&'static str, String)]| {
        let all = settings.iter().chain(more);
        all.cloned().collect::<Vec<_>>()
    };
    let bytes = ("bytes", Bytes(experiment.bytes).to_string());
    let (case, variant, settings) = match experiment.family() {
        "delack" => {
            let exchanges = [&exchange(experiment)[..], &[bytes]].concat();
            let settings = settings(&exchanges);
            return Plan::of(
                CaseRef::Built(&Exchanges),
                exchanges::VARIANT,
                seed,
                borrowed(&settings),
            )
            .map(Some);
        }
        "keepalive" => ("keep-alive", "probe-dead-peer", settings(&keep_alive())),
        "tw" if experiment.case.ends_with("server_closes") => {
            ("time-wait", "server-closes", settings(&[]))
        }
        "tw" => ("time-wait", "client-closes", settings(&[])),
        _ => ("transfer", "download", settings(&[bytes])),
    };
    Plan::new(case, variant, seed, borrowed(&settings)).map(Some)
}

/// Knobs of the path.
fn path(experiment: &Experiment) -> Vec<(&'static str, String)> {
    let mut settings = vec![("rtt", experiment.rtt.to_string())];
    if let Some(rate) = experiment.rate {
        settings.push(("rate", format!("{rate}mbit")));
    }
    if let Some(queue) = experiment.queue {
        settings.push(("queue", format!("{queue}p")));
    }
    if let Some(loss) = experiment.loss {
        settings.push(("loss", format!("{}%", loss * 100.0)));
    }
    if let Some(drops) = &experiment.drops {
        settings.push(("drop", drops.clone()));
    }
    settings
}

/// Knobs of the exchanges: `20req` requests, `gap10` ms after each answer, `server_think200` ms before each.
fn exchange(experiment: &Experiment) -> Vec<(&'static str, String)> {
    let mut settings = Vec::new();
    for word in experiment.case.split('_') {
        if let Some(requests) = word.strip_suffix("req") {
            settings.push(("requests", requests.to_owned()));
        } else if let Some(gap) = word.strip_prefix("gap") {
            settings.push(("gap", format!("{gap}ms")));
        } else if let Some(think) = word.strip_prefix("think") {
            settings.push(("think", format!("{think}ms")));
        } else if word == "quickack" {
            settings.push(("quick_ack", "on".to_owned()));
        }
    }
    settings
}

/// The three parameters of the keep-alive experiments, which are in their names.
fn keep_alive() -> [(&'static str, String); 3] {
    [
        ("keep_idle", "5s"),
        ("keep_interval", "1s"),
        ("keep_count", "3"),
    ]
    .map(|(key, value)| (key, value.to_owned()))
}

fn borrowed<'a>(
    settings: &'a [(&'static str, String)],
) -> impl Iterator<Item = (&'a str, &'a str)> {
    settings.iter().map(|(key, value)| (*key, value.as_str()))
}

/// The experiment in words, for example `rtt 80 ms, 100 kB, drop s2c:data:5`.
pub(super) fn about(experiment: &Experiment) -> String {
    let mut words: Vec<String> = path(experiment)
        .iter()
        .map(|(key, value)| format!("{key} {value}"))
        .collect();
    match experiment.kind() {
        Kind::Ack => {
            let of = |(key, value): &(&str, String)| format!("{key} {value}");
            words.extend(exchange(experiment).iter().map(of));
            words.push(format!("bytes {}", Bytes(experiment.bytes)));
        }
        Kind::Timer => {}
        _ => words.push(format!("bytes {}", Bytes(experiment.bytes))),
    }
    words.join(", ")
}
