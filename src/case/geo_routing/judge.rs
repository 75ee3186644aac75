//! What the recording must show.

use super::map::Region;
use super::observe::{Visit, objects, visits};
use super::predict::Prediction;
use super::setup::{Scheme, Setup};
use super::{claims, outage, tables, words};
use crate::case::transfer::MSS;
use crate::case::{Judgement, Plan, expect};
use crate::measure::account::Window;
use crate::measure::{Check, HostView};
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// Bytes beside its body that an answer may have, and still come with its first window: TLS, HTTP/2, tickets.
const OVERHEAD: u64 = 2_000;

/// Holds a recording against the closed form of its variant.
pub(super) fn judge(plan: &Plan, recording: &Recording) -> Judgement {
    let setup = Setup::of(plan);
    let visits = visits(recording);
    let (begun, end) = bounds(&visits, recording);
    let mut judgement = Judgement {
        total: end - begun,
        window: window(&visits, recording, (begun, end)),
        cause: Some(cause(plan)),
        tables: tables::tables(&visits),
        constraint: Some(words::constraint(setup).to_owned()),
        objects: objects(&visits, recording.end()),
        ..Judgement::default()
    };
    if setup.scheme == Scheme::Failover {
        return outage::judge(plan, recording, &visits, judgement);
    }
    let named: Vec<_> = visits.iter().filter_map(|visit| visit.region).collect();
    let prediction = Prediction::of(setup, &named);
    judgement.checks.push(expect(
        "visits with every request answered",
        prediction.visits.len(),
        visits.iter().filter(|visit| visit.is_whole()).count(),
    ));
    judgement.checks.extend(each(plan, &prediction, &visits));
    judgement
        .checks
        .extend(particular(setup, &prediction, &visits));
    claims::add(setup, &visits, &mut judgement);
    judgement.formula(words::formula(setup), prediction.total)
}

/// From the first user's wish to the last byte that any of them read.
fn bounds(visits: &[Visit], recording: &Recording) -> (SimTime, SimTime) {
    let begun = visits.first().map_or(SimTime::ZERO, Visit::begun);
    let requests = visits.iter().flat_map(|visit| &visit.requests);
    let end = requests.filter_map(|request| request.answered).max();
    (begun, end.unwrap_or(recording.end()))
}

/// The account is that of the user who waited longest.
fn window(
    visits: &[Visit],
    recording: &Recording,
    (from, until): (SimTime, SimTime),
) -> Option<Window> {
    let mut answered = visits.iter().flat_map(|visit| {
        let requests = visit.requests.iter();
        requests.map(move |request| (&visit.user, request.answered))
    });
    let (user, _) = answered.find(|(_, answered)| *answered == Some(until))?;
    Some(Window {
        host: HostView::named(recording, user).id(),
        from,
        until,
    })
}

/// Whether every answer comes with the first window of its connection.
pub(super) fn fits(plan: &Plan) -> bool {
    plan.bytes("bytes") + OVERHEAD <= plan.server().first_window(MSS)
        && plan.bytes("certificates") + OVERHEAD <= plan.server().first_window(MSS)
}

fn cause(plan: &Plan) -> String {
    format!(
        "the certificates or an answer exceed the first congestion window of {} B: slow start takes more round trips",
        plan.server().first_window(MSS)
    )
}

/// Every visit as the closed form has it, to the nanosecond.
fn each(plan: &Plan, prediction: &Prediction, visits: &[Visit]) -> Vec<Check> {
    let mut checks = Vec::new();
    for (number, predicted) in (1..).zip(&prediction.visits) {
        let seen = visits.get(number - 1).cloned().unwrap_or_default();
        let who = format!("visit {number}, {}", predicted.city.name());
        checks.push(expect(
            &format!("{who}: the server"),
            predicted.region.name(),
            seen.region.map_or("none", Region::name),
        ));
        checks.push(expect(
            &format!("{who}: the lookup"),
            tables::ms(predicted.dns),
            tables::some_ms(seen.dns),
        ));
        if fits(plan) {
            checks.push(expect(
                &format!("{who}: the first object"),
                tables::ms(predicted.cold),
                tables::some_ms(seen.cold()),
            ));
            checks.push(expect(
                &format!("{who}: each further request"),
                tables::ms(predicted.warm),
                tables::some_ms(seen.warm()),
            ));
        }
    }
    checks
}

/// What only one variant has to show.
fn particular(setup: Setup, prediction: &Prediction, visits: &[Visit]) -> Vec<Check> {
    match setup.scheme {
        Scheme::RoundRobin => turns(setup, prediction, visits),
        Scheme::OneRegionUsers => {
            let gain = claims::gain(visits);
            vec![expect(
                "what GeoDNS gains on a request when all users sit in one region",
                tables::ms(Span::ZERO),
                tables::some_ms(gain),
            )]
        }
        Scheme::FarResolver => {
            let wrong = prediction
                .visits
                .iter()
                .filter(|visit| visit.region != visit.city.nearest(&setup.regions())[0]);
            let seen = visits
                .iter()
                .zip(setup.users())
                .filter(|(visit, city)| visit.region != Some(city.nearest(&setup.regions())[0]));
            vec![expect(
                "users who are sent past the region beside them",
                wrong.count(),
                seen.count(),
            )]
        }
        _ => Vec::new(),
    }
}

/// Where each user has met every region equally often, the mean is that of the row.
fn turns(setup: Setup, prediction: &Prediction, visits: &[Visit]) -> Vec<Check> {
    let regions = setup.regions();
    let mut checks = Vec::new();
    for (user, city) in setup.users().into_iter().enumerate() {
        let own: Vec<_> = (0..visits.len())
            .filter(|visit| {
                prediction
                    .visits
                    .get(*visit)
                    .is_some_and(|visit| visit.user == user)
            })
            .collect();
        let missed = own
            .iter()
            .filter(|visit| prediction.visits[**visit].dns > setup.to_resolver(city));
        if own.len() % regions.len() != 0 || missed.count() != 1 {
            continue; // turns do not come round, or the TTL ends between them and they begin anew
        }
        let sum = |spans: &[Span]| spans.iter().copied().sum::<Span>();
        let row: Vec<_> = regions.iter().map(|region| city.rtt(*region)).collect();
        let seen: Vec<_> = own
            .iter()
            .filter_map(|visit| visits[*visit].warm())
            .collect();
        checks.push(expect(
            &format!("{}: mean over all visits, as of its row", city.name()),
            tables::ms(sum(&row) / regions.len() as u64),
            tables::ms(sum(&seen) / (seen.len() as u64).max(1)),
        ));
    }
    checks
}
