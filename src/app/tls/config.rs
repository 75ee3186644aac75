//! What each side brings to a handshake: certificates or trust, terms, tickets, and the log of secrets.

use std::cell::Cell;
use std::fmt::{self, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::ServerSessionMemoryCache;
use rustls::time_provider::TimeProvider;
use rustls::{ClientConfig, KeyLog, ServerConfig, SupportedProtocolVersion, version};
use send_wrapper::SendWrapper;

use super::identity::{Authority, Identity};
use super::randomness::Randomness;
use super::stream::TlsStream;
use crate::event::{AppEvent, SocketId};
use crate::rng::Dice;
use crate::rt::{Clock, Net, TcpStream};
use crate::units::EPOCH;

/// Sessions that each side remembers.
const SESSIONS: usize = 256;

/// Bytes that a server takes before the handshake is complete (RFC 8446 section 4.2.10).
const EARLY_DATA: u32 = 16_384;

/// A version of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// RFC 5246.
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// What a side wants of its connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The only version that it speaks.
    pub version: Version,
    /// Whether a resumed session may carry data in the first flight (0-RTT).
    pub early_data: bool,
    /// Protocols that may be spoken on top, the preferred one first (RFC 7301): `h2`, `http/1.1`.
    pub alpn: &'static [&'static str],
}

/// One origin as a client knows it: how to trust it, and the tickets that it gave.
#[derive(Clone)]
pub struct ClientTls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
    parts: Parts,
}

/// A server's certificates and the sessions that it remembers.
#[derive(Clone)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    parts: Parts,
}

/// What must live as long as any connection of a side.
#[derive(Clone)]
pub(in crate::app) struct Parts {
    randomness: Randomness,
    secrets: Secrets,
}

impl Terms {
    const fn versions(self) -> [&'static SupportedProtocolVersion; 1] {
        match self.version {
            Version::Tls12 => [&version::TLS12],
            Version::Tls13 => [&version::TLS13],
        }
    }

    fn alpn(self) -> Vec<Vec<u8>> {
        let protocols = self.alpn.iter();
        protocols.map(|name| name.as_bytes().to_vec()).collect()
    }
}

impl ClientTls {
    /// A client on `net` of the origin called `name`.
    ///
    /// # Panics
    /// If `name` is no DNS name.
    pub fn new(net: &Net, dice: Dice, authority: &Authority, name: &str, terms: Terms) -> Self {
        let parts = Parts::new(net, dice, &format!("client/{name}"));
        let mut config = ClientConfig::builder_with_details(
            parts.randomness.provider(),
            Arc::new(WorldTime::of(net.clock())),
        )
        .with_protocol_versions(&terms.versions())
        .expect("ring has suites for both versions")
        .with_root_certificates(authority.roots())
        .with_no_client_auth();
        config.alpn_protocols = terms.alpn();
        config.enable_early_data = terms.early_data;
        config.resumption = Resumption::in_memory_sessions(SESSIONS);
        config.key_log = Arc::new(parts.secrets.clone());
        Self {
            config: Arc::new(config),
            name: ServerName::try_from(name.to_owned()).expect("the name is a DNS name"),
            parts,
        }
    }

    /// Shakes hands over `tcp`. With a ticket that allows early data it returns at once, and what is written
    /// until the server has answered is early data.
    ///
    /// # Errors
    /// `InvalidData` with what rustls found wrong, or the error of the connection.
    pub async fn connect(&self, tcp: TcpStream) -> std::io::Result<TlsStream> {
        let tls = rustls::ClientConnection::new(Arc::clone(&self.config), self.name.clone())
            .map_err(std::io::Error::other)?;
        TlsStream::connect(tcp, tls, self.parts.clone()).await
    }

    /// Gets tickets of an origin's as a visit of another day would have: outside the world, at no time, as many as a
    /// client keeps. Both sides must have agreed on early data.
    ///
    /// # Panics
    /// Never: the two were made for each other.
    pub fn visit(&self, server: &ServerTls) {
        /// Tickets that rustls's client keeps of one origin, and those that a handshake gives.
        const KEPT: usize = 8;
        const GIVEN: usize = 2;
        for _ in 0..KEPT / GIVEN {
            let (client, server) = (Arc::clone(&self.config), Arc::clone(&server.config));
            let client = rustls::ClientConnection::new(client, self.name.clone());
            let client = client.expect("the name is a DNS name");
            let server = rustls::ServerConnection::new(server).expect("the certificates fit");
            talk(client, server).expect("memory loses nothing, and both speak the same version");
        }
    }

    /// What the origin is called.
    pub(in crate::app) fn name(&self) -> String {
        self.name.to_str().into_owned()
    }

    /// For QUIC, which brings its own records.
    pub(in crate::app) const fn config(&self) -> &Arc<ClientConfig> {
        &self.config
    }

    /// Chance and the log of secrets, for QUIC.
    pub(in crate::app) const fn parts(&self) -> &Parts {
        &self.parts
    }
}

