//! A ledger of charges in `SQLite`, and the keys of the requests that made them.
//!
//! A [`Store`] is the database file of one world: it outlives the server's process, and goes with the world. A
//! [`Session`] is one connection to it, as a server has one per request under way. Everything is real: the locks,
//! the transactions, the unique constraint. What a real server leaves to `SQLite`'s busy handler, which would sleep
//! in real time, is the caller's: a step that finds the file locked is [`Refusal::Busy`].
//!
//! A kill is of the process, not of the machine. `SQLite` writes to the file in `COMMIT` only (cache spill is off)
//! and what it wrote is the operating system's from then on, so neither `fsync` nor a journal on disk changes what
//! the next process finds: both are off, and a test compares the file at the moment of the kill with the one
//! after it.

mod program;
mod session;
mod store;

pub use self::program::{Design, Isolation, Step};
pub use self::session::{Order, Refusal, Session, Stored};
pub use self::store::{Books, Store};
