//! A TCP connection as an application holds it.

use std::cell::Cell;
use std::io;
use std::net::SocketAddrV4;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use super::clock::Clock;
use super::net::HostRef;
use crate::event::{SocketError, SocketId};

/// A TCP connection. Dropping it closes it; [`TcpStream::abort`] resets it.
#[derive(Debug)]
pub struct TcpStream {
    host: HostRef,
    clock: Clock,
    index: u32,
    open: bool,
    progress: Progress,
}

/// How far an application has come in both directions of a stream. It outlives the stream, and can be read
/// while a protocol library holds it.
#[derive(Clone, Debug, Default)]
pub struct Progress(Rc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    read: Cell<u64>,
    written: Cell<u64>,
}

impl Progress {
    /// Offset after the last byte read.
    pub fn read(&self) -> u64 {
        self.0.read.get()
    }

    /// Offset after the last byte written.
    pub fn written(&self) -> u64 {
        self.0.written.get()
    }

    /// Counts bytes that were read. Only whoever owns the stream, or a layer on it, does this.
    pub fn has_read(&self, count: usize) {
        advance(&self.0.read, count);
    }

    /// Counts bytes that were written, likewise.
    pub fn has_written(&self, count: usize) {
        advance(&self.0.written, count);
    }
}

impl TcpStream {
    pub(super) fn new(host: HostRef, clock: Clock, index: u32) -> Self {
        Self {
            host,
            clock,
            index,
            open: true,
            progress: Progress::default(),
        }
    }

    /// Its name in events.
    pub fn socket(&self) -> SocketId {
        self.host.borrow().socket_id(self.index)
    }

    /// Both ends, own first, while the connection lives.
    pub fn ends(&self) -> Option<(SocketAddrV4, SocketAddrV4)> {
        self.host.borrow().ends(self.index)
    }

    /// How far reading and writing have come.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// Closes the connection by RST, as `close` does with linger 0.
    pub fn abort(mut self) {
        self.close(true);
    }

    /// Closes the sending half: FIN after what was written.
    ///
    /// # Errors
    /// The error with which the connection has ended, if it has.
    pub fn shutdown(&self) -> Result<(), SocketError> {
        self.host
            .borrow_mut()
            .shutdown(self.clock.now(), self.index)
    }

    fn poll_read_with(
        &self,
        context: &mut Context<'_>,
        take: impl FnOnce(&[u8]) -> usize,
    ) -> Poll<io::Result<usize>> {
        let outcome = self
            .host
            .borrow_mut()
            .poll_read(self.clock.now(), self.index, context, take);
        if let Poll::Ready(Ok(count)) = outcome {
            self.progress.has_read(count);
        }
        outcome.map_err(Into::into)
    }

    fn poll_write_slice(&self, context: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let outcome =
            self.host
                .borrow_mut()
                .poll_write(self.clock.now(), self.index, context, data);
        if let Poll::Ready(Ok(count)) = outcome {
            self.progress.has_written(count);
        }
        outcome.map_err(Into::into)
    }

    fn shut(&self) -> Poll<io::Result<()>> {
        Poll::Ready(self.shutdown().map_err(Into::into))
    }

    fn close(&mut self, reset: bool) {
        // A task may be dropped while its host is at work; then the world is ending anyway.
        if let Ok(mut host) = self.host.try_borrow_mut()
            && std::mem::take(&mut self.open)
        {
            host.close(self.clock.now(), self.index, reset);
        }
    }
}

fn advance(offset: &Cell<u64>, count: usize) {
    offset.set(offset.get() + count as u64);
}

impl Drop for TcpStream {
    fn drop(&mut self) {
        self.close(false);
    }
}

impl futures::io::AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_read_with(context, |data| {
            let count = data.len().min(buffer.len());
            buffer[..count].copy_from_slice(&data[..count]);
            count
        })
    }
}

impl futures::io::AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_slice(context, data)
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shut()
    }
}

impl tokio::io::AsyncRead for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_read_with(context, |data| {
            let count = data.len().min(buffer.remaining());
            buffer.put_slice(&data[..count]);
            count
        }))?;
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_slice(context, data)
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shut()
    }
}

impl hyper::rt::Read for TcpStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_read_with(context, |data| {
            let count = data.len().min(buffer.remaining());
            buffer.put_slice(&data[..count]);
            count
        }))?;
        Poll::Ready(Ok(()))
    }
}

impl hyper::rt::Write for TcpStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_slice(context, data)
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.shut()
    }
}
