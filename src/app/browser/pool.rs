//! The connections to an origin by HTTP/1.1, as browsers keep them: so many at most, the one that was used last first.
//!
//! A request that finds no idle connection opens one, if there may be another. Whichever is free first, one that was
//! opened or one whose answer has just ended, is taken by the request whose turn it is, not by who opened it. Where the first connection is
//! not there after a while, another is opened beside it, as Chromium and Firefox do in case its SYN was lost.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::future::pending;
use std::pin::pin;
use std::rc::Rc;

use futures::channel::oneshot;
use futures::future::{Either, select};

use super::{Fetch, Origin};
use crate::app::http::{Client, Exchange, Stage};
use crate::app::http1::{Connection, connect};
use crate::units::Span;

/// How long the first connection may take before another is opened (Chromium's `kMaxConnectRetryIntervalMs`, Firefox's
/// `network.http.connection-retry-timeout`).
const RETRY: Span = Span::from_millis(250);

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
    /// Who waits, in the order in which they take what is free.
    waiting: BTreeMap<Turn, Waiter>,
    arrived: u64,
}

/// Who is next: those with a turn, by it; then the highest priority; then who came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    given: u32,
    priority: Reverse<u8>,
    ordinal: u64,
}

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
    pub(super) async fn fetch(self: &Rc<Self>, mut exchange: Exchange, fetch: &Fetch) {
        let mut connection = match self.acquire(&exchange, fetch).await {
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
    pub(super) async fn warm_up(self: &Rc<Self>, mut nobody: Exchange) {
        self.state.borrow_mut().count += 1;
        match connect(&self.origin.client, &mut nobody).await {
            Ok(connection) => self.release(connection),
            Err(_) => self.gone(),
        }
    }

    async fn acquire(self: &Rc<Self>, exchange: &Exchange, fetch: &Fetch) -> Given {
        let attempt = exchange.attempt();
        let given = {
            let mut state = self.state.borrow_mut();
            while let Some(connection) = state.idle.pop() {
                if !connection.is_closed() {
                    return Given::Free(connection);
                }
                state.count -= 1;
            }
            let turn = Turn {
                given: fetch.turn.unwrap_or(u32::MAX),
                priority: Reverse(fetch.priority),
                ordinal: state.arrived,
            };
            state.arrived += 1;
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

    /// Ends when the opening of the first connection takes so long that another is opened beside it.
    async fn retry(&self, attempt: &Exchange) {
        let clock = self.origin.client.net.clock();
        loop {
            clock.sleep(RETRY).await;
            let is_full = self.state.borrow().count >= self.origin.connections;
            match attempt.stage() {
                Stage::Established => return pending().await,
                Stage::Handshake if !is_full => return,
                Stage::Handshake | Stage::Lookup => {} // a lookup has its own retries
            }
        }
    }

    /// Opens a connection on behalf of whoever has this turn.
    fn open(self: &Rc<Self>, mut attempt: Exchange, turn: Turn) {
        let pool = Rc::clone(self);
        let is_first = self.state.borrow().count == 1;
        let opening = async move {
            let client = &pool.origin.client;
            let watched = attempt.clone();
            let connecting = pin!(connect(client, &mut attempt));
            let retry = async {
                if !is_first {
                    pending::<()>().await;
                }
                pool.retry(&watched).await;
            };
            let connected = match select(connecting, pin!(retry)).await {
                Either::Left((connected, _)) => connected,
                Either::Right(((), connecting)) => {
                    let nobody = Exchange::silent(client.net.clone(), client.requests.name());
                    let another = Rc::clone(&pool);
                    let opening = async move { another.warm_up(nobody).await };
                    drop(client.spawner.spawn("http1 retry", opening));
                    connecting.await
                }
            };
            match connected {
                Ok(connection) => pool.opened(connection, turn),
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

    /// A connection that was opened on behalf of whoever has this turn is there: who is first takes it.
    fn opened(self: &Rc<Self>, connection: Connection, turn: Turn) {
        let mut state = self.state.borrow_mut();
        let first = state.waiting.first_key_value().map(|(first, _)| *first);
        if first == Some(turn)
            && let Some((_, own)) = state.waiting.pop_first()
        {
            drop(own.given.send(Given::Own(connection)));
            return;
        }
        if let Some(own) = state.waiting.get_mut(&turn) {
            own.opening = false; // it went to another
        }
        drop(state);
        self.release(connection);
        self.open_another();
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
