//! Long polling (RFC 6202 section 2): a request is answered when there is something to say, and the client asks
//! again at once.
//!
//! A message that comes while no request waits is kept until the next one: RFC 6202 section 2.2 counts up to
//! three network transits for it. Whatever waits then is said in one answer, one message a line. The client's own
//! messages are requests of their own, on a second connection, since the first one is waiting.

use std::pin::pin;

use bytes::{BufMut, BytesMut};
use futures::future::{Either, select};
use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http_body_util::Full;

use super::messages::{Client, Content, Courier, Desk, Failure, Message, Server, Service};
use crate::event::SocketError;
use crate::units::Span;

/// Serves polls and posted messages for ever. Without `keep_alive` a connection ends with its answer.
///
/// # Errors
/// `EADDRINUSE` if somebody listens on the port.
pub async fn serve(server: Server, keep_alive: bool) -> Result<(), SocketError> {
    let service = Service {
        server,
        keep_alive,
        path: "poll",
        listen: answer,
    };
    service.serve().await
}

/// Waits until there is something to say, and says all of it.
async fn answer(server: Server, desk: Desk) -> Response<Content> {
    let messages = desk.all().await;
    let cost = server.cpu.costs().message;
    let work: Span = messages.iter().map(|_| cost).sum();
    server.cpu.work(work).await;
    let mut body = BytesMut::new();
    for message in &messages {
        desk.written(message);
        body.put_slice(message.text());
        body.put_u8(b'\n');
    }
    let content = Content::Left(Full::from(body.freeze()));
    Response::builder()
        .header(CONTENT_TYPE, "text/plain")
        .header(CACHE_CONTROL, "no-store")
        .body(content)
        .expect("the fields are valid")
}

/// Polls, and posts what the client's desk has, until the desk is closed.
///
/// # Errors
/// Whatever ends a request before its answer, and an answer that is no success.
pub async fn converse(client: Client) -> Result<(), Failure> {
    let mut posts = Courier::new(client.clone());
    let polls = pin!(poll_for_ever(client));
    let posts = pin!(posts.post_all());
    match select(polls, posts).await {
        Either::Left((outcome, _)) | Either::Right((outcome, _)) => outcome,
    }
}

async fn poll_for_ever(client: Client) -> Result<(), Failure> {
    let desk = client.desk.clone();
    let path = format!("/poll/{}", desk.client());
    let mut courier = Courier::new(client);
    loop {
        let body = courier.get(&path).await?;
        for line in body
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let message = Message::read(body.slice_ref(line)).ok_or("a line is no message")?;
            desk.delivered(&message);
        }
    }
}
