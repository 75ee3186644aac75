//! Time as people read it: labels, clocks and axes, in integers throughout so that no platform's
//! floating-point library decides a byte.

use crate::units::{SimTime, Span};

const SECOND: u64 = 1_000_000_000;
const MILLISECOND: u64 = 1_000_000;

/// A span as a label, with four significant digits: `1.05 s`, `75 ms`, `812.3 µs`.
pub(super) fn spoken(span: Span) -> String {
    const UNITS: [(u64, &str); 4] = [(SECOND, "s"), (MILLISECOND, "ms"), (1_000, "µs"), (1, "ns")];
    let ns = span.as_nanos();
    let (unit, name) = UNITS
        .into_iter()
        .find(|(unit, _)| ns >= *unit)
        .unwrap_or((MILLISECOND, "ms"));
    let whole_digits = (ns / unit).max(1).ilog10() + 1;
    let digits = fixed(
        ns,
        unit,
        4_u32.saturating_sub(whole_digits).min(unit.ilog10()),
    );
    format!("{} {name}", trimmed(&digits))
}

/// A span of so many milliseconds, to the nearest nanosecond; zero if it is negative or no number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates"
)]
pub(super) fn from_millis(ms: f64) -> Span {
    Span::from_nanos((ms * 1e6).round() as u64)
}

/// `ns` in `unit`s with so many decimals, rounded to the nearest.
fn fixed(ns: u64, unit: u64, decimals: u32) -> String {
    let parts = 10_u64.pow(decimals);
    let step = unit / parts;
    let rounded = (ns + step / 2) / step;
    if decimals == 0 {
        return rounded.to_string();
    }
    let width = decimals as usize;
    format!("{}.{:0width$}", rounded / parts, rounded % parts)
}

fn trimmed(digits: &str) -> &str {
    if digits.contains('.') {
        digits.trim_end_matches('0').trim_end_matches('.')
    } else {
        digits
    }
}

/// How the moments of one picture are printed: all in one unit, with as many decimals as they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    unit: u64,
    decimals: u32,
}

impl Clock {
    /// A clock for these moments: seconds from ten seconds on, else milliseconds; to the microsecond at most.
    pub(super) fn of(moments: impl Iterator<Item = SimTime> + Clone) -> Self {
        let latest = moments.clone().map(SimTime::as_nanos).max().unwrap_or(0);
        let (unit, most) = if latest >= 10 * SECOND {
            (SECOND, 6)
        } else {
            (MILLISECOND, 3)
        };
        let needed = |ns: u64| {
            trimmed(&fixed(ns, unit, most))
                .split_once('.')
                .map_or(0, |(_, part)| part.len())
        };
        let decimals = moments
            .map(|moment| needed(moment.as_nanos()))
            .max()
            .unwrap_or(0);
        Self {
            unit,
            decimals: u32::try_from(decimals).unwrap_or(most),
        }
    }

    /// The moment as a number.
    pub(super) fn number(self, moment: SimTime) -> String {
        fixed(moment.as_nanos(), self.unit, self.decimals)
    }

    /// The unit of all numbers.
    pub(super) const fn unit(self) -> &'static str {
        if self.unit == SECOND { "s" } else { "ms" }
    }
}

/// An axis for spans, from the left edge of a plot to its right edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Axis {
    /// From zero in equal steps.
    Linear {
        /// Nanoseconds per tick.
        step: u64,
        /// Number of ticks after zero.
        steps: u64,
    },
    /// Logarithmic between powers of ten.
    Logarithmic {
        /// Nanoseconds at the left edge.
        from: u64,
        /// Nanoseconds at the right edge.
        to: u64,
    },
}

/// An axis from zero in equal steps, of nanoseconds, bytes or packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ruler {
    /// From one tick to the next.
    pub(super) step: u64,
    /// Number of ticks after zero.
    pub(super) steps: u64,
}

impl Ruler {
    /// The ruler that reaches to `most`.
    pub(super) fn of(most: u64) -> Self {
        let step = round_step(most.max(1).div_ceil(6));
        Self {
            step,
            steps: most.max(1).div_ceil(step),
        }
    }

    /// Pixels from the beginning of a ruler of so many pixels; beyond its end for what is beyond its last tick.
    pub(super) fn position(self, value: u64, pixels: i32) -> i32 {
        let wide = u128::from(pixels.unsigned_abs());
        let along = u128::from(value) * wide / u128::from((self.step * self.steps).max(1));
        i32::try_from(along).unwrap_or(pixels)
    }

    /// Where to write numbers.
    pub(super) fn ticks(self) -> impl Iterator<Item = u64> {
        (0..=self.steps).map(move |index| index * self.step)
    }
}

/// So many bytes as a label: `1.5 MB`, `64 kB`.
pub(super) fn spoken_bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let unit = UNITS.into_iter().find(|(unit, _)| bytes >= *unit);
    unit.map_or_else(
        || format!("{bytes} B"),
        |(unit, name)| format!("{} {name}", trimmed(&fixed(bytes, unit, 2))),
    )
}

