//! A client that pipelines (RFC 9112 section 9.3.2), which hyper's does not and browsers no longer do.

use std::collections::VecDeque;
use std::io;

use futures::{AsyncReadExt, AsyncWriteExt};

use super::response::Head;
use crate::app::http::{Channel, Client, Exchange};
use crate::event::Phase;

/// Bytes asked of the socket at once.
const CHUNK: usize = 16_384;

/// Fetches `paths` over one connection: writes all requests, then reads the answers in their order. Returns when
/// all have been answered or have failed, and the connection is closed.
pub async fn pipeline(client: Client, paths: impl IntoIterator<Item = String>) {
    let mut waiting: VecDeque<_> = paths.into_iter().map(|path| client.want(path)).collect();
    if let Err(error) = exchange_all(&client, &mut waiting).await {
        for exchange in waiting {
            exchange.failed(&error);
        }
    }
}

/// Removes each exchange from `waiting` once it is answered.
async fn exchange_all(client: &Client, waiting: &mut VecDeque<Exchange>) -> io::Result<()> {
    let Some((first, others)) = waiting.make_contiguous().split_first_mut() else {
        return Ok(());
    };
    let (mut stream, ends) = client.connect(first).await?;
    for exchange in others {
        exchange.assigned(Some(stream.socket()));
    }
    for exchange in waiting.iter() {
        client.requests.sent(ends, exchange.id());
        send(client, exchange, &mut stream).await?;
    }
    let mut reader = Reader {
        stream,
        buffer: Vec::new(),
        consumed: 0,
    };
    while let Some(exchange) = waiting.front() {
        reader.receive(exchange).await?;
        waiting.pop_front();
    }
    Ok(())
}

async fn send(client: &Client, exchange: &Exchange, stream: &mut Channel) -> io::Result<()> {
    let text = format!(
        "GET {} HTTP/1.1\r\nhost: {}\r\n\r\n",
        exchange.path(),
        client.authority
    );
    let position = stream.position();
    let start = position.written();
    exchange.phase(Phase::RequestStart);
    stream.write_all(text.as_bytes()).await?;
    exchange.phase(Phase::RequestEnd);
    exchange.spanned(false, start, position.written());
    Ok(())
}

/// Responses, one after another.
struct Reader {
    stream: Channel,
    /// What was read and belongs to no response yet.
    buffer: Vec<u8>,
    /// Offset of the buffer's first byte in the stream.
    consumed: u64,
}

impl Reader {
    /// Reads the response to `exchange`.
    async fn receive(&mut self, exchange: &Exchange) -> io::Result<()> {
        if self.buffer.is_empty() {
            self.fill().await?;
        }
        exchange.phase(Phase::ResponseStart);
        let head = loop {
            match Head::parse(&self.buffer)? {
                Some(head) => break head,
                None => self.fill().await?,
            }
        };
        let start = self.consumed;
        let end = start + head.length as u64 + head.body;
        self.skip_to(end).await?;
        exchange.bytes(self.stream.layer(), true, start, end);
        exchange.answered(head.status, head.body);
        Ok(())
    }

    /// Reads and forgets everything before offset `end`.
    async fn skip_to(&mut self, end: u64) -> io::Result<()> {
        loop {
            let left = usize::try_from(end - self.consumed).unwrap_or(usize::MAX);
            let taken = left.min(self.buffer.len());
            self.buffer.drain(..taken);
            self.consumed += taken as u64;
            if self.consumed == end {
                return Ok(());
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> io::Result<()> {
        let held = self.buffer.len();
        self.buffer.resize(held + CHUNK, 0);
        let count = self.stream.read(&mut self.buffer[held..]).await?;
        self.buffer.truncate(held + count);
        match count {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}
