//! The world: hosts on their taps, the links between them, and the only loop over time.
//!
//! A host's frames go over its access link to its gateway, over the core path between two gateways, and over
//! the peer's access link. Hosts, links and applications do not know the world; it owns the agenda and calls
//! them. The caller owns the pace: [`World::step`] takes the next entry of the agenda, whenever that is.

mod agenda;
mod error;
mod gateway;
mod pace;
mod port;
mod topology;
mod transit;
mod world;

pub use self::error::WorldError;
pub use self::pace::Step;
pub use self::port::Delivery;
pub use self::topology::{Access, PathConfig};
pub use self::world::World;
