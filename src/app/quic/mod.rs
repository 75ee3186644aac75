//! QUIC (RFC 9000) by quinn, on the lab's UDP sockets and in virtual time.
//!
//! Every byte comes from the seed: keys and connection ids are drawn from the endpoint's own randomness, tokens
//! count virtual time. What an endpoint sends and receives it tells packet by packet, taken where it is encrypted and
//! decrypted, since nobody can see it afterwards.

mod endpoint;
mod frames;
mod recovery;
mod runtime;
mod session;
mod socket;
mod tap;

pub(super) use self::endpoint::{Connecting, QuicClient, QuicServer};
