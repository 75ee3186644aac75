//! Listening sockets and their queues.

use std::collections::VecDeque;
use std::task::{Context, Poll, Waker};

use super::options::ListenOptions;
use super::{Host, Slot};
use crate::event::{SocketError, TcpState};
use crate::units::SimTime;

/// A port that accepts connections.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) options: ListenOptions,
    /// Connections in SYN-RECEIVED.
    pub(super) opening: usize,
    /// Connections that wait for `accept`.
    pub(super) ready: VecDeque<u32>,
    pub(super) waker: Option<Waker>,
}

impl Listener {
    /// Whether another SYN must be dropped.
    pub(super) fn is_full(&self) -> bool {
        self.opening + self.ready.len() >= self.options.backlog
    }
}

impl Host {
    /// Listens on a port, on all addresses of the host.
    ///
    /// # Errors
    /// `EADDRINUSE` if somebody does already.
    pub fn listen(&mut self, port: u16, options: ListenOptions) -> Result<(), SocketError> {
        if self.listeners.contains_key(&port) {
            return Err(SocketError::AddressInUse);
        }
        let listener = Listener {
            options,
            opening: 0,
            ready: VecDeque::new(),
            waker: None,
        };
        self.listeners.insert(port, listener);
        Ok(())
    }

    /// Stops listening. Connections that nobody has accepted are reset, those whose handshake is not complete
    /// are forgotten, as Linux does.
    pub fn unlisten(&mut self, now: SimTime, port: u16) {
        let Some(listener) = self.listeners.remove(&port) else {
            return;
        };
        for index in listener.ready {
            self.close(now, index, true);
        }
        if listener.opening == 0 {
            return;
        }
        for index in (0..).take(self.sockets.len()) {
            let Some(connection) = self.borrow(index) else {
                continue;
            };
            if connection.state == TcpState::SynReceived && connection.listener == Some(port) {
                self.retire(now, &connection);
                self.sockets[index as usize] = Slot::Free;
            } else {
                self.put_back(connection);
            }
        }
    }

    /// The next connection that a port has accepted, as the index of its socket.
    pub fn poll_accept(&mut self, port: u16, context: &mut Context<'_>) -> Poll<u32> {
        let Some(listener) = self.listeners.get_mut(&port) else {
            return Poll::Pending;
        };
        let Some(index) = listener.ready.pop_front() else {
            listener.waker = Some(context.waker().clone());
            return Poll::Pending;
        };
        if let Some(Slot::Live(connection)) = self.sockets.get_mut(index as usize) {
            connection.listener = None;
        }
        Poll::Ready(index)
    }
}
