//! Tasks, and the order in which they run: first woken, first polled.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures::channel::oneshot;

type BoxFuture = Pin<Box<dyn Future<Output = ()>>>;

/// Runs tasks on one thread.
#[derive(Debug, Default)]
pub struct Executor {
    tasks: Vec<Option<Task>>,
    free: Vec<usize>,
    ready: Ready,
    batch: VecDeque<usize>,
    spawner: Spawner,
}

/// A handle that starts tasks; clones start them in the same executor.
#[derive(Clone, Debug, Default)]
pub struct Spawner(Rc<RefCell<Vec<Spawned>>>);

/// Waits for a task's result.
#[derive(Debug)]
pub struct JoinHandle<T>(oneshot::Receiver<T>);

struct Spawned {
    name: Rc<str>,
    future: BoxFuture,
}

struct Task {
    name: Rc<str>,
    future: BoxFuture,
    waker: Waker,
    signal: Arc<Signal>,
}

/// Tasks that were woken, oldest first. Wakers must be `Send`, hence the lock; nobody ever contends for it,
/// and whoever only wants to know whether anybody is there need not take it.
#[derive(Clone, Debug, Default)]
struct Ready(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    tasks: Mutex<VecDeque<usize>>,
    occupied: AtomicBool,
}

/// One task's way into the queue.
struct Signal {
    task: usize,
    queued: AtomicBool,
    ready: Ready,
}

impl Executor {
    /// A handle that starts tasks here.
    pub fn spawner(&self) -> Spawner {
        self.spawner.clone()
    }

    /// Polls every task that was woken, those that are woken meanwhile included, until all wait.
    /// Returns whether any was polled.
    pub fn run_until_stalled(&mut self) -> bool {
        let mut ran = false;
        loop {
            self.adopt();
            if self.ready.is_empty() {
                return ran;
            }
            let mut batch = std::mem::take(&mut self.batch);
            self.ready.swap(&mut batch);
            ran = true;
            for task in batch.drain(..) {
                self.poll(task);
            }
            self.batch = batch;
        }
    }

    /// The names of the tasks that have not ended, oldest first.
    pub fn waiting(&self) -> Vec<String> {
        self.tasks
            .iter()
            .flatten()
            .map(|task| task.name.to_string())
            .collect()
    }

    /// Ends every task where it stands.
    pub fn clear(&mut self) {
        self.tasks.clear();
        self.free.clear();
        self.spawner.0.borrow_mut().clear();
    }

    /// Takes in the tasks that were spawned since the last call.
    fn adopt(&mut self) {
        loop {
            if self.spawner.0.borrow().is_empty() {
                return;
            }
            let spawned = std::mem::take(&mut *self.spawner.0.borrow_mut());
            for Spawned { name, future } in spawned {
                let slot = self.free.pop().unwrap_or_else(|| {
                    self.tasks.push(None);
                    self.tasks.len() - 1
                });
                let ready = self.ready.clone();
                let signal = Arc::new(Signal {
                    task: slot,
                    queued: AtomicBool::new(true),
                    ready,
                });
                let waker = Waker::from(Arc::clone(&signal));
                self.tasks[slot] = Some(Task {
                    name,
                    future,
                    waker,
                    signal,
                });
                self.ready.push(slot);
            }
        }
    }

    fn poll(&mut self, slot: usize) {
        let Some(mut task) = self.tasks.get_mut(slot).and_then(Option::take) else {
            return;
        };
        task.signal.queued.store(false, Ordering::Relaxed);
        match task
            .future
            .as_mut()
            .poll(&mut Context::from_waker(&task.waker))
        {
            Poll::Pending => self.tasks[slot] = Some(task),
            Poll::Ready(()) => self.free.push(slot),
        }
    }
}

impl Spawner {
    /// Starts a task; `name` is what a deadlock report calls it. Dropping the handle lets it run on.
    pub fn spawn<T: 'static>(
        &self,
        name: impl Into<Rc<str>>,
        future: impl Future<Output = T> + 'static,
    ) -> JoinHandle<T> {
        let (sender, receiver) = oneshot::channel();
        let future = Box::pin(async move {
            let _ = sender.send(future.await); // nobody may be waiting for it
        });
        self.0.borrow_mut().push(Spawned {
            name: name.into(),
            future,
        });
        JoinHandle(receiver)
    }
}

/// `hyper` starts its HTTP/2 connection tasks through this.
impl<F: Future + 'static> ::hyper::rt::Executor<F> for Spawner
where
    F::Output: 'static,
{
    fn execute(&self, future: F) {
        drop(self.spawn("hyper", future));
    }
}

impl<T> JoinHandle<T> {
    /// The result, once the task has ended; it is taken at most once.
    ///
    /// # Panics
    /// If the task was ended before its time, or its result was taken before.
    pub fn try_take(&mut self) -> Option<T> {
        self.0.try_recv().expect("the task ran to its end")
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = T;

    /// # Panics
    /// If the world ended before the task did, which nobody can be waiting for then.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|result| result.expect("the task ran to its end"))
    }
}

impl Ready {
    fn is_empty(&self) -> bool {
        !self.0.occupied.load(Ordering::Acquire)
    }

    fn push(&self, task: usize) {
        self.lock().push_back(task);
        self.0.occupied.store(true, Ordering::Release);
    }

    fn swap(&self, batch: &mut VecDeque<usize>) {
        self.0.occupied.store(false, Ordering::Release);
        std::mem::swap(&mut *self.lock(), batch);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<usize>> {
        let tasks = &self.0.tasks;
        tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, Ordering::Relaxed) {
            self.ready.push(self.task);
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Task").field(&self.name).finish()
    }
}

impl fmt::Debug for Spawned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Spawned").field(&self.name).finish()
    }
}
