//! Why a world cannot be attached.

use std::io;

use thiserror::Error;

use crate::sim::WorldError;

/// Why a world cannot be attached, or cannot go on.
#[derive(Debug, Error)]
pub enum AttachError {
    /// There are no TAP devices.
    #[error(
        "cannot open /dev/net/tun: {0}; load the module by `modprobe tun`, or give the container the device, \
         for example by `docker run --device /dev/net/tun --cap-add NET_ADMIN --cap-add SYS_ADMIN`"
    )]
    NoTun(io::Error),
    /// Somebody who may not.
    #[error(
        "attach makes a network namespace and a TAP device, and this process lacks {missing}: run it as root, \
         for example by sudo"
    )]
    NotPermitted {
        /// What it lacks.
        missing: String,
    },
    /// Somebody else's.
    #[error(
        "{path} is there already, and attach only touches what it made: choose another name with --netns, or, if it \
         is left over, remove it by `{remedy}`"
    )]
    Exists {
        /// What is there.
        path: String,
        /// How it can be removed.
        remedy: String,
    },
    /// A command of iproute2 failed.
    #[error("`{command}`: {reason}")]
    Command {
        /// What was run.
        command: String,
        /// What it said.
        reason: String,
    },
    /// A file or a device.
    #[error("{what}: {source}")]
    Io {
        /// Which.
        what: String,
        /// Why.
        source: io::Error,
    },
    /// The world cannot go on.
    #[error(transparent)]
    World(#[from] WorldError),
}

impl AttachError {
    /// An error of a file or a device, as a closure for `map_err`.
    pub(super) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}
