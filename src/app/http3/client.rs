//! The client.

use std::error::Error;
use std::future::poll_fn;

use bytes::{Buf, Bytes};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::join;
use h3::client::{SendRequest, builder};
use h3::error::StreamError;
use http::Request;

use crate::app::http::{Carrier, Client, Exchange, Want, discover};
use crate::app::quic::{Connecting, QuicClient};
use crate::event::{Layer, Phase, SocketId};
use crate::rt::JoinHandle;

/// Fetches `wants` over one connection, each as soon as it is wanted, as far as the server's limit of streams allows.
/// A client that has a ticket, and terms that allow early data, asks with its first flight (0-RTT). Returns when all
/// have been answered or have failed, and the connection is closed.
///
/// # Panics
/// If the client was given no TLS: there is no QUIC without.
pub async fn fetch(client: Client, wants: impl IntoIterator<Item = impl Into<Want>>) {
    let wants = wants.into_iter().map(Into::into).collect();
    let (discovery, exchanges) = discover(client.clone(), wants);
    join(discovery, fetch_all(&client, exchanges)).await;
}

async fn fetch_all(client: &Client, mut exchanges: UnboundedReceiver<Exchange>) {
    let Some(mut first) = exchanges.next().await else {
        return;
    };
    match connect(client, &mut first).await {
        Ok(connection) => {
            let socket = Some(connection.socket);
            let others = exchanges.for_each_concurrent(None, |mut exchange| {
                exchange.assigned(socket);
                connection.request(client, exchange)
            });
            join(connection.request(client, first), others).await;
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

type Sender = SendRequest<h3_quinn::OpenStreams, Bytes>;

/// A connection that takes any number of requests at a time.
pub(in crate::app) struct Connection {
    sender: Sender,
    task: JoinHandle<()>,
    socket: SocketId,
    name: u64,
}

/// Opens a connection on behalf of `exchange`, which waits for it.
pub(in crate::app) async fn connect(
    client: &Client,
    exchange: &mut Exchange,
) -> Result<Connection, Box<dyn Error>> {
    let tls = client.tls.as_ref().expect("QUIC is never without TLS");
    exchange.assigned(None);
    let remote = client.look_up(exchange).await?;
    exchange.phase(Phase::ConnectStart);
    let quic = QuicClient::new(&client.net, &client.spawner, tls);
    let Connecting {
        handshake,
        socket,
        name,
    } = quic.connect(remote)?;
    exchange.on(socket);
    exchange.phase(Phase::TlsStart); // the handshakes of QUIC and of TLS are one
    let quic = match handshake.into_0rtt() {
        Ok((connection, _)) => connection,
        Err(handshake) => handshake.await?,
    };
    client.settle().await;
    exchange.connected(socket);
    let quic = h3_quinn::Connection::new(quic);
    let (mut connection, sender) = builder().send_grease(false).build(quic).await?;
    let task = client.spawner.spawn("http3 client", async move {
        let _ = poll_fn(|context| connection.poll_close(context)).await; // whoever waits for an answer has the error
    });
    Ok(Connection {
        sender,
        task,
        socket,
        name,
    })
}

impl Connection {
    /// Its name in events.
    pub(in crate::app) const fn socket(&self) -> SocketId {
        self.socket
    }

    /// Sends a request and reads the answer to its end.
    pub(in crate::app) async fn request(&self, client: &Client, exchange: Exchange) {
        if let Err(error) = self.converse(client, &exchange).await {
            exchange.failed(&error);
        }
    }

    async fn converse(&self, client: &Client, exchange: &Exchange) -> Result<(), StreamError> {
        let url = format!("{}{}", client.origin(), exchange.path());
        let mut request = Request::get(url);
        if let Some(cookie) = exchange.cookie() {
            request = request.header(http::header::COOKIE, cookie);
        }
        let request = request
            .body(())
            .expect("an authority and a path of a site make a valid target");
        let mut stream = self.sender.clone().send_request(request).await?;
        let id = stream.id().into_inner();
        let carrier = Carrier::Quic {
            connection: self.name,
            stream: id,
        };
        client.requests.sent(carrier, exchange.id());
        exchange.phase(Phase::RequestStart); // before, it waited for a stream that it may open
        stream.finish().await?;
        exchange.phase(Phase::RequestEnd);
        let response = stream.recv_response().await?;
        exchange.began();
        let mut body = 0;
        while let Some(data) = stream.recv_data().await? {
            let end = body + data.remaining() as u64;
            exchange.bytes(Layer::Stream(id), true, body, end);
            body = end;
            exchange.received(body);
        }
        exchange.answered(response.status().as_u16(), body);
        Ok(())
    }
}
