//! What befalls a link for a while: trouble with a beginning and an end.

use super::DropScripts;
use super::chance::Coin;
use super::fault::Fate;
use super::script::Watch;
use crate::event::DropCause;
use crate::rng::Dice;
use crate::units::{Percent, SimTime, Span};
use crate::wire::Frame;

/// Trouble on a link, from one moment until just before another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Episode {
    /// When it begins.
    pub from: SimTime,
    /// When it is over.
    pub until: SimTime,
    /// What it does to frames that are offered meanwhile.
    pub what: Trouble,
}

/// What an episode does to frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// None gets through.
    Down,
    /// None gets through before the end, and then all go on in their order, as in a handover that forwards them.
    Hold,
    /// Each is lost by this chance, besides whatever else the link loses.
    Loss(Percent),
    /// Each travels so much longer.
    Delay(Span),
    /// Those of these names are lost, counted from the beginning of the episode. A link looks at the selectors only.
    Drop(DropScripts),
}

/// An episode with what it needs to remember.
#[derive(Debug)]
pub(super) struct Affliction {
    from: SimTime,
    until: SimTime,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Down,
    Hold,
    Loss(Option<Box<Coin>>),
    Delay(Span),
    Drop(Watch),
}

impl Affliction {
    /// An episode whose chance is called `name`.
    pub(super) fn new(episode: &Episode, dice: Dice, name: &str) -> Self {
        Self {
            from: episode.from,
            until: episode.until,
            kind: match &episode.what {
                Trouble::Down => Kind::Down,
                Trouble::Hold => Kind::Hold,
                Trouble::Loss(chance) => Kind::Loss(Coin::new(*chance, dice, name).map(Box::new)),
                Trouble::Delay(longer) => Kind::Delay(*longer),
                Trouble::Drop(frames) => Kind::Drop(Watch::new(frames)),
            },
        }
    }

    /// Whether it tosses a coin from that moment on.
    pub(super) fn tosses_from(&self, at: SimTime) -> bool {
        self.from == at && matches!(self.kind, Kind::Loss(_))
    }

    fn covers(&self, at: SimTime) -> bool {
        self.from <= at && at < self.until
    }

    /// Until when it holds a frame that is offered now, if it does.
    pub(super) fn holds(&self, now: SimTime) -> Option<SimTime> {
        let holds = matches!(self.kind, Kind::Hold) && self.covers(now);
        holds.then_some(self.until)
    }

    /// Adds what it does to the fate of a frame that is offered now, and is held until what that says.
    pub(super) fn befall(&mut self, now: SimTime, frame: &Frame, fate: &mut Fate) {
        // A frame that was held takes the way that there is when it goes on.
        let at = match self.kind {
            Kind::Delay(_) => now.max(fate.held),
            _ => now,
        };
        if !self.covers(at) {
            return;
        }
        let dropped = match &mut self.kind {
            Kind::Down => Some(DropCause::Outage),
            Kind::Hold => None,
            Kind::Loss(coin) => {
                let lost = coin.as_mut().is_some_and(|coin| coin.toss());
                lost.then_some(DropCause::Loss)
            }
            Kind::Delay(longer) => {
                fate.longer += *longer;
                None
            }
            Kind::Drop(watch) => watch.names(&frame.bytes).then_some(DropCause::Script),
        };
        fate.dropped = dropped.or(fate.dropped);
    }
}
