//! UDP sockets (RFC 768), one smoltcp set each.

use std::net::SocketAddrV4;
use std::task::{Context, Poll};

use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::udp;

use super::ports::smoltcp_endpoint;
use super::{Host, Slot};
use crate::event::{Connection, Event, SocketError, SocketEvent, SocketId};
use crate::units::{SimTime, to_smoltcp};
use crate::wire::Frame;
use crate::wire::packet::UdpView;

/// Datagrams that a socket buffers in each direction.
const DATAGRAMS: usize = 1_024;

/// Bytes that a socket buffers in each direction.
const BYTES: usize = 1 << 20;

/// A bound UDP port.
#[derive(Debug)]
pub(super) struct UdpPort {
    set: SocketSet<'static>,
    handle: SocketHandle,
    id: SocketId,
}

impl Host {
    /// Binds a UDP port, or a free ephemeral one for port 0; returns it.
    ///
    /// # Errors
    /// `EADDRINUSE` if it is taken, `EADDRNOTAVAIL` if no ephemeral port is free.
    ///
    /// # Panics
    /// After 2^32 sockets.
    pub fn bind_udp(&mut self, now: SimTime, port: u16) -> Result<u16, SocketError> {
        let port = match port {
            0 => super::EPHEMERAL
                .clone()
                .find(|port| !self.udp.contains_key(port))
                .ok_or(SocketError::AddressNotAvailable)?,
            port if self.udp.contains_key(&port) => return Err(SocketError::AddressInUse),
            port => port,
        };
        let buffer =
            || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; DATAGRAMS], vec![0; BYTES]);
        let mut socket = udp::Socket::new(buffer(), buffer());
        socket
            .bind(port)
            .expect("the socket is new and the port is not zero");
        let mut set = SocketSet::new(Vec::with_capacity(1));
        let handle = set.add(socket);
        let index = u32::try_from(self.sockets.len()).expect("fewer than 2^32 sockets");
        self.sockets.push(Slot::Free); // its index names it in events
        let id = SocketId {
            host: self.id,
            index,
        };
        self.udp.insert(port, UdpPort { set, handle, id });
        self.probe.emit(now, || {
            let remote = SocketAddrV4::new(std::net::Ipv4Addr::UNSPECIFIED, 0);
            let local = self.endpoint(port);
            let info = Connection {
                local,
                remote,
                active: false,
                isn: 0,
                tcp: false,
            };
            Event::Socket(id, SocketEvent::Opened(Box::new(info)))
        });
        Ok(port)
    }

    /// The name of a bound UDP port in events.
    ///
    /// # Panics
    /// If nobody has bound the port.
    pub fn udp_socket(&self, port: u16) -> SocketId {
        self.udp
            .get(&port)
            .expect("whoever asks has bound the port")
            .id
    }

    /// Lets go of a UDP port.
    pub fn close_udp(&mut self, now: SimTime, port: u16) {
        if let Some(socket) = self.udp.remove(&port) {
            self.probe.emit(now, || {
                Event::Socket(socket.id, SocketEvent::Closed { error: None })
            });
        }
    }

    /// Sends a datagram; it leaves at once.
    ///
    /// # Errors
    /// `ENOTCONN` if nobody has bound the port, or the datagram does not fit the socket's buffer.
    pub fn send_udp(
        &mut self,
        now: SimTime,
        port: u16,
        remote: SocketAddrV4,
        data: &[u8],
    ) -> Result<(), SocketError> {
        let Some(socket) = self.udp.get_mut(&port) else {
            return Err(SocketError::NotConnected);
        };
        socket
            .set
            .get_mut::<udp::Socket<'_>>(socket.handle)
            .send_slice(data, smoltcp_endpoint(remote))
            .map_err(|_| SocketError::NotConnected)?;
        while self
            .interface
            .poll_egress(to_smoltcp(now), &mut self.tap, &mut socket.set)
            != smoltcp::iface::PollResult::None
        {}
        self.send_untracked(now);
        self.stir();
        Ok(())
    }

    /// Waits for a datagram: its length and where it came from. What does not fit `buffer` is lost.
    pub fn poll_receive_udp(
        &mut self,
        port: u16,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<(usize, SocketAddrV4), SocketError>> {
        let Some(port) = self.udp.get_mut(&port) else {
            return Poll::Ready(Err(SocketError::NotConnected));
        };
        let socket = port.set.get_mut::<udp::Socket<'_>>(port.handle);
        let Ok((data, meta)) = socket.recv() else {
            socket.register_recv_waker(context.waker());
            return Poll::Pending;
        };
        let count = data.len().min(buffer.len());
        buffer[..count].copy_from_slice(&data[..count]);
        let smoltcp::wire::IpAddress::Ipv4(address) = meta.endpoint.addr;
        Poll::Ready(Ok((count, SocketAddrV4::new(address, meta.endpoint.port))))
    }

    /// A datagram arrived: for a socket, or for nobody.
    pub(super) fn receive_udp(&mut self, now: SimTime, frame: &Frame, view: &UdpView<'_>) {
        let Some(port) = self.udp.get_mut(&view.destination.port()) else {
            self.answer_for_nobody(now, frame);
            return;
        };
        let mut tap = self.tap.reading(&frame.bytes);
        self.interface
            .poll_ingress_single(to_smoltcp(now), &mut tap, &mut port.set);
        self.send_untracked(now);
    }
}
