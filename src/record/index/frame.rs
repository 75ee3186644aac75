//! What a recording says of one frame.

use crate::event::{DiscardCause, DropCause, HostId, LinkId, Mechanism, SocketId};
use crate::units::{SimTime, Span};
use crate::wire::summary::Isns;
use crate::wire::{Frame, FrameId};

/// What happened to a frame.
#[derive(Clone, Debug)]
pub struct FrameStory<'a> {
    /// The frame.
    pub id: FrameId,
    /// Where and when it left; nothing for a frame that a gateway made or a link copied.
    pub sent: Option<Sighting<'a>>,
    /// Where and when it arrived.
    pub received: Option<Sighting<'a>>,
    /// The links that took it, in order.
    pub hops: Vec<Hop>,
    /// Which link dropped it.
    pub dropped: Option<Dropped>,
    /// Which host threw it away.
    pub discarded: Option<Discarded>,
    /// The link that flipped a bit of it, and which bit.
    pub corrupted: Option<(LinkId, u32)>,
    /// The frame that it is a copy of.
    pub copy_of: Option<FrameId>,
    /// The socket that it comes from.
    pub segment: Option<Segment>,
    /// Initial sequence numbers of its flow, for summaries.
    pub isns: Isns,
}

/// A frame at a host's tap.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    /// The host.
    pub host: HostId,
    /// When.
    pub at: SimTime,
    /// The frame as it was there.
    pub frame: &'a Frame,
    /// Its number in the host's capture, from 1.
    pub number: usize,
    /// Position of the entry in the recording.
    pub entry: usize,
}

/// One link's part of a frame's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The link.
    pub link: LinkId,
    /// When the link took it.
    pub taken: SimTime,
    /// Frames in the queue with it.
    pub packets: u32,
    /// When its first bit went on the line.
    pub starts: SimTime,
    /// When its last bit was on the line.
    pub departs: SimTime,
    /// When it was at the far end.
    pub arrives: SimTime,
}

/// A drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The link that dropped it.
    pub link: LinkId,
    /// Why.
    pub cause: DropCause,
    /// When.
    pub at: SimTime,
}

/// A frame that a host threw away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Discarded {
    /// The host.
    pub host: HostId,
    /// Why.
    pub cause: DiscardCause,
    /// When.
    pub at: SimTime,
}

/// What a socket put into a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The socket.
    pub socket: SocketId,
    /// First offset of the data in the socket's outgoing stream.
    pub offset: u64,
    /// Length of the data in bytes.
    pub len: u32,
    /// What made it leave again, if it is not the first time.
    pub again: Option<Mechanism>,
}

impl<'a> FrameStory<'a> {
    pub(super) const fn new(id: FrameId) -> Self {
        Self {
            id,
            sent: None,
            received: None,
            hops: Vec::new(),
            dropped: None,
            discarded: None,
            corrupted: None,
            copy_of: None,
            segment: None,
            isns: Isns::ABSOLUTE,
        }
    }

    /// The frame as it left, or as it arrived if nobody saw it leave.
    pub fn frame(&self) -> Option<&'a Frame> {
        self.sent.or(self.received).map(|sighting| sighting.frame)
    }

    /// From the sender's tap to the receiver's.
    pub fn transit(&self) -> Option<Span> {
        Some(self.received?.at - self.sent?.at)
    }

    /// Time in the queues of all links together.
    pub fn queued(&self) -> Span {
        self.hops.iter().map(Hop::queued).sum()
    }
}

impl Hop {
    /// Time in the queue.
    pub fn queued(&self) -> Span {
        self.starts - self.taken
    }

    /// Time on the line (the frame's bits over the rate).
    pub fn serialization(&self) -> Span {
        self.departs - self.starts
    }

    /// Time from the last bit on the line to the far end.
    pub fn propagation(&self) -> Span {
        self.arrives - self.departs
    }
}
