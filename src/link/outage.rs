//! When a link is down, or holds what it is offered.

use std::fmt;
use std::str::FromStr;

use super::config::ParseConfigError;
use crate::units::{SimTime, Span};

/// A window of time in which a link takes no frame, once or again and again. Frames that the link has taken
/// before still arrive. What is offered meanwhile is lost, or waits for the end.
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
        self.ends(now).is_some()
    }

    /// When the window ends in which `now` is, if it is in one.
    pub fn ends(&self, now: SimTime) -> Option<SimTime> {
        if now < self.from {
            return None;
        }
        let since = now - self.from;
        let into = match self.every {
            None => since,
            Some(period) => Span::from_nanos(since.as_nanos() % period.as_nanos()),
        };
        (into < self.lasting).then(|| now + (self.lasting - into))
    }
}

/// Any number of windows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Windows(pub Vec<Outage>);

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

/// As they are read: with commas between them, or `none`.
impl fmt::Display for Windows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let windows: Vec<_> = self.0.iter().map(Outage::to_string).collect();
        match windows.as_slice() {
            [] => f.write_str("none"),
            windows => f.write_str(&windows.join(",")),
        }
    }
}

impl FromStr for Windows {
    type Err = ParseConfigError;

    /// `1s..2s,5s..5.5s/10s`, or `none`.
    fn from_str(text: &str) -> Result<Self, ParseConfigError> {
        if text == "none" {
            return Ok(Self::default());
        }
        let windows = text.split(',').map(|window| window.trim().parse());
        windows.collect::<Result<_, _>>().map(Self)
    }
}
