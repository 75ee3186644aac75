//! The network as an application on one host sees it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::rc::Rc;

use super::clock::Clock;
use super::stream::TcpStream;
use super::udp::UdpSocket;
use crate::event::{AppEvent, Event, HostId, Probe, SocketError};
use crate::host::{Host, ListenOptions, TcpOptions};

/// A host that its sockets share.
pub type HostRef = Rc<RefCell<Host>>;

/// Opens sockets on one host. Clones open them on the same host.
#[derive(Clone, Debug)]
pub struct Net {
    host: HostRef,
    clock: Clock,
    probe: Probe,
}

/// A port that accepts connections; it is given up when this is dropped.
#[derive(Debug)]
pub struct TcpListener {
    net: Net,
    port: u16,
}

impl Net {
    /// The network of `host`.
    pub const fn new(host: HostRef, clock: Clock, probe: Probe) -> Self {
        Self { host, clock, probe }
    }

    /// The clock of the world.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Which host this is.
    pub fn host(&self) -> HostId {
        self.host.borrow().id()
    }

    /// The address that the host uses unless told otherwise.
    pub fn address(&self) -> Ipv4Addr {
        self.host.borrow().address()
    }

    /// An endpoint of the host.
    pub fn endpoint(&self, port: u16) -> SocketAddrV4 {
        self.host.borrow().endpoint(port)
    }

    /// Connects to `remote`.
    ///
    /// # Errors
    /// `ECONNREFUSED`, `ETIMEDOUT`, or `EADDRNOTAVAIL` if no port is left.
    pub async fn connect(
        &self,
        remote: SocketAddrV4,
        options: &TcpOptions,
    ) -> Result<TcpStream, SocketError> {
        let index = self
            .host
            .borrow_mut()
            .connect(self.clock.now(), remote, options)?;
        let stream = TcpStream::new(Rc::clone(&self.host), self.clock.clone(), index);
        poll_fn(|context| self.host.borrow_mut().poll_connected(index, context)).await?;
        Ok(stream)
    }

    /// Listens on a port.
    ///
    /// # Errors
    /// `EADDRINUSE` if somebody does already.
    pub fn listen(&self, port: u16, options: ListenOptions) -> Result<TcpListener, SocketError> {
        self.host.borrow_mut().listen(port, options)?;
        Ok(TcpListener {
            net: self.clone(),
            port,
        })
    }

    /// Binds a UDP port, or a free one for port 0.
    ///
    /// # Errors
    /// `EADDRINUSE` if it is taken.
    pub fn bind_udp(&self, port: u16) -> Result<UdpSocket, SocketError> {
        let port = self.host.borrow_mut().bind_udp(self.clock.now(), port)?;
        Ok(UdpSocket::new(
            Rc::clone(&self.host),
            self.clock.clone(),
            port,
        ))
    }

    /// Says what the application does, for those who watch.
    pub fn tell(&self, event: impl FnOnce() -> AppEvent) {
        self.probe.emit(self.clock.now(), || {
            Event::App(self.host(), Box::new(event()))
        });
    }

    /// Leaves a remark beside the frames of this moment.
    pub fn note(&self, text: impl Into<String>) {
        self.tell(|| AppEvent::Note { text: text.into() });
    }

    /// Cuts the power of the host.
    pub fn power_off(&self) {
        self.host.borrow_mut().power_off();
    }

    /// The host itself, for those who look at its sockets or change its profile.
    pub const fn host_ref(&self) -> &HostRef {
        &self.host
    }
}

impl TcpListener {
    /// The next connection, once the handshake is complete.
    pub async fn accept(&self) -> TcpStream {
        let host = &self.net.host;
        let index = poll_fn(|context| host.borrow_mut().poll_accept(self.port, context)).await;
        TcpStream::new(Rc::clone(host), self.net.clock.clone(), index)
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for TcpListener {
    fn drop(&mut self) {
        if let Ok(mut host) = self.net.host.try_borrow_mut() {
            host.unlisten(self.net.clock.now(), self.port);
        }
    }
}
