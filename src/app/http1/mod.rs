//! HTTP/1.1 (RFC 9112): a server, a client with a pool of connections, and a client that pipelines.

mod pipeline;
mod pool;
mod response;

pub use self::pipeline::pipeline;
pub use self::pool::fetch;

use hyper::service::service_fn;

use super::http::{Service, Site};
use crate::event::SocketError;
use crate::rt::{HyperTimer, ListenOptions, Net, Spawner};

/// Serves `site` on a port, for ever.
///
/// # Errors
/// `EADDRINUSE` if somebody listens there.
pub async fn serve(
    net: Net,
    spawner: Spawner,
    port: u16,
    options: ListenOptions,
    site: Site,
) -> Result<(), SocketError> {
    let listener = net.listen(port, options)?;
    loop {
        let stream = listener.accept().await;
        let service = Service::new(net.clone(), site.clone(), &stream);
        let answers = service.clone();
        // The `Date` header would show the time of the real world.
        let connection = hyper::server::conn::http1::Builder::new()
            .auto_date_header(false)
            .timer(HyperTimer::new(net.clock().clone()))
            .serve_connection(stream, service_fn(move |request| answers.answer(&request)));
        drop(spawner.spawn("http1 server", async move {
            let _ = connection.await; // the client's events say what became of its requests
            service.closed();
        }));
    }
}
