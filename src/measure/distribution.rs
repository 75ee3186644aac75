//! How times are distributed: of a run's messages or requests, or of many runs.

use std::collections::BTreeMap;

use super::Exchange;
use crate::event::{AppEvent, Event, MessageId, MessageStep};
use crate::record::Recording;
use crate::units::{SimTime, Span};

/// The fewest times of a run that make a distribution.
const FEWEST: usize = 8;

/// Times in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distribution {
    what: String,
    times: Vec<Span>,
}

impl Distribution {
    /// The distribution of these times, which are of `what`; nothing if there are none.
    pub fn new(what: &str, times: impl IntoIterator<Item = Span>) -> Option<Self> {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        (!times.is_empty()).then(|| Self {
            what: what.to_owned(),
            times,
        })
    }

    /// The latencies of a recording's messages, from one application to the other; without messages the times of its
    /// requests. Nothing if there are fewer than eight.
    pub fn of(recording: &Recording) -> Option<Self> {
        let latencies = latencies(recording);
        let distribution = if latencies.is_empty() {
            let requests = Exchange::all(recording).into_iter();
            let times = requests.filter_map(|exchange| Some(exchange.ended? - exchange.wanted));
            Self::new("requests, from wanted to over", times)
        } else {
            Self::new("messages, from application to application", latencies)
        };
        distribution.filter(|distribution| distribution.times.len() >= FEWEST)
    }

    /// Of what the times are.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// The times, in ascending order; there is at least one.
    pub fn times(&self) -> &[Span] {
        &self.times
    }

    /// The smallest time that so many tenths of a percent of all do not exceed (nearest rank); nothing if there are too
    /// few times to tell it from the greatest.
    pub fn percentile(&self, permille: usize) -> Option<Span> {
        let count = self.times.len();
        let is_told = count * 1_000_usize.saturating_sub(permille) >= 1_000;
        let rank = (count * permille).div_ceil(1_000).clamp(1, count);
        is_told.then(|| self.times[rank - 1])
    }

    /// The greatest time.
    pub fn max(&self) -> Span {
        self.times.last().copied().unwrap_or_default()
    }

    /// The time in the middle; of two, the lower one.
    pub fn median(&self) -> Span {
        self.times[(self.times.len() - 1) / 2]
    }
}

/// From when each message was accepted to when it was delivered first.
fn latencies(recording: &Recording) -> Vec<Span> {
    let mut accepted: BTreeMap<MessageId, SimTime> = BTreeMap::new();
    let mut latencies = Vec::new();
    for entry in &recording.entries {
        let Event::App(_, event) = &entry.event else {
            continue;
        };
        let AppEvent::Message { message, step, .. } = &**event else {
            continue;
        };
        match step {
            MessageStep::Accepted => {
                accepted.insert(*message, entry.at);
            }
            MessageStep::Delivered => {
                let begun = accepted.remove(message);
                latencies.extend(begun.map(|begun| entry.at - begun));
            }
            MessageStep::Written => {}
        }
    }
    latencies
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: u64) -> Distribution {
        let times = (1..=count).rev().map(Span::from_millis);
        Distribution::new("numbers", times).expect("there are some")
    }

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let hundred = of(100);
        let told = [500, 900, 950, 990].map(|permille| hundred.percentile(permille));
        assert_eq!(told, [50, 90, 95, 99].map(|ms| Some(Span::from_millis(ms))));
        assert_eq!(hundred.max(), Span::from_millis(100));
        assert_eq!(hundred.median(), Span::from_millis(50));
    }

    #[test]
    fn a_percentile_beyond_what_so_few_times_tell_is_not_told() {
        assert_eq!(of(99).percentile(990), None);
        assert_eq!(of(1_000).percentile(999), Some(Span::from_millis(999)));
        assert_eq!(of(999).percentile(999), None);
    }
}
