//! What all versions of HTTP have in common: what a site answers, how a client names its requests, and what
//! they say of them.
//!
//! The names of requests travel beside the wire, not on it: [`Requests`] is a ledger that the clients and
//! servers of one world share, so that a server's events carry the client's [`RequestId`] although no byte
//! of it was sent.
//!
//! [`RequestId`]: crate::event::RequestId

mod channel;
mod client;
mod course;
mod document;
mod exchange;
mod filler;
mod picture;
mod requests;
mod server;
mod site;
mod want;

pub(super) use self::channel::{Channel, Position};
pub use self::client::Client;
pub(super) use self::course::Course;
pub use self::course::Moment;
pub use self::document::document;
pub(super) use self::exchange::{Exchange, Stage};
pub use self::filler::Filler;
pub use self::picture::picture;
pub use self::requests::{Carrier, Ends, Requests};
pub use self::server::Server;
pub(super) use self::site::Service;
pub use self::site::{Object, Site};
pub use self::want::Want;
pub(super) use self::want::discover;
