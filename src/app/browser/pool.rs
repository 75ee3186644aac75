//! The connections to an origin by HTTP/1.1, as browsers keep them: so many at most, the one that was used last first.
//!
//! A request that finds no idle connection opens one, if there may be another, and takes whichever is free first: its
//! own, or one whose answer has just ended. What it opened in vain is the next request's.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::channel::oneshot;

use super::Origin;
use crate::app::http::{Client, Exchange};
use crate::app::http1::{Connection, connect};

/// The connections and who waits for one.
pub(super) struct Pool {
    origin: Origin,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    /// Those that have nothing to do, the one that was used last at the end.
    idle: Vec<Connection>,
    /// How many there are, those that are being opened included.
    count: usize,
    /// Who waits, by priority, the highest first, and then by their turn.
    waiting: BTreeMap<Turn, Waiter>,
    turns: u64,
}

/// The highest priority first, reversed so that it is the smallest; then the ordinal.
type Turn = (u8, u64);

struct Waiter {
    given: oneshot::Sender<Given>,
    /// On whose behalf a connection is opened.
    attempt: Exchange,
    /// Whether one is being opened.
    opening: bool,
}

/// What a request is given: a connection, and whether it was opened for that very request.
enum Given {
    Free(Connection),
    Own(Connection),
    Failed(String),
}

impl Pool {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            state: RefCell::default(),
        }
    }

    pub(super) const fn client(&self) -> &Client {
        &self.origin.client
    }

    /// Fetches an object over a connection of the pool.
    pub(super) async fn fetch(self: &Rc<Self>, mut exchange: Exchange, priority: u8) {
        let mut connection = match self.acquire(&exchange, priority).await {
            Given::Free(connection) => {
                exchange.assigned(Some(connection.socket()));
                connection
            }
            Given::Own(connection) => {
                exchange.on(connection.socket());
                connection
            }
            Given::Failed(error) => return exchange.failed(&std::io::Error::other(error)),
        };
        match connection.fetch(&self.origin.client, &exchange).await {
            Ok(()) if self.origin.keep_alive => self.release(connection),
            Ok(()) => self.gone(),
            Err(error) => {
                exchange.failed(&error);
                self.gone();
            }
        }
    }

    pub(super) const fn is_warm(&self) -> bool {
        self.origin.warm
    }

    /// Opens a connection that has nothing to do yet.
    pub(super) async fn warm_up(&self, mut nobody: Exchange) {
        if let Ok(connection) = connect(&self.origin.client, &mut nobody).await {
            self.state.borrow_mut().count += 1;
            self.release(connection);
        }
    }

    async fn acquire(self: &Rc<Self>, exchange: &Exchange, priority: u8) -> Given {
        let attempt = exchange.attempt();
        let given = {
            let mut state = self.state.borrow_mut();
            while let Some(connection) = state.idle.pop() {
                if !connection.is_closed() {
                    return Given::Free(connection);
                }
                state.count -= 1;
            }
            let turn = (u8::MAX - priority, state.turns);
            state.turns += 1;
            let (sender, given) = oneshot::channel();
            let waiter = Waiter {
                given: sender,
                attempt: attempt.clone(),
                opening: false,
            };
            state.waiting.insert(turn, waiter);
            given
        };
        self.open_another();
        let given = given.await;
        attempt.hush();
        given.unwrap_or_else(|_| Given::Failed("the page was left".to_owned()))
    }

    /// Opens a connection for the first who waits and has none under way, if there may be another.
    fn open_another(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        if state.count >= self.origin.connections {
            return;
        }
        let mut waiting = state.waiting.iter_mut();
        let Some((turn, waiter)) = waiting.find(|(_, waiter)| !waiter.opening) else {
            return;
        };
        waiter.opening = true;
        let (turn, attempt) = (*turn, waiter.attempt.clone());
        state.count += 1;
        drop(state);
        self.open(attempt, turn);
    }

    /// Opens a connection on behalf of whoever has this turn.
    fn open(self: &Rc<Self>, mut attempt: Exchange, turn: Turn) {
        let pool = Rc::clone(self);
        let opening = async move {
            match connect(&pool.origin.client, &mut attempt).await {
                Ok(connection) => {
                    let own = pool.state.borrow_mut().waiting.remove(&turn);
                    match own {
                        Some(own) => drop(own.given.send(Given::Own(connection))),
                        None => pool.release(connection),
                    }
                }
                Err(error) => {
                    let own = pool.state.borrow_mut().waiting.remove(&turn);
                    if let Some(own) = own {
                        drop(own.given.send(Given::Failed(error.to_string())));
                    }
                    pool.gone();
                }
            }
        };
        drop(self.origin.client.spawner.spawn("http1 opening", opening));
    }

    /// A connection has nothing to do.
    fn release(&self, connection: Connection) {
        let mut state = self.state.borrow_mut();
        match state.waiting.pop_first() {
            Some((_, next)) => drop(next.given.send(Given::Free(connection))),
            None => state.idle.push(connection),
        }
    }

    /// A connection is no more: whoever waits may open another.
    fn gone(self: &Rc<Self>) {
        self.state.borrow_mut().count -= 1;
        self.open_another();
    }
}
