//! Endpoints: a client has a socket for each connection, a server one for all.

use std::fmt;
use std::io;
use std::net::SocketAddrV4;
use std::sync::Arc;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{
    ClientConfig, ConnectionId, ConnectionIdGenerator, Endpoint, EndpointConfig, Runtime,
    ServerConfig, TransportConfig,
};
use ring::{hkdf, hmac};
use send_wrapper::SendWrapper;

use super::recovery;
use super::runtime::{WorldRuntime, WorldTime};
use super::session::{TappedClient, TappedServer};
use super::socket::WorldSocket;
use super::tap::Tap;
use crate::app::tls::{ClientTls, Randomness, ServerTls};
use crate::event::SocketId;
use crate::rt::{Net, Spawner, UdpSocket};

/// Length of the lab's connection ids in bytes, as quinn has them by default.
const ID: usize = 8;

/// What a QUIC server must allow if it allows early data at all (RFC 9001 section 4.6.1).
const EARLY_DATA: u32 = u32::MAX;

/// A connection that a client has begun.
pub(in crate::app) struct Connecting {
    pub(in crate::app) handshake: quinn::Connecting,
    pub(in crate::app) socket: SocketId,
    /// The name by which both sides know the connection, as in [`QuicPacket`](crate::event::QuicPacket).
    pub(in crate::app) name: u64,
}

/// A client of one origin.
pub(in crate::app) struct QuicClient {
    net: Net,
    spawner: Spawner,
    tls: ClientTls,
}

/// A server on one port.
pub(in crate::app) struct QuicServer {
    net: Net,
    tls: ServerTls,
    socket: SocketId,
    runtime: Arc<WorldRuntime>,
    crypto: Arc<QuicServerConfig>,
    config: ServerConfig,
    endpoint: Endpoint,
}

impl QuicClient {
    pub(in crate::app) fn new(net: &Net, spawner: &Spawner, tls: &ClientTls) -> Self {
        Self {
            net: net.clone(),
            spawner: spawner.clone(),
            tls: tls.clone(),
        }
    }

    /// Begins a connection on a socket of its own. Nothing has left yet when this returns; the first flight leaves in
    /// the same instant.
    pub(in crate::app) fn connect(&self, remote: SocketAddrV4) -> io::Result<Connecting> {
        let randomness = self.tls.parts().randomness();
        let runtime = Arc::new(WorldRuntime::new(&self.net, &self.spawner));
        let socket = self.net.bind_udp(0)?;
        let id = socket.socket();
        let endpoint = open(randomness, None, socket, &runtime)?;
        let first: [u8; ID] = randomness.bytes();
        let name = u64::from_be_bytes(first);
        let tap = Tap::new(&self.net, self.tls.parts(), id, name);
        let crypto =
            QuicClientConfig::try_from(Arc::clone(self.tls.config())).map_err(io::Error::other)?;
        let transport = transport(&tap, &runtime);
        let mut config = ClientConfig::new(Arc::new(TappedClient {
            config: Arc::new(crypto),
            tap,
        }));
        config
            .transport_config(transport)
            .initial_dst_cid_provider(Arc::new(move || ConnectionId::new(&first)));
        let handshake = endpoint
            .connect_with(config, remote.into(), &self.tls.name())
            .map_err(io::Error::other)?;
        Ok(Connecting {
            handshake,
            socket: id,
            name,
        })
    }
}

