//! A UDP socket as an application holds it.

use std::future::poll_fn;
use std::net::SocketAddrV4;
use std::task::{Context, Poll};

use super::clock::Clock;
use super::net::HostRef;
use crate::event::{SocketError, SocketId};

/// A bound UDP port; it is given up when this is dropped.
#[derive(Debug)]
pub struct UdpSocket {
    host: HostRef,
    clock: Clock,
    port: u16,
}

impl UdpSocket {
    pub(super) const fn new(host: HostRef, clock: Clock, port: u16) -> Self {
        Self { host, clock, port }
    }

    /// Its name in events.
    pub fn socket(&self) -> SocketId {
        self.host.borrow().udp_socket(self.port)
    }

    /// Own end.
    pub fn local(&self) -> SocketAddrV4 {
        self.host.borrow().endpoint(self.port)
    }

    /// Sends a datagram; it leaves at once.
    ///
    /// # Errors
    /// `ENOTCONN` if the datagram does not fit the socket's buffer.
    pub fn send_to(&self, data: &[u8], remote: SocketAddrV4) -> Result<(), SocketError> {
        self.host
            .borrow_mut()
            .send_udp(self.clock.now(), self.port, remote, data)
    }

    /// The next datagram: its length and where it came from. What does not fit `buffer` is lost.
    ///
    /// # Errors
    /// `ENOTCONN` if the port was given up.
    pub async fn receive_from(
        &self,
        buffer: &mut [u8],
    ) -> Result<(usize, SocketAddrV4), SocketError> {
        poll_fn(|context| self.poll_receive_from(context, buffer)).await
    }

    /// The same for those who poll.
    pub fn poll_receive_from(
        &self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<(usize, SocketAddrV4), SocketError>> {
        self.host
            .borrow_mut()
            .poll_receive_udp(self.port, context, buffer)
    }
}

impl Drop for UdpSocket {
    fn drop(&mut self) {
        if let Ok(mut host) = self.host.try_borrow_mut() {
            host.close_udp(self.clock.now(), self.port);
        }
    }
}
