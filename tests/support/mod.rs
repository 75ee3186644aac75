//! Worlds for tests: two hosts and a path, driven to an end within bounds, recorded where somebody wants it; and a
//! browser for what is read in one.

mod browser;
mod capture;
mod pair;
mod role;
mod sweep;

pub(crate) use browser::Browser;
pub(crate) use capture::{Sent, leave_recording};
pub(crate) use pair::{Lab, Pair};
pub(crate) use role::{Order, Outcome, Role};
pub(crate) use sweep::sweep;