impl ServerTls {
    /// A server on `net` with these certificates.
    ///
    /// # Panics
    /// Never: an [`Identity`] has a key that fits its leaf.
    pub fn new(net: &Net, dice: Dice, identity: &Identity, terms: Terms) -> Self {
        let parts = Parts::new(net, dice, "server");
        let mut config = ServerConfig::builder_with_details(
            parts.randomness.provider(),
            Arc::new(WorldTime::of(net.clock())),
        )
        .with_protocol_versions(&terms.versions())
        .expect("ring has suites for both versions")
        .with_no_client_auth()
        .with_single_cert(identity.chain.clone(), identity.key.clone_key())
        .expect("the key is the leaf's");
        config.alpn_protocols = terms.alpn();
        config.max_early_data_size = if terms.early_data { EARLY_DATA } else { 0 };
        config.send_half_rtt_data = true; // an answer to early data need not wait for the client's Finished
        config.session_storage = ServerSessionMemoryCache::new(SESSIONS);
        config.key_log = Arc::new(parts.secrets.clone());
        Self {
            config: Arc::new(config),
            parts,
        }
    }

    /// Shakes hands over `tcp`. It returns as soon as there may be something to read.
    ///
    /// # Errors
    /// As [`ClientTls::connect`].
    pub async fn accept(&self, tcp: TcpStream) -> std::io::Result<TlsStream> {
        let tls = rustls::ServerConnection::new(Arc::clone(&self.config))
            .map_err(std::io::Error::other)?;
        TlsStream::accept(tcp, tls, self.parts.clone()).await
    }

    /// For QUIC, which brings its own records.
    pub(in crate::app) const fn config(&self) -> &Arc<ServerConfig> {
        &self.config
    }

    /// Chance and the log of secrets, for QUIC.
    pub(in crate::app) const fn parts(&self) -> &Parts {
        &self.parts
    }
}

impl Parts {
    fn new(net: &Net, dice: Dice, role: &str) -> Self {
        Self {
            randomness: Randomness::from(dice.stream(&format!("tls/{}/{role}", net.host().0))),
            secrets: Secrets::of(net),
        }
    }

    /// The source of chance.
    pub(in crate::app) const fn randomness(&self) -> &Randomness {
        &self.randomness
    }

    /// Secrets that are logged from now on are this socket's.
    pub(in crate::app) fn speak_for(&self, socket: SocketId) {
        self.secrets.0.socket.set(Some(socket));
    }
}

/// Tells the secrets of handshakes, each for the socket for which rustls is just being called.
#[derive(Clone)]
struct Secrets(SendWrapper<Rc<Log>>);

struct Log {
    net: Net,
    socket: Cell<Option<SocketId>>,
}

impl Secrets {
    fn of(net: &Net) -> Self {
        Self(SendWrapper::new(Rc::new(Log {
            net: net.clone(),
            socket: Cell::new(None),
        })))
    }
}

/// In the format of the NSS key log, which capture files carry in their secrets block.
impl KeyLog for Secrets {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        if let Some(socket) = self.0.socket.get() {
            self.0.net.tell(|| AppEvent::TlsSecret {
                socket,
                line: format!("{label} {} {}", hex(client_random), hex(secret)),
            });
        }
    }
}

/// Carries what two sides say to each other until neither says anything.
fn talk(
    mut client: rustls::ClientConnection,
    mut server: rustls::ServerConnection,
) -> std::io::Result<()> {
    let mut wire = Vec::new();
    while client.wants_write() || server.wants_write() {
        wire.clear();
        client.write_tls(&mut wire)?;
        hear(&mut wire.as_slice(), |from| {
            server.read_tls(from)?;
            server.process_new_packets().map_err(std::io::Error::other)
        })?;
        wire.clear();
        server.write_tls(&mut wire)?;
        hear(&mut wire.as_slice(), |from| {
            client.read_tls(from)?;
            client.process_new_packets().map_err(std::io::Error::other)
        })?;
    }
    Ok(())
}

fn hear<T>(
    wire: &mut &[u8],
    mut take: impl FnMut(&mut &[u8]) -> std::io::Result<T>,
) -> std::io::Result<()> {
    while !wire.is_empty() {
        take(wire)?;
    }
    Ok(())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes every text");
        text
    })
}

/// Virtual time as certificates and tickets count it.
struct WorldTime(SendWrapper<Clock>);

impl WorldTime {
    fn of(clock: &Clock) -> Self {
        Self(SendWrapper::new(clock.clone()))
    }
}

impl TimeProvider for WorldTime {
    fn current_time(&self) -> Option<UnixTime> {
        let since_1970 = Duration::from(EPOCH) + Duration::from_nanos(self.0.now().as_nanos());
        Some(UnixTime::since_unix_epoch(since_1970))
    }
}

impl fmt::Debug for WorldTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("WorldTime").finish_non_exhaustive()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Secrets").finish_non_exhaustive()
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").finish_non_exhaustive()
    }
}
