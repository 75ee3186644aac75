//! How a world can fail to go on.

use crate::units::{SimTime, Span};

/// A world that cannot go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorldError {
    /// Everybody waits, and nothing will happen any more.
    #[error("deadlock at {at} s: nothing is on the agenda, and these tasks wait: {}", waiting.join(", "))]
    Deadlock {
        /// When.
        at: SimTime,
        /// The names of the tasks that wait.
        waiting: Vec<String>,
    },
    /// Time stands still.
    #[error("livelock at {at} s: {steps} steps without time passing; these tasks are alive: {}", waiting.join(", "))]
    Livelock {
        /// When.
        at: SimTime,
        /// Steps at that moment.
        steps: u64,
        /// The names of the tasks.
        waiting: Vec<String>,
    },
    /// The run did not end within the time allowed for it.
    #[error("not finished after {limit} of virtual time; these tasks wait: {}", waiting.join(", "))]
    Overdue {
        /// The time allowed.
        limit: Span,
        /// The names of the tasks that wait.
        waiting: Vec<String>,
    },
}
