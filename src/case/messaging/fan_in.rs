//! `fan-in`: very many connections to one server at once, and a message on each.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::rc::Rc;

use serde_json::json;

use super::apps::{Cast, Casting, length};
use super::checks::{astray, fit_windows, latencies, slowest, window};
use super::closed::Path;
use super::resources::{Capacity, Footprint, Load, each, float};
use super::schedule::{interval, settling};
use super::seen::{Seen, percentile};
use super::tables::{short, texts};
use super::{calm, tables};
use crate::app::messages::{Client, Message, Tally};
use crate::app::websocket::Session;
use crate::case::{Judgement, Main, Plan, Stage, expect};
use crate::event::{AppEvent, Event, MessageId, SocketEvent};
use crate::host::EPHEMERAL;
use crate::measure::{Check, Table};
use crate::record::Recording;
use crate::rng::Dice;
use crate::units::{SimTime, Span};

/// Connections that the recording keeps whole: enough to see what each of them does.
const KEPT_FLOWS: usize = 4;

/// Socket buffers in bytes where a message fits: there are tens of thousands of sockets.
const BUFFER: usize = 2_048;

/// Opens the connections one after another, and when all are open has a message for each at once.
pub(super) fn start(plan: &Plan, stage: &mut Stage<'_>) -> Main {
    stage.keep_flows = Some(KEPT_FLOWS);
    let connections = plan.count("connections");
    let casting = Casting {
        clients: connections,
        addresses: plan.count("addresses"),
        buffer: Some(BUFFER.max(2 * length(plan))),
        ..Casting::of(plan)
    };
    let cast = Cast::new(plan, stage, &casting);
    let (opens, settling, bytes) = (plan.count("opens"), settling(plan), length(plan));
    Box::pin(async move {
        let (clock, tried) = (cast.net.clock(), Tally::default());
        let mut attempts = Vec::new();
        for (ordinal, client) in (0..).zip(&cast.clients) {
            clock
                .sleep_until(SimTime::ZERO + interval(ordinal, opens))
                .await;
            let open = Rc::new(Cell::new(false));
            let attempt = attempt(client.clone(), cast.dice, Rc::clone(&open), tried.clone());
            attempts.push((cast.spawner.spawn("client", attempt), open));
        }
        tried.reaches(connections).await;
        clock.sleep(settling).await;
        let is_open = |place: usize| attempts[place].1.get();
        let mut said = 0;
        for desk in cast
            .desks
            .iter()
            .filter(|desk| is_open(desk.client() as usize))
        {
            desk.accept(Message::new(MessageId(desk.client()), bytes));
            said += 1;
        }
        cast.down.reaches(said).await;
        clock.sleep(settling).await;
        cast.close_all(attempts.into_iter().map(|(attempt, _)| attempt).collect())
            .await;
    })
}

/// One client: opens its session, says so, and listens until its desk is closed. A refusal is told.
async fn attempt(client: Client, dice: Dice, open: Rc<Cell<bool>>, tried: Tally) {
    let (net, request) = (client.net.clone(), client.requests.name());
    match Session::open(client, dice).await {
        Ok(session) => {
            open.set(true);
            tried.add();
            if let Err(error) = session.converse().await {
                net.note(format!("a client gives up: {error}"));
            }
        }
        Err(error) => {
            net.tell(|| AppEvent::Response {
                request,
                status: 0,
                body: 0,
                error: Some(error.to_string()),
            });
            tried.add();
        }
    }
}

