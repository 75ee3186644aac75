//! The loop over time.

use std::future::Future;

use super::error::WorldError;
use super::world::{Entry, World};
use crate::units::{SimTime, Span};

/// Steps at one moment after which time is held to stand still.
const STEPS_AT_ONE_MOMENT: u64 = 10_000_000;

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It took an entry of the agenda, at this moment.
    Taken(SimTime),
    /// There was none; nothing will happen until somebody acts from outside.
    Quiet,
}

impl World {
    /// Runs `main` to its end and returns its result. What else is under way stays as it is.
    ///
    /// # Errors
    /// [`WorldError`] if everybody waits for ever, or time stands still.
    pub fn run<T: 'static>(
        &mut self,
        main: impl Future<Output = T> + 'static,
    ) -> Result<T, WorldError> {
        let mut handle = self.spawner().spawn("main", main);
        loop {
            self.settle()?;
            if let Some(result) = handle.try_take() {
                return Ok(result);
            }
            if self.step()? == Step::Quiet {
                return Err(WorldError::Deadlock {
                    at: self.now(),
                    waiting: self.waiting(),
                });
            }
        }
    }

    /// Goes on until nothing is on the agenda any more, or `limit` has passed. Returns whether it is quiet.
    ///
    /// # Errors
    /// [`WorldError::Livelock`] if time stands still.
    pub fn run_until_quiet(&mut self, limit: Span) -> Result<bool, WorldError> {
        let end = self.now() + limit;
        self.settle()?;
        while let Some(at) = self.agenda.next_at() {
            if at > end {
                return Ok(false);
            }
            self.step()?;
        }
        Ok(true)
    }

    /// Takes every entry of the agenda up to `now`, and moves there.
    ///
    /// # Errors
    /// [`WorldError::Livelock`] if time stands still.
    pub fn step_until(&mut self, now: SimTime) -> Result<(), WorldError> {
        self.settle()?;
        while self.agenda.next_at().is_some_and(|at| at <= now) {
            self.step()?;
        }
        self.clock.advance(now);
        Ok(())
    }

    /// When the next entry of the agenda is due.
    pub fn next_at(&self) -> Option<SimTime> {
        self.agenda.next_at()
    }

    /// Lets every task run until all wait, then takes the next entry of the agenda and lets them run again.
    ///
    /// # Errors
    /// [`WorldError::Livelock`] if time stands still.
    pub fn step(&mut self) -> Result<Step, WorldError> {
        self.settle()?;
        let Some((at, entry)) = self.agenda.pop() else {
            return Ok(Step::Quiet);
        };
        if at > self.now() {
            self.steps_here = 0;
            self.clock.advance(at);
        }
        match entry {
            Entry::Arrival { route, leg, frame } => self.forward(route, leg, frame),
            Entry::Host(host, timer) => {
                let now = self.now();
                self.host(host).borrow_mut().fire(now, timer);
                self.collect(host);
            }
            Entry::Wake(timer) => self.clock.wake(timer),
        }
        self.settle()?;
        Ok(Step::Taken(at))
    }

    /// Runs tasks and flushes hosts until there is nothing left to do at this moment.
    fn settle(&mut self) -> Result<(), WorldError> {
        loop {
            let ran = self.executor.run_until_stalled();
            for (at, timer) in self.clock.wanted() {
                self.agenda.push(at.max(self.now()), Entry::Wake(timer));
            }
            let mut flushed = self.release();
            while let Some(host) = self.stirred.take() {
                let now = self.now();
                self.host(host).borrow_mut().flush(now);
                self.collect(host);
                flushed = true;
            }
            if !ran && !flushed {
                return Ok(());
            }
            self.steps_here += 1;
            if self.steps_here > STEPS_AT_ONE_MOMENT {
                let (at, steps) = (self.now(), self.steps_here);
                return Err(WorldError::Livelock {
                    at,
                    steps,
                    waiting: self.waiting(),
                });
            }
        }
    }
}
