//! wirelab: where did the time go, packet by packet.
pub mod app;
pub mod case;
pub mod cli;
pub mod event;
pub mod host;
pub mod link;
pub mod measure;
pub mod plot;
pub mod record;
pub mod rng;
pub mod rt;
pub mod sim;
pub mod stepper;
pub mod units;
pub mod wire;
