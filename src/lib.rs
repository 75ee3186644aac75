//! wirelab: where did the time go, packet by packet.
pub mod event;
pub mod measure;
pub mod record;
pub mod rng;
pub mod stepper;
pub mod units;
pub mod wire;
