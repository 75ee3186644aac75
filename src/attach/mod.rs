//! The world in real time, with real TAP devices as some of its hosts' wires (Linux).
//!
//! A [`Namespace`] is a network namespace with one TAP device in it, which has the address, the gateway and the names
//! of a host of the world: programs that run there are that host. [`attend`] hands the host over
//! ([`World::hand_over`](crate::sim::World::hand_over)) and keeps pace: it reads what leaves the devices, lets the
//! world go on as the clock on the wall does, and writes what arrives. The links between are those of any world.
//!
//! The world's own moments stay exact: an entry of the agenda that is attended to late happens at its own moment, and
//! what follows from it follows from that. What does become late is the writing of a frame to a device; how late each
//! one was is measured, and [`Punctuality`] tells.
//!
//! Nothing here touches a device, an address or a route that it has not made.

mod ahead;
mod error;
mod namespace;
mod pace;
mod punctuality;
mod wire;
mod writer;

pub use self::error::AttachError;
pub use self::namespace::{Name, Namespace, permitted};
pub use self::pace::{Attached, attend};
pub use self::punctuality::Punctuality;
