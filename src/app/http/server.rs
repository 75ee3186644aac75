//! What every HTTP server has.

use std::rc::Rc;

use super::{Channel, Service, Site};
use crate::app::tls::ServerTls;
use crate::event::SocketError;
use crate::rt::{ListenOptions, Net, Spawner, TcpOptions};

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
    /// Its certificates, if it speaks TLS.
    pub tls: Option<ServerTls>,
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
            tls: None,
        }
    }

    /// The same over TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Accepts connections for ever and lets `serve` make a future of each, which ends with the connection.
    pub(in crate::app) async fn accept_each<F: Future + 'static>(
        self,
        serve: impl Fn(Channel, Service) -> F + 'static,
    ) -> Result<(), SocketError> {
        let listener = self.net.listen(self.port, self.listen)?;
        let serve = Rc::new(serve);
        loop {
            let stream = listener.accept().await;
            let service = Service::new(self.net.clone(), self.site.clone(), &stream);
            let (tls, serve) = (self.tls.clone(), Rc::clone(&serve));
            // The client's events say what became of its requests.
            drop(self.spawner.spawn("http server", async move {
                let channel = match tls {
                    None => Ok(Channel::Plain(stream)),
                    Some(tls) => tls.accept(stream).await.map(Box::new).map(Channel::Tls),
                };
                if let Ok(channel) = channel {
                    serve(channel, service.clone()).await;
                }
                service.closed();
            }));
        }
    }
}
