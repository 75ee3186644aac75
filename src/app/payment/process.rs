//! A process of a host: tasks that end together when it is killed.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures::future::{AbortHandle, Abortable, Aborted};

use crate::rt::{JoinHandle, Spawner};

/// A process. Clones are the same one.
///
/// Linux closes the sockets of a process that is killed as `close` does: what was written still leaves, followed
/// by FIN, or RST goes out at once where received bytes were not read. Dropping a task drops its sockets, which
/// does just that.
#[derive(Clone, Debug)]
pub(super) struct Process {
    spawner: Spawner,
    life: Rc<Life>,
}

#[derive(Debug, Default)]
struct Life {
    tasks: RefCell<Vec<AbortHandle>>,
    killed: Cell<bool>,
}

impl Process {
    pub(super) fn new(spawner: Spawner) -> Self {
        Self {
            spawner,
            life: Rc::default(),
        }
    }

    /// Starts a task that ends with the process, if not before.
    pub(super) fn spawn<T: 'static>(
        &self,
        name: &'static str,
        task: impl Future<Output = T> + 'static,
    ) -> JoinHandle<Result<T, Aborted>> {
        let (handle, registration) = AbortHandle::new_pair();
        self.life.tasks.borrow_mut().push(handle);
        self.spawner.spawn(name, Abortable::new(task, registration))
    }

    /// Ends all of its tasks where they stand, each before it would run again.
    pub(super) fn kill(&self) {
        self.life.killed.set(true);
        for task in self.life.tasks.borrow().iter() {
            task.abort();
        }
    }

    /// Whether it was killed.
    pub(super) fn is_killed(&self) -> bool {
        self.life.killed.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::Executor;

    #[test]
    fn a_kill_ends_every_task_and_drops_what_it_holds() {
        let mut executor = Executor::default();
        let process = Process::new(executor.spawner());
        let held = Rc::new(());
        for _ in 0..3 {
            let own = Rc::clone(&held);
            drop(process.spawn("waits for ever", async move {
                std::future::pending::<()>().await;
                drop(own);
            }));
        }
        let killer = process.clone();
        drop(process.spawn("kills", async move {
            killer.kill();
            std::future::pending::<()>().await;
        }));
        executor.run_until_stalled();
        assert_eq!(Rc::strong_count(&held), 1);
        assert!(process.is_killed());
        assert!(executor.waiting().is_empty());
    }

    #[test]
    fn whoever_waits_for_a_task_learns_that_it_was_killed() {
        let mut executor = Executor::default();
        let process = Process::new(executor.spawner());
        let mut waiting = process.spawn("waits", std::future::pending::<()>());
        executor.run_until_stalled();
        process.kill();
        executor.run_until_stalled();
        assert_eq!(waiting.try_take(), Some(Err(Aborted)));
    }
}
