//! Server-sent events (WHATWG HTML, section 9.2): one response that does not end, in which the server says what
//! there is to say.
//!
//! Over HTTP/1.1 its length is not known, so each event is a chunk (RFC 9112 section 7.1). The stream goes one
//! way: the client's own messages are requests of their own, on a second connection.

mod stream;

pub use self::stream::{EventReader, ServerEvent};

use std::pin::pin;

use bytes::Bytes;
use futures::StreamExt;
use futures::future::{Either, select};
use futures::stream::unfold;
use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;

use super::messages::{Client, Content, Courier, Desk, Failure, Message, Server, Service};
use crate::event::SocketError;

/// Serves event streams and posted messages for ever.
///
/// # Errors
/// `EADDRINUSE` if somebody listens on the port.
pub async fn serve(server: Server) -> Result<(), SocketError> {
    let service = Service {
        server,
        keep_alive: true,
        path: "events",
        listen: async |server, desk| answer(server, desk),
    };
    service.serve().await
}

/// A response that begins at once and goes on with every message.
fn answer(server: Server, desk: Desk) -> Response<Content> {
    let events = unfold((server, desk), |(server, desk)| async {
        let message = desk.next().await?;
        server.cpu.work(server.cpu.costs().message).await;
        desk.written(&message);
        let event = event_of(&message).to_string();
        Some((Ok(Frame::data(Bytes::from(event))), (server, desk)))
    });
    let content = Content::Right(StreamBody::new(events.boxed_local()));
    Response::builder()
        .header(CONTENT_TYPE, "text/event-stream")
        .header(CACHE_CONTROL, "no-store")
        .body(content)
        .expect("the fields are valid")
}

/// The event that carries a message. Its id is what a client would name if it had to come back.
fn event_of(message: &Message) -> ServerEvent {
    ServerEvent {
        id: Some(message.id().0.to_string()),
        data: String::from_utf8_lossy(message.text()).into_owned(),
    }
}

/// Listens to the events, and posts what the client's desk has, until the desk is closed.
///
/// # Errors
/// Whatever ends the stream or a request before its time, and an answer that is no success.
pub async fn converse(client: Client) -> Result<(), Failure> {
    let mut posts = Courier::new(client.clone());
    let listening = pin!(listen(client));
    let posting = pin!(posts.post_all());
    match select(listening, posting).await {
        Either::Left((outcome, _)) | Either::Right((outcome, _)) => outcome,
    }
}

async fn listen(client: Client) -> Result<(), Failure> {
    let desk = client.desk.clone();
    let path = format!("/events/{}", desk.client());
    let mut courier = Courier::new(client);
    let (_, mut response) = courier.send(&path, None).await?;
    let mut reader = EventReader::default();
    while let Some(frame) = response.body_mut().frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        for event in reader.read(&data) {
            let message = Message::read(event.data).ok_or("an event is no message")?;
            desk.delivered(&message);
        }
    }
    Err("the server has ended the stream".into())
}
