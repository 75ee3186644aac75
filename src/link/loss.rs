//! Loss by chance: i.i.d., or in bursts after Gilbert and Elliott.

use std::fmt;
use std::str::FromStr;

use super::chance::happens;
use super::config::ParseConfigError;
use crate::rng::{Dice, Stream};
use crate::units::Percent;

/// How a link loses frames by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Each frame with the same chance, whatever befell the others (netem `loss random`).
    Random(Percent),
    /// In bursts (netem `loss gemodel`).
    GilbertElliott(GilbertElliott),
}

/// The model of Gilbert (1960) and Elliott (1963): a good and a bad state, each with its own chance of loss.
/// As in netem, a frame is judged by the state that it finds and the state changes, if it does, after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GilbertElliott {
    /// netem's `p`: the chance, per frame, that the good state turns bad.
    pub p: Percent,
    /// netem's `r`: the chance, per frame, that the bad state turns good; `1/r` is the mean burst.
    pub r: Percent,
    /// netem's `1-h`: the chance of loss in the bad state.
    pub loss_in_bad: Percent,
    /// netem's `1-k`: the chance of loss in the good state.
    pub loss_in_good: Percent,
}

/// The dice of a link's loss and the state that they are in.
#[derive(Debug)]
pub(super) struct LossModel {
    loss: Loss,
    bad: bool,
    stream: Stream,
}

impl GilbertElliott {
    /// Gilbert's simple model: everything is lost in the bad state, nothing in the good one.
    pub const fn new(p: Percent, r: Percent) -> Self {
        Self {
            p,
            r,
            loss_in_bad: Percent::HUNDRED,
            loss_in_good: Percent::ZERO,
        }
    }
}

impl Loss {
    /// Whether no frame can ever be lost.
    fn is_never(self) -> bool {
        match self {
            Self::Random(chance) => chance.is_zero(),
            Self::GilbertElliott(model) => {
                model.loss_in_good.is_zero() && (model.p.is_zero() || model.loss_in_bad.is_zero())
            }
        }
    }
}

impl LossModel {
    /// The loss of the link called `link`, or `None` where none can happen.
    pub(super) fn new(loss: Option<Loss>, dice: Dice, link: &str) -> Option<Self> {
        let loss = loss.filter(|loss| !loss.is_never())?;
        Some(Self {
            loss,
            bad: false,
            stream: dice.stream(&format!("link/{link}/loss")),
        })
    }

    /// Whether the next frame is lost.
    pub(super) fn loses(&mut self) -> bool {
        match self.loss {
            Loss::Random(chance) => happens(chance, &mut self.stream),
            Loss::GilbertElliott(model) => {
                let (risk, change) = if self.bad {
                    (model.loss_in_bad, model.r)
                } else {
                    (model.loss_in_good, model.p)
                };
                let lost = happens(risk, &mut self.stream);
                self.bad ^= happens(change, &mut self.stream);
                lost
            }
        }
    }
}

impl From<Percent> for Loss {
    fn from(chance: Percent) -> Self {
        Self::Random(chance)
    }
}

/// As netem reads it: `1%`, `gemodel 1% 10%`.
impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Random(chance) => write!(f, "{chance}"),
            Self::GilbertElliott(model) => {
                write!(f, "gemodel {} {}", model.p, model.r)?;
                if *model == GilbertElliott::new(model.p, model.r) {
                    return Ok(());
                }
                write!(f, " {} {}", model.loss_in_bad, model.loss_in_good)
            }
        }
    }
}

impl FromStr for Loss {
    type Err = ParseConfigError;

    /// `1%`, or `gemodel P R [1-H [1-K]]` such as `gemodel 1% 10%`.
    fn from_str(text: &str) -> Result<Self, ParseConfigError> {
        let refuse = || ParseConfigError::Loss(text.to_owned());
        let Some(model) = text.strip_prefix("gemodel ") else {
            return text.parse().map(Self::Random).map_err(|_| refuse());
        };
        let chances: Vec<Percent> = model
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| refuse())?;
        let [p, r, rest @ ..] = &chances[..] else {
            return Err(refuse());
        };
        let mut model = GilbertElliott::new(*p, *r);
        match rest {
            [] => {}
            [bad] => model.loss_in_bad = *bad,
            [bad, good] => (model.loss_in_bad, model.loss_in_good) = (*bad, *good),
            _ => return Err(refuse()),
        }
        Ok(Self::GilbertElliott(model))
    }
}
