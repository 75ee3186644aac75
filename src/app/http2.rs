//! HTTP/2 with prior knowledge over TCP (RFC 9113 section 3.3): a server, and a client that asks for everything
//! at once.

use bytes::Bytes;
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::join;
use http::{Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::service::service_fn;

use super::http::{Client, Ends, Exchange, Server, Want, discover};
use crate::event::{Layer, Phase, SocketError, SocketId};
use crate::rt::{HyperTimer, JoinHandle};

/// Streams that a client may open before it knows the server's limit; RFC 9113 section 6.5.2 recommends that the
/// limit be no smaller.
pub const STREAMS: usize = 100;

/// Serves for ever.
///
/// # Errors
/// `EADDRINUSE` if somebody listens on the port.
pub async fn serve(server: Server) -> Result<(), SocketError> {
    let mut builder = hyper::server::conn::http2::Builder::new(server.spawner.clone());
    builder
        .auto_date_header(false) // it would show the time of the real world
        .timer(HyperTimer::new(server.net.clock().clone()));
    server
        .accept_each(move |stream, service| {
            let answers = service_fn(move |request| service.answer(&request));
            builder.serve_connection(stream, answers)
        })
        .await
}

/// Fetches `wants` over one connection, each as soon as it is wanted, as far as [`STREAMS`] allows. Returns when all
/// have been answered or have failed, and the connection is closed.
pub async fn fetch(client: Client, wants: impl IntoIterator<Item = impl Into<Want>>) {
    let wants = wants.into_iter().map(Into::into).collect();
    let (discovery, exchanges) = discover(client.clone(), wants);
    join(discovery, fetch_all(&client, exchanges)).await;
}

/// Fetches `paths` over one connection, each when the one before it has been answered, and returns how many were.
pub async fn fetch_in_turn(client: Client, paths: impl IntoIterator<Item = String>) -> usize {
    let mut open: Option<Connection> = None;
    let mut answered = 0;
    for (stream, path) in std::iter::zip((1..).step_by(2), paths) {
        let mut exchange = client.want(path);
        let connection = match &mut open {
            Some(connection) => {
                exchange.assigned(Some(connection.socket));
                connection
            }
            None => match connect(&client, &mut exchange).await {
                Ok(connection) => open.insert(connection),
                Err(error) => {
                    exchange.failed(&*error);
                    break;
                }
            },
        };
        let answer = connection.send(&client, &exchange);
        match receive(answer, &exchange, stream).await {
            Ok(()) => answered += 1,
            Err(error) => {
                exchange.failed(&error);
                break;
            }
        }
    }
    if let Some(Connection { sender, task, .. }) = open {
        drop(sender); // the connection closes when nobody can send on it
        task.await;
    }
    answered
}

async fn fetch_all(client: &Client, mut exchanges: UnboundedReceiver<Exchange>) {
    let Some(mut first) = exchanges.next().await else {
        return;
    };
    match connect(client, &mut first).await {
        Ok(mut connection) => {
            let socket = Some(connection.socket);
            let mut streams = (1..).step_by(2); // RFC 9113 section 5.1.1
            let mut request = |exchange| {
                let stream = streams.next().expect("there are enough ids for every page");
                connection.request(client, exchange, stream)
            };
            let first = request(first);
            let others = exchanges.for_each_concurrent(None, |mut exchange| {
                exchange.assigned(socket);
                request(exchange)
            });
            join(first, others).await;
            drop(connection.sender); // the connection closes when nobody can send on it
            connection.task.await;
        }
        Err(error) => {
            first.failed(&*error);
            while let Some(exchange) = exchanges.next().await {
                exchange.failed(&*error);
            }
        }
    }
}

/// A connection that takes any number of requests at a time.
pub(super) struct Connection {
    pub(super) sender: SendRequest<Empty<Bytes>>,
    task: JoinHandle<()>,
    socket: SocketId,
    ends: Ends,
    /// Streams that [`Connection::request_next`] has opened.
    streams: u64,
}

/// Opens a connection on behalf of `exchange`, which waits for it.
pub(super) async fn connect(
    client: &Client,
    exchange: &mut Exchange,
) -> Result<Connection, Box<dyn std::error::Error>> {
    let (channel, ends) = client.connect(exchange).await?;
    let socket = channel.socket();
    let mut builder = Builder::new(client.spawner.clone());
    builder
        .timer(HyperTimer::new(client.net.clock().clone()))
        .initial_max_send_streams(STREAMS);
    if let Some(window) = client.http2_window {
        builder
            .initial_stream_window_size(window)
            .initial_connection_window_size(window);
    }
    let (sender, connection) = builder.handshake(channel).await?;
    let task = client.spawner.spawn("http2 client", async move {
        let _ = connection.await; // whoever waits for an answer has the error
    });
    Ok(Connection {
        sender,
        task,
        socket,
        ends,
        streams: 0,
    })
}

impl Connection {
    /// Sends a request on the next stream, and returns what reads the answer to its end.
    pub(super) fn request_next(
        &mut self,
        client: &Client,
        exchange: Exchange,
    ) -> impl Future<Output = ()> + use<> {
        let stream = 2 * self.streams + 1; // RFC 9113 section 5.1.1
        self.streams += 1;
        self.request(client, exchange, stream)
    }

    /// Sends a request, which opens `stream`, and returns what reads the answer to its end.
    fn request(
        &mut self,
        client: &Client,
        exchange: Exchange,
        stream: u64,
    ) -> impl Future<Output = ()> + use<> {
        let answer = self.send(client, &exchange);
        async move {
            if let Err(error) = receive(answer, &exchange, stream).await {
                exchange.failed(&error);
            }
        }
    }

    /// Sends a request at once, and returns what waits for the head of the answer.
    pub(super) fn send(
        &mut self,
        client: &Client,
        exchange: &Exchange,
    ) -> impl Future<Output = hyper::Result<Response<Incoming>>> + use<> {
        let url = format!("{}{}", client.origin(), exchange.path());
        let mut request = Request::get(url);
        if let Some(cookie) = exchange.cookie() {
            request = request.header(http::header::COOKIE, cookie);
        }
        let request = request
            .body(Empty::new())
            .expect("an authority and a path of a site make a valid target");
        client.requests.sent(self.ends, exchange.id());
        exchange.phase(Phase::RequestStart);
        let answer = self.sender.send_request(request);
        // A request without a body is written in the instant in which it is handed over.
        exchange.phase(Phase::RequestEnd);
        answer
    }

    /// Its name in events.
    pub(super) const fn socket(&self) -> SocketId {
        self.socket
    }
}

async fn receive(
    answer: impl Future<Output = hyper::Result<Response<Incoming>>>,
    exchange: &Exchange,
    stream: u64,
) -> hyper::Result<()> {
    let response = answer.await?;
    exchange.began();
    let status = response.status().as_u16();
    let body = exchange.read(response.into_body()).await?;
    exchange.bytes(Layer::Stream(stream), true, 0, body);
    exchange.answered(status, body);
    Ok(())
}
