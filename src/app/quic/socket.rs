//! The lab's UDP socket as quinn holds it.

use std::fmt;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use quinn::udp::{RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use send_wrapper::SendWrapper;

use crate::rt::UdpSocket;

/// A socket that quinn can share.
pub(super) struct WorldSocket(SendWrapper<UdpSocket>);

/// A datagram leaves at once, so the socket is always writable.
#[derive(Debug)]
struct AlwaysWritable;

impl WorldSocket {
    pub(super) fn new(socket: UdpSocket) -> Self {
        Self(SendWrapper::new(socket))
    }
}

impl AsyncUdpSocket for WorldSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        Box::pin(AlwaysWritable)
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let SocketAddr::V4(remote) = transmit.destination else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        Ok(self.0.send_to(transmit.contents, remote)?)
    }

    fn poll_recv(
        &self,
        context: &mut Context<'_>,
        buffers: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut count = 0;
        for (buffer, meta) in std::iter::zip(buffers, meta) {
            let (len, from) = match self.0.poll_receive_from(context, buffer) {
                Poll::Ready(datagram) => datagram?,
                Poll::Pending if count == 0 => return Poll::Pending,
                Poll::Pending => break,
            };
            *meta = RecvMeta {
                addr: from.into(),
                len,
                stride: len,
                ecn: None, // smoltcp does not tell
                dst_ip: None,
            };
            count += 1;
        }
        Poll::Ready(Ok(count))
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.0.local().into())
    }

    /// Frames leave with DF set: packets may be as long as probes find (RFC 9000 section 14.3).
    fn may_fragment(&self) -> bool {
        false
    }
}

impl UdpPoller for AlwaysWritable {
    fn poll_writable(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for WorldSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WorldSocket").finish_non_exhaustive()
    }
}
