//! `wirelab attach`: real programs as hosts of a world, in real time.

mod args;
#[cfg(target_os = "linux")]
mod programs;
#[cfg(target_os = "linux")]
mod session;
#[cfg(target_os = "linux")]
mod text;

pub(super) use self::args::AttachArgs;

use anyhow::Result;

use super::Outcome;

/// Attaches a world until a command or somebody ends it.
#[cfg(target_os = "linux")]
pub(super) fn attach(args: &AttachArgs) -> Result<Outcome> {
    session::attach(args)
}

/// Elsewhere there are no network namespaces.
#[cfg(not(target_os = "linux"))]
pub(super) fn attach(_args: &AttachArgs) -> Result<Outcome> {
    anyhow::bail!("attach needs the network namespaces and TAP devices of Linux")
}
