//! What a host hands to the world: frames for the wire and moments at which it wants to be called.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use crate::event::HostId;
use crate::units::SimTime;
use crate::wire::{Frame, FrameId};

/// Why a host wants to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostTimer {
    /// The connection with this index has something due.
    Connection(u32),
    /// A TIME-WAIT record may end.
    TimeWait,
}

/// What a host did not do itself, oldest first.
#[derive(Debug, Default)]
pub struct Outbox {
    /// Frames that left the tap.
    pub frames: Vec<Frame>,
    /// Moments at which [`Host::fire`](super::Host::fire) is to be called.
    pub timers: Vec<(SimTime, HostTimer)>,
}

impl Outbox {
    /// Whether there is nothing to take.
    pub const fn is_empty(&self) -> bool {
        self.frames.is_empty() && self.timers.is_empty()
    }
}

/// Gives names to frames; shared by all that make frames in one world.
#[derive(Clone, Debug, Default)]
pub struct FrameNames(Rc<Cell<u64>>);

/// The hosts that want [`Host::flush`](super::Host::flush) to be called, in the order in which they asked.
#[derive(Clone, Debug, Default)]
pub struct Stirred(Rc<RefCell<VecDeque<HostId>>>);

impl FrameNames {
    /// A name that no frame of this world has.
    pub fn next(&self) -> FrameId {
        let id = self.0.get();
        self.0.set(id + 1);
        FrameId(id)
    }
}

impl Stirred {
    /// `host` wants to be flushed.
    pub fn push(&self, host: HostId) {
        self.0.borrow_mut().push_back(host);
    }

    /// The next host to flush.
    pub fn take(&self) -> Option<HostId> {
        self.0.borrow_mut().pop_front()
    }
}
