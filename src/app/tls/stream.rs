//! A TCP connection with TLS on it, as an application holds it.

use std::future::poll_fn;
use std::io::{self, BufRead, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustls::{ClientConnection, Connection, ServerConnection};

use super::config::Parts;
use crate::event::SocketId;
use crate::rt::{Progress, TcpStream};

/// Early data that is read at once, in bytes.
const EARLY_PIECE: usize = 4_096;

/// A TLS connection. What it was told in the first flight it repeats by itself if the server refuses early data.
#[derive(Debug)]
pub struct TlsStream {
    tcp: TcpStream,
    tls: Connection,
    parts: Parts,
    socket: SocketId,
    progress: Progress,
    /// What a client has sent as early data, until it knows whether that was accepted.
    early: Vec<u8>,
    /// Whether the peer's TCP stream has ended.
    ended: bool,
}

impl TlsStream {
    pub(super) async fn connect(
        tcp: TcpStream,
        tls: ClientConnection,
        parts: Parts,
    ) -> io::Result<Self> {
        let mut stream = Self::new(tcp, tls.into(), parts);
        if !stream.takes_early_data() {
            poll_fn(|context| stream.poll_handshake(context)).await?;
        }
        Ok(stream)
    }

    pub(super) async fn accept(
        tcp: TcpStream,
        tls: ServerConnection,
        parts: Parts,
    ) -> io::Result<Self> {
        let mut stream = Self::new(tcp, tls.into(), parts);
        poll_fn(|context| stream.poll_handshake(context)).await?;
        Ok(stream)
    }

    fn new(tcp: TcpStream, tls: Connection, parts: Parts) -> Self {
        Self {
            socket: tcp.socket(),
            tcp,
            tls,
            parts,
            progress: Progress::default(),
            early: Vec::new(),
            ended: false,
        }
    }

    /// Its name in events.
    pub const fn socket(&self) -> SocketId {
        self.socket
    }

    /// The connection below.
    pub const fn tcp(&self) -> &TcpStream {
        &self.tcp
    }

    /// How far reading and writing have come, in bytes inside TLS.
    pub fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// The protocol that both sides agreed on (RFC 7301), once they have.
    pub fn alpn(&self) -> Option<&[u8]> {
        self.tls.alpn_protocol()
    }

    /// Completes the handshake, or as much of it as it takes to read early data.
    fn poll_handshake(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            self.flush_records(context)?;
            if !self.tls.is_handshaking() || self.gives_early_data() {
                return Poll::Ready(Ok(()));
            }
            ready!(self.fill(context))?;
            if self.ended {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// Whether a client may write although the server has said nothing yet.
    fn takes_early_data(&mut self) -> bool {
        match &mut self.tls {
            Connection::Client(client) => client.is_handshaking() && client.early_data().is_some(),
            Connection::Server(_) => false,
        }
    }

    /// Whether a server may read although the client has not finished the handshake.
    fn gives_early_data(&mut self) -> bool {
        match &mut self.tls {
            Connection::Client(_) => false,
            Connection::Server(server) => server.early_data().is_some(),
        }
    }

    /// Takes what TCP has, and answers what needs an answer.
    fn fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.parts.speak_for(self.socket);
        let mut wire = Wire {
            tcp: &mut self.tcp,
            context,
        };
        match self.tls.read_tls(&mut wire) {
            Ok(0) => self.ended = true,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Poll::Pending,
            Err(error) => return Poll::Ready(Err(error)),
        }
        let outcome = self.tls.process_new_packets();
        self.flush_records(context)?; // an alert too
        outcome.map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        self.repeat_early_data();
        Poll::Ready(Ok(()))
    }

    /// Says again what was refused as early data.
    fn repeat_early_data(&mut self) {
        if self.early.is_empty() || self.tls.is_handshaking() {
            return;
        }
        let early = std::mem::take(&mut self.early);
        if let Connection::Client(client) = &mut self.tls
            && !client.is_early_data_accepted()
        {
            client.set_buffer_limit(None); // it was accepted once; all of it must go
            let written = client.writer().write_all(&early);
            debug_assert!(written.is_ok(), "without a limit everything is taken");
        }
    }

    /// Gives TCP what it takes.
    fn flush_records(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        self.parts.speak_for(self.socket);
        while self.tls.wants_write() {
            let mut wire = Wire {
                tcp: &mut self.tcp,
                context,
            };
            match self.tls.write_tls(&mut wire) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Gives `put` at most `room` bytes of what TLS has, early data first, and says how many; `None` if there is
    /// nothing yet, 0 at the end.
    fn take(&mut self, room: usize, put: impl FnOnce(&[u8])) -> io::Result<Option<usize>> {
        if let Connection::Server(server) = &mut self.tls
            && let Some(mut early) = server.early_data()
        {
            let mut piece = vec![0; room.min(EARLY_PIECE)];
            let count = early.read(&mut piece)?;
            if count > 0 {
                put(&piece[..count]);
                return Ok(Some(count));
            }
        }
        let mut reader = self.tls.reader();
        let count = match reader.fill_buf() {
            Ok(data) => {
                let count = data.len().min(room);
                put(&data[..count]);
                count
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        };
        reader.consume(count);
        Ok(Some(count))
    }

    fn poll_take(
        &mut self,
        context: &mut Context<'_>,
        room: usize,
        mut put: impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>> {
        loop {
            self.flush_records(context)?;
            if let Some(count) = self.take(room, &mut put)? {
                self.progress.has_read(count);
                return Poll::Ready(Ok(()));
            }
            if self.ended {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
            ready!(self.fill(context))?;
        }
    }

    fn poll_give(&mut self, context: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.parts.speak_for(self.socket);
        let mut taken = self.give_early(data)?;
        if taken == 0 && self.takes_early_data() {
            // The allowance is used up: the rest waits for the handshake.
            ready!(self.poll_handshake(context))?;
        }
        if taken == 0 {
            taken = self.tls.writer().write(data)?;
        }
        self.flush_records(context)?;
        if taken == 0 && !data.is_empty() {
            return Poll::Pending; // TCP is full, and so is TLS; TCP wakes when it has room
        }
        self.progress.has_written(taken);
        Poll::Ready(Ok(taken))
    }

    fn give_early(&mut self, data: &[u8]) -> io::Result<usize> {
        let Connection::Client(client) = &mut self.tls else {
            return Ok(0);
        };
        if !client.is_handshaking() {
            return Ok(0);
        }
        let Some(mut early) = client.early_data() else {
            return Ok(0);
        };
        let taken = early.write(data)?;
        self.early.extend_from_slice(&data[..taken]);
        Ok(taken)
    }

    fn poll_flushed(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flush_records(context)?;
        if self.tls.wants_write() {
            Poll::Pending
        } else {
            Poll::Ready(Ok(()))
        }
    }

    /// Says that nothing more will come (`close_notify`, RFC 8446 section 6.1), then ends the TCP stream.
    fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tls.send_close_notify();
        ready!(self.poll_flushed(context))?;
        Poll::Ready(self.tcp.shutdown().map_err(Into::into))
    }
}

/// The TCP stream as rustls reads and writes it.
struct Wire<'a, 'b> {
    tcp: &'a mut TcpStream,
    context: &'a mut Context<'b>,
}

impl Read for Wire<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        use futures::io::AsyncRead;
        at_once(Pin::new(&mut *self.tcp).poll_read(self.context, buffer))
    }
}

impl Write for Wire<'_, '_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        use futures::io::AsyncWrite;
        at_once(Pin::new(&mut *self.tcp).poll_write(self.context, data))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The outcome, or `WouldBlock` where there is none yet.
fn at_once<T>(outcome: Poll<io::Result<T>>) -> io::Result<T> {
    match outcome {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}

impl hyper::rt::Read for TlsStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: hyper::rt::ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let room = buffer.remaining();
        self.get_mut()
            .poll_take(context, room, |data| buffer.put_slice(data))
    }
}

impl hyper::rt::Write for TlsStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_give(context, data)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_flushed(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_end(context)
    }
}

impl futures::io::AsyncRead for TlsStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut count = 0;
        ready!(self.get_mut().poll_take(context, buffer.len(), |data| {
            buffer[..data.len()].copy_from_slice(data);
            count = data.len();
        }))?;
        Poll::Ready(Ok(count))
    }
}

impl futures::io::AsyncWrite for TlsStream {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_give(context, data)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_flushed(context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_end(context)
    }
}
