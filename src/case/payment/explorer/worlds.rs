//! Running many worlds that nobody records, on all cores.

use std::cell::RefCell;
use std::num::NonZero;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::app::ledger::Store;
use crate::case::Plan;
use crate::case::payment::account::Account;
use crate::case::payment::setup::Setup;
use crate::event::Probe;
use crate::sim::World;

/// The ledgers of one thread, so that not every world makes a file of its own.
#[derive(Debug, Default)]
struct Shelf {
    plain: Option<Rc<Store>>,
    unique: Option<Rc<Store>>,
}

impl Shelf {
    /// An empty ledger.
    fn take(&mut self, unique: bool) -> Rc<Store> {
        let place = if unique {
            &mut self.unique
        } else {
            &mut self.plain
        };
        let store = place.get_or_insert_with(|| Rc::new(Store::new(unique)));
        store.clear();
        Rc::clone(store)
    }
}

/// The accounts of the worlds that `world` names for `0..count`, each a setup and a seed. The order and the content
/// do not depend on the number of threads.
pub(super) fn accounts(
    plan: &Plan,
    count: usize,
    world: impl Fn(usize) -> (Setup, u64) + Sync,
) -> Vec<Account> {
    let next = AtomicUsize::new(0);
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let work = || {
        let (mut shelf, mut done) = (Shelf::default(), Vec::new());
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            let (setup, seed) = world(index);
            let store = shelf.take(setup.terms.design.has_unique_keys());
            done.push((index, account(plan, &setup, store, seed)));
        }
    };
    let mut all: Vec<(usize, Account)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.min(count)).map(|_| scope.spawn(work)).collect();
        let parts = threads.into_iter().map(|thread| {
            thread
                .join()
                .expect("a world of a client, a server and a ledger runs to its end")
        });
        parts.flatten().collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, account)| account).collect()
}

/// Runs one world to the reading of its ledger.
fn account(plan: &Plan, setup: &Setup, store: Rc<Store>, seed: u64) -> Account {
    let account = Rc::new(RefCell::new(Account::default()));
    let mut world = World::new(seed, Probe::new(account.clone()));
    let main = setup.build(plan, &mut world, store);
    world
        .run(main)
        .expect("the client stops waiting at some time");
    drop(world);
    account.take()
}
