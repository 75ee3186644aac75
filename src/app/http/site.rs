//! What a server answers.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};

use super::{Carrier, Filler, Requests, picture};
use crate::event::{AppEvent, Phase, RequestId, SocketId};
use crate::rt::{Net, TcpStream};
use crate::units::Span;

/// An object of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    /// Length of its body in bytes.
    pub bytes: u64,
    /// How long the server thinks before it answers.
    pub think: Span,
}

/// The objects of a site: `/object/1` is the first. Every other path is `404 Not Found`.
#[derive(Clone, Debug)]
pub struct Site {
    objects: Rc<[Object]>,
    /// Their paths, where they have others than [`Site::path`] gives.
    paths: Rc<BTreeMap<String, usize>>,
    /// What is at a path in the place of so many bytes.
    documents: Rc<BTreeMap<String, Bytes>>,
    requests: Requests,
}

/// The site as one connection of a server sees it.
#[derive(Clone, Debug)]
pub(in crate::app) struct Service {
    net: Net,
    site: Site,
    socket: SocketId,
    carrier: Option<Carrier>,
}

impl Site {
    /// A site of these objects. The ledger is the one that its clients have.
    pub fn new(objects: impl IntoIterator<Item = Object>, requests: Requests) -> Self {
        Self {
            objects: objects.into_iter().collect(),
            paths: Rc::default(),
            documents: Rc::default(),
            requests,
        }
    }

    /// A site of objects that have paths of their own, such as `/style.css`.
    pub fn named(objects: impl IntoIterator<Item = (String, Object)>, requests: Requests) -> Self {
        let (paths, objects): (Vec<_>, Vec<_>) = objects.into_iter().unzip();
        let paths = paths.into_iter().zip(0..).collect();
        Self {
            paths: Rc::new(paths),
            ..Self::new(objects, requests)
        }
    }

    /// The same with real content at some paths, also where there was no object.
    #[must_use]
    pub fn with_documents(self, documents: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let documents = Rc::new(documents.into_iter().collect());
        Self { documents, ..self }
    }

    /// The same whose objects are pictures, where they can be, save those that are something already.
    #[must_use]
    pub fn with_pictures(self) -> Self {
        let numbered = (1..)
            .zip(self.objects.iter())
            .map(|(ordinal, object)| (Self::path(ordinal), object));
        let named = self.paths.iter();
        let named = named.map(|(path, position)| (path.clone(), &self.objects[*position]));
        let objects = numbered.filter(|_| self.paths.is_empty()).chain(named);
        let mut by_size = BTreeMap::new();
        let mut documents = (*self.documents).clone();
        for (path, object) in objects {
            let size = by_size.entry(object.bytes);
            let picture = size.or_insert_with(|| picture(object.bytes)).clone();
            if let Some(picture) = picture {
                documents.entry(path).or_insert(picture);
            }
        }
        Self {
            documents: Rc::new(documents),
            ..self
        }
    }

    /// The path of the `ordinal`th object, counted from 1.
    pub fn path(ordinal: u64) -> String {
        format!("/object/{ordinal}")
    }

    /// The body at a path, if there is anything.
    fn body(&self, path: &str) -> Option<Filler> {
        let document = self.documents.get(path).cloned().map(Filler::from);
        document.or_else(|| Some(Filler::new(self.object(path)?.bytes)))
    }

    fn object(&self, path: &str) -> Option<Object> {
        if let Some(position) = self.paths.get(path) {
            return self.objects.get(*position).copied();
        }
        let ordinal: usize = path.strip_prefix("/object/")?.parse().ok()?;
        self.objects.get(ordinal.checked_sub(1)?).copied()
    }
}

impl Service {
    /// The service for a connection that was accepted.
    pub(in crate::app) fn new(net: Net, site: Site, stream: &TcpStream) -> Self {
        let ends = stream.ends().map(|(own, peer)| (peer, own));
        Self::on(net, site, stream.socket(), ends.map(Carrier::Tcp))
    }

    /// The service for whatever carries requests over `socket`.
    pub(in crate::app) const fn on(
        net: Net,
        site: Site,
        socket: SocketId,
        carrier: Option<Carrier>,
    ) -> Self {
        Self {
            net,
            site,
            socket,
            carrier,
        }
    }

    /// Answers a request. It is named at once, so that the order of calls is the order of arrival.
    pub(in crate::app) fn answer<B>(
        &self,
        request: &Request<B>,
    ) -> impl Future<Output = Result<Response<Filler>, Infallible>> + use<B> {
        let id = self.arrived();
        let object = self.site.object(request.uri().path());
        let body = self.site.body(request.uri().path());
        let service = self.clone();
        async move {
            let think = object.map_or(Span::ZERO, |object| object.think);
            if !think.is_zero() {
                service.net.tell(|| AppEvent::Think {
                    request: id,
                    span: think,
                });
                service.net.clock().sleep(think).await;
            }
            service.answers(id);
            let status = body
                .as_ref()
                .map_or(StatusCode::NOT_FOUND, |_| StatusCode::OK);
            let mut response = Response::new(body.unwrap_or_else(|| Filler::new(0)));
            *response.status_mut() = status;
            Ok(response)
        }
    }

    /// The next request of the connection is there; its name.
    pub(in crate::app) fn arrived(&self) -> Option<RequestId> {
        let arrived = |carrier| self.site.requests.arrived(carrier);
        let id = self.carrier.and_then(arrived);
        self.phase(id, Phase::ServerStart);
        id
    }

    /// The answer to a request begins.
    pub(in crate::app) fn answers(&self, id: Option<RequestId>) {
        self.phase(id, Phase::ServerEnd);
    }

    /// The connection is gone.
    pub(in crate::app) fn closed(&self) {
        if let Some(carrier) = self.carrier {
            self.site.requests.closed(carrier);
        }
    }

    fn phase(&self, id: Option<RequestId>, phase: Phase) {
        if let Some(request) = id {
            self.net.tell(|| AppEvent::Phase {
                request,
                phase,
                socket: Some(self.socket),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_counted_from_one() {
        let object = |bytes| Object {
            bytes,
            think: Span::ZERO,
        };
        let site = Site::new([object(10), object(20)], Requests::new());
        assert_eq!(site.object(&Site::path(1)), Some(object(10)));
        assert_eq!(site.object("/object/2"), Some(object(20)));
        for path in ["/", "/object/", "/object/0", "/object/3", "/object/-1"] {
            assert_eq!(site.object(path), None, "{path}");
            assert_eq!(site.body(path), None, "{path}");
        }
        let text = Bytes::from_static(b"hello");
        let site = site.with_documents([("/".to_owned(), text.clone())]);
        assert_eq!(site.body("/"), Some(Filler::from(text)));
        assert_eq!(site.body("/object/1"), Some(Filler::new(10)));
    }
}
