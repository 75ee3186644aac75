//! A server: accepts upgrades, says what its desks have, and pings.

use std::pin::pin;

use async_tungstenite::tungstenite::Message as Frame;
use async_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use async_tungstenite::{WebSocketStream, accept_hdr_async_with_config};
use bytes::Bytes;
use futures::StreamExt;
use futures::future::{Either, select};
use http::StatusCode;

use super::client::text;
use super::config;
use crate::app::messages::{Desk, Failure, Message, Server};
use crate::event::SocketError;
use crate::rt::TcpStream;
use crate::units::Span;

/// What comes next in a conversation.
enum Next<M> {
    Heard(Option<M>),
    Says(Option<Message>),
    Pings,
}

/// Serves for ever. A connection is pinged (RFC 6455 section 5.5.2) whenever nothing was said or heard on it for
/// `ping`.
///
/// # Errors
/// `EADDRINUSE` if somebody listens on the port.
pub async fn serve(server: Server, ping: Option<Span>) -> Result<(), SocketError> {
    let listener = server.net.listen(server.port, server.listen.clone())?;
    loop {
        let stream = listener.accept().await;
        let server = server.clone();
        drop(
            server
                .spawner
                .clone()
                .spawn("websocket server", async move {
                    let _ = serve_one(server, stream, ping).await; // the client's events say what it missed
                }),
        );
    }
}

async fn serve_one(server: Server, stream: TcpStream, ping: Option<Span>) -> Result<(), Failure> {
    let costs = server.cpu.costs();
    server.cpu.work(costs.handshake + costs.request).await;
    let (desk, mut socket) = upgraded(&server, stream).await?;
    loop {
        match next(&server, &desk, &mut socket, ping).await? {
            Next::Heard(Some(Frame::Text(text))) => {
                let message = Message::read(text).ok_or("a frame is no message")?;
                server.cpu.work(costs.message).await;
                desk.delivered(&message);
            }
            Next::Heard(Some(_)) => {} // tungstenite answers pings and closes by itself
            Next::Heard(None) | Next::Says(None) => return Ok(()),
            Next::Says(Some(message)) => {
                server.cpu.work(costs.message).await;
                desk.written(&message);
                socket.send(text(&message)?).await?;
            }
            Next::Pings => socket.send(Frame::Ping(Bytes::new())).await?,
        }
    }
}

async fn next(
    server: &Server,
    desk: &Desk,
    socket: &mut WebSocketStream<TcpStream>,
    ping: Option<Span>,
) -> Result<Next<Frame>, Failure> {
    let (heard, says) = (pin!(socket.next()), pin!(desk.next()));
    let said = async {
        match select(heard, says).await {
            Either::Left((heard, _)) => Ok(Next::Heard(heard.transpose()?)),
            Either::Right((says, _)) => Ok(Next::Says(says)),
        }
    };
    let Some(ping) = ping else {
        return said.await;
    };
    let outcome = server.net.clock().timeout(ping, pin!(said)).await;
    outcome.unwrap_or(Ok(Next::Pings))
}

/// The connection after its upgrade, and the desk of the client that its path names.
async fn upgraded(
    server: &Server,
    stream: TcpStream,
) -> Result<(Desk, WebSocketStream<TcpStream>), Failure> {
    let mut desk = None;
    #[expect(
        clippy::result_large_err,
        reason = "tungstenite's callback has this signature"
    )]
    let route = |request: &Request, response: Response| {
        let client = request.uri().path().strip_prefix("/socket/");
        desk = client.and_then(|client| server.desk(client));
        if desk.is_some() {
            return Ok(response);
        }
        let mut refusal = ErrorResponse::default();
        *refusal.status_mut() = StatusCode::NOT_FOUND;
        Err(refusal)
    };
    let socket = accept_hdr_async_with_config(stream, route, Some(config())).await?;
    Ok((desk.ok_or("the upgrade names no client")?, socket))
}
