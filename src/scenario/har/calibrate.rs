//! Calibration: the replay is run on the recording's own conditions, and what the network does not explain becomes
//! time of servers and of the browser.
//!
//! A recording says how long an answer was waited for, not why. A run of the replay says how much of that the network
//! takes, queues and slow start included; the rest is the server's think time. In the same way opening a connection
//! costs the browser what handshakes do not explain, and a request waits before it is sent for what the pool does not
//! explain. The line's rate is the one with which the ends of all answers fit best.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::build::{Replay, span};
use super::item::Item;
use crate::case::{CaseError, Plan, Run};
use crate::event::Phase;
use crate::measure::Exchange;
use crate::scenario::model::Scenario;
use crate::units::{BitRate, SimTime, Span};

/// Runs of the replay for each rate that is tried at all.
const FIRST: usize = 2;

/// Rates of which more is tried.
const PROMISING: usize = 3;

/// Runs for each of these.
const ROUNDS: usize = 6;

/// From which run on the browser is given what is left of the waits before requests: most of them end by themselves
/// once servers and connections take the time that they take.
const HELD: usize = 2;

/// How many rates are tried, evenly by their logarithms.
const STEPS: i32 = 12;

/// A rate that fits nearly as well as the best, and is higher, is taken: what does not show is no limit.
const NEARLY: f64 = 1.02;

/// What one request took in a run, in ms.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// From the moment in which it was wanted until it was sent, less what opening the connection took.
    held: f64,
    /// The opening of the connection, if it was opened for it.
    opening: Option<f64>,
    /// From there to the answer's last byte.
    answer: f64,
    end: f64,
}

/// A replay with a rate, and how well it fits.
#[derive(Clone, Debug)]
struct Fit {
    scenario: Scenario,
    /// By how much ends differ in the mean, and the page's time, in ms.
    error: f64,
    total: Span,
}

/// Fits the replay to its recording; the page time that it then has.
///
/// # Errors
/// [`CaseError`] if the replay cannot be run.
pub(super) fn calibrate(replay: &mut Replay) -> Result<Span, CaseError> {
    let rates = rates(&replay.recorded.items);
    let tried = fits(replay, &rates, FIRST)?;
    let promising = promising(&rates, &tried);
    let fits = fits(replay, &promising, ROUNDS)?;
    let best = fits
        .iter()
        .map(|fit| fit.error)
        .fold(f64::INFINITY, f64::min);
    // Rates ascend, and the last is none at all.
    let chosen = fits
        .into_iter()
        .rev()
        .find(|fit| fit.error <= best * NEARLY + 0.05);
    let Some(chosen) = chosen else {
        return Ok(Span::ZERO);
    };
    replay.scenario = chosen.scenario;
    Ok(chosen.total)
}

fn fits(replay: &Replay, rates: &[Option<BitRate>], rounds: usize) -> Result<Vec<Fit>, CaseError> {
    let fits = rates.par_iter();
    fits.map(|rate| fit(replay, *rate, rounds)).collect()
}

/// The rates that fitted best, in ascending order, and none at all.
fn promising(rates: &[Option<BitRate>], tried: &[Fit]) -> Vec<Option<BitRate>> {
    let mut places: Vec<_> = (0..rates.len()).collect();
    places.sort_by(|one, other| tried[*one].error.total_cmp(&tried[*other].error));
    places.truncate(PROMISING);
    places.push(rates.len() - 1);
    places.sort_unstable();
    places.dedup();
    places.into_iter().map(|place| rates[place]).collect()
}

/// The rates to try, in ascending order; none at all is the last.
fn rates(items: &[Item]) -> Vec<Option<BitRate>> {
    let mut rates = Vec::new();
    if let Some((least, most)) = throughput(items) {
        let step = (most / least).powf(1.0 / f64::from(STEPS));
        rates.extend((0..=STEPS).map(|number| bits(least * step.powi(number))));
    }
    rates.push(None);
    rates
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are positive and below 10^15"
)]
fn bits(rate: f64) -> Option<BitRate> {
    BitRate::from_bits_per_second((rate / 1e3).round() as u64 * 1000)
}

/// Shortest stretch of time from which a rate is told, in ms.
const STRETCH: f64 = 10.0;

