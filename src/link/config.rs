//! What a link is told to do to frames, in netem's words.

use std::fmt;

use thiserror::Error;

use super::{Distribution, DropScripts, Loss, Outage, QueueLimit, Reorder, Trace};
use crate::units::{BitRate, Percent, Span};

/// One direction of a link. The default does nothing to a frame; every field names one effect.
///
/// ```
/// use wirelab::link::LinkConfig;
/// use wirelab::units::Span;
///
/// let config = LinkConfig { delay: Span::from_millis(75), rate: "10mbit".parse().ok(), ..LinkConfig::default() };
/// assert_eq!(config.to_string(), "delay 75ms rate 10mbit");
/// assert_eq!(LinkConfig::default().to_string(), "ideal");
/// assert_eq!("delay 75ms rate 10mbit".parse(), Ok(config));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkConfig {
    /// One-way delay, after the bottleneck.
    pub delay: Span,
    /// By how much the delay of a frame deviates, as [`Self::distribution`] says. As in netem, a frame whose
    /// delay is shorter overtakes those before it, unless [`Self::in_order`] is set.
    pub jitter: Span,
    /// How jittered delays spread.
    pub distribution: Distribution,
    /// Whether a frame that would overtake waits until the one before it has arrived.
    pub in_order: bool,
    /// Rate of the bottleneck; without one, frames take no time to send and never wait. A frame costs its
    /// Ethernet length without FCS.
    pub rate: Option<BitRate>,
    /// When the bottleneck delivers, instead of at a rate; with one, [`Self::rate`] says nothing.
    pub trace: Option<Trace>,
    /// What the queue of the bottleneck holds; without one, it never overflows. Nothing waits without a rate, a trace or
    /// a hold.
    pub limit: Option<QueueLimit>,
    /// Loss by chance, ahead of the queue: a frame that is lost takes no time on the line.
    pub loss: Option<Loss>,
    /// The chance that a frame arrives twice. The copy follows the frame and travels as long as it does.
    pub duplicate: Percent,
    /// The chance that one bit of a frame is flipped. A frame that has been corrupted before is spared.
    pub corrupt: Percent,
    /// Frames that go without delay and so overtake; without a delay it changes nothing.
    pub reorder: Option<Reorder>,
    /// When the link is down: what it is offered is lost.
    pub outages: Vec<Outage>,
    /// When the link holds what it is offered, as in a handover: it goes on in the end, in its order.
    pub holds: Vec<Outage>,
    /// The longest IPv4 packet in bytes that passes with DF set. Nothing is fragmented: without DF any passes.
    pub mtu: Option<u16>,
    /// Frames to drop by name. A link looks at the selectors only: give it those of its own direction
    /// ([`DropScripts::toward`]).
    pub drops: DropScripts,
    /// Frames that travel longer than the rest, by name, as a detour or an old router's queue would have it.
    pub late: Option<Late>,
}

/// Frames that a link holds back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Late {
    /// Which, in the words of drop scripts.
    pub frames: DropScripts,
    /// By how much longer they travel.
    pub by: Span,
}

/// A text that does not say what a link shall do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseConfigError {
    /// Not a queue limit.
    #[error("`{0}` is not a queue limit: write packets as 100p, or bytes as 64KiB")]
    Limit(String),
    /// Not a model of loss.
    #[error(
        "`{0}` is not a loss: write a chance as 1%, or gemodel P R [1-H [1-K]] as gemodel 1% 10%"
    )]
    Loss(String),
    /// Not a distribution.
    #[error("`{0}` is not a distribution: write uniform, normal or pareto")]
    Distribution(String),
    /// Not a way to reorder.
    #[error("`{0}` is not a reordering: write a chance as 25%, or with a gap as 25% gap 5")]
    Reorder(String),
    /// Not a word of a link.
    #[error("`{0}` is no word of a link: write for example `delay 50ms rate 10mbit loss 1%`")]
    Word(String),
    /// A word that comes twice.
    #[error("`{0}` comes twice")]
    Twice(String),
    /// A trace, which a text cannot hold.
    #[error(
        "`trace {0}` names a file, which is not read here: put `Trace::parse` of its text into `LinkConfig::trace`"
    )]
    Trace(String),
    /// Not what belongs to a word.
    #[error("`{word} {value}`: {reason}")]
    Value {
        /// The word.
        word: String,
        /// What follows it.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a window of time.
    #[error(
        "`{0}` is no window of time: write FROM..TO as 1s..2s, or again and again as 1s..1.5s/10s"
    )]
    Outage(String),
}

/// In netem's words; what netem has no word for is called `in-order`, `limit` in bytes, `down`, `mtu` and
/// `drop`, and so on. A link that does nothing is `ideal`.
impl fmt::Display for LinkConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.words();
        if words.is_empty() {
            f.write_str("ideal")
        } else {
            f.write_str(&words.join(" "))
        }
    }
}

impl LinkConfig {
    /// Whether frames can wait for the line: it has a rate, or follows a trace.
    pub const fn is_limited(&self) -> bool {
        self.rate.is_some() || self.trace.is_some()
    }

    /// Whether a frame takes any time.
    pub(super) const fn takes_time(&self) -> bool {
        self.is_limited() || !self.delay.is_zero() || !self.jitter.is_zero()
    }

    /// Whether anything can befall a frame beyond the time that it takes and a full queue.
    pub(super) fn meddles(&self) -> bool {
        let timing = Self {
            delay: self.delay,
            jitter: self.jitter,
            distribution: self.distribution,
            in_order: self.in_order,
            rate: self.rate,
            trace: self.trace.clone(),
            limit: self.limit,
            ..Self::default()
        };
        *self != timing
    }

    fn words(&self) -> Vec<String> {
        let mut words = self.delay_words();
        words.extend(self.reorder.map(|reorder| format!("reorder {reorder}")));
        words.extend(self.rate.map(|rate| format!("rate {rate}")));
        words.extend(self.trace.iter().map(|trace| format!("trace {trace}")));
        words.extend(self.limit.map(|limit| format!("limit {limit}")));
        words.extend(self.loss.map(|loss| format!("loss {loss}")));
        for (name, chance) in [("duplicate", self.duplicate), ("corrupt", self.corrupt)] {
            if !chance.is_zero() {
                words.push(format!("{name} {chance}"));
            }
        }
        words.extend(self.mtu.map(|mtu| format!("mtu {mtu}")));
        words.extend(self.outages.iter().map(|outage| format!("down {outage}")));
        words.extend(self.holds.iter().map(|hold| format!("hold {hold}")));
        if !self.drops.is_empty() {
            words.push(format!("drop {}", self.drops));
        }
        if let Some(late) = &self.late {
            words.push(format!("late {} by {}", late.frames, late.by));
        }
        words
    }

    fn delay_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        if !self.delay.is_zero() || !self.jitter.is_zero() {
            words.push(format!("delay {}", self.delay));
        }
        if !self.jitter.is_zero() {
            words.push(self.jitter.to_string());
            if self.distribution != Distribution::Uniform {
                words.push(format!("distribution {}", self.distribution));
            }
        }
        if self.in_order {
            words.push("in-order".to_owned());
        }
        words
    }
}
