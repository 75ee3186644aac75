//! wirelab: where did the time go, packet by packet.
pub mod event;
pub mod measure;
pub mod plot;
pub mod record;
pub mod rng;
pub mod units;
pub mod wire;
