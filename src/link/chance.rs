//! Chance: whether something happens, from the dice of one effect. Integers only.

use rand::Rng;

use crate::rng::{Dice, Stream};
use crate::units::Percent;

/// A coin of one effect: its chance and a stream of its own.
#[derive(Debug)]
pub(super) struct Coin {
    chance: Percent,
    stream: Stream,
}

impl Coin {
    /// The coin of effect `name`, or `None` where the chance is none and nothing is ever drawn.
    pub(super) fn new(chance: Percent, dice: Dice, name: &str) -> Option<Self> {
        (!chance.is_zero()).then(|| Self {
            chance,
            stream: dice.stream(name),
        })
    }

    /// Whether it happens this time.
    pub(super) fn toss(&mut self) -> bool {
        happens(self.chance, &mut self.stream)
    }

    /// Where in a whole it happens, as a fraction of 2^32.
    pub(super) fn place(&mut self) -> u32 {
        self.stream.next_u32()
    }
}

/// One draw: whether something of this chance happens.
pub(super) fn happens(chance: Percent, stream: &mut Stream) -> bool {
    let billion = u64::from(Percent::HUNDRED.parts_per_billion());
    let drawn = (u64::from(stream.next_u32()) * billion) >> 32;
    drawn < u64::from(chance.parts_per_billion())
}
