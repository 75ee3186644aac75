//! Certificates: an authority that the clients of a world trust, and the chains that it issues.
//!
//! A chain is a leaf and an intermediate certificate, both Ed25519 (RFC 8410), since its signatures take no chance.
//! Browsers do not know those; for real ones the keys are of ECDSA P-256 (RFC 5480), drawn by the system.
//! Its size is what matters for latency, so it can be chosen: both certificates carry a comment that fills them, in
//! the place of the names, policies and certificate timestamps that real ones carry.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, date_time_ymd,
};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::randomness::Randomness;
use crate::rng::Dice;

/// The smallest chain that can be asked for, in bytes: what both certificates have besides the filling.
pub const SMALLEST_CHAIN: u64 = 1_000;

/// The largest chain, in bytes: what rustls takes for one handshake message is 65,535 B.
pub const LARGEST_CHAIN: u64 = 60_000;

/// What precedes an Ed25519 seed in PKCS #8 (RFC 8410 section 7).
const PKCS8: [u8; 16] = [
    0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// The extension with the filling: Netscape's comment, which readers of captures know and verifiers ignore.
const FILLING: &[u64] = &[2, 16, 840, 1, 113_730, 1, 13];

/// Who signs the certificates of a world.
pub struct Authority {
    /// Where its keys come from; nothing if they are for browsers.
    randomness: Option<Randomness>,
    root: CertificateDer<'static>,
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A server's certificates, the leaf first, and the key of the leaf.
#[derive(Debug)]
pub struct Identity {
    pub(in crate::app) chain: Vec<CertificateDer<'static>>,
    pub(in crate::app) key: PrivateKeyDer<'static>,
}

impl Authority {
    /// The authority of a world.
    ///
    /// # Panics
    /// Never: the parameters do not depend on the seed, save for the key.
    pub fn new(dice: Dice) -> Self {
        Self::of(Some(Randomness::from(dice.stream("tls/authority"))))
    }

    /// An authority whose chains real browsers take; its keys are different each time.
    ///
    /// # Panics
    /// If the system has no random bytes.
    pub fn for_browsers() -> Self {
        Self::of(None)
    }

    fn of(randomness: Option<Randomness>) -> Self {
        let params = authority("wirelab root");
        let key = key_of(randomness.as_ref());
        let root = params.self_signed(&key).expect("the parameters are whole");
        Self {
            randomness,
            pem: root.pem(),
            root: root.der().clone(),
            issuer: Issuer::new(params, key),
        }
    }

    /// The root's certificate as PEM (RFC 7468).
    pub fn pem(&self) -> String {
        self.pem.clone()
    }

    /// What a client must trust.
    ///
    /// # Panics
    /// Never: the root is well-formed.
    pub fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots
            .add(self.root.clone())
            .expect("the root is well-formed");
        roots
    }

    /// A chain for `names` whose certificates have `bytes` together, within [`SMALLEST_CHAIN`] and
    /// [`LARGEST_CHAIN`].
    ///
    /// # Panics
    /// If a name is no DNS name.
    pub fn issue(&self, names: &[&str], bytes: u64) -> Identity {
        let key = || key_of(self.randomness.as_ref());
        let (inner, leaf) = (key(), key());
        let target = usize::try_from(bytes).unwrap_or(usize::MAX);
        // Filling takes a few bytes more than it has, depending on its length (X.690 section 8.1.3).
        let (mut filling, mut chain) = (0, self.chain(names, &inner, &leaf, 0));
        for _ in 0..4 {
            let length: usize = chain.iter().map(|certificate| certificate.len()).sum();
            if length == target {
                break;
            }
            filling = (filling + target).saturating_sub(length);
            chain = self.chain(names, &inner, &leaf, filling);
        }
        Identity {
            chain,
            key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf.serialize_der())),
        }
    }

    /// Leaf and intermediate certificate with so many bytes of filling, half of them each.
    fn chain(
        &self,
        names: &[&str],
        inner: &KeyPair,
        leaf: &KeyPair,
        filling: usize,
    ) -> Vec<CertificateDer<'static>> {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut intermediate = authority("wirelab intermediate");
        fill(&mut intermediate, filling / 2);
        let signed = intermediate.signed_by(inner, &self.issuer);
        let issuer = Issuer::from_params(&intermediate, inner);
        let mut params = CertificateParams::new(names).expect("the names are DNS names");
        set_validity(&mut params);
        params.distinguished_name = called("wirelab server");
        fill(&mut params, filling - filling / 2);
        let chain = [params.signed_by(leaf, &issuer), signed];
        let der = |certificate: Result<rcgen::Certificate, _>| {
            let certificate = certificate.expect("the parameters are whole");
            certificate.der().clone()
        };
        chain.map(der).into()
    }
}

fn key_of(randomness: Option<&Randomness>) -> KeyPair {
    let Some(randomness) = randomness else {
        return KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
            .expect("the system has random bytes");
    };
    let der = [PKCS8.as_slice(), &randomness.bytes::<32>()].concat();
    KeyPair::try_from(der).expect("every 32 bytes are an Ed25519 key")
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    set_validity(&mut params);
    params.distinguished_name = called(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

/// Around the moment at which every world begins.
fn set_validity(params: &mut CertificateParams) {
    params.not_before = date_time_ymd(2025, 1, 1);
    params.not_after = date_time_ymd(2029, 1, 1);
}

fn called(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn fill(params: &mut CertificateParams, bytes: usize) {
    if bytes > 0 {
        let content = comment(bytes);
        params
            .custom_extensions
            .push(CustomExtension::from_oid_content(FILLING, content));
    }
}

/// An `IA5String` in DER whose whole length is `bytes`, or the nearest possible: an extension's value is DER (RFC 5280
/// section 4.1).
fn comment(bytes: usize) -> Vec<u8> {
    let (header, length) = match bytes {
        0..=129 => (2, bytes.saturating_sub(2)),
        130..=258 => (3, bytes - 3),
        _ => (4, bytes - 4),
    };
    let low = length.to_be_bytes();
    let mut der = vec![0x16];
    match header {
        2 => der.push(low[7]),
        3 => der.extend([0x81, low[7]]),
        _ => der.extend([0x82, low[6], low[7]]),
    }
    der.resize(der.len() + length, b'.');
    der
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_as_long_as_it_is_asked_to_be() {
        let authority = Authority::new(Dice::new(1));
        for bytes in [SMALLEST_CHAIN, 1_500, 2_500, 3_600, 10_000, LARGEST_CHAIN] {
            let identity = authority.issue(&["server.test"], bytes);
            let length: usize = identity.chain.iter().map(|one| one.len()).sum();
            assert!(length as u64 == bytes, "{length} B instead of {bytes} B");
        }
    }

    #[test]
    fn the_seed_alone_decides_the_certificates() {
        let chain = |seed| {
            Authority::new(Dice::new(seed))
                .issue(&["a.test"], 2_000)
                .chain
        };
        assert_eq!(chain(1), chain(1));
        assert_ne!(chain(1), chain(2));
    }
}
