//! Chance for one endpoint of TLS or QUIC, drawn from the seed.
//!
//! rustls takes its random source and its key exchange groups as `&'static` references, so that neither can belong
//! to a world. A [`Source`] is therefore made once and lent: each thread keeps those that were given back, and lends
//! them again with a new stream. As many exist as endpoints ever lived at once.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use rand::Rng;
use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, SecureRandom, SharedSecret,
    SupportedKxGroup, ring,
};
use rustls::{Error, NamedGroup, PeerMisbehaved};
use x25519_dalek::{PublicKey, StaticSecret};

use crate::rng::Stream;

/// A stream of the world's dice in the place of the system's randomness.
#[derive(Debug)]
struct Source(Mutex<Option<Stream>>);

/// A source that is lent to one endpoint. Whoever may still draw from it holds a clone.
#[derive(Clone, Debug)]
pub(in crate::app) struct Randomness(Rc<Lent>);

#[derive(Debug)]
struct Lent(&'static Source);

thread_local! {
    /// Sources that nobody draws from.
    static SPARE: RefCell<Vec<&'static Source>> = const { RefCell::new(Vec::new()) };
}

impl Randomness {
    /// A source that draws from `stream`.
    pub(in crate::app) fn from(stream: Stream) -> Self {
        let source = SPARE
            .with_borrow_mut(Vec::pop)
            .unwrap_or_else(|| Box::leak(Box::new(Source(Mutex::new(None)))));
        source.set(Some(stream));
        Self(Rc::new(Lent(source)))
    }

    /// ring's cipher suites and signatures, with key shares and all other chance from this source.
    pub(in crate::app) fn provider(&self) -> Arc<CryptoProvider> {
        Arc::new(CryptoProvider {
            kx_groups: vec![self.0.0],
            secure_random: self.0.0,
            ..ring::default_provider()
        })
    }

    /// So many bytes.
    pub(in crate::app) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.0.draw(&mut bytes);
        bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.set(None);
        // The thread may be ending, and its store gone; then the source is not lent again.
        let _ = SPARE.try_with(|spare| spare.borrow_mut().push(self.0));
    }
}

impl Source {
    fn set(&self, stream: Option<Stream>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stream;
    }

    /// Fills `bytes`; `false` if the source is lent to nobody.
    fn draw(&self, bytes: &mut [u8]) -> bool {
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stream
            .as_mut()
            .map(|stream| stream.fill_bytes(bytes))
            .is_some()
    }
}

impl SecureRandom for Source {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), GetRandomFailed> {
        if self.draw(bytes) {
            Ok(())
        } else {
            Err(GetRandomFailed)
        }
    }
}

impl SupportedKxGroup for Source {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let mut bytes = [0; 32];
        self.fill(&mut bytes)?;
        let secret = StaticSecret::from(bytes);
        let public = PublicKey::from(&secret);
        Ok(Box::new(KeyExchange { secret, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

/// One side of a Diffie-Hellman exchange over Curve25519 (RFC 7748 section 6.1).
struct KeyExchange {
    secret: StaticSecret,
    public: PublicKey,
}

impl ActiveKeyExchange for KeyExchange {
    fn complete(self: Box<Self>, peer: &[u8]) -> Result<SharedSecret, Error> {
        let peer: [u8; 32] = peer
            .try_into()
            .map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        let shared = self.secret.diffie_hellman(&PublicKey::from(peer));
        if !shared.was_contributory() {
            return Err(PeerMisbehaved::InvalidKeyShare.into()); // RFC 8446 section 7.4.2
        }
        Ok(SharedSecret::from(shared.as_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        self.public.as_bytes()
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::X25519
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Dice;

    fn randomness(seed: u64) -> Randomness {
        Randomness::from(Dice::new(seed).stream("tls/test"))
    }

    #[test]
    fn the_seed_alone_decides_the_bytes() {
        assert_eq!(randomness(1).bytes::<32>(), randomness(1).bytes::<32>());
        assert_ne!(randomness(1).bytes::<32>(), randomness(2).bytes::<32>());
    }

    #[test]
    fn a_source_that_was_given_back_is_lent_again_with_a_new_stream() {
        let first = randomness(1);
        let source = std::ptr::from_ref(first.0.0);
        first.bytes::<5>();
        drop(first);
        let second = randomness(1);
        assert_eq!(std::ptr::from_ref(second.0.0), source);
        assert_eq!(second.bytes::<32>(), randomness(1).bytes::<32>());
    }

    #[test]
    fn both_sides_of_an_exchange_agree_and_a_zero_share_is_refused() {
        let start = |seed| randomness(seed).0.0.start().expect("it is lent");
        let (ours, theirs) = (start(1), start(2));
        let (our_share, their_share) = (ours.pub_key().to_vec(), theirs.pub_key().to_vec());
        let secret = |side: Box<dyn ActiveKeyExchange>, share: &[u8]| {
            side.complete(share)
                .map(|shared| shared.secret_bytes().to_vec())
        };
        let ours = secret(ours, &their_share).expect("a share of 32 bytes");
        assert_eq!(ours, secret(theirs, &our_share).expect("the same"));
        assert!(secret(start(3), &[0; 32]).is_err());
        assert!(secret(start(3), &[1; 31]).is_err());
    }
}
