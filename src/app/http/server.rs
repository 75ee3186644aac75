//! What every HTTP server has.

use super::{Service, Site};
use crate::event::SocketError;
use crate::rt::{ListenOptions, Net, Spawner, TcpOptions, TcpStream};

/// A server of one site. The functions of [`http1`](crate::app::http1) and [`http2`](crate::app::http2) say which
/// protocol it speaks.
#[derive(Clone, Debug)]
pub struct Server {
    /// The network of its host.
    pub net: Net,
    /// Where the tasks of its connections run.
    pub spawner: Spawner,
    /// Where it listens.
    pub port: u16,
    /// Backlog, and options of its connections.
    pub listen: ListenOptions,
    /// What it answers.
    pub site: Site,
}

impl Server {
    /// A server with Nagle off, as HTTP servers have it.
    pub fn new(net: Net, spawner: Spawner, port: u16, site: Site) -> Self {
        let listen = ListenOptions {
            tcp: TcpOptions::without_nagle(),
            ..ListenOptions::default()
        };
        Self {
            net,
            spawner,
            port,
            listen,
            site,
        }
    }

    /// Accepts connections for ever and lets `serve` make a future of each, which ends with the connection.
    pub(in crate::app) async fn accept_each<F: Future + 'static>(
        self,
        serve: impl Fn(TcpStream, Service) -> F,
    ) -> Result<(), SocketError> {
        let listener = self.net.listen(self.port, self.listen)?;
        loop {
            let stream = listener.accept().await;
            let service = Service::new(self.net.clone(), self.site.clone(), &stream);
            let connection = serve(stream, service.clone());
            drop(self.spawner.spawn("http server", async move {
                connection.await; // the client's events say what became of its requests
                service.closed();
            }));
        }
    }
}
