//! HTTP/3 over QUIC (RFC 9114): a server, and a client that asks for everything at once.
//!
//! Both have the shape of [`http2`](crate::app::http2)'s. The client and the server must have been given TLS, with
//! `h3` as their protocol.

mod client;
mod server;

pub use self::client::fetch;
pub(super) use self::client::{Connection, connect};
pub use self::server::serve;
