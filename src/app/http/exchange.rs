//! One request and its response, as the client tells of them.

use super::channel::Mark;
use crate::event::{AppEvent, ByteRange, Layer, Phase, RequestId, SocketId};
use crate::rt::Net;

/// A request that a client wants answered, and the events that say how it fares.
#[derive(Clone, Debug)]
pub(in crate::app) struct Exchange {
    net: Net,
    id: RequestId,
    path: String,
    socket: Option<SocketId>,
}

impl Exchange {
    /// A `GET` that is wanted from now on, and waits for a connection.
    pub(super) fn queued(net: Net, id: RequestId, origin: &str, path: String) -> Self {
        net.tell(|| AppEvent::Request {
            request: id,
            method: "GET".to_owned(),
            url: format!("{origin}{path}"),
        });
        let exchange = Self {
            net,
            id,
            path,
            socket: None,
        };
        exchange.phase(Phase::Queued);
        exchange
    }

    pub(in crate::app) const fn id(&self) -> RequestId {
        self.id
    }

    /// For example `/object/7`.
    pub(in crate::app) fn path(&self) -> &str {
        &self.path
    }

    /// A connection was found for it; `None` if one is still to be opened.
    pub(in crate::app) fn assigned(&mut self, socket: Option<SocketId>) {
        self.socket = socket;
        self.phase(Phase::Assigned);
    }

    /// The socket that will carry it is known.
    pub(in crate::app) const fn on(&mut self, socket: SocketId) {
        self.socket = Some(socket);
    }

    /// The connection that was opened for it is ready.
    pub(in crate::app) fn connected(&mut self, socket: SocketId) {
        self.on(socket);
        self.phase(Phase::ConnectEnd);
    }

    pub(in crate::app) fn phase(&self, phase: Phase) {
        self.net.tell(|| AppEvent::Phase {
            request: self.id,
            phase,
            socket: self.socket,
        });
    }

    /// Which bytes of its socket's stream carry the request or its response.
    pub(in crate::app) fn bytes(&self, layer: Layer, response: bool, start: u64, end: u64) {
        if let Some(socket) = self.socket {
            self.net.tell(|| AppEvent::Bytes {
                request: self.id,
                socket,
                layer,
                response,
                range: ByteRange { start, end },
            });
        }
    }

    /// The same for what is between two marks of its channel, on the wire and inside TLS.
    pub(in crate::app) fn spanned(&self, response: bool, start: Mark, end: Mark) {
        for (layer, ByteRange { start, end }) in start.until(end) {
            self.bytes(layer, response, start, end);
        }
    }

    /// The last byte of the response has come.
    pub(in crate::app) fn answered(&self, status: u16, body: u64) {
        self.phase(Phase::ResponseEnd);
        self.end(status, body, None);
    }

    /// There will be no whole response.
    pub(in crate::app) fn failed(&self, error: &dyn std::error::Error) {
        let deepest = std::iter::successors(Some(error), |error| error.source()).last();
        let text = deepest.unwrap_or(error).to_string();
        self.end(0, 0, Some(text));
    }

    fn end(&self, status: u16, body: u64, error: Option<String>) {
        self.net.tell(|| AppEvent::Response {
            request: self.id,
            status,
            body,
            error,
        });
    }
}
