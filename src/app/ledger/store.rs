//! The database file of a world.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::Connection;

use super::session::{Refusal, Session, refusal};

/// Files that this process has made, so that no two have one name.
static MADE: AtomicU64 = AtomicU64::new(0);

/// Tables of the ledger. Moments are nanoseconds of virtual time; nothing here asks `SQLite` for the time or for a
/// random number.
const SCHEMA: &str = "
    CREATE TABLE charges (id TEXT NOT NULL, amount INTEGER NOT NULL, at INTEGER NOT NULL);
    CREATE TABLE keys (key TEXT NOT NULL, request BLOB NOT NULL, status INTEGER NOT NULL, answer BLOB NOT NULL,
                       expires INTEGER NOT NULL);
";

/// For a process that may be killed on a machine that goes on, and whose transactions are small.
const SETTINGS: &str =
    "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_spill = OFF";

/// A database file in the system's directory for temporary files; it is removed when this is dropped. Whoever
/// opens it does so by a [`Session`], and closes that before.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// The store's own connection, which is no part of the server.
    own: Connection,
}

/// What a ledger holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Books {
    /// Charges.
    pub charges: u32,
    /// Their sum.
    pub amount: u32,
    /// Keys with their answers.
    pub keys: u32,
}

impl Store {
    /// An empty ledger, which refuses a key that it has if `unique`.
    ///
    /// # Panics
    /// If no file can be made there, without which no world with a ledger can run.
    pub fn new(unique: bool) -> Self {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("wirelab-ledger-{}-{number}.sqlite", std::process::id());
        let path = std::env::temp_dir().join(name);
        remove(&path); // left by a process of the same id that was killed
        let own = connect(&path).expect("nobody else has the file");
        own.execute_batch(SCHEMA)
            .expect("the file is new and can be written");
        if unique {
            own.execute_batch("CREATE UNIQUE INDEX one_of_each ON keys (key)")
                .expect("the table is new");
        }
        Self { path, own }
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A connection to the file as it is now.
    ///
    /// # Errors
    /// [`Refusal::Busy`] while somebody commits, since `SQLite` reads the schema first.
    pub fn open(&self) -> Result<Session, Refusal> {
        connect(&self.path).map(Session::new)
    }

    /// Forgets everything, so that the next world finds an empty ledger and need not make a file.
    ///
    /// # Panics
    /// If somebody still has the file open and locked.
    pub fn clear(&self) {
        let clear = "BEGIN; DELETE FROM charges; DELETE FROM keys; COMMIT";
        let cleared = self.own.execute_batch(clear);
        cleared.expect("nobody else has the file open");
    }

    /// What the file holds: what was committed.
    ///
    /// # Errors
    /// [`Refusal::Busy`] while somebody commits.
    pub fn books(&self) -> Result<Books, Refusal> {
        let count =
            "SELECT (SELECT count(*) FROM charges), (SELECT coalesce(sum(amount), 0) FROM charges),
                            (SELECT count(*) FROM keys)";
        let row = self.own.query_row(count, [], |row| {
            Ok(Books {
                charges: row.get(0)?,
                amount: row.get(1)?,
                keys: row.get(2)?,
            })
        });
        row.map_err(refusal)
    }
}

/// No busy handler, since it would sleep in real time; nothing reaches the file before `COMMIT`; and nothing is done
/// against the loss of power, which is not what happens here.
fn connect(path: &Path) -> Result<Connection, Refusal> {
    let connection = Connection::open(path).map_err(refusal)?;
    connection
        .busy_timeout(std::time::Duration::ZERO)
        .and_then(|()| connection.execute_batch(SETTINGS))
        .map_err(refusal)?;
    Ok(connection)
}

impl Drop for Store {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Removes the file, if it is there. The journal is in memory, so there is no other.
fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::ledger::Order;
    use crate::units::{SimTime, Span};

    fn order(key: &str) -> Order {
        Order {
            key: key.to_owned(),
            request: b"amount=50".to_vec(),
            amount: 50,
            charge: format!("ch_{key}"),
            status: 201,
            answer: b"done".to_vec(),
            expires: SimTime::ZERO + Span::from_secs(60),
        }
    }

    #[test]
    fn the_file_goes_with_the_store() {
        let store = Store::new(true);
        let path = store.path().to_owned();
        drop(store.open().unwrap());
        assert!(path.exists());
        drop(store);
        assert!(!path.exists());
    }

    #[test]
    fn a_killed_process_leaves_what_it_committed_and_nothing_else() {
        let store = Store::new(true);
        let mut first = store.open().unwrap();
        first.begin(true).unwrap();
        first.charge(&order("one"), SimTime::ZERO).unwrap();
        first.commit().unwrap();
        first.begin(true).unwrap();
        first.charge(&order("two"), SimTime::ZERO).unwrap();
        first.store(&order("two"), SimTime::ZERO).unwrap();
        // The file as a killed process would leave it: SQLite is not told, its locks and memory are gone.
        let left = Store::new(true);
        std::fs::copy(store.path(), left.path()).unwrap();
        drop(first);
        assert_eq!(left.books(), store.books());
        assert_eq!(store.books().unwrap().charges, 1);
        assert_eq!(store.books().unwrap().keys, 0);
        let mut next = store.open().unwrap();
        next.begin(true).expect("no lock outlives the process");
    }

    #[test]
    fn a_locked_file_is_busy_at_once() {
        let store = Store::new(true);
        let (mut first, mut second) = (store.open().unwrap(), store.open().unwrap());
        first.begin(true).unwrap();
        assert_eq!(second.begin(true), Err(Refusal::Busy));
        first.commit().unwrap();
        assert_eq!(second.begin(true), Ok(()));
    }

    #[test]
    fn only_unique_keys_are_refused() {
        for (unique, expected) in [(true, Err(Refusal::Taken)), (false, Ok(()))] {
            let store = Store::new(unique);
            let mut session = store.open().unwrap();
            session.store(&order("one"), SimTime::ZERO).unwrap();
            assert_eq!(session.store(&order("one"), SimTime::ZERO), expected);
        }
    }

    #[test]
    fn a_key_can_be_used_again_once_it_has_expired() {
        let store = Store::new(true);
        let mut session = store.open().unwrap();
        let order = order("one");
        session.store(&order, SimTime::ZERO).unwrap();
        let last = SimTime::from_nanos(order.expires.as_nanos() - 1);
        let found = session.find("one", last).unwrap().unwrap();
        assert_eq!(found.answer, order.answer);
        assert_eq!(session.find("one", order.expires), Ok(None));
        let later = Order {
            expires: order.expires + Span::from_secs(60),
            ..order.clone()
        };
        session.store(&later, order.expires).unwrap();
        assert_eq!(store.books().unwrap().keys, 1);
    }

    #[test]
    fn a_cleared_store_is_empty() {
        let store = Store::new(false);
        store
            .open()
            .unwrap()
            .charge(&order("one"), SimTime::ZERO)
            .unwrap();
        assert_eq!(store.books().unwrap().amount, 50);
        store.clear();
        assert_eq!(store.books().unwrap(), Books::default());
    }
}
