//! Virtual time for applications.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::units::{SimTime, Span};

/// The name of a sleeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerId(u64);

/// Says what time it is, and lets tasks sleep. Clones are the same clock.
#[derive(Clone, Debug, Default)]
pub struct Clock(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    now: Cell<SimTime>,
    next: Cell<u64>,
    sleepers: RefCell<BTreeMap<TimerId, Option<Waker>>>,
    wanted: RefCell<Vec<(SimTime, TimerId)>>,
}

/// Completes at a moment of virtual time.
pub struct Sleep {
    clock: Clock,
    deadline: SimTime,
    timer: Option<TimerId>,
}

/// A future with a deadline.
#[derive(Debug)]
pub struct Timeout<F> {
    future: F,
    sleep: Sleep,
}

/// The deadline came before the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the time allowed for it has elapsed")]
pub struct Elapsed;

impl Clock {
    /// The present moment.
    pub fn now(&self) -> SimTime {
        self.0.now.get()
    }

    /// Completes `span` from now.
    pub fn sleep(&self, span: Span) -> Sleep {
        self.sleep_until(self.now() + span)
    }

    /// Completes at `deadline`, or at once if that is past.
    pub fn sleep_until(&self, deadline: SimTime) -> Sleep {
        Sleep {
            clock: self.clone(),
            deadline,
            timer: None,
        }
    }

    /// `future`'s result, if it comes within `span`.
    pub fn timeout<F: Future + Unpin>(&self, span: Span, future: F) -> Timeout<F> {
        Timeout {
            future,
            sleep: self.sleep(span),
        }
    }

    /// Moves to `now`. Only the world does this.
    pub fn advance(&self, now: SimTime) {
        debug_assert!(now >= self.now(), "time does not run backwards");
        self.0.now.set(now);
    }

    /// Takes the moments at which sleepers want [`Clock::wake`] to be called.
    pub fn wanted(&self) -> Vec<(SimTime, TimerId)> {
        std::mem::take(&mut *self.0.wanted.borrow_mut())
    }

    /// Wakes a sleeper, if it still sleeps.
    pub fn wake(&self, timer: TimerId) {
        let waker = self
            .0
            .sleepers
            .borrow_mut()
            .get_mut(&timer)
            .and_then(Option::take);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl Sleep {
    /// When it completes.
    pub const fn deadline(&self) -> SimTime {
        self.deadline
    }

    /// Changes when it completes.
    pub fn reset(&mut self, deadline: SimTime) {
        self.cancel();
        self.deadline = deadline;
    }

    fn cancel(&mut self) {
        if let Some(timer) = self.timer.take() {
            self.clock.0.sleepers.borrow_mut().remove(&timer);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.clock.now() >= self.deadline {
            self.cancel();
            return Poll::Ready(());
        }
        let inner = Rc::clone(&self.clock.0);
        let deadline = self.deadline;
        let timer = *self.timer.get_or_insert_with(|| {
            let timer = TimerId(inner.next.get());
            inner.next.set(timer.0 + 1);
            inner.wanted.borrow_mut().push((deadline, timer));
            timer
        });
        inner
            .sleepers
            .borrow_mut()
            .insert(timer, Some(context.waker().clone()));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl<F: Future + Unpin> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = Pin::new(&mut self.future).poll(context) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut self.sleep)
            .poll(context)
            .map(|()| Err(Elapsed))
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline)
            .finish_non_exhaustive()
    }
}
