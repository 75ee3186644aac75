//! The tables behind jitter: quantiles of the normal and the Pareto distribution.
//!
//! As netem's, a table holds 4,096 equally likely deviations in 1/8192 of the jitter. Ours are computed by
//! the compiler in integers, so that every platform draws the same delays.

/// Entries of a table; a power of two, so that 12 bits of chance name one.
pub(super) const ENTRIES: usize = 4096;
/// One jitter in the units of a table's entries.
pub(super) const SCALE: u32 = 8192;

/// Quantiles of the normal distribution with mean 0 and standard deviation 1, out to 3.7 of them.
pub(super) static NORMAL: [i16; ENTRIES] = normal();

/// Quantiles of the Pareto distribution of shape 3 about its mean, scaled by 4/3 and cut off at four jitters:
/// netem's choice.
pub(super) static PARETO: [i16; ENTRIES] = pareto();

/// One in fixed point with 62 binary places.
const ONE: u64 = 1 << 62;

/// Walks along the bell curve from its middle, a step of h = 1/8192 at a time, adds up the area below it and
/// notes where each of the 2,048 upper quantiles is reached; the lower ones mirror them.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the walk ends below four standard deviations, 32,768 steps"
)]
const fn normal() -> [i16; ENTRIES] {
    /// exp(-h^2) = 1 - 2^-26 + 2^-53 and no more within 62 places.
    const SHRINK: u64 = ONE - (1 << 36) + (1 << 9);
    /// Twice the square root of 2 pi with 62 places: the area of the whole bell, in the units of `area`, is
    /// 8,192 times this.
    const TWO_ROOT_TWO_PI: u128 = 23_119_565_135_021_103_461;
    let mut table = [0; ENTRIES];
    // exp(-x^2 / 2) at x = step * h, and by what the next step multiplies it: at first by
    // exp(-h^2 / 2) = 1 - 2^-27 + 2^-55.
    let (mut density, mut ratio) = (ONE, ONE - (1 << 35) + (1 << 7));
    let (mut step, mut area) = (0_u32, 0_u128);
    let mut upper = 0;
    while upper < ENTRIES / 2 {
        while area < (2 * upper as u128 + 1) * TWO_ROOT_TWO_PI {
            let next = product(density, ratio);
            area += density as u128 + next as u128;
            density = next;
            ratio = product(ratio, SHRINK);
            step += 1;
        }
        table[ENTRIES / 2 + upper] = step as i16;
        table[ENTRIES / 2 - 1 - upper] = -(step as i16);
        upper += 1;
    }
    table
}

/// The quantile at u is u^(-1/3), the mean 3/2.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "at most 34 bits, cut off at 16"
)]
const fn pareto() -> [i16; ENTRIES] {
    let mut table = [0; ENTRIES];
    let mut entry = 0;
    while entry < ENTRIES {
        // u = (2 * entry + 1) / 8192, so 8192 * u^(-1/3) is the cube root of 2^52 / (2 * entry + 1).
        let quantile = cube_root((1 << 52) / (2 * entry as u64 + 1)) as i64;
        let deviation = (4 * quantile - 6 * SCALE as i64) / 3;
        table[ENTRIES - 1 - entry] = if deviation > i16::MAX as i64 {
            i16::MAX
        } else {
            deviation as i16
        };
        entry += 1;
    }
    table
}

/// The product of two numbers in fixed point.
#[expect(clippy::cast_possible_truncation, reason = "factors are at most one")]
const fn product(a: u64, b: u64) -> u64 {
    ((a as u128 * b as u128) >> 62) as u64
}

/// The largest integer whose cube is at most `n`, for `n` below 2^54.
const fn cube_root(n: u64) -> u64 {
    let mut root = 0;
    let mut bit = 1 << 17;
    while bit > 0 {
        let candidate = root | bit;
        if candidate * candidate * candidate <= n {
            root = candidate;
        }
        bit >>= 1;
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_quantiles_are_those_of_the_textbook() {
        // P(X <= 1) = 0.841345, P(X <= 2) = 0.977250, P(X <= 3) = 0.998650.
        for (sigmas, below) in [(1, 3446), (2, 4003), (3, 4090)] {
            let limit = i16::try_from(sigmas * SCALE).unwrap();
            let counted = NORMAL
                .iter()
                .filter(|deviation| **deviation <= limit)
                .count();
            assert!(
                counted.abs_diff(below) <= 1,
                "{counted} of 4096 below {sigmas} sigma"
            );
        }
        assert_eq!(
            NORMAL
                .iter()
                .map(|deviation| i64::from(*deviation))
                .sum::<i64>(),
            0
        );
    }

    #[test]
    fn a_normal_table_has_a_standard_deviation_of_one_jitter() {
        let squares: i64 = NORMAL
            .iter()
            .map(|deviation| i64::from(*deviation).pow(2))
            .sum();
        let variance = squares * 1000 / (4096 * i64::from(SCALE).pow(2));
        assert!((990..=1000).contains(&variance), "{variance}/1000");
    }

    #[test]
    fn a_pareto_table_rises_from_two_thirds_below_the_mean_to_four_jitters_above() {
        assert!(PARETO.is_sorted());
        assert_eq!(i32::from(PARETO[0]), -2 * 8192 / 3);
        assert_eq!(PARETO[ENTRIES - 1], i16::MAX);
        // The median of shape 3 is the cube root of 2: (1.259921 - 1.5) * 4/3 = -0.320105 jitters.
        assert!(
            (i32::from(PARETO[ENTRIES / 2]) + 2622).abs() <= 3,
            "{}",
            PARETO[ENTRIES / 2]
        );
    }
}
