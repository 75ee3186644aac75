//! What a browser holds back: while anything blocks the page's first layout, requests of low priority go out only if
//! hardly anything else is under way, as Chromium has it ("tight mode").

use std::cell::RefCell;
use std::collections::VecDeque;

use futures::channel::oneshot;

use super::Fetch;

/// With as many requests under way, others of low priority wait for the layout.
const FEW: usize = 2;

/// Who is under way, and who is held back.
#[derive(Debug, Default)]
pub(super) struct Gate(RefCell<State>);

#[derive(Debug, Default)]
struct State {
    under_way: usize,
    /// Those of them that block the layout.
    blocking: usize,
    held: VecDeque<oneshot::Sender<()>>,
}

impl State {
    const fn is_open(&self) -> bool {
        self.blocking == 0 || self.under_way < FEW
    }
}

impl Gate {
    /// Waits until a request may go out.
    pub(super) async fn enter(&self, fetch: &Fetch) {
        let released = {
            let mut state = self.0.borrow_mut();
            if fetch.priority > 0 || fetch.blocking || state.is_open() {
                state.under_way += 1;
                state.blocking += usize::from(fetch.blocking);
                return;
            }
            let (sender, receiver) = oneshot::channel();
            state.held.push_back(sender);
            receiver
        };
        let _ = released.await; // whoever released it has counted it
    }

    /// A request is over; others may go.
    pub(super) fn leave(&self, fetch: &Fetch) {
        let mut state = self.0.borrow_mut();
        state.under_way -= 1;
        state.blocking -= usize::from(fetch.blocking);
        while state.is_open()
            && let Some(next) = state.held.pop_front()
        {
            state.under_way += 1;
            let _ = next.send(()); // whoever gave up does not hear it
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::units::Span;

    fn fetch(priority: u8, blocking: bool) -> Fetch {
        Fetch {
            origin: 0,
            path: String::new(),
            after: Vec::new(),
            wait: Span::ZERO,
            hold: Span::ZERO,
            priority,
            turn: None,
            padding: 0,
            background: false,
            blocking,
        }
    }

    #[test]
    fn what_is_low_waits_for_what_blocks_the_layout() {
        let gate = Gate::default();
        let (style, script, image) = (fetch(2, true), fetch(2, true), fetch(0, false));
        assert!(gate.enter(&style).now_or_never().is_some());
        assert!(gate.enter(&script).now_or_never().is_some());
        let (mut first, mut second) = (Box::pin(gate.enter(&image)), Box::pin(gate.enter(&image)));
        assert!(first.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());
        gate.leave(&style);
        assert!(
            first.now_or_never().is_some(),
            "hardly anything else is under way"
        );
        assert!(second.as_mut().now_or_never().is_none());
        gate.leave(&script);
        assert!(second.now_or_never().is_some(), "nothing blocks the layout");
    }
}
