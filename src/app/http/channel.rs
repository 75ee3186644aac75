//! What HTTP is spoken on: TCP, or TLS on TCP.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::io::AsyncRead;
use hyper::rt::{Read, ReadBufCursor, Write};

use super::Ends;
use crate::app::tls::TlsStream;
use crate::event::{ByteRange, Layer, SocketId};
use crate::rt::{Progress, TcpStream};

/// A connection as HTTP sees it.
#[derive(Debug)]
pub(in crate::app) enum Channel {
    /// `http`.
    Plain(TcpStream),
    /// `https`.
    Tls(Box<TlsStream>),
}

/// How far a channel has come, on the wire and inside TLS.
#[derive(Clone, Debug)]
pub(in crate::app) struct Position {
    transport: Progress,
    tls: Option<Progress>,
}

/// A position in one direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::app) struct Mark {
    transport: u64,
    tls: Option<u64>,
}

impl Channel {
    const fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.tcp(),
        }
    }

    /// The socket below.
    pub(in crate::app) fn socket(&self) -> SocketId {
        self.tcp().socket()
    }

    /// Both ends, own first, while the connection lives.
    pub(in crate::app) fn ends(&self) -> Option<Ends> {
        self.tcp().ends()
    }

    /// Where the bytes that HTTP writes and reads are counted.
    pub(in crate::app) const fn layer(&self) -> Layer {
        match self {
            Self::Plain(_) => Layer::Transport,
            Self::Tls(_) => Layer::Tls,
        }
    }

    /// Its position, which can be read while a protocol library holds the channel.
    pub(in crate::app) fn position(&self) -> Position {
        let tls = match self {
            Self::Plain(_) => None,
            Self::Tls(stream) => Some(stream.progress()),
        };
        Position {
            transport: self.tcp().progress(),
            tls,
        }
    }
}

impl Position {
    fn mark(&self, of: impl Fn(&Progress) -> u64) -> Mark {
        Mark {
            transport: of(&self.transport),
            tls: self.tls.as_ref().map(of),
        }
    }

    /// After the last byte that was written.
    pub(in crate::app) fn written(&self) -> Mark {
        self.mark(Progress::written)
    }

    /// After the last byte that was read.
    pub(in crate::app) fn read(&self) -> Mark {
        self.mark(Progress::read)
    }
}

impl Mark {
    /// What is between this mark and a later one, on each layer.
    pub(in crate::app) fn until(self, end: Self) -> impl Iterator<Item = (Layer, ByteRange)> {
        let transport = (Layer::Transport, self.transport, end.transport);
        let tls = self.tls.zip(end.tls);
        std::iter::once(transport)
            .chain(tls.map(|(start, end)| (Layer::Tls, start, end)))
            .map(|(layer, start, end)| (layer, ByteRange { start, end }))
    }
}

impl Read for Channel {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Read::poll_read(Pin::new(stream), context, buffer),
            Self::Tls(stream) => Read::poll_read(Pin::new(stream), context, buffer),
        }
    }
}

impl Write for Channel {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Write::poll_write(Pin::new(stream), context, data),
            Self::Tls(stream) => Write::poll_write(Pin::new(stream), context, data),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Write::poll_flush(Pin::new(stream), context),
            Self::Tls(stream) => Write::poll_flush(Pin::new(stream), context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Write::poll_shutdown(Pin::new(stream), context),
            Self::Tls(stream) => Write::poll_shutdown(Pin::new(stream), context),
        }
    }
}

impl AsyncRead for Channel {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => AsyncRead::poll_read(Pin::new(stream), context, buffer),
            Self::Tls(stream) => AsyncRead::poll_read(Pin::new(stream), context, buffer),
        }
    }
}

impl futures::io::AsyncWrite for Channel {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<usize>> {
        Write::poll_write(self, context, data)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Write::poll_flush(self, context)
    }

    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Write::poll_shutdown(self, context)
    }
}
