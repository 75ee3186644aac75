//! How far an answer has come, for whoever waits for a part of it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A moment in the life of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Its head is there.
    Start,
    /// So many bytes of its body are there.
    Bytes(u64),
    /// It is over, with or without success.
    End,
}

/// The course of one answer. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(in crate::app) struct Course(Rc<RefCell<State>>);

#[derive(Debug, Default)]
struct State {
    started: bool,
    bytes: u64,
    ended: bool,
    waiting: Vec<Waker>,
}

impl Course {
    /// Its head is there.
    pub(in crate::app) fn started(&self) {
        self.note(|state| state.started = true);
    }

    /// So many bytes of its body are there by now.
    pub(in crate::app) fn received(&self, bytes: u64) {
        self.note(|state| state.bytes = bytes);
    }

    /// There will be no more of it.
    pub(in crate::app) fn ended(&self) {
        self.note(|state| state.ended = true);
    }

    /// Waits until it has come so far, or is over.
    pub(in crate::app) async fn reached(&self, moment: Moment) {
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            let there = match moment {
                Moment::Start => state.started,
                Moment::Bytes(bytes) => state.bytes >= bytes,
                Moment::End => false,
            };
            if there || state.ended {
                return Poll::Ready(());
            }
            state.waiting.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    fn note(&self, change: impl FnOnce(&mut State)) {
        let waiting = {
            let mut state = self.0.borrow_mut();
            change(&mut state);
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn a_part_is_reached_when_it_is_there_and_everything_at_the_end() {
        let course = Course::default();
        let is = |moment| course.reached(moment).now_or_never().is_some();
        assert!(!is(Moment::Start));
        course.started();
        course.received(10);
        assert!(is(Moment::Start) && is(Moment::Bytes(10)) && !is(Moment::Bytes(11)));
        course.ended();
        assert!(is(Moment::Bytes(11)) && is(Moment::End));
    }
}
