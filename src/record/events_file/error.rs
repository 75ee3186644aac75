//! What can be wrong with an events file, and what to do about it.

use thiserror::Error;

use super::VERSION;

/// Why an events file could not be written or read.
#[derive(Debug, Error)]
pub enum EventsFileError {
    /// The file is of another kind.
    #[error(
        "this is not an events file: it does not begin with WIRELAB; give an events.bin of a run"
    )]
    Foreign,
    /// The file is of another version.
    #[error(
        "the events file has version {found}, this wirelab reads version {VERSION}: run the case again"
    )]
    Version {
        /// The version that was found.
        found: u32,
    },
    /// The file ends too early.
    #[error("the events file is cut short: it ends at byte {at} within {part}; run the case again")]
    Truncated {
        /// Length of what is there.
        at: u64,
        /// What was being read.
        part: &'static str,
    },
    /// Bytes changed after they were written.
    #[error("the events file is damaged: {what} in the block at byte {at}; run the case again")]
    Damaged {
        /// Offset of the block.
        at: u64,
        /// What does not fit.
        what: &'static str,
    },
    /// A recording holds more than the format can say.
    #[error("the recording does not fit into an events file: a block of {bytes} bytes is too long")]
    TooLong {
        /// Length of the block's body.
        bytes: usize,
    },
    /// Something could not be encoded.
    #[error("cannot encode the recording")]
    Encode(#[source] postcard::Error),
    /// The file could not be read or written.
    #[error("cannot read or write the events file")]
    Io(#[from] std::io::Error),
}
