//! What client and server do in the variants of one or two connections.

use std::io;
use std::net::SocketAddrV4;

use futures::{AsyncReadExt, AsyncWriteExt};

use super::lateness;
use crate::case::{Main, Plan};
use crate::event::{AppEvent, RequestId};
use crate::host::{ListenOptions, TcpOptions};
use crate::rt::{Clock, Net, Spawner, TcpStream};
use crate::units::{SimTime, Span};

/// The requests of the first and the second connection, as long as each other; the answers as well.
pub(super) const REQUESTS: [&[u8]; 2] = [
    b"GET /old HTTP/1.1\r\nHost: server.test\r\n\r\n",
    b"GET /new HTTP/1.1\r\nHost: server.test\r\n\r\n",
];
pub(super) const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const REFUSAL: &[u8] = b"HTTP/1.1 400 NO\r\nContent-Length: 2\r\n\r\nno";

/// Bytes of a request that leave before the old duplicate arrives.
const HALF: usize = 20;

/// The port from which a tuple is used again: an ephemeral one.
const SOURCE_PORT: u16 = 40_000;

/// How long TIME-WAIT has lasted when the tuple is used again; Linux wants more than 1 s where it reuses it.
pub(super) const AGE: Span = Span::from_secs(2);

/// Who closes first, and when after the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ServerCloses {
    /// When the client has closed.
    Last,
    /// So long after its answer.
    After(Span),
}

/// Starts the server and returns the client's task.
pub(super) fn start(plan: &Plan, spawner: &Spawner, client: Net, server: Net) -> Main {
    let (variant, rtt) = (plan.variant(), plan.span("rtt"));
    let remote = server.endpoint(80);
    let timestamps = Some(variant == "reused-tuple-timestamps");
    let options = TcpOptions {
        source_port: variant.starts_with("reused-tuple").then_some(SOURCE_PORT),
        timestamps,
        ..TcpOptions::without_nagle()
    };
    let listen = ListenOptions {
        tcp: TcpOptions {
            timestamps,
            ..TcpOptions::without_nagle()
        },
        ..ListenOptions::default()
    };
    let closes = match variant {
        "server-closes" | "reused-tuple-server" | "reused-tuple-duplicate" => {
            ServerCloses::After(Span::ZERO)
        }
        // The answer reaches the client at this moment, and both close at once.
        "simultaneous" => ServerCloses::After(rtt / 2),
        _ => ServerCloses::Last,
    };
    drop(spawner.spawn("server", serve(server, listen, closes)));
    let waits_for_fin = matches!(closes, ServerCloses::After(wait) if wait.is_zero());
    let caller = Caller {
        net: client,
        remote,
        options,
        waits_for_fin,
    };
    match variant {
        "reused-tuple-duplicate" => told(caller.call_around(lateness(rtt))),
        _ if variant.starts_with("reused-tuple") => told(caller.call_again(rtt + AGE)),
        _ => told(async move { caller.call(0).await }),
    }
}

/// A task whose requests have said themselves how they ended.
fn told(task: impl Future<Output = io::Result<()>> + 'static) -> Main {
    Box::pin(async move {
        let _ = task.await;
    })
}

async fn serve(net: Net, listen: ListenOptions, closes: ServerCloses) -> io::Result<()> {
    let listener = net.listen(80, listen)?;
    for request in REQUESTS {
        let stream = listener.accept().await;
        answer(stream, request, net.clock(), closes).await?;
    }
    Ok(())
}

/// Reads a request, answers whether it is the one that was expected, and closes.
async fn answer(
    mut stream: TcpStream,
    expected: &[u8],
    clock: &Clock,
    closes: ServerCloses,
) -> io::Result<()> {
    let mut request = vec![0; expected.len()];
    stream.read_exact(&mut request).await?;
    let intact = request == expected;
    stream
        .write_all(if intact { ANSWER } else { REFUSAL })
        .await?;
    match closes {
        ServerCloses::After(wait) => clock.sleep(wait).await,
        ServerCloses::Last => read_to_end(&mut stream).await?,
    }
    Ok(())
}

async fn read_to_end(stream: &mut TcpStream) -> io::Result<()> {
    let mut rest = [0; 64];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}

/// The client.
struct Caller {
    net: Net,
    remote: SocketAddrV4,
    options: TcpOptions,
    /// Whether it lets the server close first.
    waits_for_fin: bool,
}

impl Caller {
    /// One connection, one exchange.
    async fn call(&self, ordinal: u32) -> io::Result<()> {
        let mut stream = self.open(ordinal).await?;
        stream.write_all(REQUESTS[ordinal as usize]).await?;
        self.close(ordinal, stream).await
    }

    /// Another connection on the same tuple, so long after the first.
    async fn call_again(self, pause: Span) -> io::Result<()> {
        self.call(0).await?;
        self.net.clock().sleep(pause).await;
        self.call(1).await
    }

    /// Another connection on the same tuple, which is halfway through its request when the first copy of the
    /// first connection's request arrives, which travelled longer by `lateness`.
    async fn call_around(self, lateness: Span) -> io::Result<()> {
        let second = Span::from_secs(1);
        self.call(0).await?;
        let reopens = SimTime::ZERO + lateness.saturating_sub(second);
        self.net.clock().sleep_until(reopens).await;
        let mut stream = self.open(1).await?;
        let (half, rest) = REQUESTS[1].split_at(HALF);
        stream.write_all(half).await?;
        self.net.clock().sleep(second * 2).await;
        stream.write_all(rest).await?;
        self.close(1, stream).await
    }

    async fn open(&self, ordinal: u32) -> io::Result<TcpStream> {
        let request = RequestId(ordinal);
        self.net.tell(|| AppEvent::Request {
            request,
            method: "GET".to_owned(),
            url: format!("http://server.test/{}", ["old", "new"][ordinal as usize]),
        });
        let outcome = self.net.connect(self.remote, &self.options).await;
        if let Err(error) = outcome {
            self.tell_end(ordinal, 0, Some(error.errno().to_owned()));
        }
        Ok(outcome?)
    }

    /// Reads the answer, and closes when it is the client's turn.
    async fn close(&self, ordinal: u32, mut stream: TcpStream) -> io::Result<()> {
        let mut answer = [0; ANSWER.len()];
        stream.read_exact(&mut answer).await?;
        let status = if answer == ANSWER { 200 } else { 400 };
        self.tell_end(ordinal, status, None);
        if self.waits_for_fin {
            read_to_end(&mut stream).await?;
        }
        Ok(())
    }

    fn tell_end(&self, ordinal: u32, status: u16, error: Option<String>) {
        self.net.tell(|| AppEvent::Response {
            request: RequestId(ordinal),
            status,
            body: if status == 0 { 0 } else { 2 },
            error,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_requests_fill_the_same_sequence_numbers() {
        assert_eq!(REQUESTS[0].len(), REQUESTS[1].len());
        assert_eq!(ANSWER.len(), REFUSAL.len());
        assert!(HALF < REQUESTS[1].len());
    }
}
