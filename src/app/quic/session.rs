//! quinn's TLS sessions with a [`Tap`] on their keys.

use std::any::Any;
use std::sync::Arc;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::crypto::{
    self, ExportKeyingMaterialError, HeaderKey, KeyPair, Keys, PacketKey, Session,
    UnsupportedVersion,
};
use quinn::{ConnectError, ConnectionId, Side};

use super::endpoint::name_of;
use super::tap::Tap;

type Parameters = quinn_proto::transport_parameters::TransportParameters;
type TransportError = quinn_proto::TransportError;

/// One client's configuration, for one connection.
pub(super) struct TappedClient {
    pub(super) config: Arc<QuicClientConfig>,
    pub(super) tap: Tap,
}

/// A server's configuration, for one connection or for those that are still to come: their first packets are decrypted
/// before they are accepted.
pub(super) struct TappedServer {
    pub(super) config: Arc<QuicServerConfig>,
    pub(super) tap: Tap,
}

impl crypto::ClientConfig for TappedClient {
    fn start_session(
        self: Arc<Self>,
        version: u32,
        name: &str,
        parameters: &Parameters,
    ) -> Result<Box<dyn Session>, ConnectError> {
        self.tap.speak();
        let config = Arc::clone(&self.config);
        let session = config.start_session(version, name, parameters)?;
        Ok(TappedSession::on(session, &self.tap))
    }
}

impl crypto::ServerConfig for TappedServer {
    fn initial_keys(&self, version: u32, id: &ConnectionId) -> Result<Keys, UnsupportedVersion> {
        let keys = crypto::ServerConfig::initial_keys(&*self.config, version, id)?;
        Ok(self.tap.of(name_of(id)).on(keys))
    }

    fn retry_tag(&self, version: u32, id: &ConnectionId, packet: &[u8]) -> [u8; 16] {
        crypto::ServerConfig::retry_tag(&*self.config, version, id, packet)
    }

    fn start_session(self: Arc<Self>, version: u32, parameters: &Parameters) -> Box<dyn Session> {
        self.tap.speak();
        let config = Arc::clone(&self.config);
        TappedSession::on(config.start_session(version, parameters), &self.tap)
    }
}

struct TappedSession {
    session: Box<dyn Session>,
    tap: Tap,
}

impl TappedSession {
    fn on(session: Box<dyn Session>, tap: &Tap) -> Box<dyn Session> {
        let tap = tap.clone();
        Box::new(Self { session, tap })
    }
}

impl Session for TappedSession {
    fn initial_keys(&self, id: &ConnectionId, side: Side) -> Keys {
        self.tap.on(self.session.initial_keys(id, side))
    }

    fn handshake_data(&self) -> Option<Box<dyn Any>> {
        self.session.handshake_data()
    }

    fn peer_identity(&self) -> Option<Box<dyn Any>> {
        self.session.peer_identity()
    }

    fn early_crypto(&self) -> Option<(Box<dyn HeaderKey>, Box<dyn PacketKey>)> {
        let keys = self.session.early_crypto()?;
        Some(self.tap.on_early(keys))
    }

    fn early_data_accepted(&self) -> Option<bool> {
        self.session.early_data_accepted()
    }

    fn is_handshaking(&self) -> bool {
        self.session.is_handshaking()
    }

    fn read_handshake(&mut self, data: &[u8]) -> Result<bool, TransportError> {
        self.tap.speak();
        self.session.read_handshake(data)
    }

    fn transport_parameters(&self) -> Result<Option<Parameters>, TransportError> {
        self.session.transport_parameters()
    }

    fn write_handshake(&mut self, data: &mut Vec<u8>) -> Option<Keys> {
        self.tap.speak();
        let keys = self.session.write_handshake(data)?;
        Some(self.tap.on(keys))
    }

    fn next_1rtt_keys(&mut self) -> Option<KeyPair<Box<dyn PacketKey>>> {
        let keys = self.session.next_1rtt_keys()?;
        Some(self.tap.on_pair(keys))
    }

    fn is_valid_retry(&self, id: &ConnectionId, header: &[u8], payload: &[u8]) -> bool {
        self.session.is_valid_retry(id, header, payload)
    }

    fn export_keying_material(
        &self,
        output: &mut [u8],
        label: &[u8],
        context: &[u8],
    ) -> Result<(), ExportKeyingMaterialError> {
        self.session.export_keying_material(output, label, context)
    }
}
