//! Tells of packets where they are encrypted and decrypted.

use std::rc::Rc;

use bytes::BytesMut;
use quinn::crypto::{CryptoError, HeaderKey, KeyPair, Keys, PacketKey};
use send_wrapper::SendWrapper;

use super::frames;
use crate::app::tls::Parts;
use crate::event::{AppEvent, QuicPacket, QuicPacketKind, SocketId};
use crate::rt::Net;

/// Length of the tags of all cipher suites (RFC 9001 section 5.3).
const TAG: usize = 16;

/// One connection's line to those who watch.
#[derive(Clone)]
pub(super) struct Tap(SendWrapper<Rc<Inner>>);

struct Inner {
    net: Net,
    parts: Parts,
    socket: SocketId,
    connection: u64,
}

impl Tap {
    pub(super) fn new(net: &Net, parts: &Parts, socket: SocketId, connection: u64) -> Self {
        Self(SendWrapper::new(Rc::new(Inner {
            net: net.clone(),
            parts: parts.clone(),
            socket,
            connection,
        })))
    }

    /// The same for another connection of its socket.
    pub(super) fn of(&self, connection: u64) -> Self {
        let Inner {
            net, parts, socket, ..
        } = &**self.0;
        Self::new(net, parts, *socket, connection)
    }

    /// Secrets that TLS logs from now on are this connection's.
    pub(super) fn speak(&self) {
        self.0.parts.speak_for(self.0.socket);
    }

    /// The same keys, and whatever they encrypt and decrypt is told.
    pub(super) fn on(&self, keys: Keys) -> Keys {
        Keys {
            header: keys.header,
            packet: self.on_pair(keys.packet),
        }
    }

    pub(super) fn on_pair(&self, pair: KeyPair<Box<dyn PacketKey>>) -> KeyPair<Box<dyn PacketKey>> {
        KeyPair {
            local: self.on_key(pair.local),
            remote: self.on_key(pair.remote),
        }
    }

    pub(super) fn on_early(
        &self,
        (header, packet): (Box<dyn HeaderKey>, Box<dyn PacketKey>),
    ) -> (Box<dyn HeaderKey>, Box<dyn PacketKey>) {
        (header, self.on_key(packet))
    }

    fn on_key(&self, key: Box<dyn PacketKey>) -> Box<dyn PacketKey> {
        let tap = self.clone();
        Box::new(TappedKey { key, tap })
    }

    /// Tells an event of loss recovery.
    pub(super) fn recovery(&self, line: String) {
        let Inner {
            socket, connection, ..
        } = **self.0;
        self.0.net.tell(|| AppEvent::QuicRecovery {
            socket,
            connection,
            line,
        });
    }

    fn packet(&self, sent: bool, number: u64, header: &[u8], payload: &[u8], tag: &[u8]) {
        self.0.net.tell(|| {
            let length = header.len() + payload.len() + TAG;
            AppEvent::QuicPacket(QuicPacket {
                socket: self.0.socket,
                connection: self.0.connection,
                sent,
                kind: kind(header),
                number,
                length: u32::try_from(length).expect("a datagram is shorter than 64 KiB"),
                seal: seal(tag),
                frames: frames::parse(payload),
            })
        });
    }
}

/// A key that tells.
struct TappedKey {
    key: Box<dyn PacketKey>,
    tap: Tap,
}

impl PacketKey for TappedKey {
    fn encrypt(&self, number: u64, packet: &mut [u8], header: usize) {
        let end = packet.len() - TAG;
        let plain = packet[..end].to_vec();
        self.key.encrypt(number, packet, header);
        let (header, payload) = plain.split_at(header);
        self.tap
            .packet(true, number, header, payload, &packet[end..]);
    }

    fn decrypt(
        &self,
        number: u64,
        header: &[u8],
        payload: &mut BytesMut,
    ) -> Result<(), CryptoError> {
        let tag = payload[payload.len().saturating_sub(TAG)..].to_vec();
        self.key.decrypt(number, header, payload)?;
        self.tap.packet(false, number, header, payload, &tag);
        Ok(())
    }

    fn tag_len(&self) -> usize {
        self.key.tag_len()
    }

    fn confidentiality_limit(&self) -> u64 {
        self.key.confidentiality_limit()
    }

    fn integrity_limit(&self) -> u64 {
        self.key.integrity_limit()
    }
}

/// From the first byte (RFC 9000 sections 17.2 and 17.3).
fn kind(header: &[u8]) -> QuicPacketKind {
    let first = header.first().copied().unwrap_or_default();
    if first & 0x80 == 0 {
        return QuicPacketKind::OneRtt;
    }
    match (first >> 4) & 0x03 {
        0 => QuicPacketKind::Initial,
        1 => QuicPacketKind::ZeroRtt,
        _ => QuicPacketKind::Handshake, // a Retry is not encrypted and never comes here
    }
}

/// The last bytes of a tag.
fn seal(tag: &[u8]) -> [u8; 8] {
    *tag.last_chunk().expect("a tag has 16 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_tells_the_type_of_a_packet() {
        let kinds = [0xc3, 0xd0, 0xe1, 0x41].map(|first| kind(&[first, 0, 0, 0, 1]));
        assert_eq!(
            kinds,
            [
                QuicPacketKind::Initial,
                QuicPacketKind::ZeroRtt,
                QuicPacketKind::Handshake,
                QuicPacketKind::OneRtt
            ]
        );
    }
}
