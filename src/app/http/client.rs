//! What every HTTP client has.

use std::net::SocketAddrV4;

use super::{Channel, Ends, Exchange, Requests, Stage};
use crate::app::dns::Stub;
use crate::app::tls::ClientTls;
use crate::event::Phase;
use crate::rt::{Net, Spawner, TcpOptions, TcpStream};
use crate::units::Span;

/// A client of one origin. The functions of [`http1`](crate::app::http1) and [`http2`](crate::app::http2) say
/// how it fetches.
#[derive(Clone, Debug)]
pub struct Client {
    /// The network of its host.
    pub net: Net,
    /// Where the tasks of its connections run.
    pub spawner: Spawner,
    /// The names of its requests; the server has the same ledger.
    pub requests: Requests,
    /// Where the origin listens.
    pub remote: SocketAddrV4,
    /// What the origin is called in requests (RFC 9110 section 4.2.1), for example `server.test`.
    pub authority: String,
    /// Options of its connections.
    pub tcp: TcpOptions,
    /// How it speaks TLS; without it the scheme is `http`.
    pub tls: Option<ClientTls>,
    /// Who tells for each connection where the origin is; without it the address of `remote` is known.
    pub lookup: Option<Stub>,
    /// How much longer a lookup takes than the resolver's answer.
    pub lookup_wait: Span,
    /// How long the client works on a connection before it is ready: certificates, chiefly.
    pub setup: Span,
    /// How long TCP may take to connect, if that is limited.
    pub connect_timeout: Option<Span>,
    /// Bytes that HTTP/2 may send of all answers before the client has read them (RFC 9113 section 5.2), if not as
    /// many as hyper allows.
    pub http2_window: Option<u32>,
}

impl Client {
    /// A client with Nagle off, as browsers have it.
    pub fn new(
        net: Net,
        spawner: Spawner,
        requests: Requests,
        remote: SocketAddrV4,
        authority: &str,
    ) -> Self {
        Self {
            net,
            spawner,
            requests,
            remote,
            authority: authority.to_owned(),
            tcp: TcpOptions::without_nagle(),
            tls: None,
            lookup: None,
            lookup_wait: Span::ZERO,
            setup: Span::ZERO,
            connect_timeout: None,
            http2_window: None,
        }
    }

    /// The same, but the address of `remote` is looked up by the name of the origin.
    #[must_use]
    pub fn with_lookup(mut self, stub: Stub) -> Self {
        self.lookup = Some(stub);
        self
    }

    /// The same over TLS.
    #[must_use]
    pub fn with_tls(mut self, tls: ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The origin as a URL begins with it (RFC 9110 section 4.2).
    pub(in crate::app) fn origin(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.authority)
    }

    /// A request that is wanted from now on.
    pub(in crate::app) fn want(&self, path: String) -> Exchange {
        Exchange::queued(self.net.clone(), self.requests.name(), &self.origin(), path)
    }

    /// Opens a connection on behalf of `exchange`, which waits for it.
    pub(in crate::app) async fn connect(
        &self,
        exchange: &mut Exchange,
    ) -> std::io::Result<(Channel, Ends)> {
        exchange.assigned(None);
        let remote = self.look_up(exchange).await?;
        exchange.phase(Phase::ConnectStart);
        exchange.comes_to(Stage::Handshake);
        let stream = self.connect_to(remote).await?;
        exchange.comes_to(Stage::Established);
        let channel = match &self.tls {
            None => Channel::Plain(stream),
            Some(tls) => {
                exchange.on(stream.socket());
                exchange.phase(Phase::TlsStart);
                Channel::Tls(Box::new(tls.connect(stream).await?))
            }
        };
        self.settle().await;
        exchange.connected(channel.socket());
        let ends = channel.ends().ok_or(std::io::ErrorKind::NotConnected)?;
        Ok((channel, ends))
    }

    /// The client's own work on a new connection.
    pub(in crate::app) async fn settle(&self) {
        if !self.setup.is_zero() {
            self.net.clock().sleep(self.setup).await;
        }
    }

    /// Where the origin is.
    pub(in crate::app) async fn look_up(
        &self,
        exchange: &Exchange,
    ) -> std::io::Result<SocketAddrV4> {
        let Some(stub) = &self.lookup else {
            return Ok(self.remote);
        };
        exchange.phase(Phase::DnsStart);
        let address = stub.resolve(self.host_name()).await;
        let address = address.map_err(std::io::Error::other)?;
        if !self.lookup_wait.is_zero() {
            self.net.clock().sleep(self.lookup_wait).await;
        }
        exchange.phase(Phase::DnsEnd);
        Ok(SocketAddrV4::new(address, self.remote.port()))
    }

    /// The authority without a port (RFC 3986 section 3.2).
    fn host_name(&self) -> &str {
        let mut parts = self.authority.splitn(2, ':');
        parts.next().unwrap_or_default()
    }

    async fn connect_to(&self, remote: SocketAddrV4) -> std::io::Result<TcpStream> {
        let connected = self.net.connect(remote, &self.tcp);
        let Some(limit) = self.connect_timeout else {
            return Ok(connected.await?);
        };
        let clock = self.net.clock();
        let Ok(stream) = clock.timeout(limit, Box::pin(connected)).await else {
            let text = format!("no connection within {limit}");
            return Err(std::io::Error::new(std::io::ErrorKind::TimedOut, text));
        };
        Ok(stream?)
    }
}
