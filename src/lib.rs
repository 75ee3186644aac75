//! wirelab: where did the time go, packet by packet.
pub mod event;
pub mod link;
pub mod measure;
pub mod record;
pub mod rng;
pub mod units;
pub mod wire;
