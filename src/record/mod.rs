//! Everything that happened in one run, in order, and the files made of it.
//!
//! A [`Recording`] is all that readers have. It knows no simulator: it may as well come from a file.

mod recorder;
mod recording;

pub use recorder::Recorder;
pub use recording::{Entry, Recording, RunInfo};
