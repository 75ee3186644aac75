//! `port-exhaustion`: opening and closing at a constant rate until no port is left, and what relieves it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::rc::Rc;

use futures::{AsyncReadExt, AsyncWriteExt};
use serde_json::{Value, json};

use super::apps::{ANSWER, REQUESTS};
use crate::case::{Judgement, Main, Plan, expect};
use crate::event::{AppEvent, Event, RequestId, SocketError, SocketEvent};
use crate::host::{EPHEMERAL, ListenOptions, TcpOptions};
use crate::measure::{Check, HostView};
use crate::record::Recording;
use crate::rt::{Net, Spawner, TcpStream};
use crate::units::{SimTime, Span};

/// Connections that the recording keeps whole: enough to see what each of them does.
pub(super) const KEPT_FLOWS: usize = 3;

/// Socket buffers in bytes: there are tens of thousands of sockets, and none carries more than a segment.
const BUFFER: usize = 4_096;

/// Age from which `tcp_tw_reuse` takes a tuple.
const REUSE_AGE: Span = Span::from_secs(1);

/// What is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relief {
    None,
    Pool,
    SecondAddress,
    TwReuse,
}

impl Relief {
    /// The relief of a variant, if it is one of `port-exhaustion`.
    pub(super) fn of(variant: &str) -> Option<Self> {
        match variant {
            "port-exhaustion" => Some(Self::None),
            "port-exhaustion-pool" => Some(Self::Pool),
            "port-exhaustion-second-address" => Some(Self::SecondAddress),
            "port-exhaustion-tw-reuse" => Some(Self::TwReuse),
            _ => None,
        }
    }

    /// Ports that there are towards one endpoint.
    fn ports(self) -> u64 {
        let ports = EPHEMERAL.count() as u64;
        match self {
            Self::SecondAddress => ports * 2,
            _ => ports,
        }
    }
}

/// The arithmetic of a plan.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    relief: Relief,
    /// Attempts each second.
    rate: u64,
    rtt: Span,
    /// TIME-WAIT as far as it keeps a port from being taken.
    wait: Span,
    /// When the last attempt is due.
    end: Span,
}

impl Schedule {
    fn of(plan: &Plan, relief: Relief) -> Self {
        let (rtt, two_msl) = (plan.span("rtt"), plan.client().time_wait);
        Self {
            relief,
            rate: plan.count("opens"),
            rtt,
            wait: match relief {
                Relief::TwReuse => REUSE_AGE,
                _ => two_msl,
            },
            // A second longer than the first port is held.
            end: two_msl + rtt * 2 + Span::from_secs(1),
        }
    }

    /// When an attempt is due; the first has ordinal 0.
    fn at(self, attempt: u64) -> Span {
        let nanos = u128::from(attempt) * 1_000_000_000 / u128::from(self.rate);
        Span::from_nanos(u64::try_from(nanos).expect("a run is shorter than 500 years"))
    }

    fn attempts(self) -> u64 {
        self.at_or_after(self.end)
    }

    /// The first attempt that is due at `moment` or later.
    fn at_or_after(self, moment: Span) -> u64 {
        let nanos = u128::from(moment.as_nanos()) * u128::from(self.rate);
        let attempt = u64::try_from(nanos / 1_000_000_000).expect("a run has fewer attempts");
        (attempt..)
            .find(|attempt| self.at(*attempt) >= moment)
            .expect("attempts go on")
    }

    /// How long a port is held: from the SYN over one round trip until the client closes and another until the
    /// server's FIN comes, and then in TIME-WAIT.
    fn held(self) -> Span {
        self.wait + self.rtt * 2
    }

    /// When an attempt is refused first, if any is.
    fn refusal(self) -> Option<Span> {
        let first = self.at(self.relief.ports());
        (self.relief != Relief::Pool && first < self.held() && first < self.end).then_some(first)
    }

    /// After how long the first port is taken again: at the first attempt after it was given back.
    fn period(self) -> Span {
        self.at(self.at_or_after(self.held()))
    }
}

