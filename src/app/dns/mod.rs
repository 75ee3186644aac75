//! DNS over UDP (RFC 1034, RFC 1035) with EDNS and client subnets (RFC 6891, RFC 7871): who asks, who remembers,
//! and who knows. The messages are hickory-proto's.
//!
//! A [`Stub`] asks a [`Resolver`] on behalf of applications; the resolver answers from its cache or asks the one
//! [`Authority`], whose [`Zone`] says what each name means, and to whom. Left out: the walk from the root (every
//! resolver knows its authority), negative caching, TCP, and DNSSEC.

mod ask;
mod authority;
mod cache;
mod message;
mod resolver;
mod stub;
mod subnet;
mod zone;

pub use self::ask::{LookupError, Patience};
pub use self::authority::Authority;
pub use self::cache::Answer;
pub use self::resolver::Resolver;
pub use self::stub::Stub;
pub use self::subnet::Subnet;
pub use self::zone::{Meaning, Zone};

/// Where resolvers and authorities listen.
pub const PORT: u16 = 53;
