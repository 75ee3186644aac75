//! What a link has counted, and the law that the counts obey.

use std::collections::BTreeMap;

use crate::event::DropCause;

/// The counts of a link at one moment, in frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Frames offered to the link.
    pub offered: u64,
    /// Copies that the link made itself.
    pub duplicated: u64,
    /// Frames of which the link flipped a bit.
    pub corrupted: u64,
    /// Frames and copies that were dropped, by cause; a cause that never struck is absent.
    pub dropped: BTreeMap<DropCause, u64>,
    /// Frames and copies that wait or are being sent.
    pub queued: u64,
    /// Frames and copies whose last bit has left: they have arrived or will.
    pub departed: u64,
}

impl LinkStats {
    /// Frames and copies that were dropped for any cause.
    pub fn drops(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// Whether every frame is accounted for: what came in or was made here has left, waits, or was dropped.
    pub fn is_conserved(&self) -> bool {
        self.offered + self.duplicated == self.departed + self.queued + self.drops()
    }
}