impl QuicServer {
    /// A server that takes connections from now on.
    pub(in crate::app) fn bind(
        net: &Net,
        spawner: &Spawner,
        port: u16,
        tls: &ServerTls,
    ) -> io::Result<Self> {
        let randomness = tls.parts().randomness();
        let runtime = Arc::new(WorldRuntime::new(net, spawner));
        let socket = net.bind_udp(port)?;
        let id = socket.socket();
        let mut rustls = (**tls.config()).clone();
        if rustls.max_early_data_size > 0 {
            rustls.max_early_data_size = EARLY_DATA;
        }
        let crypto = QuicServerConfig::try_from(Arc::new(rustls)).map_err(io::Error::other)?;
        let crypto = Arc::new(crypto);
        let tapped = TappedServer {
            config: Arc::clone(&crypto),
            tap: Tap::new(net, tls.parts(), id, 0),
        };
        let tokens = hkdf::Salt::new(hkdf::HKDF_SHA256, &[]).extract(&randomness.bytes::<64>());
        let mut config = ServerConfig::new(Arc::new(tapped), Arc::new(tokens));
        config.time_source(Arc::new(WorldTime::of(net)));
        let endpoint = open(randomness, Some(config.clone()), socket, &runtime)?;
        Ok(Self {
            net: net.clone(),
            tls: tls.clone(),
            socket: id,
            runtime,
            crypto,
            config,
            endpoint,
        })
    }

    /// The next connection and its name, as soon as its first packet is here: what it carries can be read, and
    /// answered, before the handshake is complete.
    pub(in crate::app) async fn accept(&self) -> Option<(quinn::Connection, u64)> {
        loop {
            let incoming = self.endpoint.accept().await?;
            let name = name_of(&incoming.orig_dst_cid());
            let tap = Tap::new(&self.net, self.tls.parts(), self.socket, name);
            let mut config = self.config.clone();
            config.transport = transport(&tap, &self.runtime);
            config.crypto = Arc::new(TappedServer {
                config: Arc::clone(&self.crypto),
                tap,
            });
            let connecting = incoming.accept_with(Arc::new(config));
            if let Some(Ok((connection, _))) = connecting.ok().map(quinn::Connecting::into_0rtt) {
                return Some((connection, name));
            }
        }
    }

    /// Its socket's name in events.
    pub(in crate::app) const fn socket(&self) -> SocketId {
        self.socket
    }
}

/// The name of a connection to whose server the client first said `id`.
pub(super) fn name_of(id: &ConnectionId) -> u64 {
    let mut name = [0; 8];
    let known = id.len().min(name.len());
    name[..known].copy_from_slice(&id[..known]);
    u64::from_be_bytes(name)
}

fn open(
    randomness: &Randomness,
    server: Option<ServerConfig>,
    socket: UdpSocket,
    runtime: &Arc<WorldRuntime>,
) -> io::Result<Endpoint> {
    let resets = hmac::Key::new(hmac::HMAC_SHA256, &randomness.bytes::<64>());
    let ids = SendWrapper::new(randomness.clone());
    let mut config = EndpointConfig::new(Arc::new(resets));
    config
        .rng_seed(Some(randomness.bytes()))
        .grease_quic_bit(false) // so that those who watch know a packet by its first byte
        .cid_generator(move || Box::new(Ids(ids.clone())));
    Endpoint::new_with_abstract_socket(
        config,
        server,
        Arc::new(WorldSocket::new(socket)),
        Arc::clone(runtime) as Arc<dyn Runtime>,
    )
}

fn transport(tap: &Tap, runtime: &WorldRuntime) -> Arc<TransportConfig> {
    let mut config = TransportConfig::default();
    config.qlog_stream(recovery::watch(tap, runtime.now()));
    Arc::new(config)
}

/// Connection ids from the endpoint's randomness.
struct Ids(SendWrapper<Randomness>);

impl ConnectionIdGenerator for Ids {
    fn generate_cid(&mut self) -> ConnectionId {
        ConnectionId::new(&self.0.bytes::<ID>())
    }

    fn cid_len(&self) -> usize {
        ID
    }

    fn cid_lifetime(&self) -> Option<std::time::Duration> {
        None
    }
}

impl fmt::Debug for QuicServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuicServer")
            .field("socket", &self.socket)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_named_by_the_first_bytes_of_its_first_id() {
        assert_eq!(name_of(&ConnectionId::new(&[0, 0, 0, 0, 0, 0, 1, 2])), 258);
        let long = [0, 0, 0, 0, 0, 0, 0, 7, 9, 9];
        assert_eq!(name_of(&ConnectionId::new(&long)), 7);
    }
}
