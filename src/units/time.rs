//! Instants and spans of virtual time, in nanoseconds, and the one seam to smoltcp's microseconds.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Sub};
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::parse::{ParseUnitError, scaled};

/// The moment at which every world begins: 2026-01-01T00:00:00Z, since 1970.
pub const EPOCH: Span = Span::from_secs(1_767_225_600);

/// A moment of virtual time: nanoseconds since the world began.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct SimTime(u64);

/// A length of virtual time in nanoseconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Span(u64);

impl SimTime {
    /// The moment at which every world begins.
    pub const ZERO: Self = Self(0);
    /// Later than anything that a world can reach.
    pub const MAX: Self = Self(u64::MAX);

    /// The moment `ns` nanoseconds after the beginning.
    pub const fn from_nanos(ns: u64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the beginning.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Milliseconds since the beginning; exact to the nanosecond below 104 days.
    pub fn as_millis_f64(self) -> f64 {
        Span(self.0).as_millis_f64()
    }

    /// The span from `earlier` to this moment, zero if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of `ns` nanoseconds.
    pub const fn from_nanos(ns: u64) -> Self {
        Self(ns)
    }

    /// A span of `us` microseconds.
    pub const fn from_micros(us: u64) -> Self {
        Self(us * 1_000)
    }

    /// A span of `ms` milliseconds.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms * 1_000_000)
    }

    /// A span of `s` seconds.
    pub const fn from_secs(s: u64) -> Self {
        Self(s * 1_000_000_000)
    }

    /// The span in nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The span in milliseconds; exact to the nanosecond below 104 days.
    #[expect(
        clippy::cast_precision_loss,
        reason = "2^53 ns are 104 days; worlds are shorter"
    )]
    pub fn as_millis_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// The span in seconds.
    pub fn as_secs_f64(self) -> f64 {
        self.as_millis_f64() / 1e3
    }

    /// This span less `other`, zero if `other` is longer.
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The absolute difference of two spans.
    #[must_use]
    pub const fn abs_diff(self, other: Self) -> Self {
        Self(self.0.abs_diff(other.0))
    }

    /// Whether the span is empty.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add<Span> for SimTime {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Span> for SimTime {
    fn add_assign(&mut self, span: Span) {
        *self = *self + span;
    }
}

impl Sub for SimTime {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        self.since(earlier)
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Span {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Span {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.saturating_sub(other)
    }
}

impl Mul<u64> for Span {
    type Output = Self;
    fn mul(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl Div<u64> for Span {
    type Output = Self;
    fn div(self, divisor: u64) -> Self {
        Self(self.0 / divisor)
    }
}

impl Sum for Span {
    fn sum<I: Iterator<Item = Self>>(spans: I) -> Self {
        spans.fold(Self::ZERO, Add::add)
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        Self::from_nanos(span.0)
    }
}

/// Seconds, milliseconds, ... : the largest unit that leaves no long fraction.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 3] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
        let unit = UNITS.iter().find(|(size, _)| self.0 >= *size);
        let Some(&(size, name)) = unit else {
            return write!(f, "{}ns", self.0);
        };
        let digits = format!(
            "{}.{:0width$}",
            self.0 / size,
            self.0 % size,
            width = size.ilog10() as usize
        );
        write!(
            f,
            "{}{name}",
            digits.trim_end_matches('0').trim_end_matches('.')
        )
    }
}

/// Seconds since the beginning with nine decimals, as captures show them.
impl fmt::Display for SimTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}.{:09}",
            self.0 / 1_000_000_000,
            self.0 % 1_000_000_000
        )
    }
}

impl FromStr for Span {
    type Err = ParseUnitError;

    /// `150ms`, `1.5s`, `20us`, `7ns`, `2min`, `0`; a bare number other than zero has no unit and is refused.
    fn from_str(text: &str) -> Result<Self, ParseUnitError> {
        const UNITS: [(&str, u64); 8] = [
            ("ns", 1),
            ("us", 1_000),
            ("µs", 1_000),
            ("ms", 1_000_000),
            ("s", 1_000_000_000),
            ("min", 60_000_000_000),
            ("h", 3_600_000_000_000),
            ("", 0),
        ];
        scaled(text, &UNITS, "a time such as 150ms, 1.5s or 20us").map(Self)
    }
}

/// Virtual time as smoltcp's microseconds, rounded down: a poll never runs ahead of the lab's clock.
#[expect(clippy::cast_possible_wrap, reason = "2^63 us are 292,000 years")]
pub fn to_smoltcp(time: SimTime) -> smoltcp::time::Instant {
    smoltcp::time::Instant::from_micros((time.0 / 1_000) as i64)
}

/// A deadline of smoltcp's in virtual time; never before the moment that it names.
#[expect(
    clippy::cast_sign_loss,
    reason = "smoltcp's deadlines are not before the beginning"
)]
pub fn from_smoltcp(instant: smoltcp::time::Instant) -> SimTime {
    SimTime((instant.total_micros().max(0) as u64).saturating_mul(1_000))
}
