//! Threads that run ahead of others.

use std::num::NonZeroU64;

use rustix::process::{getpriority_process, setpriority_process};
use rustix::thread::{current_timer_slack, set_current_timer_slack};

/// The highest priority, as `nice` has it.
const HIGHEST: i32 = -20;

/// This thread runs ahead of others, and wakes when it wants to; until this is dropped.
#[derive(Debug)]
pub(super) struct Ahead {
    nice: Option<i32>,
    slack: Option<u64>,
}

impl Ahead {
    /// Lets this thread run ahead of others: a link in the kernel would not wait for programs either. Where that is not
    /// allowed frames are later, which is told.
    pub(super) fn of_others() -> Self {
        let nice = getpriority_process(None).ok();
        let nice = nice.filter(|_| setpriority_process(None, HIGHEST).is_ok());
        // The kernel may put off a sleeper by 50 µs to wake several at once. It need not, for the only one that it has.
        let slack = current_timer_slack().ok();
        let slack = slack.filter(|_| set_current_timer_slack(NonZeroU64::new(1)).is_ok());
        Self { nice, slack }
    }
}

impl Drop for Ahead {
    fn drop(&mut self) {
        if let Some(nice) = self.nice {
            let _ = setpriority_process(None, nice);
        }
        if let Some(slack) = self.slack {
            let _ = set_current_timer_slack(NonZeroU64::new(slack));
        }
    }
}
