//! Small exchanges over HTTP/1.1 (RFC 9112), one at a time.
//!
//! When a connection is opened, kept and given up is in the caller's hand: that is what cases about the life
//! of connections are about. There is no pool and no retry here.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::SocketAddrV4;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::service::service_fn;

use crate::event::{AppEvent, Phase, RequestId, SocketError, SocketId};
use crate::rt::{HyperTimer, JoinHandle, ListenOptions, Net, Spawner, TcpOptions};
use crate::units::Span;

/// The body of every answer.
const ANSWER: &[u8] = b"ok";

/// The body of a request whose method gives it one.
const FORM: &[u8] = b"amount=50";

/// Answers every request on a port with two bytes, for ever. A connection on which no request comes for `idle`
/// is closed (RFC 9112 section 9.5).
///
/// # Errors
/// `EADDRINUSE` if somebody listens there.
pub async fn serve(
    net: Net,
    spawner: Spawner,
    port: u16,
    options: ListenOptions,
    idle: Option<Span>,
) -> Result<(), SocketError> {
    let listener = net.listen(port, options)?;
    loop {
        let stream = listener.accept().await;
        // The `Date` header would show the time of the real world. hyper's timeout for the header of a request
        // begins with the wait for it, so it also ends idle connections.
        let connection = hyper::server::conn::http1::Builder::new()
            .auto_date_header(false)
            .timer(HyperTimer::new(net.clock().clone()))
            .header_read_timeout(idle.map(Into::into))
            .serve_connection(stream, service_fn(answer));
        drop(spawner.spawn("http server", async move {
            let _ = connection.await; // the client's events say what became of its requests
        }));
    }
}

/// Reads the request to its end and answers.
async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await; // a body that breaks off ends the connection as well
    Ok(Response::new(Full::from(ANSWER)))
}

/// A client of one origin.
#[derive(Debug)]
pub struct Client {
    net: Net,
    spawner: Spawner,
    remote: SocketAddrV4,
    options: TcpOptions,
    next: u32,
}

/// A connection of a [`Client`]. It closes when this is dropped.
#[derive(Debug)]
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
    task: JoinHandle<hyper::Result<()>>,
    socket: SocketId,
}

/// A request that is wanted.
#[derive(Clone, Debug)]
pub struct Ask {
    net: Net,
    id: RequestId,
    method: Method,
    path: String,
    /// Whether the connection is to be closed after the answer (`Connection: close`).
    last: bool,
}

impl Client {
    /// A client of the origin at `remote`.
    pub const fn new(
        net: Net,
        spawner: Spawner,
        remote: SocketAddrV4,
        options: TcpOptions,
    ) -> Self {
        Self {
            net,
            spawner,
            remote,
            options,
            next: 0,
        }
    }

    /// A request that is wanted from now on.
    pub fn want(&mut self, method: Method, last: bool) -> Ask {
        let ask = Ask {
            net: self.net.clone(),
            id: RequestId(self.next),
            method,
            path: format!("/object/{}", self.next),
            last,
        };
        self.next += 1;
        self.net.tell(|| AppEvent::Request {
            request: ask.id,
            method: ask.method.to_string(),
            url: format!("http://server.test{}", ask.path),
        });
        ask.phase(Phase::Queued, None);
        ask
    }

    /// Opens a connection for `ask`.
    ///
    /// # Errors
    /// Those of [`Net::connect`].
    pub async fn connect(&self, ask: &Ask) -> io::Result<Connection> {
        ask.phase(Phase::ConnectStart, None);
        let stream = self.net.connect(self.remote, &self.options).await?;
        let socket = stream.socket();
        ask.phase(Phase::ConnectEnd, Some(socket));
        let (sender, connection) = hyper::client::conn::http1::handshake(stream)
            .await
            .map_err(io::Error::other)?;
        let task = self.spawner.spawn("http client", connection);
        Ok(Connection {
            sender,
            task,
            socket,
        })
    }
}

impl Connection {
    /// Sends `ask` and reads the answer to its end.
    ///
    /// # Errors
    /// Those of the connection, and its end before that of the answer.
    pub async fn send(&mut self, ask: &Ask) -> hyper::Result<()> {
        self.sender.ready().await?;
        ask.phase(Phase::Assigned, Some(self.socket));
        ask.phase(Phase::RequestStart, Some(self.socket));
        let answer = self.sender.send_request(ask.request());
        // So small a request is written in the instant in which it is handed over.
        ask.phase(Phase::RequestEnd, Some(self.socket));
        let response = answer.await?;
        ask.phase(Phase::ResponseStart, Some(self.socket));
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        ask.phase(Phase::ResponseEnd, Some(self.socket));
        ask.end(status, body.len() as u64, None);
        Ok(())
    }

    /// Waits, without a request, until the connection ends.
    ///
    /// # Errors
    /// How it ended, if not in order.
    pub async fn ended(self) -> hyper::Result<()> {
        let Self { sender, task, .. } = self;
        let outcome = task.await;
        drop(sender); // held until here, since hyper closes a connection on which nobody can send
        outcome
    }
}

impl Ask {
    /// Says that there is no answer, and why.
    pub fn failed(&self, error: &(dyn Error + 'static)) {
        let mut deepest = error;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        self.end(0, 0, Some(deepest.to_string()));
    }

    fn request(&self) -> Request<Full<Bytes>> {
        let body = match self.method {
            Method::POST => FORM,
            _ => &[],
        };
        let mut request = Request::builder()
            .method(&self.method)
            .uri(&self.path)
            .header(http::header::HOST, "server.test");
        if self.last {
            request = request.header(http::header::CONNECTION, "close");
        }
        request
            .body(Full::from(body))
            .expect("the path is a valid target")
    }

    fn phase(&self, phase: Phase, socket: Option<SocketId>) {
        self.net.tell(|| AppEvent::Phase {
            request: self.id,
            phase,
            socket,
        });
    }

    fn end(&self, status: u16, body: u64, error: Option<String>) {
        self.net.tell(|| AppEvent::Response {
            request: self.id,
            status,
            body,
            error,
        });
    }
}
