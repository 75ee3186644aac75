//! What the recording must show when a region goes dark.

use serde_json::json;

use super::failover::{DARK, Story, Timing};
use super::judge::fits;
use super::map::Region;
use super::observe::Visit;
use super::setup::Setup;
use super::tables::{ms, some_ms};
use super::{claims, words};
use crate::case::{Judgement, Plan, expect};
use crate::event::{DiscardCause, Event};
use crate::measure::Check;
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// Holds the visits against the closed form.
pub(super) fn judge(
    plan: &Plan,
    recording: &Recording,
    visits: &[Visit],
    mut judgement: Judgement,
) -> Judgement {
    let (setup, timing) = (Setup::of(plan), Timing::of(plan));
    let (story, bound) = (Story::of(setup, timing), Story::bound(setup, timing));
    let begun = visits.first().map_or(SimTime::ZERO, Visit::begun);
    let outage = begun + timing.outage;
    let lost = back(visits, outage)
        .and_then(|visit| visit.requests.first()?.answered)
        .map(|answered| answered - outage);
    judgement.checks.extend(attempts(&story, visits, outage));
    judgement.checks.extend([
        expect(
            "no longer lost than detect, TTL, a connect timeout and a cold visit together allow",
            true,
            lost.is_some_and(|lost| lost <= bound),
        ),
        expect(
            "the dark region receives what it does not answer",
            story.failed > 0,
            receives_in_vain(recording),
        ),
    ]);
    if fits(plan) {
        let claim = "from the outage to the first answer after it";
        judgement
            .checks
            .push(expect(claim, ms(story.lost), some_ms(lost)));
    }
    let extra = [
        ("lost_ms", json!(lost.map(Span::as_millis_f64))),
        ("lost_bound_ms", json!(bound.as_millis_f64())),
        ("failed_attempts", json!(failed(visits).count())),
    ];
    judgement.extra = extra.map(|(key, value)| (key.to_owned(), value)).into();
    claims::add_failover(setup, timing, lost, bound, &mut judgement);
    judgement.formula(words::formula(setup), story.total)
}

/// Who succeeds before and after, and who fails where.
fn attempts(story: &Story, visits: &[Visit], outage: SimTime) -> [Check; 4] {
    let good = visits
        .iter()
        .filter(|visit| visit.begun() < outage && visit.is_whole());
    let at_dark = failed(visits).filter(|visit| visit.region == Some(DARK.0));
    let region = back(visits, outage).and_then(|visit| visit.region);
    [
        expect("visits before the outage", story.good, good.count()),
        expect("visits that fail", story.failed, failed(visits).count()),
        expect(
            "those that try the dark region",
            story.failed,
            at_dark.count(),
        ),
        expect(
            "the region that answers at last",
            story.region.name(),
            region.map_or("none", Region::name),
        ),
    ]
}

fn failed(visits: &[Visit]) -> impl Iterator<Item = &Visit> {
    visits.iter().filter(|visit| !visit.is_whole())
}

/// The first visit that succeeds after the outage.
fn back(visits: &[Visit], outage: SimTime) -> Option<&Visit> {
    visits
        .iter()
        .find(|visit| visit.begun() >= outage && visit.is_whole())
}

fn receives_in_vain(recording: &Recording) -> bool {
    recording.entries.iter().any(|entry| {
        let cause = match &entry.event {
            Event::FrameDiscarded { cause, .. } => Some(*cause),
            _ => None,
        };
        cause == Some(DiscardCause::PoweredOff)
    })
}
