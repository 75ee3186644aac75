//! HTTP/1.1 (RFC 9112): a server, a client with a pool of connections, and a client that pipelines.

mod pipeline;
mod pool;
mod response;

pub use self::pipeline::pipeline;
pub use self::pool::fetch;
pub(super) use self::pool::{Connection, connect};

use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;

use super::http::Server;
use crate::event::SocketError;
use crate::rt::HyperTimer;

/// Serves for ever.
///
/// # Errors
/// `EADDRINUSE` if somebody listens on the port.
pub async fn serve(server: Server) -> Result<(), SocketError> {
    let mut builder = Builder::new();
    builder
        .auto_date_header(false) // it would show the time of the real world
        .header_read_timeout(None) // an idle connection stays open until its client closes it
        .timer(HyperTimer::new(server.net.clock().clone()));
    server
        .accept_each(move |stream, service| {
            let answers = service_fn(move |request| service.answer(&request));
            builder.serve_connection(stream, answers)
        })
        .await
}
