//! One request and its response, as the client tells of them.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Buf;
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::channel::Mark;
use super::course::Course;
use crate::event::{AppEvent, ByteRange, Layer, Phase, RequestId, SocketId};
use crate::rt::Net;

/// A request that a client wants answered, and the events that say how it fares.
#[derive(Clone, Debug)]
pub(in crate::app) struct Exchange {
    net: Net,
    id: RequestId,
    path: String,
    socket: Option<SocketId>,
    /// Bytes of its head besides what every request has.
    padding: usize,
    course: Course,
    /// Whether it tells no more of its steps: another connection has taken the request over.
    silent: Rc<Cell<bool>>,
    /// How far the connection has come that is opened on its behalf.
    stage: Rc<Cell<Stage>>,
}

/// How far the opening of a connection has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::app) enum Stage {
    /// Its name is looked up.
    #[default]
    Lookup,
    /// The SYN has left, and nothing has come back.
    Handshake,
    /// TCP is there.
    Established,
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
            padding: 0,
            course: Course::default(),
            silent: Rc::default(),
            stage: Rc::default(),
        };
        exchange.phase(Phase::Queued);
        exchange
    }

    /// A request that nobody makes and that tells nothing, for whoever opens a connection ahead.
    pub(in crate::app) fn silent(net: Net, id: RequestId) -> Self {
        Self {
            net,
            id,
            path: String::new(),
            socket: None,
            padding: 0,
            course: Course::default(),
            silent: Rc::new(Cell::new(true)),
            stage: Rc::default(),
        }
    }

    /// The same with a head that is longer by so many bytes.
    pub(in crate::app) const fn padded(mut self, bytes: usize) -> Self {
        self.padding = bytes;
        self
    }

    /// The same, with a course that others watch.
    pub(in crate::app) fn on_course(mut self, course: &Course) -> Self {
        self.course = course.clone();
        self
    }

    /// What makes its head longer: cookies, as in life.
    pub(in crate::app) fn cookie(&self) -> Option<String> {
        (self.padding > 0).then(|| "c".repeat(self.padding))
    }

    /// The same, with a voice of its own that can be taken away: for an attempt on its behalf that may come to nothing.
    pub(in crate::app) fn attempt(&self) -> Self {
        Self {
            silent: Rc::default(),
            stage: Rc::default(),
            ..self.clone()
        }
    }

    /// Tells no more of its steps.
    pub(in crate::app) fn hush(&self) {
        self.silent.set(true);
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

    /// How far the connection has come that is opened on its behalf, or on that of a clone.
    pub(in crate::app) fn stage(&self) -> Stage {
        self.stage.get()
    }

    /// The opening has come so far.
    pub(in crate::app) fn comes_to(&self, stage: Stage) {
        self.stage.set(stage);
    }

    pub(in crate::app) fn phase(&self, phase: Phase) {
        if self.silent.get() {
            return;
        }
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

    /// The head of the answer is there.
    pub(in crate::app) fn began(&self) {
        self.phase(Phase::ResponseStart);
        self.course.started();
    }

    /// Reads a body to its end; its length.
    pub(in crate::app) async fn read(&self, mut body: Incoming) -> hyper::Result<u64> {
        let mut bytes = 0;
        while let Some(frame) = body.frame().await {
            if let Ok(data) = frame?.into_data() {
                bytes += data.remaining() as u64;
                self.course.received(bytes);
            }
        }
        Ok(bytes)
    }

    /// So many bytes of the body are there.
    pub(in crate::app) fn received(&self, bytes: u64) {
        self.course.received(bytes);
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
        self.course.ended();
    }
}
