//! What servers that keep a ledger say of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a server with a ledger does, and what becomes of its process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LedgerStep {
    /// It looked for the request's key.
    Checked {
        /// Whether an answer is stored under it.
        stored: bool,
    },
    /// It entered a charge, which may still be part of an open transaction.
    Charged {
        /// How much.
        amount: u64,
    },
    /// It stored the key with the answer, which may still be part of an open transaction.
    Stored,
    /// What it wrote is in the file, and outlives the process.
    Committed {
        /// Whether a charge was among it.
        charge: bool,
        /// Whether the key was among it.
        key: bool,
    },
    /// Another connection to the ledger holds the lock that it needs (`SQLITE_BUSY`).
    Busy,
    /// The unique constraint on keys refused what it wrote; its transaction is rolled back.
    Refused,
    /// It answered.
    Answered {
        /// Status code (RFC 9110).
        status: u16,
        /// Whether the answer is one that was stored before.
        stored: bool,
    },
    /// Its process is killed: open transactions and everything in memory are gone, the file stays.
    Killed,
    /// It runs again, and has opened the file that it found.
    Restarted,
    /// What the ledger holds, read back when nothing happens any more.
    Books {
        /// Charges.
        charges: u64,
        /// Their sum.
        amount: u64,
        /// Keys with their answers.
        keys: u64,
    },
    /// What running every schedule of faults against a design has shown.
    Explored {
        /// The design.
        design: String,
        /// The isolation, or all of them together.
        isolation: Option<String>,
        /// Schedules that were run.
        schedules: u64,
        /// Those in which it charged more than once within the key's lifetime.
        doubled: u64,
        /// Those in which it said that it had charged, and had not.
        lost: u64,
        /// The shortest of them, if there is any.
        shortest: Option<FailingSchedule>,
    },
    /// What random loss has shown of a design.
    Drawn {
        /// Worlds that were run, each with a seed of its own.
        seeds: u64,
        /// Those in which it charged more than once.
        doubled: u64,
        /// Those in which an attempt was committed, and no answer to it came within the client's timeout.
        unanswered: u64,
    },
}

/// A schedule under which a charge is doubled or lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailingSchedule {
    /// What goes wrong in it: losses and kills.
    pub faults: u32,
    /// Requests that are sent, and what the server does, step by step.
    pub steps: u32,
    /// How to run it again: settings, separated by blanks.
    pub settings: String,
}

impl fmt::Display for LedgerStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Checked { stored: false } => f.write_str("its key is not in the ledger"),
            Self::Checked { stored: true } => f.write_str("its key is in the ledger"),
            Self::Charged { amount } => write!(f, "enters a charge of {amount}"),
            Self::Stored => f.write_str("stores the key with the answer"),
            Self::Committed { charge, key } => f.write_str(match (charge, key) {
                (true, true) => "charge and key are committed",
                (true, false) => "the charge is committed",
                (false, true) => "the key is committed",
                (false, false) => "nothing to commit",
            }),
            Self::Busy => f.write_str("the ledger is locked (SQLITE_BUSY)"),
            Self::Refused => f.write_str("the key is taken: the unique constraint refuses it"),
            Self::Answered { status, stored } => {
                let from = if *stored { " as it is stored" } else { "" };
                write!(f, "answers {status}{from}")
            }
            Self::Killed => f.write_str("the server's process is killed"),
            Self::Restarted => f.write_str("the server runs again, with the file that it found"),
            Self::Books {
                charges,
                amount,
                keys,
            } => {
                write!(
                    f,
                    "the ledger holds {charges} charges of together {amount}, {keys} keys"
                )
            }
            Self::Explored {
                design,
                schedules,
                doubled,
                lost,
                ..
            } => {
                write!(
                    f,
                    "{design}: {schedules} schedules, {doubled} doubled, {lost} lost"
                )
            }
            Self::Drawn {
                seeds,
                doubled,
                unanswered,
            } => {
                write!(
                    f,
                    "{seeds} seeds, {doubled} doubled, {unanswered} committed without an answer in time"
                )
            }
        }
    }
}
