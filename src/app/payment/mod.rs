//! A payment service over HTTP/1.1, and a client that tries again.
//!
//! `POST /charges` charges; `GET /charges` reads. A charge wants an `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header) unless the [`Design`](super::ledger::Design) has none: the answer is
//! stored with it, and a request with the same key and body gets that answer, byte for byte. The server is a
//! process that can be killed and started again; what survives is the ledger's file.

mod answer;
mod clerk;
mod client;
mod key;
mod process;
mod server;

pub use self::client::{Call, Client, Policy};
pub use self::key::{IDEMPOTENCY_KEY, draw as draw_key};
pub use self::server::{CrashPoint, Server, Terms};
