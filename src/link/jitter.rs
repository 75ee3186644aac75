//! Propagation: how long a frame travels after the bottleneck, and whether it may overtake.

use std::fmt;
use std::str::FromStr;

use rand::Rng;

use super::config::{LinkConfig, ParseConfigError};
use super::distribution::{ENTRIES, NORMAL, PARETO, SCALE};
use crate::rng::{Dice, Stream};
use crate::units::{SimTime, Span};

/// How jittered delays spread about the configured one (netem `distribution`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Distribution {
    /// Evenly, from one jitter less to one jitter more.
    #[default]
    Uniform,
    /// A bell of one jitter's standard deviation, out to 3.7 of them.
    Normal,
    /// Mostly a little less, seldom much more: Pareto of shape 3, cut off at four jitters more.
    Pareto,
}

/// The way from the bottleneck to the far end.
#[derive(Debug)]
pub(super) struct Propagation {
    delay: Span,
    jitter: Option<Jitter>,
    in_order: bool,
    latest: SimTime,
}

#[derive(Debug)]
struct Jitter {
    amount: Span,
    distribution: Distribution,
    stream: Stream,
}

impl Propagation {
    /// The delay and jitter of the link called `link`.
    pub(super) fn new(config: &LinkConfig, dice: Dice, link: &str) -> Self {
        let jitter = (!config.jitter.is_zero()).then(|| Jitter {
            amount: config.jitter,
            distribution: config.distribution,
            stream: dice.stream(&format!("link/{link}/jitter")),
        });
        Self {
            delay: config.delay,
            jitter,
            in_order: config.in_order,
            latest: SimTime::ZERO,
        }
    }

    /// The delay of the next frame.
    #[inline]
    pub(super) fn draw(&mut self) -> Span {
        match &mut self.jitter {
            None => self.delay,
            Some(jitter) => jitter.applied_to(self.delay),
        }
    }

    /// When a frame that departs at `departs` and travels for `delay` is at the far end.
    #[inline]
    pub(super) fn arrival(&mut self, departs: SimTime, delay: Span) -> SimTime {
        let arrives = departs + delay;
        if !self.in_order {
            return arrives;
        }
        self.latest = self.latest.max(arrives);
        self.latest
    }
}

impl Jitter {
    /// `delay` with a deviation; a delay below zero is none.
    fn applied_to(&mut self, delay: Span) -> Span {
        match self.distribution {
            Distribution::Uniform => {
                let width = u128::from(self.amount.as_nanos()) * 2;
                let above = (u128::from(self.stream.next_u64()) * width) >> 64;
                (delay + Span::from_nanos(u64::try_from(above).unwrap_or(u64::MAX)))
                    .saturating_sub(self.amount)
            }
            Distribution::Normal => self.tabled(&NORMAL, delay),
            Distribution::Pareto => self.tabled(&PARETO, delay),
        }
    }

    fn tabled(&mut self, table: &[i16; ENTRIES], delay: Span) -> Span {
        let entry = table[self.stream.next_u32() as usize % ENTRIES];
        let deviation = i128::from(entry) * i128::from(self.amount.as_nanos()) / i128::from(SCALE);
        let ns = (i128::from(delay.as_nanos()) + deviation).max(0);
        Span::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Uniform => "uniform",
            Self::Normal => "normal",
            Self::Pareto => "pareto",
        })
    }
}

impl FromStr for Distribution {
    type Err = ParseConfigError;

    /// `uniform`, `normal` or `pareto`.
    fn from_str(text: &str) -> Result<Self, ParseConfigError> {
        [Self::Uniform, Self::Normal, Self::Pareto]
            .into_iter()
            .find(|distribution| distribution.to_string() == text)
            .ok_or_else(|| ParseConfigError::Distribution(text.to_owned()))
    }
}
