//! What the carriers over HTTP/1.1 (RFC 9112) have in common at the server.

use std::convert::Infallible;

use bytes::Bytes;
use futures::stream::LocalBoxStream;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;

use super::{Desk, Failure, Message, Server};
use crate::event::SocketError;
use crate::rt::TcpStream;

/// A body that is known from the beginning, or one that is written piece by piece.
pub(in crate::app) type Content = Either<Full<Bytes>, StreamBody<Pieces>>;

/// The pieces of a body that goes on.
pub(in crate::app) type Pieces = LocalBoxStream<'static, Result<Frame<Bytes>, Infallible>>;

/// How a server over HTTP listens to its clients and is listened to.
#[derive(Clone)]
pub(in crate::app) struct Service<A> {
    /// What it serves.
    pub(in crate::app) server: Server,
    /// Whether a connection carries more than one request; otherwise each answer has `Connection: close`
    /// (RFC 9112 section 9.6).
    pub(in crate::app) keep_alive: bool,
    /// The first part of the path at which clients listen; the second is the client's ordinal.
    pub(in crate::app) path: &'static str,
    /// Makes the response of what is on a client's desk.
    pub(in crate::app) listen: A,
}

impl<A, F> Service<A>
where
    A: Fn(Server, Desk) -> F + Clone + 'static,
    F: Future<Output = Response<Content>> + 'static,
{
    /// Serves for ever.
    pub(in crate::app) async fn serve(self) -> Result<(), SocketError> {
        let Server {
            net, port, listen, ..
        } = &self.server;
        let listener = net.listen(*port, listen.clone())?;
        loop {
            let stream = listener.accept().await;
            let serving = self.clone().serve_one(stream);
            drop(self.server.spawner.spawn("http server", serving));
        }
    }

    async fn serve_one(self, stream: TcpStream) {
        let cpu = &self.server.cpu;
        cpu.work(cpu.costs().handshake).await;
        let service =
            service_fn(|request| async { Ok::<_, Infallible>(self.clone().answer(request).await) });
        let connection = Builder::new()
            .auto_date_header(false) // it would show the time of the real world
            .keep_alive(self.keep_alive)
            .header_read_timeout(None)
            .serve_connection(stream, service);
        let _ = connection.await; // the client's events say what became of its requests
    }

    async fn answer(self, request: Request<Incoming>) -> Response<Content> {
        let path = request.uri().path().trim_start_matches('/');
        let (name, client) = path.split_once('/').unwrap_or((path, ""));
        let Some(desk) = self.server.desk(client) else {
            return empty(StatusCode::NOT_FOUND);
        };
        let cpu = &self.server.cpu;
        cpu.work(cpu.costs().request).await;
        match (request.method(), name) {
            (&Method::GET, name) if name == self.path => (self.listen)(self.server, desk).await,
            (&Method::POST, "messages") => {
                empty(take_in(&self.server, &desk, request.into_body()).await)
            }
            _ => empty(StatusCode::NOT_FOUND),
        }
    }
}

/// Takes the message that a client has posted, and says how that went.
async fn take_in(server: &Server, desk: &Desk, body: Incoming) -> StatusCode {
    let Ok(message) = posted(body).await else {
        return StatusCode::BAD_REQUEST;
    };
    server.cpu.work(server.cpu.costs().message).await;
    desk.delivered(&message);
    StatusCode::NO_CONTENT
}

async fn posted(body: Incoming) -> Result<Message, Failure> {
    let text = body.collect().await?.to_bytes();
    Message::read(text).ok_or_else(|| "the body is no message".into())
}

fn empty(status: StatusCode) -> Response<Content> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response
}
