//! An edge: a server that has nothing itself, and asks an origin over one warm HTTP/2 connection.

use std::cell::RefCell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Either};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;

use super::http::{Client, Exchange, Filler, Server};
use super::http2::{Connection, connect};
use crate::event::{Phase, SocketError};
use crate::rt::HyperTimer;

/// A connection to an origin that is open before anybody asks.
#[derive(Clone)]
pub struct Upstream {
    client: Client,
    connection: Rc<RefCell<Connection>>,
}

/// What an edge answers with: the origin's body, or none.
type Answer = Either<Watched, Filler>;

impl Upstream {
    /// Opens the connection and fetches `path` over it, so that its congestion window is as open as the size of that
    /// object makes it.
    ///
    /// # Errors
    /// Those of the connection.
    pub async fn warm(client: Client, path: String) -> Result<Self, Box<dyn std::error::Error>> {
        let mut exchange = client.want(path);
        let mut connection = connect(&client, &mut exchange).await?;
        let response = connection.send(&client, &exchange).await?;
        exchange.phase(Phase::ResponseStart);
        let status = response.status().as_u16();
        let body = response.into_body().collect().await?.to_bytes();
        exchange.answered(status, body.len() as u64);
        Ok(Self {
            client,
            connection: Rc::new(RefCell::new(connection)),
        })
    }

    /// Asks the origin for what `request` asks for.
    fn forward(
        &self,
        request: &Request<Incoming>,
    ) -> impl Future<Output = Result<Response<Answer>, Infallible>> + use<> {
        let mut exchange = self.client.want(request.uri().path().to_owned());
        let mut connection = self.connection.borrow_mut();
        exchange.assigned(Some(connection.socket()));
        let answer = connection.send(&self.client, &exchange);
        async move {
            Ok(match answer.await {
                Ok(response) => {
                    exchange.phase(Phase::ResponseStart);
                    let status = response.status().as_u16();
                    response.map(|body| {
                        Either::Left(Watched {
                            body,
                            exchange: Some(exchange),
                            status,
                            length: 0,
                        })
                    })
                }
                Err(error) => {
                    exchange.failed(&error);
                    let mut response = Response::new(Either::Right(Filler::new(0)));
                    *response.status_mut() = StatusCode::BAD_GATEWAY;
                    response
                }
            })
        }
    }
}

/// Serves HTTP/2 for ever, every answer from `upstream`. The site of `server` only names its requests.
///
/// # Errors
/// `EADDRINUSE` if somebody listens on the port.
pub async fn serve(server: Server, upstream: Upstream) -> Result<(), SocketError> {
    let mut builder = hyper::server::conn::http2::Builder::new(server.spawner.clone());
    builder
        .auto_date_header(false) // it would show the time of the real world
        .timer(HyperTimer::new(server.net.clock().clone()));
    server
        .accept_each(move |channel, service| {
            let upstream = upstream.clone();
            let answers = service_fn(move |request| {
                let arrived = service.arrived();
                let (service, answer) = (service.clone(), upstream.forward(&request));
                async move {
                    let answer = answer.await;
                    service.answers(arrived);
                    answer
                }
            });
            builder.serve_connection(channel, answers)
        })
        .await
}

/// A body that tells when its last byte has passed.
struct Watched {
    body: Incoming,
    /// `None` once its end was told.
    exchange: Option<Exchange>,
    status: u16,
    length: u64,
}

impl Watched {
    fn ended(&mut self) {
        if let Some(exchange) = self.exchange.take() {
            exchange.answered(self.status, self.length);
        }
    }
}

impl Body for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                this.length += frame.data_ref().map_or(0, Bytes::len) as u64;
                if this.body.is_end_stream() {
                    this.ended();
                }
            }
            Some(Err(error)) => {
                if let Some(exchange) = this.exchange.take() {
                    exchange.failed(error);
                }
            }
            None => this.ended(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl std::fmt::Debug for Upstream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upstream").finish_non_exhaustive()
    }
}
