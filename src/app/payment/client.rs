//! The client: attempts, the timeout of each, and the retries.

use std::cell::Cell;
use std::io;
use std::net::SocketAddrV4;
use std::pin::{Pin, pin};

use bytes::Bytes;
use futures::StreamExt;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};

use super::key::{IDEMPOTENCY_KEY, quoted};
use crate::app::http::Requests;
use crate::event::{AppEvent, Phase, RequestId, SocketId};
use crate::rt::{Net, TcpOptions};
use crate::units::Span;

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// From the beginning of an attempt, its connection included, to the moment when the client stops waiting.
    pub timeout: Span,
    /// Attempts in all.
    pub attempts: u32,
    /// From the end of the first attempt to the second; each further pause is twice as long.
    pub backoff: Span,
    /// Whether an attempt that has timed out is left open beside the next: the first answer counts.
    pub beside: bool,
}

/// What is wanted: one operation, however many attempts it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `POST` charges, `GET` reads.
    pub method: Method,
    /// The key of all its attempts.
    pub key: Option<String>,
    /// For example `amount=50`.
    pub body: String,
}

/// A client of one payment service. Every attempt has a connection of its own.
#[derive(Clone, Debug)]
pub struct Client {
    net: Net,
    requests: Requests,
    remote: SocketAddrV4,
    policy: Policy,
}

/// One attempt, which says how it ends.
struct Attempt<'a> {
    net: &'a Net,
    id: RequestId,
    ended: Cell<bool>,
}

type Open<'a> = FuturesUnordered<Pin<Box<dyn Future<Output = Option<u16>> + 'a>>>;

impl Policy {
    /// The pause before the attempt of that number, counted from 1.
    pub fn pause(&self, attempt: u32) -> Span {
        match attempt.checked_sub(2) {
            None => Span::ZERO,
            Some(doublings) => self.backoff * (1 << doublings.min(20)),
        }
    }
}

impl Client {
    /// A client of the service at `remote`, whose server has the same `requests`.
    pub const fn new(net: Net, requests: Requests, remote: SocketAddrV4, policy: Policy) -> Self {
        Self {
            net,
            requests,
            remote,
            policy,
        }
    }

    /// Tries until there is an answer on which to rely, and returns its status; `None` if all attempts have failed.
    pub async fn call(&self, call: &Call) -> Option<u16> {
        if self.policy.beside {
            self.call_beside(call).await
        } else {
            self.call_after(call).await
        }
    }

    /// One attempt after the other.
    async fn call_after(&self, call: &Call) -> Option<u16> {
        for number in 1..=self.policy.attempts {
            self.net.clock().sleep(self.policy.pause(number)).await;
            let attempt = self.begin(call);
            let exchange = pin!(self.exchange(&attempt, call));
            let timeout = self.policy.timeout;
            match self.net.clock().timeout(timeout, exchange).await {
                Ok(outcome) => {
                    if let Some(status) = attempt.concluded(outcome) {
                        return Some(status);
                    }
                }
                Err(_elapsed) => attempt.failed(&format!("no answer within {timeout}")),
            }
        }
        None
    }

    /// Attempts that may overlap.
    async fn call_beside(&self, call: &Call) -> Option<u16> {
        let mut open = Open::new();
        for number in 1..=self.policy.attempts {
            let pause = self.policy.pause(number);
            if let Some(status) = self.listen(&mut open, pause, true).await {
                return Some(status);
            }
            open.push(Box::pin(async {
                let attempt = self.begin(call);
                attempt.concluded(self.exchange(&attempt, call).await)
            }));
            if let Some(status) = self.listen(&mut open, self.policy.timeout, false).await {
                return Some(status);
            }
        }
        None
    }

    /// The first answer within `span`. Where no attempt is open any more, the rest of it is waited for only if the
    /// wait is a `pause`.
    async fn listen(&self, open: &mut Open<'_>, span: Span, pause: bool) -> Option<u16> {
        let mut over = self.net.clock().sleep(span);
        loop {
            match select(open.next(), &mut over).await {
                Either::Left((Some(Some(status)), _)) => return Some(status),
                Either::Left((Some(None), _)) => {}
                Either::Left((None, over)) => {
                    if pause {
                        over.await;
                    }
                    return None;
                }
                Either::Right(_) => return None,
            }
        }
    }