/// Largest ratio of spans that a linear axis shows well.
const LINEAR_RATIO: u64 = 50;

impl Axis {
    /// The axis that fits these spans; zeros do not count for the choice.
    pub(super) fn of(spans: impl Iterator<Item = Span> + Clone) -> Self {
        let longest = spans.clone().map(Span::as_nanos).max().unwrap_or(0).max(1);
        let shortest = spans
            .map(Span::as_nanos)
            .filter(|ns| *ns > 0)
            .min()
            .unwrap_or(longest);
        if longest / shortest < LINEAR_RATIO {
            let step = round_step(longest.div_ceil(6));
            return Self::Linear {
                step,
                steps: longest.div_ceil(step),
            };
        }
        // A shortest span that is a power of ten itself still gets a bar.
        let from = 10_u64.pow((shortest - 1).max(1).ilog10());
        let to = 10_u64.saturating_pow((longest - 1).ilog10() + 1);
        Self::Logarithmic { from, to }
    }

    /// Pixels from the left edge of a plot of `width` pixels.
    pub(super) fn position(self, span: Span, width: i32) -> i32 {
        let wide = u64::from(width.unsigned_abs());
        let along = match self {
            Self::Linear { step, steps } => {
                u128::from(span.as_nanos()) * u128::from(wide) / u128::from((step * steps).max(1))
            }
            Self::Logarithmic { from, to } => {
                let above = log2(span.as_nanos().max(from)) - log2(from);
                u128::from(above * wide / (log2(to) - log2(from)).max(1))
            }
        };
        i32::try_from(along).unwrap_or(width).min(width)
    }

    /// Where to write numbers on the axis.
    pub(super) fn ticks(self) -> Vec<Span> {
        let ticks: Vec<u64> = match self {
            Self::Linear { step, steps } => (0..=steps).map(|index| index * step).collect(),
            Self::Logarithmic { from, to } => {
                let decades = std::iter::successors(Some(from), |tick| tick.checked_mul(10));
                decades.take_while(|tick| *tick <= to).collect()
            }
        };
        ticks.into_iter().map(Span::from_nanos).collect()
    }

    /// Whether equal distances are equal ratios.
    pub(super) const fn is_logarithmic(self) -> bool {
        matches!(self, Self::Logarithmic { .. })
    }
}

/// The smallest of 1, 2, 5, 10, 20, ... that is not below `least`.
fn round_step(least: u64) -> u64 {
    let decade = 10_u64.pow(least.max(1).ilog10());
    [1, 2, 5, 10]
        .into_iter()
        .map(|factor| factor * decade)
        .find(|step| *step >= least)
        .unwrap_or(least)
}

/// Binary logarithm in units of 2^-16, rounded down: each squaring of the mantissa yields one more bit.
fn log2(n: u64) -> u64 {
    let whole = n.max(1).ilog2();
    let mut mantissa = u128::from(n.max(1)) << (63 - whole);
    let mut bits = u64::from(whole);
    for _ in 0..16 {
        mantissa = (mantissa * mantissa) >> 63;
        bits <<= 1;
        if mantissa >= 1 << 64 {
            mantissa >>= 1;
            bits |= 1;
        }
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_have_four_significant_digits_and_a_unit() {
        let label = |ns| spoken(Span::from_nanos(ns));
        assert_eq!(label(1_050_000_000), "1.05 s");
        assert_eq!(label(75_000_000), "75 ms");
        assert_eq!(label(812_345), "812.3 µs");
        assert_eq!(label(131_072_600_000), "131.1 s");
        assert_eq!(label(7), "7 ns");
        assert_eq!(label(0), "0 ms");
    }

    #[test]
    fn a_clock_prints_as_many_decimals_as_its_moments_need() {
        let moments = [0, 75_000_000, 150_012_000].map(SimTime::from_nanos);
        let clock = Clock::of(moments.into_iter());
        assert_eq!(
            moments.map(|moment| clock.number(moment)),
            ["0.000", "75.000", "150.012"]
        );
        assert_eq!(
            Clock::of([131 * SECOND].map(SimTime::from_nanos).into_iter()).unit(),
            "s"
        );
    }

    #[test]
    fn an_axis_turns_logarithmic_when_spans_differ_fiftyfold() {
        let axis = |ms: [u64; 2]| Axis::of(ms.into_iter().map(Span::from_millis));
        assert!(!axis([10, 499]).is_logarithmic());
        assert!(axis([10, 500]).is_logarithmic());
    }

    #[test]
    fn a_logarithmic_axis_gives_every_decade_the_same_width() {
        let axis = Axis::Logarithmic {
            from: 1_000,
            to: 1_000_000,
        };
        let at = |ns| axis.position(Span::from_nanos(ns), 300);
        assert_eq!(
            [at(1_000), at(10_000), at(100_000), at(1_000_000)],
            [0, 100, 200, 300]
        );
    }
}