/// Starts the server and returns the client's task.
pub(super) fn start(
    plan: &Plan,
    relief: Relief,
    spawner: Spawner,
    client: Net,
    server: Net,
) -> Main {
    let schedule = Schedule::of(plan, relief);
    let remote = server.endpoint(80);
    let options = TcpOptions {
        send_buffer: Some(BUFFER),
        recv_buffer: Some(BUFFER),
        timestamps: Some(relief == Relief::TwReuse),
        ..TcpOptions::without_nagle()
    };
    let listen = ListenOptions {
        tcp: options.clone(),
        ..ListenOptions::default()
    };
    drop(spawner.spawn("server", serve(server, spawner.clone(), listen)));
    let addresses = client.host_ref().borrow().info().addresses.clone();
    let load = Load {
        net: client,
        remote,
        options,
        addresses,
        idle: (relief == Relief::Pool).then(Rc::default),
    };
    Box::pin(load.run(schedule, spawner))
}

async fn serve(net: Net, spawner: Spawner, listen: ListenOptions) -> Result<(), SocketError> {
    let listener = net.listen(80, listen)?;
    loop {
        let stream = listener.accept().await;
        drop(spawner.spawn("connection", answer(stream)));
    }
}

/// Answers requests until the client closes, and closes then.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0; REQUESTS[0].len()];
    loop {
        stream.read_exact(&mut request).await?;
        stream.write_all(ANSWER).await?;
    }
}

/// The client.
#[derive(Clone)]
struct Load {
    net: Net,
    remote: SocketAddrV4,
    options: TcpOptions,
    /// Source addresses, used in turn.
    addresses: Vec<Ipv4Addr>,
    /// Connections of the pool that wait for a request, if there is a pool.
    idle: Option<Rc<RefCell<Vec<TcpStream>>>>,
}

impl Load {
    async fn run(self, schedule: Schedule, spawner: Spawner) {
        let mut attempts = Vec::new();
        for attempt in 0..schedule.attempts() {
            let due = SimTime::ZERO + schedule.at(attempt);
            self.net.clock().sleep_until(due).await;
            attempts.push(spawner.spawn("attempt", self.clone().attempt(attempt)));
        }
        for attempt in attempts {
            attempt.await;
        }
    }

    /// One use of a connection. A refusal is told, with the ordinal of the attempt as its request.
    async fn attempt(self, attempt: u64) {
        let outcome = match &self.idle {
            Some(idle) => self.exchange(idle).await,
            // Opened, and closed as soon as it is open.
            None => self.open(attempt).await.map(drop).map_err(Into::into),
        };
        let Err(error) = outcome else { return };
        let request = RequestId(u32::try_from(attempt).expect("a run has fewer attempts"));
        self.net.tell(|| AppEvent::Request {
            request,
            method: "GET".to_owned(),
            url: "http://server.test/".to_owned(),
        });
        self.net.tell(|| AppEvent::Response {
            request,
            status: 0,
            body: 0,
            error: Some(error.to_string()),
        });
    }

    async fn open(&self, attempt: u64) -> Result<TcpStream, SocketError> {
        let turn =
            usize::try_from(attempt).expect("a run has fewer attempts") % self.addresses.len();
        let options = TcpOptions {
            source: Some(self.addresses[turn]),
            ..self.options.clone()
        };
        self.net.connect(self.remote, &options).await
    }

    /// An exchange on an idle connection of the pool, or on a new one that then belongs to it.
    async fn exchange(&self, idle: &RefCell<Vec<TcpStream>>) -> io::Result<()> {
        let kept = idle.borrow_mut().pop();
        let mut stream = match kept {
            Some(stream) => stream,
            None => self.open(0).await?,
        };
        stream.write_all(REQUESTS[0]).await?;
        let mut answer = [0; ANSWER.len()];
        stream.read_exact(&mut answer).await?;
        idle.borrow_mut().push(stream);
        Ok(())
    }
}