/// Holds the recording against the arithmetic of ports, and every delivery against the closed form.
pub(super) fn judge(plan: &Plan, recording: &Recording) -> Judgement {
    let seen = Seen::of(recording, settling(plan));
    let path = Path::of(plan);
    let ends = ends(recording);
    let kept = plan.count("connections").min(KEPT_FLOWS as u64);
    let mut kept_only = seen.clone();
    kept_only.down.truncate(KEPT_FLOWS);
    let load = Load {
        footprint: Footprint::of(
            path,
            &seen.while_down,
            &kept_only,
            seen.sockets.held,
            seen.sockets.held,
        ),
        capacity: Capacity::of(plan),
    };
    let latencies = latencies(&seen.down);
    let ms = |percent| json!(percentile(&latencies, percent).map(Span::as_millis_f64));
    let mut judgement = Judgement {
        total: slowest(&seen.down),
        window: window(recording, &seen.down),
        rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
        checks: checks(plan, recording, &seen, &ends),
        tables: vec![
            ports(&ends),
            addresses(),
            cost(&seen, kept),
            load.limits(),
            load.grid(),
        ],
        constraint: Some(load.constraint(plan.count("message_rate"), plan.count("connections"))),
        extra: [
            ("down_p50_ms".to_owned(), ms(50)),
            ("down_p99_ms".to_owned(), ms(99)),
            ("sockets_at_server".to_owned(), json!(seen.sockets.held)),
            ("ports_at_client".to_owned(), json!(seen.sockets.ports)),
        ]
        .into(),
        ..Judgement::default()
    };
    claims(&mut judgement, plan, &seen, &ends);
    if !calm(plan) || plan.is_on("cpu") || !fit_windows(plan, path, &seen.down) {
        return judgement;
    }
    judgement.checks.push(expect(
        "messages that took another time than one delay",
        0,
        astray(&seen.down, &path.down(&seen.down)),
    ));
    judgement.formula(
        "slowest delivery: 1 delay, however many connections are open",
        path.down,
    )
}

/// Ports that the clients' host took from each of its addresses.
fn ends(recording: &Recording) -> BTreeMap<Ipv4Addr, u64> {
    let addresses = recording.hosts().find(|(_, info)| info.name == "client");
    let addresses = addresses.map_or(&[][..], |(_, info)| &info.addresses);
    let mut ends: BTreeMap<_, _> = addresses.iter().map(|address| (*address, 0)).collect();
    for entry in &recording.entries {
        if let Event::Socket(_, SocketEvent::Opened(connection)) = &entry.event
            && connection.active
        {
            *ends.entry(*connection.local.ip()).or_default() += 1;
        }
    }
    ends
}

/// Ports that each address is asked for, and those that it has.
fn granted(connections: u64, addresses: u64) -> Vec<u64> {
    let share = |turn: u64| (connections + addresses - 1 - turn) / addresses;
    let most = EPHEMERAL.count() as u64;
    (0..addresses).map(|turn| share(turn).min(most)).collect()
}

