//! TLS 1.2 and 1.3 (RFC 5246, RFC 8446) by rustls on the lab's TCP, every byte of it drawn from the seed.
//!
//! An [`Authority`] issues each server's [`Identity`]; [`ServerTls`] and [`ClientTls`] shake hands over a
//! [`TcpStream`](crate::rt::TcpStream) and give a [`TlsStream`]. A [`ClientTls`] keeps the tickets of its origin, so
//! that a later connection resumes the session, and sends early data where the [`Terms`] allow it. Secrets are told
//! as [`AppEvent::TlsSecret`](crate::event::AppEvent::TlsSecret), so that captures decrypt.

mod config;
mod identity;
mod randomness;
mod stream;

pub(in crate::app) use self::config::Parts;
pub use self::config::{ClientTls, ServerTls, Terms, Version};
pub use self::identity::{Authority, Identity, LARGEST_CHAIN, SMALLEST_CHAIN};
pub(in crate::app) use self::randomness::Randomness;
pub use self::stream::TlsStream;
