//! What comes out of a link for a frame that was offered to it.

use crate::event::DropCause;
use crate::units::SimTime;
use crate::wire::Frame;

/// A frame and when it is at the far end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When; never before the frame was offered.
    pub at: SimTime,
    /// The frame as it arrives.
    pub frame: Frame,
}

/// What became of a frame that was offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It will arrive.
    Carried,
    /// It waits until the link's valve lets it go on.
    Held,
    /// It will not, and nobody is told.
    Dropped(DropCause),
    /// It will not, and its sender is to be told (RFC 1191 section 4, ICMP type 3 code 4).
    TooBig {
        /// The longest IPv4 packet that passes, in bytes.
        mtu: u16,
        /// The frame, for the answer to quote.
        frame: Frame,
    },
}
