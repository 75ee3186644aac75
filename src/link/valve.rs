//! What can be turned at a link while the world runs: cut it, hold it, lose what comes next.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use super::chance::happens;
use crate::event::DropCause;
use crate::rng::Stream;
use crate::units::{ParseUnitError, Percent};
use crate::wire::Frame;

/// A handle to one link. What it does to the link ends with the guard that it returns; frames that are to be lost next
/// are lost without one.
#[derive(Clone)]
pub struct Valve(Rc<RefCell<State>>);

struct State {
    /// Guards that cut the link.
    cuts: u32,
    /// Guards that hold its frames.
    holds: u32,
    /// How many of the next frames are to be lost.
    drops: u32,
    /// The chances that a frame is lost, besides that of the link's configuration, by the numbers of the guards that
    /// gave them: the last one holds.
    losses: Vec<(u64, Percent)>,
    /// How many guards have given a chance so far.
    given: u64,
    /// A draw for each frame, whatever the chance is: turning it does not shift the luck of later frames.
    stream: Stream,
    waiting: VecDeque<Frame>,
}

/// Something done to a link, which is undone when this is dropped.
#[must_use = "what it does to the link ends when it is dropped"]
pub struct Turned {
    valve: Valve,
    undo: Box<dyn Fn(&mut State)>,
}

impl Valve {
    pub(super) fn new(stream: Stream) -> Self {
        Self(Rc::new(RefCell::new(State {
            cuts: 0,
            holds: 0,
            drops: 0,
            losses: Vec::new(),
            given: 0,
            stream,
            waiting: VecDeque::new(),
        })))
    }

    /// Loses every frame from now on, as a cable that is pulled.
    pub fn cut(&self) -> Turned {
        self.0.borrow_mut().cuts += 1;
        self.until(|state| state.cuts -= 1)
    }

    /// Keeps every frame that is offered from now on; in the end they go on in their order.
    pub fn hold(&self) -> Turned {
        self.0.borrow_mut().holds += 1;
        self.until(|state| state.holds -= 1)
    }

    /// Loses each frame with this chance, besides what the link is configured to lose; instead of an earlier chance,
    /// which comes back in the end if its guard is still there. A chance is written as `1%`.
    ///
    /// # Errors
    /// [`ParseUnitError`] if that is no chance.
    pub fn lose(&self, chance: &str) -> Result<Turned, ParseUnitError> {
        let chance = chance.parse()?;
        let mut state = self.0.borrow_mut();
        state.given += 1;
        let guard = state.given;
        state.losses.push((guard, chance));
        drop(state);
        Ok(self.until(move |state| state.losses.retain(|(known, _)| *known != guard)))
    }

    /// Loses so many of the next frames, after those that are to be lost already.
    pub fn drop_next(&self, frames: u32) {
        let mut state = self.0.borrow_mut();
        state.drops = state.drops.saturating_add(frames);
    }

    /// Whether frames are held.
    pub fn holds(&self) -> bool {
        self.0.borrow().holds > 0
    }

    /// How many frames are held.
    pub fn held(&self) -> usize {
        self.0.borrow().waiting.len()
    }

    fn until(&self, undo: impl Fn(&mut State) + 'static) -> Turned {
        Turned {
            valve: self.clone(),
            undo: Box::new(undo),
        }
    }

    /// The frame, unless it is held.
    pub(super) fn admit(&self, frame: Frame) -> Option<Frame> {
        let mut state = self.0.borrow_mut();
        if state.holds == 0 {
            return Some(frame);
        }
        state.waiting.push_back(frame);
        None
    }

    /// Why the next frame is lost, if it is.
    pub(super) fn refuses(&self) -> Option<DropCause> {
        let mut state = self.0.borrow_mut();
        let State { losses, stream, .. } = &mut *state;
        let chance = losses.last().map_or(Percent::ZERO, |(_, chance)| *chance);
        let lost = happens(chance, stream);
        if state.cuts > 0 {
            return Some(DropCause::Outage);
        }
        if let Some(rest) = state.drops.checked_sub(1) {
            state.drops = rest;
            return Some(DropCause::Injected);
        }
        lost.then_some(DropCause::Loss)
    }

    /// The next frame that was held and may go on.
    pub(crate) fn released(&self) -> Option<Frame> {
        let mut state = self.0.borrow_mut();
        if state.holds > 0 {
            return None;
        }
        state.waiting.pop_front()
    }
}

impl Turned {
    /// Ends it now; the same as dropping it, in words.
    pub fn release(self) {
        drop(self);
    }
}

impl Drop for Turned {
    fn drop(&mut self) {
        (self.undo)(&mut self.valve.0.borrow_mut());
    }
}

impl fmt::Debug for Valve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.borrow();
        f.debug_struct("Valve")
            .field("cuts", &state.cuts)
            .field("holds", &state.holds)
            .field("drops", &state.drops)
            .field("losses", &state.losses)
            .field("waiting", &state.waiting.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Turned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Turned").field(&self.valve).finish()
    }
}