/// Holds a recording against the formula and the claims of its variant.
pub(super) fn judge(plan: &Plan, relief: Relief, recording: &Recording) -> Judgement {
    let schedule = Schedule::of(plan, relief);
    let seen = Seen::of(recording);
    let start = HostView::named(recording, "client").first_sent();
    let judgement = Judgement {
        total: seen.refused.first().copied().unwrap_or(seen.closed) - start,
        rtt: plan.span("jitter").is_zero().then(|| plan.span("rtt")),
        cause: Some("rate, jitter, loss or drops".to_owned()),
        extra: figures(schedule, &seen),
        ..Judgement::default()
    };
    if !plan.is_clean() {
        return judgement;
    }
    let (text, value) = formula(schedule);
    Judgement {
        checks: checks(schedule, &seen),
        ..judgement
    }
    .formula(text, value)
}

fn formula(schedule: Schedule) -> (String, Span) {
    let (ports, rate) = (schedule.relief.ports(), schedule.rate);
    match schedule.refusal() {
        Some(first) => (
            format!("{ports} ports / {rate} per second until the first EADDRNOTAVAIL"),
            first,
        ),
        None => {
            let last = schedule.attempts() - 1;
            let text = format!("{last} intervals of 1/{rate} s + 2 RTT: no attempt is refused");
            (text, schedule.at(last) + schedule.rtt * 2)
        }
    }
}

/// What the recording says of the client's attempts.
#[derive(Debug)]
struct Seen {
    /// Connections that the client opened: when, and from where.
    opened: Vec<(SimTime, SocketAddrV4)>,
    refused: Vec<SimTime>,
    /// When the last connection of the client's was gone, TIME-WAIT aside.
    closed: SimTime,
}

impl Seen {
    fn of(recording: &Recording) -> Self {
        let client = HostView::named(recording, "client");
        let (mut opened, mut closed) = (Vec::new(), SimTime::ZERO);
        for (at, _, event) in client.sockets() {
            match event {
                SocketEvent::Opened(opening) => opened.push((at, opening.local)),
                SocketEvent::Closed { .. } => closed = at,
                _ => {}
            }
        }
        let refused = recording.entries.iter().filter_map(|entry| {
            let Event::App(_, event) = &entry.event else {
                return None;
            };
            matches!(**event, AppEvent::Response { error: Some(_), .. }).then_some(entry.at)
        });
        Self {
            opened,
            refused: refused.collect(),
            closed,
        }
    }

    /// From the first open to the first one after a refusal, and the opens in that time.
    fn period(&self) -> Option<(Span, u64)> {
        let first = self.opened.first()?.0;
        let refused = *self.refused.first()?;
        let before = self.opened.iter().take_while(|(at, _)| *at < refused);
        let count = before.count();
        Some((self.opened.get(count)?.0 - first, count as u64))
    }
}

fn checks(schedule: Schedule, seen: &Seen) -> Vec<Check> {
    let first = seen.refused.first().map(|at| at.since(SimTime::ZERO));
    let shown = |span: Option<Span>| span.map_or_else(|| "never".to_owned(), |at| at.to_string());
    let mut checks = vec![expect(
        "the first EADDRNOTAVAIL comes after",
        shown(schedule.refusal()),
        shown(first),
    )];
    if schedule.refusal().is_some() {
        checks.extend(sustained(schedule, seen));
        return checks;
    }
    checks.extend(match schedule.relief {
        Relief::Pool => pool(schedule, seen),
        Relief::TwReuse | Relief::None => again(schedule, seen),
        Relief::SecondAddress => addresses(seen),
    });
    checks
}

/// Ports come back as they were taken: so many opens in the time that a port is held, and no more.
fn sustained(schedule: Schedule, seen: &Seen) -> Vec<Check> {
    let ports = schedule.relief.ports();
    let (period, opens) = seen.period().unwrap_or_default();
    vec![
        expect("opens in the time that a port is held", ports, opens),
        expect(
            "the first port is taken again after",
            schedule.period(),
            period,
        ),
        expect(
            "sustained opens per second",
            per_second(ports, schedule.period()),
            per_second(opens, period),
        ),
    ]
}

