//! One connection to a ledger.

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use crate::units::SimTime;

/// A connection to a [`Store`](super::Store). Dropping it rolls back what is not committed, as the next process
/// does with what a killed one has left.
#[derive(Debug)]
pub struct Session {
    connection: Connection,
}

/// A charge that is wanted, with the answer that it will get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The request's key.
    pub key: String,
    /// The body of the request, by which another request with the same key is told from this one.
    pub request: Vec<u8>,
    /// How much.
    pub amount: u32,
    /// The name of the charge.
    pub charge: String,
    /// Status code of the answer.
    pub status: u16,
    /// Body of the answer.
    pub answer: Vec<u8>,
    /// From when on the key means nothing any more.
    pub expires: SimTime,
}

/// An answer that is stored under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The body of the request that it answered.
    pub request: Vec<u8>,
    /// Status code.
    pub status: u16,
    /// Body.
    pub answer: Vec<u8>,
}

/// Why the ledger did not do what it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Another connection holds the lock (`SQLITE_BUSY`).
    #[error("another connection holds the ledger's lock")]
    Busy,
    /// The unique constraint: somebody has stored that key.
    #[error("the ledger has that key")]
    Taken,
}

/// Rows that hold nothing any more give way to a new one; without the constraint there is never a conflict.
const STORE_UNIQUE: &str = "
    INSERT INTO keys VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET request = ?2, status = ?3, answer = ?4, expires = ?5 WHERE keys.expires <= ?6";

const FIND: &str = "SELECT request, status, answer FROM keys WHERE key = ?1 AND expires > ?2 ORDER BY rowid LIMIT 1";

impl Session {
    pub(super) const fn new(connection: Connection) -> Self {
        Self { connection }
    }

    /// Opens a transaction.
    ///
    /// # Errors
    /// [`Refusal::Busy`] if it is to take the lock for writing at once and another has it.
    pub fn begin(&mut self, immediate: bool) -> Result<(), Refusal> {
        self.run(if immediate {
            "BEGIN IMMEDIATE"
        } else {
            "BEGIN DEFERRED"
        })
    }

    /// Ends the transaction.
    ///
    /// # Errors
    /// [`Refusal::Busy`] while somebody reads; the transaction stays open, and may be committed later.
    pub fn commit(&mut self) -> Result<(), Refusal> {
        self.run("COMMIT")
    }

    /// Undoes the transaction, if there is one.
    ///
    /// # Panics
    /// If the file can no longer be used.
    pub fn roll_back(&mut self) {
        if self.is_in_transaction() {
            self.run("ROLLBACK").expect("a rollback needs no lock");
        }
    }

    /// Whether a transaction is open.
    pub fn is_in_transaction(&self) -> bool {
        !self.connection.is_autocommit()
    }

    /// The answer that is stored under a key that has not expired.
    ///
    /// # Errors
    /// [`Refusal::Busy`] while somebody commits.
    pub fn find(&mut self, key: &str, now: SimTime) -> Result<Option<Stored>, Refusal> {
        let mut statement = self.connection.prepare_cached(FIND).map_err(refusal)?;
        statement
            .query_row(params![key, stamp(now)], |row| {
                Ok(Stored {
                    request: row.get(0)?,
                    status: row.get(1)?,
                    answer: row.get(2)?,
                })
            })
            .optional()
            .map_err(refusal)
    }

    /// Enters a charge.
    ///
    /// # Errors
    /// [`Refusal::Busy`] if another connection writes.
    pub fn charge(&mut self, order: &Order, now: SimTime) -> Result<(), Refusal> {
        let insert = "INSERT INTO charges VALUES (?1, ?2, ?3)";
        let mut statement = self.connection.prepare_cached(insert).map_err(refusal)?;
        let values = params![order.charge, order.amount, stamp(now)];
        statement.execute(values).map(drop).map_err(refusal)
    }

    /// Stores a key with its answer.
    ///
    /// # Errors
    /// [`Refusal::Busy`] if another connection writes, [`Refusal::Taken`] if keys are unique and it is there.
    pub fn store(&mut self, order: &Order, now: SimTime) -> Result<(), Refusal> {
        let mut statement = self
            .connection
            .prepare_cached(STORE_UNIQUE)
            .map_err(refusal)?;
        let changed = statement
            .execute(params![
                order.key,
                order.request,
                order.status,
                order.answer,
                stamp(order.expires),
                stamp(now),
            ])
            .map_err(refusal)?;
        match changed {
            0 => Err(Refusal::Taken),
            _ => Ok(()),
        }
    }

    /// How many charges there are, and their sum.
    ///
    /// # Errors
    /// [`Refusal::Busy`] while somebody commits.
    pub fn sum(&mut self) -> Result<(u32, u32), Refusal> {
        let query = "SELECT count(*), coalesce(sum(amount), 0) FROM charges";
        let mut statement = self.connection.prepare_cached(query).map_err(refusal)?;
        statement
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(refusal)
    }

    fn run(&mut self, statement: &str) -> Result<(), Refusal> {
        let mut statement = self.connection.prepare_cached(statement).map_err(refusal)?;
        statement.execute([]).map(drop).map_err(refusal)
    }
}

/// A moment as the ledger holds it.
fn stamp(at: SimTime) -> i64 {
    i64::try_from(at.as_nanos()).unwrap_or(i64::MAX)
}

/// Everything but a lock and a constraint is a mistake in the statements, or a full disk.
#[expect(
    clippy::needless_pass_by_value,
    reason = "for `map_err`, which gives the value away"
)]
pub(super) fn refusal(error: rusqlite::Error) -> Refusal {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy) => Refusal::Busy,
        Some(ErrorCode::ConstraintViolation) => Refusal::Taken,
        _ => panic!("the ledger's file cannot be used: {error}"),
    }
}
