//! What befalls a frame by chance or by verdict: loss, a second copy, a flipped bit, a place out of order.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use rand::Rng;

use super::chance::Coin;
use super::config::{LinkConfig, ParseConfigError};
use super::loss::LossModel;
use crate::event::DropCause;
use crate::rng::{Dice, Stream};
use crate::units::{Percent, SimTime, Span};
use crate::wire::{Frame, patch};

/// Frames that go without delay and so overtake those before them (netem `reorder P gap N`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reorder {
    /// The chance of a frame whose turn it is.
    pub chance: Percent,
    /// It is the turn of a frame once one less than so many before it were delayed; 1 is every frame's.
    pub gap: NonZeroU32,
}

/// What somebody who steps through a run decides for one frame. It takes the place of drop scripts and of
/// loss, duplication, corruption and reordering by chance; outages, MTU, flow memory, queue, rate and delay
/// hold as ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Let it pass.
    Deliver,
    /// Drop it, whatever else would befall it.
    Drop,
    /// Let it travel so much longer.
    Delay(Span),
    /// Deliver it twice.
    Duplicate,
    /// Flip one of its bits, if that has not happened to it before.
    Corrupt,
}

/// What is to befall one frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fate {
    pub(super) dropped: Option<DropCause>,
    pub(super) duplicated: bool,
    /// Where in the frame a bit is to be flipped, as a fraction of 2^32 of its length.
    pub(super) corrupted: Option<u32>,
    pub(super) reordered: bool,
    pub(super) longer: Span,
    /// Before when it may not go on.
    pub(super) held: SimTime,
}

/// The dice of a link. Each effect has a stream of its own and draws equally often for every frame offered,
/// whatever becomes of the frame: the chances of the Nth frame depend on the seed, the link and N alone.
#[derive(Debug)]
pub(super) struct Chances {
    loss: Option<LossModel>,
    duplicate: Option<Coin>,
    corrupt: Option<Coin>,
    reorder: Option<Coin>,
    injected: Stream,
}

/// Counts the frames between two that overtake.
#[derive(Debug)]
pub(super) struct Gap {
    size: u32,
    delayed: u32,
}

impl Chances {
    pub(super) fn new(config: &LinkConfig, dice: Dice, link: &str) -> Self {
        let coin = |chance, effect: &str| Coin::new(chance, dice, &format!("link/{link}/{effect}"));
        let reorder = config
            .reorder
            .map_or(Percent::ZERO, |reorder| reorder.chance);
        Self {
            loss: LossModel::new(config.loss, dice, link),
            duplicate: coin(config.duplicate, "duplicate"),
            corrupt: coin(config.corrupt, "corrupt"),
            reorder: coin(reorder, "reorder"),
            injected: dice.stream(&format!("link/{link}/injected")),
        }
    }

    /// The fate of the next frame as chance has it.
    pub(super) fn draw(&mut self) -> Fate {
        let tossed = |coin: &mut Option<Coin>| coin.as_mut().is_some_and(Coin::toss);
        let lost = self.loss.as_mut().is_some_and(LossModel::loses);
        Fate {
            dropped: lost.then_some(DropCause::Loss),
            duplicated: tossed(&mut self.duplicate),
            corrupted: self.corrupt.as_mut().and_then(|coin| {
                let (tossed, place) = (coin.toss(), coin.place());
                tossed.then_some(place)
            }),
            reordered: tossed(&mut self.reorder),
            longer: Span::ZERO,
            held: SimTime::ZERO,
        }
    }

    /// The fate of a frame as `verdict` has it.
    pub(super) fn obey(&mut self, verdict: Verdict) -> Fate {
        let mut fate = Fate::default();
        match verdict {
            Verdict::Deliver => {}
            Verdict::Drop => fate.dropped = Some(DropCause::Injected),
            Verdict::Delay(longer) => fate.longer = longer,
            Verdict::Duplicate => fate.duplicated = true,
            Verdict::Corrupt => fate.corrupted = Some(self.injected.next_u32()),
        }
        fate
    }
}

impl Gap {
    pub(super) fn new(reorder: Option<Reorder>) -> Self {
        Self {
            size: reorder.map_or(1, |reorder| reorder.gap.get()),
            delayed: 0,
        }
    }

    /// Whether a frame that chance would have overtake does so: only when it is its turn.
    pub(super) fn lets_overtake(&mut self, chosen: bool) -> bool {
        let overtakes = chosen && self.delayed >= self.size - 1;
        self.delayed = if overtakes {
            0
        } else {
            self.delayed.saturating_add(1)
        };
        overtakes
    }
}

/// `frame` with the bit at `place`, a fraction of 2^32 of its length, flipped, and which bit that is. Who
/// else holds the bytes keeps them as they were.
pub(super) fn corrupted(frame: Frame, place: u32) -> (Frame, u32) {
    let bits = frame.len() as u64 * 8;
    let bit =
        u32::try_from((u64::from(place) * bits) >> 32).expect("a frame has fewer than 2^32 bits");
    let flip = |bytes: &mut [u8]| {
        if let Some(byte) = bytes.get_mut(bit as usize / 8) {
            *byte ^= 0x80 >> (bit % 8);
        }
    };
    (
        Frame {
            bytes: patch::patched(frame.bytes, flip),
            corrupted: true,
            ..frame
        },
        bit,
    )
}

impl fmt::Display for Reorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.chance)?;
        if self.gap.get() > 1 {
            write!(f, " gap {}", self.gap)
        } else {
            Ok(())
        }
    }
}

impl FromStr for Reorder {
    type Err = ParseConfigError;

    /// `25%`, or `25% gap 5`.
    fn from_str(text: &str) -> Result<Self, ParseConfigError> {
        let refuse = || ParseConfigError::Reorder(text.to_owned());
        let (chance, gap) = text.split_once(" gap ").unwrap_or((text, "1"));
        Ok(Self {
            chance: chance.parse().map_err(|_| refuse())?,
            gap: gap.parse().map_err(|_| refuse())?,
        })
    }
}
