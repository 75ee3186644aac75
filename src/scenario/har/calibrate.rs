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

/// Runs of the replay for each rate that is tried.
const ROUNDS: usize = 4;

/// Rates that are tried, as parts of the one that the recording shows.
const FACTORS: [f64; 8] = [0.6, 0.8, 0.9, 1.0, 1.1, 1.25, 1.6, 2.5];

/// A rate that fits nearly as well as the best, and is higher, is taken: what does not show is no limit.
const NEARLY: f64 = 1.02;

/// What one request took in a run, in ms.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// From the moment in which it was wanted until it was sent, less what opening the connection took.
    held: f64,
    /// The opening of the connection, if it was opened for it.
    opening: Option<f64>,
    wait: f64,
    end: f64,
}

/// A replay with a rate, and how well it fits.
#[derive(Clone, Debug)]
struct Fit {
    scenario: Scenario,
    /// The mean by which ends differ, in ms.
    error: f64,
    total: Span,
}

/// Fits the replay to its recording; the page time that it then has.
///
/// # Errors
/// [`CaseError`] if the replay cannot be run.
pub(super) fn calibrate(replay: &mut Replay) -> Result<Span, CaseError> {
    let rates = rates(&replay.recorded.items);
    let fits: Vec<_> = rates
        .par_iter()
        .map(|rate| fit(replay, *rate))
        .collect::<Result<_, _>>()?;
    let best = fits.iter().map(|fit| fit.error).fold(f64::INFINITY, f64::min);
    // Rates ascend, and the last is none at all.
    let chosen = fits.into_iter().rev().find(|fit| fit.error <= best * NEARLY + 0.05);
    let Some(chosen) = chosen else {
        return Ok(Span::ZERO);
    };
    replay.scenario = chosen.scenario;
    Ok(chosen.total)
}

/// The rates to try, in ascending order; none at all is the last.
fn rates(items: &[Item]) -> Vec<Option<BitRate>> {
    let shown = throughput(items);
    let rates = shown.into_iter().flat_map(|shown| FACTORS.map(|factor| shown * factor));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rates are positive and below 10^15"
    )]
    let rates = rates.map(|rate| BitRate::from_bits_per_second((rate / 1e3).round() as u64 * 1000));
    let mut rates: Vec<_> = rates.filter(Option::is_some).collect();
    rates.push(None);
    rates
}

/// Shortest stretch of time from which a rate is told, in ms.
const STRETCH: f64 = 10.0;

/// The highest rate at which answers came in over some time, in bits per second.
#[expect(clippy::cast_precision_loss, reason = "sizes are smaller than 2^53")]
fn throughput(items: &[Item]) -> Option<f64> {
    let came = |item: &Item, from: f64, until: f64| {
        let (begin, end) = (item.answered(), item.end());
        if end <= begin {
            return if (from..=until).contains(&end) { item.bytes as f64 } else { 0.0 };
        }
        let shared = (end.min(until) - begin.max(from)).max(0.0);
        item.bytes as f64 * shared / (end - begin)
    };
    let long = items.iter().filter(|item| item.receive >= STRETCH && item.bytes > 5_000);
    let rates = long.map(|item| {
        let (from, until) = (item.answered(), item.end());
        let bytes: f64 = items.iter().map(|other| came(other, from, until)).sum();
        bytes * 8_000.0 / (until - from)
    });
    // Frames have headers besides.
    rates.reduce(f64::max).map(|rate| rate * 1.05)
}

fn fit(replay: &Replay, rate: Option<BitRate>) -> Result<Fit, CaseError> {
    let items = &replay.recorded.items;
    let mut scenario = replay.scenario.clone();
    let client = scenario.page.client;
    scenario.hosts[client].down.rate = rate;
    scenario.hosts[client].up.rate = rate;
    let bare = scenario.page.clone();
    let mut holds = vec![0.0; items.len()];
    let mut best: Option<Fit> = None;
    for _ in 0..ROUNDS {
        let seen = run(&scenario)?;
        let error = error(items, &seen);
        let total = total(&scenario, &seen);
        if best.as_ref().is_none_or(|best| error < best.error) {
            best = Some(Fit {
                scenario: scenario.clone(),
                error,
                total,
            });
        }
        adjust(&mut scenario, items, &seen, &mut holds);
        for (object, (bare, hold)) in std::iter::zip(
            &mut scenario.page.objects,
            std::iter::zip(&bare.objects, &holds),
        ) {
            let more = span(*hold);
            for (trigger, bare) in std::iter::zip(&mut object.after, &bare.after) {
                trigger.wait = bare.wait + more;
            }
            if bare.after.is_empty() {
                object.wait = bare.wait + more;
            }
        }
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
    let by_url: BTreeMap<_, _> = exchanges.iter().map(|exchange| (exchange.url.as_str(), exchange)).collect();
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
        let opened = exchange.at(Phase::ConnectStart).zip(exchange.at(Phase::ConnectEnd));
        let opening = opened.map(|(from, until)| ms(from, until));
        let looked = exchange.at(Phase::DnsStart).zip(exchange.at(Phase::DnsEnd));
        let lookup = looked.map_or(0.0, |(from, until)| ms(from, until));
        let before = ms(exchange.wanted, sent);
        Some(Self {
            held: before - opening.unwrap_or(0.0) - lookup,
            opening,
            wait: ms(sent, exchange.at(Phase::ResponseStart)?),
            end: ms(beginning, exchange.ended?),
        })
    }
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
fn adjust(scenario: &mut Scenario, items: &[Item], seen: &[Option<Seen>], holds: &mut [f64]) {
    let mut openings: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (position, (item, seen)) in std::iter::zip(items, seen).enumerate() {
        let Some(seen) = seen.as_ref().filter(|_| item.timed) else {
            continue;
        };
        let object = &mut scenario.page.objects[position];
        let think = object.think.as_millis_f64() + item.wait - seen.wait;
        object.think = span(think);
        let recorded = item.connect.zip(item.ssl).map(|(connect, ssl)| connect + ssl);
        let recorded = recorded.or(item.connect).or(item.ssl);
        match (recorded, seen.opening) {
            (Some(recorded), Some(opening)) => {
                openings.entry(object.server).or_default().push(recorded - opening);
            }
            // Somebody else opened its connection, or it did so for somebody else.
            (Some(_), None) | (None, Some(_)) => continue,
            (None, None) => {}
        }
        holds[position] = (holds[position] + item.blocked - seen.held).max(0.0);
    }
    for (server, mut differences) in openings {
        differences.sort_by(f64::total_cmp);
        let median = differences[differences.len() / 2];
        let setup = &mut scenario.servers[server].setup;
        *setup = span(setup.as_millis_f64() + median);
    }
}
