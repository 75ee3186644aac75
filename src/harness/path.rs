//! The path between two hosts, and what can be done to it.

use crate::link::{Turned, Valve};
use crate::units::{ParseUnitError, Span};

/// The path between two hosts. It is a handle: tasks may take a copy with them.
#[derive(Clone, Debug)]
pub struct Path {
    there: Valve,
    back: Valve,
    round_trip: Span,
}

/// Something done to a path, which ends when this is dropped.
#[must_use = "the fault ends when it is dropped"]
#[derive(Debug)]
pub struct Fault {
    turned: [Turned; 2],
}

impl Path {
    pub(super) const fn new(there: Valve, back: Valve, round_trip: Span) -> Self {
        Self {
            there,
            back,
            round_trip,
        }
    }

    /// The direction from the first host to the second.
    pub const fn there(&self) -> &Valve {
        &self.there
    }

    /// The direction from the second host to the first.
    pub const fn back(&self) -> &Valve {
        &self.back
    }

    /// How long its delays make a round trip.
    pub const fn round_trip(&self) -> Span {
        self.round_trip
    }

    /// Loses every frame of both directions until the guard is dropped.
    pub fn partition(&self) -> Fault {
        Fault {
            turned: [self.there.cut(), self.back.cut()],
        }
    }

    /// Keeps every frame of both directions until the guard is dropped; then they go on in their order.
    pub fn hold(&self) -> Fault {
        Fault {
            turned: [self.there.hold(), self.back.hold()],
        }
    }

    /// Loses each frame of both directions with this chance, `1%`, until the guard is dropped.
    ///
    /// # Errors
    /// [`ParseUnitError`] if that is no chance.
    pub fn lose(&self, chance: &str) -> Result<Fault, ParseUnitError> {
        Ok(Fault {
            turned: [self.there.lose(chance)?, self.back.lose(chance)?],
        })
    }
}

impl Fault {
    /// Ends it now; the same as dropping it, in words.
    pub fn release(self) {
        drop(self.turned);
    }
}