/// Between which rates the line's must be, in bits per second: it has carried all answers in the time in which any came
/// at all, and what came fastest may have lain in a buffer before.
#[expect(clippy::cast_precision_loss, reason = "sizes are smaller than 2^53")]
fn throughput(items: &[Item]) -> Option<(f64, f64)> {
    let long = items
        .iter()
        .filter(|item| item.receive >= STRETCH && item.bytes > 5_000);
    let rates = long.map(|item| item.bytes as f64 * 8_000.0 / item.receive);
    let most = rates.reduce(f64::max)?;
    let bytes: f64 = items.iter().map(|item| item.bytes as f64).sum();
    let from = items.iter().map(Item::sent).fold(f64::INFINITY, f64::min);
    let until = items.iter().map(Item::end).fold(0.0, f64::max);
    let least = bytes * 8_000.0 / (until - from).max(STRETCH);
    (least > 0.0).then(|| (least * 0.9, (most * 2.0).max(least * 8.0)))
}

fn fit(replay: &Replay, rate: Option<BitRate>, rounds: usize) -> Result<Fit, CaseError> {
    let items = &replay.recorded.items;
    let mut scenario = replay.scenario.clone();
    let client = scenario.page.client;
    scenario.hosts[client].down.rate = rate;
    scenario.hosts[client].up.rate = rate;
    let mut best: Option<Fit> = None;
    for round in 0..rounds {
        let seen = run(&scenario)?;
        let total = total(&scenario, &seen);
        let missed = (total.as_millis_f64() - replay.recorded.time).abs();
        let error = error(items, &seen) + missed;
        if best.as_ref().is_none_or(|best| error < best.error) {
            best = Some(Fit {
                scenario: scenario.clone(),
                error,
                total,
            });
        }
        adjust(&mut scenario, items, &seen);
        if round >= HELD {
            hold(&mut scenario, items, &seen);
        }
        moderate(&mut scenario, items);
    }
    Ok(best.unwrap_or(Fit {
        scenario,
        error: f64::INFINITY,
        total: Span::ZERO,
    }))
}

/// The steps of each object in a run, in the order of the objects.
fn run(scenario: &Scenario) -> Result<Vec<Option<Seen>>, CaseError> {
    let variant = scenario.variants[0].name.clone();
    let plan = Plan::of(Arc::new(scenario.clone()), &variant, 1, [])?;
    let recording = Run::start(&plan).record()?;
    let beginning = crate::scenario::case::beginning(&recording);
    let exchanges = Exchange::all(&recording);
    let by_url: BTreeMap<_, _> = exchanges
        .iter()
        .map(|exchange| (exchange.url.as_str(), exchange))
        .collect();
    let objects = scenario.page.objects.iter();
    let seen = objects.map(|object| {
        let exchange = by_url.get(scenario.url(object).as_str())?;
        Seen::of(exchange, beginning)
    });
    Ok(seen.collect())
}

impl Seen {
    fn of(exchange: &Exchange, beginning: SimTime) -> Option<Self> {
        let ms = |from: SimTime, until: SimTime| until.since(from).as_millis_f64();
        let sent = exchange.at(Phase::RequestStart)?;
        let opened = exchange
            .at(Phase::ConnectStart)
            .zip(exchange.at(Phase::ConnectEnd));
        let opening = opened.map(|(from, until)| ms(from, until));
        let looked = exchange.at(Phase::DnsStart).zip(exchange.at(Phase::DnsEnd));
        let lookup = looked.map_or(0.0, |(from, until)| ms(from, until));
        let before = ms(exchange.wanted, sent);
        Some(Self {
            held: before - opening.unwrap_or(0.0) - lookup,
            opening,
            answer: ms(sent, exchange.ended?),
            end: ms(beginning, exchange.ended?),
        })
    }
}

/// The round trip to an object's server, in ms.
fn trip(scenario: &Scenario, object: usize) -> f64 {
    let host = scenario.servers[scenario.page.objects[object].server].host;
    let mut paths = scenario.paths.iter();
    let path = paths.find(|path| path.ends.contains(&host));
    path.map_or(0.0, |path| {
        (path.there.delay + path.back.delay).as_millis_f64()
    })
}

/// What the page took.
fn total(scenario: &Scenario, seen: &[Option<Seen>]) -> Span {
    let objects = std::iter::zip(&scenario.page.objects, seen);
    let needed = objects.filter(|(object, _)| !object.background);
    let ends = needed.filter_map(|(_, seen)| Some(seen.as_ref()?.end));
    span(ends.fold(0.0, f64::max)) + scenario.page.settle
}

/// The mean by which the ends of answers differ from those recorded, in ms.
#[expect(clippy::cast_precision_loss, reason = "objects are fewer than 2^53")]
fn error(items: &[Item], seen: &[Option<Seen>]) -> f64 {
    let pairs = std::iter::zip(items, seen);
    let errors = pairs.map(|(item, seen)| match seen {
        Some(seen) => (item.end() - seen.end).abs(),
        None => item.end(),
    });
    errors.sum::<f64>() / items.len().max(1) as f64
}

