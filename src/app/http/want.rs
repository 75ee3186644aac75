//! What a client wants, and from when on.

use futures::channel::mpsc::{UnboundedReceiver, unbounded};

use super::{Client, Exchange};
use crate::units::Span;

/// An object that a client wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// For example `/object/7`.
    pub path: String,
    /// How long after the beginning of the page the client finds out that it wants it.
    pub after: Span,
}

impl From<String> for Want {
    /// Wanted from the beginning.
    fn from(path: String) -> Self {
        Self {
            path,
            after: Span::ZERO,
        }
    }
}

/// The exchanges of `wants`, each from its moment on. What is wanted at once is there at the first poll of the
/// future, which must be polled along with whoever takes them.
pub(in crate::app) fn discover(
    client: Client,
    wants: Vec<Want>,
) -> (impl Future<Output = ()>, UnboundedReceiver<Exchange>) {
    let (found, exchanges) = unbounded();
    let beginning = client.net.clock().now();
    let discovery = async move {
        for Want { path, after } in wants {
            client.net.clock().sleep_until(beginning + after).await;
            if found.unbounded_send(client.want(path)).is_err() {
                return; // nobody takes them any more
            }
        }
    };
    (discovery, exchanges)
}
