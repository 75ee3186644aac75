//! What writes to a device, beside the world.
//!
//! The kernel does most of what a frame causes while the frame is being written: it takes the segment in, and sends what
//! that allows. A world that waited for it would be late with the next frame of a burst.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{Scope, ScopedJoinHandle};
use std::time::Instant;

use bytes::Bytes;

use super::ahead::Ahead;
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
pub(super) struct Writer<'scope> {
    wire: &'scope Wire,
    pace: Pace,
    /// To the thread beside the world.
    queue: Sender<(SimTime, Bytes)>,
    /// Frames that it has not written yet.
    waiting: Arc<AtomicU64>,
    thread: ScopedJoinHandle<'scope, Punctuality>,
    /// Of the frames that the thread of the world has written itself.
    punctuality: Punctuality,
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

impl<'scope> Writer<'scope> {
    /// A writer to a device, with a thread of its own.
    pub(super) fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        wire: &'env Wire,
        pace: Pace,
    ) -> Self {
        let (queue, frames) = mpsc::channel();
        let waiting = Arc::new(AtomicU64::new(0));
        let of_thread = Arc::clone(&waiting);
        Self {
            wire,
            pace,
            queue,
            waiting,
            thread: scope.spawn(move || work(wire, pace, &frames, &of_thread)),
            punctuality: Punctuality::default(),
        }
    }

    /// Writes a frame; in a burst beside the world, since waking somebody for a single one takes longer.
    pub(super) fn write(&mut self, delivery: Delivery, is_burst: bool) {
        let Delivery { at, bytes, .. } = delivery;
        let is_idle = self.waiting.load(Ordering::Acquire) == 0;
        if is_idle && !is_burst {
            put(self.wire, self.pace, at, &bytes, &mut self.punctuality);
            return;
        }
        self.waiting.fetch_add(1, Ordering::Release);
        let sent = self.queue.send((at, bytes));
        sent.expect("its thread goes on for as long as there is a queue");
    }

    /// Waits until everything is written; how punctual that was.
    pub(super) fn finish(self) -> Punctuality {
        let Self {
            queue,
            thread,
            mut punctuality,
            ..
        } = self;
        drop(queue);
        let beside = thread.join();
        punctuality.join(beside.unwrap_or_else(|panic| resume_unwind(panic)));
        punctuality
    }
}

/// Writes what comes, until the writer is dropped; how punctual that was.
fn work(
    wire: &Wire,
    pace: Pace,
    frames: &Receiver<(SimTime, Bytes)>,
    waiting: &AtomicU64,
) -> Punctuality {
    let _ahead = Ahead::of_others();
    let mut punctuality = Punctuality::default();
    while let Ok((at, bytes)) = frames.recv() {
        put(wire, pace, at, &bytes, &mut punctuality);
        waiting.fetch_sub(1, Ordering::Release);
    }
    punctuality
}

/// Writes a frame, which was due at `at`.
fn put(wire: &Wire, pace: Pace, at: SimTime, bytes: &[u8], punctuality: &mut Punctuality) {
    match wire.write(bytes) {
        Ok(()) => punctuality.written(at, pace.now().since(at)),
        Err(_) => punctuality.refuse(),
    }
}
