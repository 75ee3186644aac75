//! Amounts that are not time: bytes, bit rates and chances.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Span;
use super::parse::{ParseUnitError, scaled};

/// A number of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bytes(pub u64);

/// A rate in bits per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BitRate(u64);

/// A chance in parts per billion: 1 % is 10,000,000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Percent(u32);

impl Bytes {
    /// The number as a buffer size of this platform.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl BitRate {
    /// A rate of `bits` per second; `None` for zero, which carries nothing.
    pub const fn from_bits_per_second(bits: u64) -> Option<Self> {
        if bits == 0 { None } else { Some(Self(bits)) }
    }

    /// Bits per second.
    pub const fn bits_per_second(self) -> u64 {
        self.0
    }

    /// How long a frame of `bytes` occupies a line of this rate, rounded up to the nanosecond.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "saturates at 584 years before it truncates"
    )]
    pub fn serialization(self, bytes: usize) -> Span {
        let bits = bytes as u128 * 8 * 1_000_000_000;
        let ns = bits.div_ceil(u128::from(self.0));
        Span::from_nanos(ns.min(u128::from(u64::MAX)) as u64)
    }
}

impl Percent {
    /// Never.
    pub const ZERO: Self = Self(0);
    /// Always.
    pub const HUNDRED: Self = Self(1_000_000_000);

    /// A chance of `parts` in a billion, at most certainty.
    pub const fn from_parts_per_billion(parts: u32) -> Self {
        Self(if parts > Self::HUNDRED.0 {
            Self::HUNDRED.0
        } else {
            parts
        })
    }

    /// The chance in parts per billion.
    pub const fn parts_per_billion(self) -> u32 {
        self.0
    }

    /// Whether the chance is none at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The chance as a fraction of one.
    pub fn as_fraction(self) -> f64 {
        f64::from(self.0) / f64::from(Self::HUNDRED.0)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
        let unit = UNITS
            .iter()
            .find(|(size, _)| self.0 >= *size && self.0.is_multiple_of(size / 10));
        let Some(&(size, name)) = unit else {
            return write!(f, "{}B", self.0);
        };
        match self.0 % size {
            0 => write!(f, "{}{name}", self.0 / size),
            rest => write!(f, "{}.{}{name}", self.0 / size, rest / (size / 10)),
        }
    }
}

impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 3] = [
            (1_000_000_000, "gbit"),
            (1_000_000, "mbit"),
            (1_000, "kbit"),
        ];
        let unit = UNITS
            .iter()
            .find(|(size, _)| self.0 >= *size && self.0.is_multiple_of(size / 10));
        let Some(&(size, name)) = unit else {
            return write!(f, "{}bit", self.0);
        };
        match self.0 % size {
            0 => write!(f, "{}{name}", self.0 / size),
            rest => write!(f, "{}.{}{name}", self.0 / size, rest / (size / 10)),
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const ONE: u32 = Percent::HUNDRED.0 / 100;
        let digits = format!("{}.{:07}", self.0 / ONE, self.0 % ONE);
        write!(f, "{}%", digits.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl FromStr for Bytes {
    type Err = ParseUnitError;

    /// `100kB`, `1MB`, `64KiB`, `1460B`, or a bare number of bytes.
    fn from_str(text: &str) -> Result<Self, ParseUnitError> {
        const UNITS: [(&str, u64); 9] = [
            ("B", 1),
            ("", 1),
            ("kB", 1_000),
            ("KB", 1_000),
            ("MB", 1_000_000),
            ("GB", 1_000_000_000),
            ("KiB", 1 << 10),
            ("MiB", 1 << 20),
            ("GiB", 1 << 30),
        ];
        scaled(text, &UNITS, "a size such as 1460B, 100kB or 64KiB").map(Self)
    }
}

impl FromStr for BitRate {
    type Err = ParseUnitError;

    /// `10mbit`, `1.6mbit`, `750kbit`, `1gbit` (bits per second, as tc writes rates).
    fn from_str(text: &str) -> Result<Self, ParseUnitError> {
        const UNITS: [(&str, u64); 4] = [
            ("bit", 1),
            ("kbit", 1_000),
            ("mbit", 1_000_000),
            ("gbit", 1_000_000_000),
        ];
        const EXPECTED: &str = "a rate such as 10mbit, 750kbit or 1gbit";
        let bits = scaled(text, &UNITS, EXPECTED)?;
        Self::from_bits_per_second(bits)
            .ok_or_else(|| ParseUnitError::new(text, "a rate above zero"))
    }
}

impl FromStr for Percent {
    type Err = ParseUnitError;

    /// `1%`, `0.1%`, or `0`; at most `100%`.
    fn from_str(text: &str) -> Result<Self, ParseUnitError> {
        const UNITS: [(&str, u64); 2] = [("%", 10_000_000), ("", 0)];
        const EXPECTED: &str = "a chance from 0% to 100%, such as 1% or 0.1%";
        let parts = scaled(text, &UNITS, EXPECTED)?;
        u32::try_from(parts)
            .ok()
            .filter(|parts| *parts <= Self::HUNDRED.0)
            .map(Self)
            .ok_or_else(|| ParseUnitError::new(text, EXPECTED))
    }
}
