//! What Linux did that is no number: rounds of slow start, and the mechanism of each retransmission.

use super::facts::{self, Facts};
use super::reference::Experiment;
use crate::event::Mechanism::{self, FastRetransmit, SynAckTimer, SynTimer, Tlp};
use crate::measure::accuracy::{Finding, Kind, Verdict};

/// Which mechanisms Linux sent again by, at each end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Retransmissions {
    pub(super) client: &'static [Mechanism],
    pub(super) server: &'static [Mechanism],
}

/// The retransmissions of an experiment with scripted drops.
pub(super) fn retransmissions(case: &str) -> Retransmissions {
    let server = |server| Retransmissions {
        server,
        ..Retransmissions::default()
    };
    let client = |client| Retransmissions {
        client,
        ..Retransmissions::default()
    };
    match case {
        "drop_data1" | "drop_data5" | "drop_data20" => server(&[FastRetransmit]),
        "drop_data5-7" => server(&[FastRetransmit, FastRetransmit, FastRetransmit]),
        "drop_data68-69" => server(&[Tlp, FastRetransmit]),
        "drop_data69_last" | "drop_lastack" => server(&[Tlp]),
        "drop_request" => client(&[Tlp]),
        "drop_syn" => client(&[SynTimer]),
        _ => Retransmissions::default(),
    }
}

/// Data segments of each round trip on a path without losses.
fn rounds(bytes: u64) -> &'static [u64] {
    match bytes {
        1_000 => &[1],
        14_000 => &[10],
        100_000 => &[10, 20, 39],
        _ => &[10, 20, 40, 80, 160, 320, 55],
    }
}

/// Everything about an experiment that is no number, with its verdict.
pub(super) fn findings(experiment: &Experiment, lab: &Facts, smoltcp: &Facts) -> Vec<Finding> {
    match experiment.kind() {
        Kind::Clean => vec![per_round(experiment, lab, smoltcp)],
        Kind::Drop if experiment.is_clean() => vec![per_round(experiment, lab, smoltcp)],
        Kind::Drop => vec![sent_again(experiment, lab, smoltcp)],
        Kind::Rate if experiment.queue == Some(20) => overflow(lab, smoltcp),
        _ => Vec::new(),
    }
}

fn finding(name: &str, linux: String, lab: String, smoltcp: String, holds: bool) -> Finding {
    Finding {
        name: name.to_owned(),
        linux,
        lab,
        smoltcp,
        verdict: if holds {
            Verdict::Inside
        } else {
            Verdict::Outside
        },
    }
}

fn per_round(experiment: &Experiment, lab: &Facts, smoltcp: &Facts) -> Finding {
    let linux = rounds(experiment.bytes);
    let spoken = |rounds: &[u64]| {
        let texts: Vec<_> = rounds.iter().map(ToString::to_string).collect();
        texts.join(", ")
    };
    finding(
        "data segments per round trip",
        spoken(linux),
        spoken(&lab.rounds),
        spoken(&smoltcp.rounds),
        lab.rounds == linux,
    )
}

/// Whether the same ends sent again by the same mechanisms; when they did is in the metrics.
fn sent_again(experiment: &Experiment, lab: &Facts, smoltcp: &Facts) -> Finding {
    let Retransmissions { client, server } = retransmissions(&experiment.case);
    let by = |again: &[facts::Again]| -> Vec<Mechanism> {
        again.iter().map(|again| again.mechanism).collect()
    };
    let (name, seen) = ("retransmissions", ends(lab));
    if experiment.case == "drop_synack" {
        let timers =
            |again: &[Mechanism]| again.iter().all(|by| matches!(by, SynTimer | SynAckTimer));
        let (client, server) = (by(&lab.client), by(&lab.server));
        let holds = timers(&client) && timers(&server) && !(client.is_empty() && server.is_empty());
        let linux = "client: SYN timer, server: SYN-ACK again; two timers of 1 s race".to_owned();
        return finding(name, linux, seen, ends(smoltcp), holds);
    }
    let holds = by(&lab.client) == client && by(&lab.server) == server;
    finding(
        name,
        nominal(experiment, client, server),
        seen,
        ends(smoltcp),
        holds,
    )
}

/// Linux's retransmissions, with the instants that were measured.
fn nominal(experiment: &Experiment, client: &[Mechanism], server: &[Mechanism]) -> String {
    let words = |end: &str, mechanisms: &[Mechanism]| {
        let after = |number: usize| {
            let metric = format!("retx{number}_after_prev_tx_ms");
            experiment
                .metric(&metric)
                .filter(|_| end == "server")
                .map_or_else(String::new, |spread| {
                    format!(" after {:.3} ms", spread.median)
                })
        };
        let all = mechanisms.iter().zip(1..);
        let all: Vec<_> = all
            .map(|(mechanism, number)| format!("{mechanism}{}", after(number)))
            .collect();
        (!all.is_empty()).then(|| format!("{end}: {}", all.join("; ")))
    };
    let ends = [words("client", client), words("server", server)];
    ends.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn ends(facts: &Facts) -> String {
    let end = |name: &str, again: &[facts::Again]| {
        (!again.is_empty()).then(|| format!("{name}: {}", facts::spoken(again)))
    };
    let ends: Vec<_> = [end("client", &facts.client), end("server", &facts.server)]
        .into_iter()
        .flatten()
        .collect();
    if ends.is_empty() {
        "none".to_owned()
    } else {
        ends.join(", ")
    }
}

/// How slow start overflows a queue of 20 packets, and that no timeout is needed to repair it.
fn overflow(lab: &Facts, smoltcp: &Facts) -> Vec<Finding> {
    let first = |facts: &Facts| {
        facts
            .first_drop
            .map_or_else(|| "none".to_owned(), |ordinal| ordinal.to_string())
    };
    vec![
        finding(
            "first data segment dropped",
            "69 or 70".to_owned(),
            first(lab),
            first(smoltcp),
            matches!(lab.first_drop, Some(69 | 70)),
        ),
        finding(
            "frames dropped by the queue",
            "44".to_owned(),
            lab.drops.to_string(),
            smoltcp.drops.to_string(),
            (33..=55).contains(&lab.drops),
        ),
        finding(
            "timeouts",
            "0".to_owned(),
            lab.timeouts.to_string(),
            smoltcp.timeouts.to_string(),
            lab.timeouts == 0,
        ),
    ]
}
