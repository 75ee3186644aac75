//! The figures of one carrier in rows and columns.

use super::checks::latencies;
use super::closed::{Path, in_gap};
use super::resources::{Load, each, float};
use super::seen::{Fate, Seen, Traffic, percentile};
use crate::case::Plan;
use crate::measure::Table;
use crate::units::Span;

/// All tables of a carrier.
pub(super) fn all(plan: &Plan, path: Path, seen: &Seen, load: Load) -> Vec<Table> {
    let mut tables = vec![messages(seen), sessions(plan, seen)];
    if path.carrier.polls() {
        tables.push(gap(plan, path, seen));
    }
    tables.extend([load.limits(), load.grid()]);
    tables
}

/// What a message takes and costs, both ways.
fn messages(seen: &Seen) -> Table {
    let row = |name: &str, fates: &[Fate], traffic: &Traffic| {
        let count = fates.len() as u64;
        let latencies = latencies(fates);
        let at = |percent| millis(percentile(&latencies, percent));
        let per = |sum: u64| short(each(sum, count));
        vec![
            name.to_owned(),
            count.to_string(),
            at(50),
            at(99),
            at(100),
            per(traffic.up.syns),
            per(traffic.answers),
            format!("{} + {}", per(traffic.down.frames), per(traffic.up.frames)),
            format!("{} + {}", per(traffic.down.bytes), per(traffic.up.bytes)),
        ]
    };
    Table {
        title: "delivery, and what a message costs: latency in ms; handshakes, requests, frames and bytes each (down + up, headers and \
                acknowledgments included)"
            .to_owned(),
        columns: texts(["", "messages", "p50", "p99", "max", "handshakes", "requests", "frames", "bytes"]),
        rows: vec![
            row("server to client", &seen.down, &seen.while_down),
            row("client to server", &seen.up, &seen.while_up),
        ],
    }
}

/// What a session costs, and what it holds.
fn sessions(plan: &Plan, seen: &Seen) -> Table {
    let clients = plan.count("clients");
    let Seen {
        opening, sockets, ..
    } = seen;
    Table {
        title: "sessions: frames and bytes to open one (down + up); sockets and ports of all"
            .to_owned(),
        columns: texts([
            "clients",
            "frames",
            "bytes",
            "held at server",
            "TIME-WAIT at server",
            "at client",
            "ports at client",
        ]),
        rows: vec![vec![
            clients.to_string(),
            format!(
                "{} + {}",
                short(each(opening.down.frames, clients)),
                short(each(opening.up.frames, clients))
            ),
            format!(
                "{} + {}",
                short(each(opening.down.bytes, clients)),
                short(each(opening.up.bytes, clients))
            ),
            sockets.held.to_string(),
            sockets.server_waits.to_string(),
            sockets.client_waits.to_string(),
            sockets.ports.to_string(),
        ]],
    }
}

/// How long messages waited for the next poll.
fn gap(plan: &Plan, path: Path, seen: &Seen) -> Table {
    let waits: Vec<_> = latencies(&seen.down)
        .iter()
        .map(|latency| latency.saturating_sub(path.down))
        .collect();
    let inside = waits.iter().filter(|wait| !wait.is_zero()).count() as u64;
    let rate = float(plan.count("message_rate")) / float(plan.count("clients"));
    let (share, _) = in_gap(path.gap(), rate);
    let percent = |share: f64| format!("{} %", short(share * 100.0));
    let measured = [10, 25, 50, 75, 90, 99, 100].map(|rank| millis(percentile(&waits, rank)));
    let first = [percent(each(inside, waits.len() as u64)), percent(share)];
    Table {
        title: format!(
            "the wait for the next poll in ms, up to {} after an answer; the share of Poisson messages that find none waiting is \
             x / (x + exp(-x)), x = messages of a client in that time",
            path.gap()
        ),
        columns: texts([
            "in the gap",
            "Poisson",
            "p10",
            "p25",
            "p50",
            "p75",
            "p90",
            "p99",
            "max",
        ]),
        rows: vec![first.into_iter().chain(measured).collect()],
    }
}

/// A time in ms with its microseconds.
pub(super) fn millis(span: Option<Span>) -> String {
    span.map_or_else(
        || "-".to_owned(),
        |span| format!("{:.3}", span.as_millis_f64()),
    )
}

/// A number of at most four significant digits as people write it.
pub(super) fn short(number: f64) -> String {
    let decimals = match number.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 4,
    };
    let text = format!("{number:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// Texts as tables have them.
pub(super) fn texts<const N: usize>(texts: [&str; N]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown = [62_500.4, 12.345, 1.5, 0.032, 2.0, 0.0].map(short);
        assert_eq!(shown, ["62500", "12.3", "1.5", "0.032", "2", "0"]);
    }
}
