//! What applications do with TCP sockets, by index. The handles of [`crate::rt`] are built on it.

use std::task::{Context, Poll};

use super::connection::Connection;
use super::{Ending, Host, Slot};
use crate::event::{Event, SocketError, SocketEvent, SocketId, TcpState};
use crate::units::SimTime;

/// Both ends of a connection as `getsockname` and `getpeername` report them.
pub(super) type Ends = (std::net::SocketAddrV4, std::net::SocketAddrV4);

impl Host {
    /// Waits until an active open has succeeded or failed.
    pub fn poll_connected(
        &mut self,
        index: u32,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), SocketError>> {
        match &mut self.sockets[index as usize] {
            Slot::Live(connection) if connection.state == TcpState::SynSent => {
                connection.tcp().register_recv_waker(context.waker());
                Poll::Pending
            }
            Slot::Live(_) => Poll::Ready(Ok(())),
            Slot::Gone(ending) => Poll::Ready(ending.error.take().map_or(Ok(()), Err)),
            Slot::Busy | Slot::Free => Poll::Ready(Err(SocketError::NotConnected)),
        }
    }

    /// Lets `take` copy from the received bytes and say how many it took. Zero without a call means that the
    /// peer has closed its half.
    pub fn poll_read(
        &mut self,
        now: SimTime,
        index: u32,
        context: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> usize,
    ) -> Poll<Result<usize, SocketError>> {
        let Some(mut connection) = self.borrow(index) else {
            return Poll::Ready(match self.sockets[index as usize] {
                Slot::Gone(Ending { finished: true, .. }) => Ok(0),
                _ => self.end_of(index),
            });
        };
        let outcome = self.read(now, &mut connection, context, take);
        if let Poll::Ready(Ok(count)) = outcome {
            self.after_read(now, &mut connection, count);
        }
        self.put_back(connection);
        outcome
    }

    fn read(
        &self,
        now: SimTime,
        connection: &mut Connection,
        context: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> usize,
    ) -> Poll<Result<usize, SocketError>> {
        if !connection.tcp().can_recv() {
            if connection.finished {
                return Poll::Ready(Ok(0));
            }
            if !connection.tcp().may_recv() {
                return Poll::Ready(connection.error.take().map_or(Ok(0), Err));
            }
            connection.tcp().register_recv_waker(context.waker());
            return Poll::Pending;
        }
        let taken = connection.tcp().recv(|data| {
            let count = take(data);
            (count, count)
        });
        let count = taken.expect("data is there");
        let (id, offset) = (connection.id, connection.read);
        connection.read += count as u64;
        self.probe.emit(now, || {
            Event::Socket(
                id,
                SocketEvent::AppRead {
                    offset,
                    len: length(count),
                },
            )
        });
        Poll::Ready(Ok(count))
    }

    /// The application has read: the window has grown, which the peer may have to be told.
    fn after_read(&mut self, now: SimTime, connection: &mut Connection, count: usize) {
        let (rcv_nxt, unread) = (connection.rcv_nxt(), connection.unread());
        match connection.transport.linux_mut() {
            Some(linux) => {
                let due = linux.receiver.read(now, length(count), rcv_nxt, unread);
                if due || (connection.quick_ack && linux.receiver.hurry()) {
                    // Within `recv`, so before whatever the application writes next.
                    self.acknowledge_now(now, connection);
                    self.stir();
                }
            }
            None => self.mark(connection),
        }
    }

    /// Writes as much of `data` as the send buffer takes, at least one byte.
    pub fn poll_write(
        &mut self,
        now: SimTime,
        index: u32,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, SocketError>> {
        let Some(mut connection) = self.borrow(index) else {
            return Poll::Ready(self.end_of(index).and(Err(SocketError::BrokenPipe)));
        };
        let outcome = self.write(now, &mut connection, context, data);
        if matches!(outcome, Poll::Ready(Ok(_))) {
            self.mark(&mut connection);
        }
        self.put_back(connection);
        outcome
    }

    fn write(
        &self,
        now: SimTime,
        connection: &mut Connection,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<Result<usize, SocketError>> {
        if connection.fin_waits || !connection.tcp().may_send() {
            return Poll::Ready(Err(connection
                .error
                .take()
                .unwrap_or(SocketError::BrokenPipe)));
        }
        let count = match connection.transport.linux_mut() {
            Some(linux) => linux.write(now, data),
            None => connection
                .tcp()
                .send_slice(data)
                .expect("the sending half is open"),
        };
        if count == 0 && !data.is_empty() {
            if let Some(linux) = connection.transport.linux_mut() {
                linux.wake_when_writable(context.waker());
            }
            connection.tcp().register_send_waker(context.waker()); // woken when the connection ends
            let id = connection.id;
            self.probe
                .emit(now, || Event::Socket(id, SocketEvent::BufferFull));
            return Poll::Pending;
        }
        let (id, offset) = (connection.id, connection.written);
        connection.written += count as u64;
        self.probe.emit(now, || {
            Event::Socket(
                id,
                SocketEvent::AppWrite {
                    offset,
                    len: length(count),
                },
            )
        });
        Poll::Ready(Ok(count))
    }

    /// Closes the sending half; what was written is still sent (`shutdown(SHUT_WR)`).
    ///
    /// # Errors
    /// The error with which the connection has ended, if it has.
    pub fn shutdown(&mut self, now: SimTime, index: u32) -> Result<(), SocketError> {
        let Some(mut connection) = self.borrow(index) else {
            return self.end_of(index).map(|_| ());
        };
        connection.close_sending();
        self.probe.emit(now, || {
            Event::Socket(connection.id, SocketEvent::AppShutdown)
        });
        self.settle(now, connection);
        Ok(())
    }

    /// Lets go of a socket (`close`), by RST if `reset` (linger 0) or if it holds data that nobody has read.
    pub fn close(&mut self, now: SimTime, index: u32, reset: bool) {
        let Some(mut connection) = self.borrow(index) else {
            self.sockets[index as usize] = Slot::Free;
            return;
        };
        connection.closed = true;
        self.probe.emit(now, || {
            Event::Socket(connection.id, SocketEvent::AppClose { reset })
        });
        if connection.state == TcpState::FinWait2 {
            connection.orphan_until = Some(now + self.profile.fin_wait_2);
        }
        let synchronized = !matches!(
            connection.state,
            TcpState::SynSent | TcpState::Closed | TcpState::TimeWait
        );
        if synchronized && (reset || connection.tcp().recv_queue() > 0) {
            connection.tcp().abort();
            self.pump(now, &mut connection);
        } else {
            connection.close_sending();
        }
        self.settle(now, connection);
        self.stir(); // an RST may have left, though the connection is gone
    }

    /// Both ends of a live connection.
    pub fn ends(&self, index: u32) -> Option<Ends> {
        match self.sockets.get(index as usize)? {
            Slot::Live(connection) => Some((connection.tuple.local, connection.tuple.remote)),
            _ => None,
        }
    }

    /// The name of a socket in events.
    pub const fn socket_id(&self, index: u32) -> SocketId {
        SocketId {
            host: self.id,
            index,
        }
    }

    /// How a connection that is gone answers a read: its error once, then the end of the stream.
    fn end_of(&mut self, index: u32) -> Result<usize, SocketError> {
        match &mut self.sockets[index as usize] {
            Slot::Gone(ending) => ending.error.take().map_or(Ok(0), Err),
            _ => Err(SocketError::NotConnected),
        }
    }
}

/// A length as events hold it.
fn length(count: usize) -> u32 {
    u32::try_from(count).expect("socket buffers are smaller than 4 GiB")
}
