//! Scenarios: cases of a user's own, from a TOML file or an HTTP archive, built from the same parts.
//!
//! A [`Scenario`] is a world and a page as plain values, and a [`Case`](crate::case::Case): it is run, stepped, plotted
//! and diagnosed as those of the catalog are. `file` reads and writes it as TOML; `turn` and `changes` have its knobs, `world` builds
//! it, `expect` and `fault` are what a file can add to any case.

mod case;
mod changes;
mod expect;
mod fault;
mod file;
mod har;
mod model;
mod relief;
mod turn;
mod world;

pub use file::{FileError, Loaded, plan_to_toml, read, read_with, schema};
pub use har::{HarError, ReplayError, calibrated, pages};

/// The longest head of a request that servers take, less what every request has, in bytes.
pub(crate) const LONGEST_HEAD: u64 = 12_000;

pub use model::{
    Expectation, Fault, Figure, Machine, Name, Object, Page, Path, Scenario, Server, Way,
};
