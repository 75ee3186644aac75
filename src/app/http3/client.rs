//! The client.

use std::error::Error;
use std::future::poll_fn;

use bytes::{Buf, Bytes};
use futures::future::join_all;
use h3::client::{SendRequest, builder};
use http::Request;

use crate::app::http::{Carrier, Client, Exchange};
use crate::app::quic::{Connecting, QuicClient};
use crate::event::{Layer, Phase, SocketId};
use crate::rt::JoinHandle;

/// Fetches `paths` over one connection, all at once as far as the server allows. A client that has a ticket asks with
/// its first flight (0-RTT). Returns when all have been answered or have failed, and the connection is closed.
///
/// # Panics
/// If the client was given no TLS: there is no QUIC without.
pub async fn fetch(client: Client, paths: impl IntoIterator<Item = String>) {
    let mut exchanges: Vec<_> = paths.into_iter().map(|path| client.want(path)).collect();
    let Some((first, others)) = exchanges.split_first_mut() else {
        return;
    };
    match connect(&client, first).await {
        Ok(connection) => {
            for exchange in others {
                exchange.assigned(Some(connection.socket));
            }
            let answers = exchanges
                .iter()
                .map(|exchange| connection.request(&client, exchange));
            join_all(answers).await;
            drop(connection.sender); // the connection closes when nobody can send on it
            connection.task.await;
        }
        Err(error) => exchanges
            .iter()
            .for_each(|exchange| exchange.failed(&*error)),
    }
}

type Sender = SendRequest<h3_quinn::OpenStreams, Bytes>;

/// A connection that takes any number of requests at a time.
struct Connection {
    sender: Sender,
    task: JoinHandle<()>,
    socket: SocketId,
    name: u64,
}

async fn connect(client: &Client, exchange: &mut Exchange) -> Result<Connection, Box<dyn Error>> {
    let tls = client.tls.as_ref().expect("QUIC is never without TLS");
    exchange.assigned(None);
    exchange.phase(Phase::ConnectStart);
    let quic = QuicClient::new(&client.net, &client.spawner, tls);
    let Connecting {
        handshake,
        socket,
        name,
    } = quic.connect(client.remote)?;
    exchange.on(socket);
    exchange.phase(Phase::TlsStart); // the handshakes of QUIC and of TLS are one
    let quic = match handshake.into_0rtt() {
        Ok((connection, _)) => connection,
        Err(handshake) => handshake.await?,
    };
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
    /// Sends a request and returns what reads the answer to its end. Futures that are polled in order open their
    /// streams in order: 0, 4, 8, ... (RFC 9000 section 2.1).
    async fn request(&self, client: &Client, exchange: &Exchange) {
        let url = format!("{}{}", client.origin(), exchange.path());
        let request = Request::get(url)
            .body(())
            .expect("an authority and a path of a site make a valid target");
        let mut sender = self.sender.clone();
        client
            .requests
            .sent(Carrier::Quic(self.name), exchange.id());
        exchange.phase(Phase::RequestStart);
        if let Err(error) = converse(&mut sender, request, exchange).await {
            exchange.failed(&error);
        }
    }
}

async fn converse(
    sender: &mut Sender,
    request: Request<()>,
    exchange: &Exchange,
) -> Result<(), h3::error::StreamError> {
    let mut stream = sender.send_request(request).await?;
    stream.finish().await?;
    exchange.phase(Phase::RequestEnd);
    let response = stream.recv_response().await?;
    exchange.phase(Phase::ResponseStart);
    let mut body = 0;
    while let Some(data) = stream.recv_data().await? {
        body += data.remaining() as u64;
    }
    let id = stream.id().into_inner();
    exchange.bytes(Layer::Stream(id), true, 0, body);
    exchange.answered(response.status().as_u16(), body);
    Ok(())
}