fn checks(
    plan: &Plan,
    recording: &Recording,
    seen: &Seen,
    ends: &BTreeMap<Ipv4Addr, u64>,
) -> Vec<Check> {
    let (connections, granted) = (
        plan.count("connections"),
        granted(plan.count("connections"), plan.count("addresses")),
    );
    let open: u64 = granted.iter().sum();
    let refused = recording.entries.iter().filter(|entry| {
        matches!(&entry.event, Event::App(_, event) if matches!(**event, AppEvent::Response { error: Some(_), .. }))
    });
    let once = seen
        .down
        .iter()
        .filter(|fate| fate.delivered.len() == 1)
        .count();
    let listed = |ports: Vec<u64>| {
        ports
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    vec![
        expect(
            "ports taken from each client address",
            listed(granted),
            listed(ends.values().copied().collect()),
        ),
        expect(
            "connections refused for want of a port (EADDRNOTAVAIL)",
            connections - open,
            refused.count(),
        ),
        expect(
            "connections held at the server at once",
            open,
            seen.sockets.held,
        ),
        expect(
            "messages that came exactly once, one on each connection",
            open,
            once,
        ),
    ]
}

/// What is taken of what there is.
fn ports(ends: &BTreeMap<Ipv4Addr, u64>) -> Table {
    let most = EPHEMERAL.count() as u64;
    let row = |(address, taken): (&Ipv4Addr, &u64)| {
        vec![
            address.to_string(),
            most.to_string(),
            taken.to_string(),
            (most - taken).to_string(),
        ]
    };
    Table {
        title: format!(
            "ports of each client address towards the one port of the server: {} to {}",
            EPHEMERAL.start(),
            EPHEMERAL.end()
        ),
        columns: texts(["address", "there are", "taken", "left"]),
        rows: ends.iter().map(row).collect(),
    }
}

/// How many addresses how many connections need.
fn addresses() -> Table {
    let most = EPHEMERAL.count() as u64;
    let row = |connections: u64| {
        let needed = connections.div_ceil(most);
        let share = connections.div_ceil(needed);
        vec![
            connections.to_string(),
            needed.to_string(),
            share.to_string(),
            "1".to_owned(),
        ]
    };
    Table {
        title: format!(
            "client addresses that connections to one server endpoint need, {most} ports each"
        ),
        columns: texts([
            "connections",
            "addresses",
            "ports of each",
            "ports of the server",
        ]),
        rows: [10_000, most, most + 1, 50_000, 100_000, 1_000_000]
            .map(row)
            .to_vec(),
    }
}

/// What a connection and a message cost, from the connections that were kept whole.
fn cost(seen: &Seen, kept: u64) -> Table {
    let row = |name: &str, traffic: &super::seen::Traffic| {
        let per = |sum: u64| short(each(sum, kept));
        vec![
            name.to_owned(),
            format!("{} + {}", per(traffic.down.frames), per(traffic.up.frames)),
            format!("{} + {}", per(traffic.down.bytes), per(traffic.up.bytes)),
        ]
    };
    let at = |percent| tables::millis(percentile(&latencies(&seen.down), percent));
    Table {
        title: format!(
            "frames and bytes, down + up, of the {kept} connections that were kept whole; delivery took {} ms (p50), {} ms (p99)",
            at(50),
            at(99)
        ),
        columns: texts(["each", "frames", "bytes"]),
        rows: vec![
            row("session", &seen.opening),
            row("message", &seen.while_down),
        ],
    }
}

fn claims(judgement: &mut Judgement, plan: &Plan, seen: &Seen, ends: &BTreeMap<Ipv4Addr, u64>) {
    let used = ends.values().filter(|taken| **taken > 0).count();
    judgement.claim(
        "a server has about 28,000 ports, so it holds 28,000 clients",
        format!(
            "{} connections at once over one port of the server, from {used} client addresses",
            seen.sockets.held
        ),
        format!(
            "a connection is the four of both addresses and both ports, and the server's two are the same for all: {} ({} to {}) is \
             what one client address has towards one server endpoint, which limits a proxy or a load generator and not the server",
            EPHEMERAL.count(),
            EPHEMERAL.start(),
            EPHEMERAL.end(),
        ),
    );
    let memory = float(seen.sockets.held) * float(plan.bytes("memory_socket")) / 1e9;
    judgement.claim(
        "50,000 sockets are too many for one server",
        format!(
            "{} were held, and each message took {} ms",
            seen.sockets.held,
            tables::millis(percentile(&latencies(&seen.down), 100))
        ),
        format!(
            "an idle connection sends nothing: it costs one of {} descriptors and memory, {} GB for all at {}; a message on each at \
             once costs {} s of the processor at {}",
            plan.count("sockets"),
            short(memory),
            plan.text("memory_socket"),
            short(float(seen.sockets.held) * plan.span("cpu_message").as_secs_f64()),
            plan.text("cpu_message"),
        ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifty_thousand_connections_need_two_addresses() {
        assert_eq!(granted(50_000, 1), [28_232]);
        assert_eq!(granted(50_000, 2), [25_000, 25_000]);
        assert_eq!(granted(50_001, 2), [25_001, 25_000]);
        assert_eq!(granted(5, 3), [2, 2, 1]);
        let rows = addresses().rows;
        assert_eq!(rows[3][..3], ["50000", "2", "25000"]);
    }
}
