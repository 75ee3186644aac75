//! Where a link is in its trace.

use super::{OPPORTUNITY, Trace, cost};
use crate::units::{SimTime, Span};

/// What one opportunity delivers.
const WHOLE: usize = OPPORTUNITY as usize;

/// The opportunity that the next byte may use. It only moves on, so that what it has said of earlier frames stays true.
#[derive(Debug)]
pub(in crate::link) struct Cursor {
    trace: Trace,
    /// When the present repetition began.
    began: SimTime,
    /// The opportunity in it.
    at: usize,
    /// Bytes that it can still deliver.
    left: usize,
}

impl Cursor {
    pub(in crate::link) const fn new(trace: Trace) -> Self {
        Self {
            trace,
            began: SimTime::ZERO,
            at: 0,
            left: WHOLE,
        }
    }

    /// When a frame of `len` bytes that comes at `now` is through: the moment of the opportunity that delivers its last
    /// byte. `now` never decreases from call to call.
    pub(in crate::link) fn deliver(&mut self, now: SimTime, len: usize) -> SimTime {
        self.skip_to(now);
        let mut rest = cost(len);
        while rest > self.left {
            rest -= self.left;
            self.advance();
        }
        self.left -= rest;
        self.moment()
    }

    fn moment(&self) -> SimTime {
        self.began + millis(self.trace.moments()[self.at])
    }

    fn advance(&mut self) {
        self.left = WHOLE;
        self.at += 1;
        if self.at == self.trace.moments().len() {
            self.at = 0;
            self.began += self.trace.period();
        }
    }

    /// Lets go of what has passed before `now`: nobody was there to use it.
    fn skip_to(&mut self, now: SimTime) {
        if now <= self.moment() {
            return;
        }
        let period = self.trace.period().as_nanos();
        // The last moment of a repetition is the instant in which the next one begins, and comes first.
        let whole = (now.as_nanos() - 1) / period;
        self.began = SimTime::from_nanos(whole * period);
        let into = now - self.began;
        self.at = self
            .trace
            .moments()
            .partition_point(|ms| millis(*ms) < into);
        self.left = WHOLE;
    }
}

fn millis(ms: u32) -> Span {
    Span::from_millis(ms.into())
}
