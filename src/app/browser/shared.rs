//! One connection for all requests to an origin: HTTP/2 or HTTP/3.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;

use futures::channel::oneshot;

use super::{Origin, Version};
use crate::app::http::{Client, Exchange};
use crate::app::{http2, http3};
use crate::event::SocketId;

/// The connection and who waits for it.
pub(super) struct Shared {
    origin: Origin,
    state: RefCell<State>,
}

enum State {
    /// Nobody has asked for it yet, or it could not be opened.
    Closed,
    /// It is being opened; these wait.
    Opening(Vec<oneshot::Sender<()>>),
    Two(http2::Connection),
    Three(Rc<http3::Connection>),
}

impl Shared {
    pub(super) const fn new(origin: Origin) -> Self {
        Self {
            origin,
            state: RefCell::new(State::Closed),
        }
    }

    pub(super) const fn client(&self) -> &Client {
        &self.origin.client
    }

    /// Fetches an object. Whoever comes first opens the connection; if that fails, the next one tries.
    pub(super) async fn fetch(&self, mut exchange: Exchange) {
        loop {
            if let Some(socket) = self.socket() {
                exchange.assigned(Some(socket));
                break;
            }
            if let Some(ready) = self.turn() {
                let _ = ready.await; // opened or failed: the state says which
                continue;
            }
            if let Err(error) = self.open(&mut exchange).await {
                exchange.failed(&*error);
                return;
            }
            break;
        }
        self.send(exchange).await;
    }

    pub(super) const fn is_warm(&self) -> bool {
        self.origin.warm
    }

    /// Opens the connection; whoever wants it and finds none tries again.
    pub(super) async fn warm_up(&self, mut nobody: Exchange) {
        if self.turn().is_none() {
            drop(self.open(&mut nobody).await);
        }
    }

    /// The open connection.
    fn socket(&self) -> Option<SocketId> {
        match &*self.state.borrow() {
            State::Two(connection) => Some(connection.socket()),
            State::Three(connection) => Some(connection.socket()),
            State::Closed | State::Opening(_) => None,
        }
    }

    /// What to wait for if somebody else opens the connection; `None` if the caller is to.
    fn turn(&self) -> Option<oneshot::Receiver<()>> {
        let mut state = self.state.borrow_mut();
        if let State::Opening(waiting) = &mut *state {
            let (sender, receiver) = oneshot::channel();
            waiting.push(sender);
            return Some(receiver);
        }
        *state = State::Opening(Vec::new());
        None
    }

    async fn open(&self, exchange: &mut Exchange) -> Result<(), Box<dyn std::error::Error>> {
        let client = &self.origin.client;
        let opened = match self.origin.version {
            Version::Http3 => http3::connect(client, exchange)
                .await
                .map(Rc::new)
                .map(State::Three),
            _ => http2::connect(client, exchange).await.map(State::Two),
        };
        let (state, outcome) = match opened {
            Ok(state) => (state, Ok(())),
            Err(error) => (State::Closed, Err(error)),
        };
        // Those who wait are woken once the state is set.
        drop(self.state.replace(state));
        outcome
    }

    async fn send(&self, exchange: Exchange) {
        let client = &self.origin.client;
        match self.next(&exchange) {
            Next::Two(answer) => answer.await,
            Next::Three(connection) => connection.request(client, exchange).await,
            Next::None => exchange.failed(&std::io::Error::from(std::io::ErrorKind::NotConnected)),
        }
    }

    /// What is to be awaited for a request, which by HTTP/2 has then been sent.
    fn next(&self, exchange: &Exchange) -> Next {
        match &mut *self.state.borrow_mut() {
            State::Two(connection) => {
                let answer = connection.request_next(&self.origin.client, exchange.clone());
                Next::Two(Box::pin(answer))
            }
            State::Three(connection) => Next::Three(Rc::clone(connection)),
            State::Closed | State::Opening(_) => Next::None,
        }
    }
}

/// How a request goes on.
enum Next {
    Two(Pin<Box<dyn Future<Output = ()>>>),
    Three(Rc<http3::Connection>),
    None,
}
