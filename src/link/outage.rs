//! When a link is down.

use std::fmt;
use std::str::FromStr;

use super::config::ParseConfigError;
use crate::units::{SimTime, Span};

/// A window of time in which a link takes no frame, once or again and again. Frames that the link has taken
/// before still arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    from: SimTime,
    lasting: Span,
    every: Option<Span>,
}

impl Outage {
    /// Down from `from` until just before `to`; `None` if that is no time at all.
    pub fn between(from: SimTime, to: SimTime) -> Option<Self> {
        (from < to).then(|| Self {
            from,
            lasting: to - from,
            every: None,
        })
    }

    /// The same window again each `period`; `None` if the link would never be up between.
    pub fn repeated(self, period: Span) -> Option<Self> {
        (period > self.lasting).then_some(Self {
            every: Some(period),
            ..self
        })
    }

    /// Whether the link is down at `now`.
    pub fn covers(&self, now: SimTime) -> bool {
        if now < self.from {
            return false;
        }
        let since = now - self.from;
        let into = match self.every {
            None => since,
            Some(period) => Span::from_nanos(since.as_nanos() % period.as_nanos()),
        };
        into < self.lasting
    }
}

/// As it is read: `1s..2s`, `1s..1.5s/10s`.
impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from - SimTime::ZERO;
        write!(f, "{from}..{}", from + self.lasting)?;
        self.every.map_or(Ok(()), |period| write!(f, "/{period}"))
    }
}

impl FromStr for Outage {
    type Err = ParseConfigError;

    /// `FROM..TO`, counted from the beginning of the world, such as `1s..2s`; with `/PERIOD` again each
    /// period, such as `1s..1.5s/10s`.
    fn from_str(text: &str) -> Result<Self, ParseConfigError> {
        let refuse = || ParseConfigError::Outage(text.to_owned());
        let span = |text: &str| text.parse::<Span>().map_err(|_| refuse());
        let (window, period) = match text.split_once('/') {
            Some((window, period)) => (window, Some(span(period)?)),
            None => (text, None),
        };
        let (from, to) = window.split_once("..").ok_or_else(refuse)?;
        let outage = Self::between(SimTime::ZERO + span(from)?, SimTime::ZERO + span(to)?);
        let outage = outage.ok_or_else(refuse)?;
        period
            .map_or(Some(outage), |period| outage.repeated(period))
            .ok_or_else(refuse)
    }
}