    fn begin(&self, call: &Call) -> Attempt<'_> {
        let id = self.requests.name();
        self.net.tell(|| AppEvent::Request {
            request: id,
            method: call.method.to_string(),
            url: "http://server.test/charges".to_owned(),
        });
        Attempt {
            net: &self.net,
            id,
            ended: Cell::new(false),
        }
    }

    /// Connects, sends, and reads the answer. Whoever drops this closes the connection.
    async fn exchange(&self, attempt: &Attempt<'_>, call: &Call) -> io::Result<(u16, u64)> {
        attempt.phase(Phase::ConnectStart, None);
        let options = TcpOptions::without_nagle();
        let stream = self.net.connect(self.remote, &options).await?;
        let socket = stream.socket();
        attempt.phase(Phase::ConnectEnd, Some(socket));
        if let Some(ends) = stream.ends() {
            self.requests.sent(ends, attempt.id);
        }
        let (sender, connection) = handshake(stream).await.map_err(io::Error::other)?;
        let answer = pin!(answer(sender, request(call), attempt, socket));
        let outcome = match select(answer, pin!(connection)).await {
            Either::Left((outcome, _connection)) => outcome,
            Either::Right((_ended, answer)) => answer.await,
        };
        outcome.map_err(io::Error::other)
    }
}

/// Sends a request and reads the answer to its end: its status and its length.
async fn answer(
    mut sender: SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    attempt: &Attempt<'_>,
    socket: SocketId,
) -> hyper::Result<(u16, u64)> {
    sender.ready().await?;
    attempt.phase(Phase::RequestStart, Some(socket));
    let response = sender.send_request(request).await?;
    attempt.phase(Phase::ResponseStart, Some(socket));
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    attempt.phase(Phase::ResponseEnd, Some(socket));
    Ok((status, body.len() as u64))
}

fn request(call: &Call) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .method(&call.method)
        .uri("/charges")
        .header(HOST, "server.test");
    if let Some(key) = &call.key {
        request = request.header(IDEMPOTENCY_KEY, quoted(key));
    }
    if !call.body.is_empty() {
        request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    request
        .body(Full::from(call.body.clone()))
        .expect("keys and fields are visible letters")
}

/// Whether the answer settles the matter. `409` and `5xx` say that nothing is known yet.
const fn settles(status: u16) -> bool {
    status < 500 && status != 409
}

impl Attempt<'_> {
    /// Tells of its end; there is a status if that settles the matter.
    fn concluded(&self, outcome: io::Result<(u16, u64)>) -> Option<u16> {
        match outcome {
            Ok((status, body)) => {
                self.end(status, body, None);
                settles(status).then_some(status)
            }
            Err(error) => {
                let first: &dyn std::error::Error = &error;
                let deepest = std::iter::successors(Some(first), |error| error.source()).last();
                self.failed(&deepest.unwrap_or(first).to_string());
                None
            }
        }
    }

    fn failed(&self, error: &str) {
        self.end(0, 0, Some(error));
    }

    fn end(&self, status: u16, body: u64, error: Option<&str>) {
        self.ended.set(true);
        self.net.tell(|| AppEvent::Response {
            request: self.id,
            status,
            body,
            error: error.map(ToOwned::to_owned),
        });
    }

    fn phase(&self, phase: Phase, socket: Option<SocketId>) {
        self.net.tell(|| AppEvent::Phase {
            request: self.id,
            phase,
            socket,
        });
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if !self.ended.get() {
            self.failed("given up: the answer to another attempt counts");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_pause_is_twice_the_one_before() {
        let policy = Policy {
            timeout: Span::from_secs(1),
            attempts: 4,
            backoff: Span::from_millis(200),
            beside: false,
        };
        let pauses: Vec<_> = (1..=4).map(|number| policy.pause(number)).collect();
        assert_eq!(pauses, [0, 200, 400, 800].map(Span::from_millis));
    }

    #[test]
    fn conflicts_and_server_errors_settle_nothing() {
        assert!([200, 201, 400, 422].into_iter().all(settles));
        assert!(![409, 500, 503].into_iter().any(settles));
    }
}