/// Without a refusal every attempt opens; what goes beyond the ports takes one again.
fn again(schedule: Schedule, seen: &Seen) -> Vec<Check> {
    let attempts = schedule.attempts();
    let distinct: BTreeSet<_> = seen.opened.iter().map(|(_, local)| *local).collect();
    let beyond = attempts.saturating_sub(schedule.relief.ports());
    vec![
        expect("connections opened", attempts, seen.opened.len()),
        expect(
            "of those on ports used before",
            beyond,
            seen.opened.len() - distinct.len(),
        ),
    ]
}

/// Both addresses carry half of the connections.
fn addresses(seen: &Seen) -> Vec<Check> {
    let mut by_address: BTreeMap<Ipv4Addr, usize> = BTreeMap::new();
    for (_, local) in &seen.opened {
        *by_address.entry(*local.ip()).or_default() += 1;
    }
    let counts: Vec<_> = by_address.values().collect();
    let opens = seen.opened.len();
    vec![expect(
        "connections from each address",
        format!("{}, {}", opens - opens / 2, opens / 2),
        counts
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    )]
}

/// A pool grows until its first connection is idle again, two round trips after the start (connect and
/// exchange), and never again.
fn pool(schedule: Schedule, seen: &Seen) -> Vec<Check> {
    // An answer and an attempt of the same instant come in either order.
    let most = schedule.at_or_after(schedule.rtt * 2) + 1;
    let opens = seen.opened.len() as u64;
    vec![Check {
        claim: "connections in the pool, at most 2 RTT x rate".to_owned(),
        expected: most.to_string(),
        seen: opens.to_string(),
        holds: opens <= most,
    }]
}

/// A rate with three decimals.
fn per_second(count: u64, time: Span) -> String {
    format!("{:.3}", rate(count, time).unwrap_or_default())
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn rate(count: u64, time: Span) -> Option<f64> {
    (!time.is_zero()).then(|| count as f64 / time.as_secs_f64())
}

fn figures(schedule: Schedule, seen: &Seen) -> BTreeMap<String, Value> {
    let sustained = seen.period().and_then(|(time, opens)| rate(opens, time));
    [
        ("opens", json!(seen.opened.len())),
        ("refused", json!(seen.refused.len())),
        ("sustained_per_s", json!(sustained)),
        (
            "sustainable_per_s",
            json!(rate(schedule.relief.ports(), schedule.held())),
        ),
        (
            "sustainable_limit_per_s",
            json!(rate(schedule.relief.ports(), schedule.wait)),
        ),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(variant: &str, settings: &[(&str, &str)]) -> Schedule {
        let plan = Plan::new("time-wait", variant, 1, settings.iter().copied()).unwrap();
        Schedule::of(&plan, Relief::of(variant).unwrap())
    }

    #[test]
    fn five_hundred_opens_a_second_use_up_the_ports_in_56_464_s() {
        let schedule = schedule("port-exhaustion", &[]);
        assert_eq!(schedule.refusal(), Some(Span::from_millis(56_464)));
    }

    #[test]
    fn a_path_without_delay_sustains_470_5_opens_a_second() {
        let near = schedule("port-exhaustion", &[("rtt", "0")]);
        assert_eq!(per_second(near.relief.ports(), near.held()), "470.533");
        let slower = schedule("port-exhaustion", &[("rtt", "0"), ("opens", "470")]);
        assert_eq!(slower.refusal(), None);
        let faster = schedule("port-exhaustion", &[("rtt", "0"), ("opens", "471")]);
        assert!(faster.refusal().is_some());
    }

    #[test]
    fn smoltcp_s_short_time_wait_sustains_six_times_as_many() {
        let stack = [("stack", "smoltcp"), ("rtt", "0")];
        let short = schedule("port-exhaustion", &stack);
        assert_eq!(short.refusal(), None);
        assert_eq!(per_second(short.relief.ports(), short.held()), "2823.200");
    }

    #[test]
    fn every_relief_admits_the_default_rate() {
        for relief in ["pool", "second-address", "tw-reuse"] {
            let schedule = schedule(&format!("port-exhaustion-{relief}"), &[]);
            assert_eq!(schedule.refusal(), None, "{relief}");
        }
    }
}
