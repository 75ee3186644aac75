//! `events.bin`: a whole recording in one file, versioned, checked and indexed by time.
//!
//! ```text
//! "WIRELAB\0"  version: u32           numbers are little-endian
//! block        the run
//! block ...    entries, about a megabyte each
//! block        the index: each entry block's first time and place; all hosts and links
//! place of the index block: u64       "LABINDEX"
//! ```
//!
//! A block is its kind (one byte), the length of its body (u32), a checksum of the body (u64) and the body in
//! postcard's encoding. A received frame is kept as a patch of the sent one where both are in the same block
//! (routers change about ten bytes), else in full, so that every block can be read alone. The same recording
//! always makes the same bytes.

mod block;
mod blocks;
mod error;
mod read;
mod stored;
mod write;

pub use blocks::{Blocks, Input};
pub use error::EventsFileError;
pub use read::{read, read_from};
pub use write::write;

use serde::{Deserialize, Serialize};

use super::recording::Entry;
use crate::units::SimTime;

/// The first bytes of every events file.
const MAGIC: [u8; 8] = *b"WIRELAB\0";
/// The last bytes of every events file.
const END_MAGIC: [u8; 8] = *b"LABINDEX";
/// The version that is written, and the only one that is read. It changes with the format and with every
/// change to [`crate::event`], since postcard's encoding does not describe itself.
const VERSION: u32 = 5;
/// Length of what comes before the first block.
const HEADER_LEN: u64 = 12;
/// Length of what comes after the last block.
const TRAILER_LEN: u64 = 16;

/// What the index block holds.
#[derive(Debug, Default, Serialize, Deserialize)]
struct TimeIndex {
    blocks: Vec<BlockPlace>,
    /// The entries that name hosts and links: whoever begins to read in the middle needs them.
    scenery: Vec<Entry>,
}

/// Where entries of a time are.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct BlockPlace {
    /// Time of the block's first entry.
    first: SimTime,
    /// Offset of the block in the file.
    offset: u64,
}

#[cfg(test)]
mod tests;