/// Gives servers and browser what the network does not explain.
fn adjust(scenario: &mut Scenario, items: &[Item], seen: &[Option<Seen>]) {
    let mut openings: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (position, (item, seen)) in std::iter::zip(items, seen).enumerate() {
        let Some(seen) = seen.as_ref().filter(|_| item.timed) else {
            continue;
        };
        let trip = trip(scenario, position);
        let object = &mut scenario.page.objects[position];
        // Which bytes of an answer come first is the server's affair, when the last one comes is the network's; and
        // nobody thinks longer than he is waited for.
        let think = object.think.as_millis_f64() + item.wait + item.receive - seen.answer;
        object.think = span(think.min(item.wait - trip));
        let recorded = item
            .connect
            .zip(item.ssl)
            .map(|(connect, ssl)| connect + ssl);
        let recorded = recorded.or(item.connect).or(item.ssl);
        if let (Some(recorded), Some(opening)) = (recorded, seen.opening) {
            let of_server = openings.entry(object.server).or_default();
            of_server.push(recorded - opening);
        }
    }
    for (server, mut differences) in openings {
        differences.sort_by(f64::total_cmp);
        let median = differences[differences.len() / 2];
        let setup = &mut scenario.servers[server].setup;
        *setup = span(setup.as_millis_f64() + median);
    }
}

/// The longest that a browser works on a request by itself, in ms. Longer waits are for connections, for the layout or
/// for others, and would not stay as they are where the network is another.
const LONGEST_HOLD: f64 = 60.0;

/// Gives the browser half of what is left of the waits before requests; the other half may be a wait for others that
/// have been held in the same run.
fn hold(scenario: &mut Scenario, items: &[Item], seen: &[Option<Seen>]) {
    for (position, (item, seen)) in std::iter::zip(items, seen).enumerate() {
        let Some(seen) = seen.as_ref().filter(|_| item.timed) else {
            continue;
        };
        if item.connect.or(item.ssl).is_some() != seen.opening.is_some() {
            continue; // somebody else opened its connection, or it did so for somebody else
        }
        let object = &mut scenario.page.objects[position];
        let more = (item.blocked - seen.held) / 2.0;
        object.hold = span((object.hold.as_millis_f64() + more).min(LONGEST_HOLD));
    }
}

/// Bytes of others' answers that come from the same server while an answer is waited for, from which on the wait says
/// little about the server.
const CROWDED: f64 = 15_000.0;

/// Takes back what servers were given for waits in which they were busy with other answers, or the line. In which order
/// a server sends what it has at once is its own affair; that it thinks about each file as long as that takes is not
/// likely. It keeps what it needs where nothing else is under way.
fn moderate(scenario: &mut Scenario, items: &[Item]) {
    for server in 0..scenario.servers.len() {
        let own: Vec<_> = (0..items.len())
            .filter(|one| scenario.page.objects[*one].server == server)
            .collect();
        let (crowded, alone): (Vec<_>, Vec<_>) = own
            .iter()
            .partition(|one| beside(items, &own, **one) > CROWDED);
        let think = |one: &&usize| scenario.page.objects[**one].think;
        let typical = match median_of(alone.iter().skip(1).map(think).collect()) {
            Some(typical) => typical,
            None => least_of(crowded.iter().map(think).collect()),
        };
        for one in crowded {
            let object = &mut scenario.page.objects[*one];
            object.think = object.think.min(typical);
        }
    }
}

/// Bytes of other answers of the server that came while one was waited for.
#[expect(clippy::cast_precision_loss, reason = "sizes are smaller than 2^53")]
fn beside(items: &[Item], own: &[usize], one: usize) -> f64 {
    let (from, until) = (items[one].sent(), items[one].answered());
    let others = own.iter().filter(|other| **other != one);
    let bytes = others.map(|other| {
        let other = &items[*other];
        let (begin, end) = (other.answered(), other.end());
        let shared = (end.min(until) - begin.max(from)).max(0.0);
        if end - begin < 0.01 {
            let inside = (from..until).contains(&end);
            return if inside { other.bytes as f64 } else { 0.0 };
        }
        other.bytes as f64 * shared / (end - begin)
    });
    bytes.sum()
}

fn median_of(mut spans: Vec<Span>) -> Option<Span> {
    spans.sort();
    spans.get(spans.len() / 2).copied()
}

/// The first quartile.
fn least_of(mut spans: Vec<Span>) -> Span {
    spans.sort();
    spans.get(spans.len() / 4).copied().unwrap_or(Span::ZERO)
}
