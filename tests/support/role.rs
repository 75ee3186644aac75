//! What an application does with one connection, and what became of it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;

use futures::io::{AsyncRead, AsyncWrite};
use wirelab::event::SocketError;
use wirelab::rt::{Clock, TcpStream};
use wirelab::units::Span;

/// One end's part in a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Role {
    /// Bytes to write, how many at once, and the pause after each write.
    pub(crate) write: usize,
    pub(crate) write_chunk: usize,
    pub(crate) write_pause: Span,
    /// How many bytes to read at once, and the pause after each read.
    pub(crate) read_chunk: usize,
    pub(crate) read_pause: Span,
    pub(crate) order: Order,
    /// After how long the application goes away, whatever it has reached.
    pub(crate) lifetime: Option<Span>,
    /// Whether it goes by RST (linger 0) rather than by FIN.
    pub(crate) abort: bool,
}

/// When to read and when to write. The sending half is closed after the last byte written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    /// Both at once.
    Both,
    /// Write everything, then read to the end.
    WriteFirst,
    /// Read to the end, then write.
    ReadFirst,
}

/// What one end saw of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// Bytes that the socket took.
    pub(crate) wrote: usize,
    /// Bytes read. Every one of them was the right one.
    pub(crate) read: usize,
    /// Whether the peer's FIN was seen.
    pub(crate) eof: bool,
    /// The first error.
    pub(crate) error: Option<SocketError>,
}

/// A role while it is being played.
struct Play {
    role: Role,
    clock: Clock,
    stream: RefCell<TcpStream>,
    outcome: RefCell<Outcome>,
}

impl Role {
    /// Writes `write` bytes and reads all there is, both at once and as fast as it can.
    pub(crate) const fn writing(write: usize) -> Self {
        Self {
            write,
            write_chunk: 16_384,
            write_pause: Span::ZERO,
            read_chunk: 16_384,
            read_pause: Span::ZERO,
            order: Order::Both,
            lifetime: None,
            abort: false,
        }
    }

    /// Plays the role. The bytes written are those of [`byte`] with the tag `out`, those expected with `back`.
    ///
    /// # Panics
    /// If a byte is read that was not written at its place.
    pub(crate) async fn play(
        self,
        clock: Clock,
        stream: TcpStream,
        out: u64,
        back: u64,
    ) -> Outcome {
        let (lifetime, abort) = (self.lifetime, self.abort);
        let play = Rc::new(Play {
            role: self,
            clock: clock.clone(),
            stream: RefCell::new(stream),
            outcome: RefCell::default(),
        });
        let part = play.perform(out, back);
        match lifetime {
            None => part.await,
            // Whether the role was played to its end shows in the outcome.
            Some(lifetime) => drop(clock.timeout(lifetime, Box::pin(part)).await),
        }
        let play = Rc::into_inner(play).expect("nobody else plays it");
        if abort {
            play.stream.into_inner().abort();
        }
        play.outcome.into_inner()
    }
}

impl Play {
    async fn perform(&self, out: u64, back: u64) {
        let (write, read) = (self.write(out), self.read(back));
        match self.role.order {
            Order::Both => drop(futures::join!(write, read)),
            Order::WriteFirst => {
                write.await;
                read.await;
            }
            Order::ReadFirst => {
                read.await;
                write.await;
            }
        }
    }

    async fn write(&self, tag: u64) {
        let mut done = 0;
        while done < self.role.write {
            let end = self.role.write.min(done + self.role.write_chunk);
            let chunk: Vec<u8> = (done..end).map(|offset| byte(tag, offset)).collect();
            let taken = poll_fn(|context| {
                Pin::new(&mut *self.stream.borrow_mut()).poll_write(context, &chunk)
            });
            match taken.await {
                Ok(count) => done += count,
                Err(error) => return self.fail(&error),
            }
            self.outcome.borrow_mut().wrote = done;
            self.pause(self.role.write_pause).await;
        }
        let closed =
            poll_fn(|context| Pin::new(&mut *self.stream.borrow_mut()).poll_close(context));
        if let Err(error) = closed.await {
            self.fail(&error);
        }
    }

    async fn read(&self, tag: u64) {
        let mut done = 0;
        let mut buffer = vec![0; self.role.read_chunk];
        loop {
            let taken = poll_fn(|context| {
                Pin::new(&mut *self.stream.borrow_mut()).poll_read(context, &mut buffer)
            });
            let count = match taken.await {
                Ok(0) => return self.finish(),
                Ok(count) => count,
                Err(error) => return self.fail(&error),
            };
            for (got, offset) in buffer[..count].iter().zip(done..) {
                assert_eq!(
                    *got,
                    byte(tag, offset),
                    "byte {offset} is not the one written"
                );
            }
            done += count;
            self.outcome.borrow_mut().read = done;
            self.pause(self.role.read_pause).await;
        }
    }

    async fn pause(&self, span: Span) {
        if !span.is_zero() {
            self.clock.sleep(span).await;
        }
    }

    /// The stream ends here. After a time-out or a reset that the writer was told of, that says nothing.
    fn finish(&self) {
        let mut outcome = self.outcome.borrow_mut();
        outcome.eof = matches!(outcome.error, None | Some(SocketError::BrokenPipe));
    }

    fn fail(&self, error: &io::Error) {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        let error = *inner.expect("sockets fail with a SocketError");
        self.outcome.borrow_mut().error.get_or_insert(error);
    }
}

/// The byte at `offset` of the stream `tag`: no two neighbouring segments look alike.
pub(crate) fn byte(tag: u64, offset: usize) -> u8 {
    let mixed = (offset as u64 ^ (tag << 40)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as u8
}
