//! A client's way to send one request at a time over HTTP/1.1.

use bytes::Bytes;
use http::header::{CONNECTION, COOKIE, HOST, HeaderMap};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};

use super::{Client, Failure, Message};
use crate::event::{AppEvent, Phase, RequestId, SocketId};

/// Sends requests over a connection that is opened when one is needed, and kept while the server keeps it.
pub(in crate::app) struct Courier {
    client: Client,
    open: Option<Connection>,
}

struct Connection {
    sender: SendRequest<Full<Bytes>>,
    socket: SocketId,
}

impl Courier {
    /// A courier of this client's, with no connection yet.
    pub(in crate::app) const fn new(client: Client) -> Self {
        Self { client, open: None }
    }

    /// Posts whatever the desk has for the server, one message after another, until the desk is closed.
    pub(in crate::app) async fn post_all(&mut self) -> Result<(), Failure> {
        let desk = self.client.desk.clone();
        while let Some(message) = desk.next().await {
            self.post(&message).await?;
        }
        Ok(())
    }

    async fn post(&mut self, message: &Message) -> Result<(), Failure> {
        let path = format!("/messages/{}", self.client.desk.client());
        let (request, response) = self.send(&path, Some(message)).await?;
        let status = response.status();
        self.finish(request, response).await?;
        if status.is_success() {
            Ok(())
        } else {
            Err(format!("the server answered a message by {status}").into())
        }
    }

    /// Sends a request without a body and reads the answer's body to its end.
    pub(in crate::app) async fn get(&mut self, path: &str) -> Result<Bytes, Failure> {
        let (request, response) = self.send(path, None).await?;
        self.finish(request, response).await
    }

    /// Posts a message, or sends a request without a body, and reads the head of the answer.
    pub(in crate::app) async fn send(
        &mut self,
        path: &str,
        message: Option<&Message>,
    ) -> Result<(RequestId, Response<Incoming>), Failure> {
        let id = self.client.requests.name();
        let request = self.request(path, message);
        self.client.net.tell(|| AppEvent::Request {
            request: id,
            method: request.method().to_string(),
            url: format!("http://server.test{path}"),
        });
        self.phase(id, Phase::Queued, None);
        let outcome = self.try_to_send(id, request, message).await;
        if let Err(error) = &outcome {
            self.end(id, 0, 0, Some(error.to_string()));
        }
        Ok((id, outcome?))
    }

    async fn try_to_send(
        &mut self,
        id: RequestId,
        request: Request<Full<Bytes>>,
        message: Option<&Message>,
    ) -> Result<Response<Incoming>, Failure> {
        let mut connection = match self.open.take() {
            Some(connection) if !connection.sender.is_closed() => connection,
            _ => self.connect(id).await?,
        };
        let socket = Some(connection.socket);
        connection.sender.ready().await?;
        self.phase(id, Phase::Assigned, socket);
        self.phase(id, Phase::RequestStart, socket);
        if let Some(message) = message {
            self.client.desk.written(message);
        }
        let answer = connection.sender.send_request(request);
        // So small a request is written in the instant in which it is handed over.
        self.phase(id, Phase::RequestEnd, socket);
        let response = answer.await?;
        self.phase(id, Phase::ResponseStart, socket);
        // A client must not send another request on a connection that the server will close (RFC 9112 section 9.6).
        if !closes(response.headers()) {
            self.open = Some(connection);
        }
        Ok(response)
    }

    /// Reads the body of an answer to its end.
    async fn finish(&self, id: RequestId, response: Response<Incoming>) -> Result<Bytes, Failure> {
        let status = response.status().as_u16();
        match response.into_body().collect().await {
            Ok(body) => {
                let body = body.to_bytes();
                self.phase(id, Phase::ResponseEnd, None);
                self.end(id, status, body.len() as u64, None);
                Ok(body)
            }
            Err(error) => {
                self.end(id, status, 0, Some(error.to_string()));
                Err(error.into())
            }
        }
    }

    async fn connect(&self, id: RequestId) -> Result<Connection, Failure> {
        self.phase(id, Phase::ConnectStart, None);
        let Client {
            net,
            remote,
            tcp,
            spawner,
            ..
        } = &self.client;
        let stream = net.connect(*remote, tcp).await?;
        let socket = stream.socket();
        self.phase(id, Phase::ConnectEnd, Some(socket));
        let (sender, connection) = handshake(stream).await?;
        drop(spawner.spawn("http client", async move {
            let _ = connection.await; // whoever waits for an answer has the error
        }));
        Ok(Connection { sender, socket })
    }

    fn request(&self, path: &str, message: Option<&Message>) -> Request<Full<Bytes>> {
        let method = message.map_or(Method::GET, |_| Method::POST);
        let body = message.map(|message| message.text().clone());
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "server.test");
        if let Some(cookie) = self.client.cookie() {
            request = request.header(COOKIE, cookie);
        }
        request
            .body(Full::from(body.unwrap_or_default()))
            .expect("paths and cookies of the lab are valid")
    }

    fn phase(&self, request: RequestId, phase: Phase, socket: Option<SocketId>) {
        self.client.net.tell(|| AppEvent::Phase {
            request,
            phase,
            socket,
        });
    }

    fn end(&self, request: RequestId, status: u16, body: u64, error: Option<String>) {
        self.client.net.tell(|| AppEvent::Response {
            request,
            status,
            body,
            error,
        });
    }
}

fn closes(headers: &HeaderMap) -> bool {
    headers
        .get(CONNECTION)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"close"))
}
