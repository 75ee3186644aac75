//! hyper's timer on virtual time.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use send_wrapper::SendWrapper;

use super::clock::{Clock, Sleep};
use crate::units::{SimTime, Span};

/// A timer for hyper's builders. hyper demands `Send + Sync`; a world lives on one thread, so the wrapper's
/// check never fails.
#[derive(Clone, Debug)]
pub struct HyperTimer {
    clock: SendWrapper<Clock>,
    /// The real moment that stands for the beginning of virtual time. Only differences to it are ever used.
    beginning: Instant,
}

#[derive(Debug)]
struct HyperSleep(SendWrapper<Sleep>);

impl HyperTimer {
    /// A timer on `clock`.
    #[expect(
        clippy::disallowed_methods,
        reason = "an `Instant` can be made in no other way; only differences count"
    )]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock: SendWrapper::new(clock),
            beginning: Instant::now(),
        }
    }

    fn moment(&self, instant: Instant) -> SimTime {
        SimTime::ZERO + Span::from(instant.saturating_duration_since(self.beginning))
    }
}

impl hyper::rt::Timer for HyperTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(HyperSleep(SendWrapper::new(
            self.clock.sleep(duration.into()),
        )))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(HyperSleep(SendWrapper::new(
            self.clock.sleep_until(self.moment(deadline)),
        )))
    }

    fn now(&self) -> Instant {
        self.beginning + Duration::from_nanos(self.clock.now().as_nanos())
    }
}

impl Future for HyperSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut *self.0).poll(context)
    }
}

impl hyper::rt::Sleep for HyperSleep {}
