//! The seam between the two wings: makers emit, one observer listens.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use super::Event;
use crate::units::SimTime;

/// Somebody who wants to know what happens.
pub trait Observer {
    /// `event` happened at `at`; times never decrease from call to call.
    fn observe(&mut self, at: SimTime, event: Event);
}

/// A maker's end of the seam. Clones lead to the same observer.
#[derive(Clone, Default)]
pub struct Probe(Option<Rc<RefCell<dyn Observer>>>);

impl Probe {
    /// A probe that nobody listens to.
    pub const fn silent() -> Self {
        Self(None)
    }

    /// A probe that leads to `observer`.
    pub fn new(observer: Rc<RefCell<dyn Observer>>) -> Self {
        Self(Some(observer))
    }

    /// Whether anybody listens.
    pub const fn is_listening(&self) -> bool {
        self.0.is_some()
    }

    /// Tells the observer, if there is one; `event` is not even built otherwise.
    #[inline]
    pub fn emit(&self, at: SimTime, event: impl FnOnce() -> Event) {
        if let Some(observer) = &self.0 {
            observer.borrow_mut().observe(at, event());
        }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Probe").field(&self.is_listening()).finish()
    }
}
