//! One seed, one named stream of chance per consumer.
//!
//! A stream depends on the seed and on its name alone: a new consumer never shifts another's dice.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// The dice of one consumer.
pub type Stream = ChaCha8Rng;

/// The source of every chance in a world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dice {
    seed: u64,
}

impl Dice {
    /// Dice for a world with this seed.
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The stream of the consumer called `name`, for example `link/client-server/loss`.
    pub fn stream(self, name: &str) -> Stream {
        let mut stream = ChaCha8Rng::seed_from_u64(self.seed);
        stream.set_stream(fnv1a(name.as_bytes()));
        stream
    }
}

/// FNV-1a in 64 bits: stable across platforms and versions, unlike the standard library's hashers.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    #[test]
    fn a_stream_depends_on_seed_and_name_only() {
        let draw = |seed, name: &str| Dice::new(seed).stream(name).next_u64();
        assert_eq!(draw(1, "link/a/loss"), draw(1, "link/a/loss"));
        assert_ne!(draw(1, "link/a/loss"), draw(2, "link/a/loss"));
        assert_ne!(draw(1, "link/a/loss"), draw(1, "link/b/loss"));
    }
}
