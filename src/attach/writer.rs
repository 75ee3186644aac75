//! What writes to a device, beside the world.
//!
//! The kernel does most of what a frame causes while the frame is being written: it takes the segment in, and sends what
//! that allows. A world that waited for it would be late with the next frame of a burst.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;

use super::pace::ahead_of_others;
use super::punctuality::Punctuality;
use super::wire::Wire;
use crate::sim::Delivery;
use crate::units::{SimTime, Span};

/// The clock on the wall as the world's.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    begun: Instant,
    /// The world's moment at which it began.
    from: SimTime,
}

/// Writes frames to a device, each at once.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    wire: &'a Wire,
    pace: Pace,
    queue: Sender<(SimTime, Bytes)>,
    shared: Arc<Shared>,
}

/// What both threads see.
#[derive(Debug, Default)]
struct Shared {
    /// Frames that the other thread has not written yet.
    waiting: AtomicU64,
    punctuality: Mutex<Punctuality>,
}

impl Pace {
    /// From now on, beginning at the world's moment `from`.
    #[expect(
        clippy::disallowed_methods,
        reason = "here, and only here, time is real"
    )]
    pub(super) fn from(from: SimTime) -> Self {
        Self {
            begun: Instant::now(),
            from,
        }
    }

    /// The world's moment that it is now.
    pub(super) fn now(self) -> SimTime {
        let elapsed = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.from + Span::from_nanos(elapsed)
    }
}

impl<'a> Writer<'a> {
    /// A writer to a device, and what its thread is to run.
    pub(super) fn new(wire: &'a Wire, pace: Pace) -> (Self, impl FnOnce() + Send + use<'a>) {
        let (queue, frames) = mpsc::channel();
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let run = move || work(wire, pace, &frames, &of_thread);
        let writer = Self {
            wire,
            pace,
            queue,
            shared,
        };
        (writer, run)
    }

    /// Writes a frame; in a burst beside the world, since waking somebody for a single one takes longer.
    pub(super) fn write(&self, delivery: Delivery, is_burst: bool) {
        let Delivery { at, bytes, .. } = delivery;
        let is_idle = self.shared.waiting.load(Ordering::Acquire) == 0;
        if is_idle && !is_burst {
            self.shared.put(self.wire, self.pace, at, &bytes);
            return;
        }
        self.shared.waiting.fetch_add(1, Ordering::Release);
        if let Err(returned) = self.queue.send((at, bytes)) {
            // Its thread has ended early; then the world waits.
            let (at, bytes) = returned.0;
            self.shared.put(self.wire, self.pace, at, &bytes);
            self.shared.waiting.fetch_sub(1, Ordering::Release);
        }
    }

    /// Waits until everything is written; how punctual that was.
    pub(super) fn finish(self) -> Punctuality {
        let Self { queue, shared, .. } = self;
        drop(queue);
        while shared.waiting.load(Ordering::Acquire) > 0 {
            std::thread::yield_now();
        }
        shared.punctuality()
    }
}

/// Writes what comes, until the writer is dropped.
fn work(wire: &Wire, pace: Pace, frames: &Receiver<(SimTime, Bytes)>, shared: &Shared) {
    ahead_of_others();
    while let Ok((at, bytes)) = frames.recv() {
        shared.put(wire, pace, at, &bytes);
        shared.waiting.fetch_sub(1, Ordering::Release);
    }
}

impl Shared {
    fn put(&self, wire: &Wire, pace: Pace, at: SimTime, bytes: &[u8]) {
        let written = wire.write(bytes);
        let now = pace.now();
        let mut punctuality = self
            .punctuality
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        match written {
            Ok(()) => punctuality.written(at, now.since(at)),
            Err(_) => punctuality.refuse(),
        }
    }

    /// How punctual it was so far.
    fn punctuality(&self) -> Punctuality {
        let punctuality = self.punctuality.lock();
        punctuality.unwrap_or_else(PoisonError::into_inner).clone()
    }
}
