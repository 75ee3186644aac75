//! What is expected of a run, and whether it came so.

use super::case::Seen;
use super::model::{Expectation, Figure, Scenario};
use crate::case::{Plan, expect};
use crate::event::{Event, Mechanism, SocketEvent};
use crate::measure::{Check, Exchange, Traffic, resent};
use crate::record::Recording;
use crate::units::{Bytes, SimTime, Span};

/// The checks of a scenario's run: that everything was answered, and what the scenario expects.
pub(super) fn checks(
    scenario: &Scenario,
    plan: &Plan,
    recording: &Recording,
    page: &Seen,
) -> Vec<Check> {
    let objects = scenario.page.objects.len();
    let mut checks = vec![expect("objects answered whole", objects, page.answered())];
    let run = Run {
        scenario: Some(scenario),
        recording,
        beginning: page.beginning,
        total: page.total,
        rtt: scenario.rtt(),
        exchanges: &page.exchanges,
    };
    checks.extend(kept(&scenario.expectations, plan.variant(), &run));
    checks
}

/// A run as expectations look at it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'a> {
    /// What was run, if it is a scenario.
    pub(super) scenario: Option<&'a Scenario>,
    pub(super) recording: &'a Recording,
    /// When the page began.
    pub(super) beginning: SimTime,
    /// The page's time.
    pub(super) total: Span,
    /// Its round trip, if that is constant.
    pub(super) rtt: Option<Span>,
    pub(super) exchanges: &'a [Exchange],
}

/// The expectations of a variant as checks.
pub(super) fn kept(expectations: &[Expectation], variant: &str, run: &Run<'_>) -> Vec<Check> {
    let is_ours = |expectation: &&Expectation| {
        let named = expectation.variant.as_deref();
        named.is_none_or(|named| named == variant)
    };
    let ours = expectations.iter().filter(is_ours);
    ours.map(|expectation| check(expectation, run)).collect()
}

fn check(expectation: &Expectation, run: &Run<'_>) -> Check {
    let most = expectation.most;
    let seen = run.figure(&expectation.what);
    let words = |value: u64| match expectation.what {
        Figure::Page | Figure::Object(_) => Span::from_nanos(value).to_string(),
        Figure::RoundTrips => format!("{}.{:03}", value / 1000, value % 1000),
        Figure::Bytes => Bytes(value).to_string(),
        _ => value.to_string(),
    };
    Check {
        claim: match &expectation.what {
            Figure::Page => "the page's time".to_owned(),
            Figure::RoundTrips => "round trips of the page".to_owned(),
            Figure::Object(name) => format!("the end of {name}"),
            Figure::Timeouts => "retransmission timeouts".to_owned(),
            Figure::Retransmissions => "segments sent again".to_owned(),
            Figure::Connections => "connections".to_owned(),
            Figure::Bytes => "bytes on the wire".to_owned(),
        },
        expected: format!("at most {}", words(most)),
        seen: seen.map_or_else(|| "nothing".to_owned(), words),
        holds: seen.is_some_and(|seen| seen <= most),
    }
}

impl Run<'_> {
    /// A figure in the unit of its expectation; `None` if the run has none.
    fn figure(&self, figure: &Figure) -> Option<u64> {
        let count = |count: usize| u64::try_from(count).ok();
        match figure {
            Figure::Page => Some(self.total.as_nanos()),
            Figure::RoundTrips => {
                let rtt = self.rtt.filter(|rtt| !rtt.is_zero())?.as_nanos();
                let thousandths = u128::from(self.total.as_nanos()) * 1000;
                u64::try_from(thousandths.div_ceil(u128::from(rtt))).ok()
            }
            Figure::Object(name) => {
                let object = self.scenario.map(|scenario| {
                    let object = scenario.object_called(name)?;
                    Some(scenario.url(object))
                });
                let mut exchanges = self.exchanges.iter();
                let exchange = exchanges.find(|one| match &object {
                    Some(url) => url.as_ref() == Some(&one.url),
                    None => one.path() == name || one.url == *name,
                })?;
                Some(exchange.ended?.since(self.beginning).as_nanos())
            }
            Figure::Timeouts => count(self.timeouts()),
            Figure::Retransmissions => count(resent(self.recording)),
            Figure::Connections => Some(Traffic::of(self.recording).connections),
            Figure::Bytes => Some(Traffic::of(self.recording).bytes),
        }
    }

    /// Segments that a timer sent again.
    fn timeouts(&self) -> usize {
        let by_timer = |again: Mechanism| {
            matches!(
                again,
                Mechanism::Rto | Mechanism::SynTimer | Mechanism::SynAckTimer
            )
        };
        let entries = self.recording.entries.iter();
        entries
            .filter(|entry| {
                matches!(&entry.event, Event::Socket(_, SocketEvent::Segment { again: Some(again), .. }) if by_timer(*again))
            })
            .count()
    }
}
