//! A processor that does one thing after another.

use std::cell::Cell;
use std::rc::Rc;

use crate::event::AppEvent;
use crate::rt::Net;
use crate::units::{SimTime, Span};

/// What a server's work costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// A message, sent or received.
    pub message: Span,
    /// An HTTP request, the one that upgrades to WebSocket included.
    pub request: Span,
    /// A connection that is accepted.
    pub handshake: Span,
}

/// One processor of a host, which serves who came first. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Cpu {
    net: Net,
    costs: Costs,
    /// When it has done all that it was given.
    free: Rc<Cell<SimTime>>,
}

impl Cpu {
    /// A processor with these costs; without any, all is done at once.
    pub fn new(net: Net, costs: Costs) -> Self {
        Self {
            net,
            costs,
            free: Rc::default(),
        }
    }

    /// What things cost.
    pub(in crate::app) const fn costs(&self) -> Costs {
        self.costs
    }

    /// Completes when all that was asked for before, and this, is done.
    pub(in crate::app) async fn work(&self, span: Span) {
        if span.is_zero() {
            return;
        }
        let clock = self.net.clock();
        let begins = self.free.get().max(clock.now());
        self.free.set(begins + span);
        clock.sleep_until(begins).await;
        self.net.tell(|| AppEvent::Think {
            request: None,
            span,
        });
        clock.sleep_until(begins + span).await;
    }
}
