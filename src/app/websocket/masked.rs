//! A stream under a WebSocket client, on which masks come from the seed.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures::io::{AsyncRead, AsyncWrite};

use super::Masks;
use crate::rt::TcpStream;

/// The end of a request or response head (RFC 9112 section 2.1).
const END_OF_HEAD: &[u8; 4] = b"\r\n\r\n";

/// tungstenite draws the masks of a client's frames (RFC 6455 section 5.3) from the operating system and lets nobody
/// choose them. This stream lies below it and masks its frames anew; the upgrade request before them, and all that
/// comes from the server, passes as it is.
#[derive(Debug)]
pub struct Masked {
    stream: TcpStream,
    masks: Masks,
    /// How much of the end of the upgrade request has been written; all of it once frames follow.
    head: usize,
    /// What was taken from the library and not yet by the stream.
    pending: Vec<u8>,
}

impl Masked {
    /// A stream on which an upgrade request comes next.
    pub const fn new(stream: TcpStream, masks: Masks) -> Self {
        Self {
            stream,
            masks,
            head: 0,
            pending: Vec::new(),
        }
    }

    /// Takes the upgrade request as it is and everything after it with new masks.
    fn take(&mut self, bytes: &[u8]) {
        let mut head = 0;
        while self.head < END_OF_HEAD.len() && head < bytes.len() {
            self.head = match bytes[head] {
                byte if byte == END_OF_HEAD[self.head] => self.head + 1,
                b'\r' => 1,
                _ => 0,
            };
            head += 1;
        }
        self.pending.extend_from_slice(&bytes[..head]);
        self.masks.apply(&bytes[head..], &mut self.pending);
    }

    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.pending.is_empty() {
            let written = Pin::new(&mut self.stream).poll_write(context, &self.pending);
            let count = ready!(written)?;
            self.pending.drain(..count);
        }
        self.pending = Vec::new(); // most connections are silent most of the time
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Masked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Masked {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_drain(context))?;
        self.take(bytes);
        // What the stream does not take now is taken before anything else, or when flushed.
        if let Poll::Ready(Err(error)) = self.poll_drain(context) {
            return Poll::Ready(Err(error));
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(context))?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_close(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_drain(context))?;
        Pin::new(&mut self.stream).poll_close(context)
    }
}
