//! Events of the world: frames at taps and on links, and why one did not arrive.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{AppEvent, HostId, HostInfo, LinkId, LinkInfo, Schedule, SocketEvent, SocketId};
use crate::units::SimTime;
use crate::wire::{Frame, FrameId};

/// Something that happened at one moment of virtual time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A host came into being.
    Host(HostId, Box<HostInfo>),
    /// One direction of a link came into being.
    Link(LinkId, Box<LinkInfo>),
    /// A host gave a frame to its tap; its capture sees it here.
    FrameSent {
        /// The sender.
        host: HostId,
        /// The frame as it leaves.
        frame: Frame,
    },
    /// A link took a frame and knows when it will be through.
    FrameQueued {
        /// The link.
        link: LinkId,
        /// The frame.
        frame: FrameId,
        /// Frames in the queue with this one, the one being sent included.
        packets: u32,
        /// When its first bit goes on the line; the wait in the queue ends here. On a line that follows a trace: when
        /// no frame is before it any more.
        starts: SimTime,
        /// When its last bit is on the line; serialization ends here.
        departs: SimTime,
        /// When it is at the far end; propagation ends here.
        arrives: SimTime,
    },
    /// A link dropped a frame.
    FrameDropped {
        /// The link.
        link: LinkId,
        /// The frame.
        frame: FrameId,
        /// Why.
        cause: DropCause,
    },
    /// A link will deliver a frame a second time.
    FrameDuplicated {
        /// The link.
        link: LinkId,
        /// The frame.
        frame: FrameId,
        /// The name of the copy.
        copy: FrameId,
    },
    /// A link flipped a bit of a frame.
    FrameCorrupted {
        /// The link.
        link: LinkId,
        /// The frame.
        frame: FrameId,
        /// The bit, counted from the first of the frame.
        bit: u32,
    },
    /// A frame came out of a host's tap; its capture sees it here.
    FrameReceived {
        /// The receiver.
        host: HostId,
        /// The frame as it arrived.
        frame: Frame,
    },
    /// A host threw away a frame that it had received.
    FrameDiscarded {
        /// The host.
        host: HostId,
        /// The frame.
        frame: FrameId,
        /// Why.
        cause: DiscardCause,
    },
    /// Something happened to a socket.
    Socket(SocketId, SocketEvent),
    /// An application said what it does.
    App(HostId, Box<AppEvent>),
    /// What the recorder did not keep, said once at the end.
    LeftOut {
        /// Connections of which only the beginning and the end were kept.
        flows: u64,
        /// Their frames.
        frames: u64,
        /// Bytes of those frames.
        bytes: u64,
    },
    /// A link that has just come into being delivers at these moments only.
    Schedule(LinkId, Box<Schedule>),
}

/// Why a link dropped a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DropCause {
    /// The queue was full (drop-tail).
    QueueFull,
    /// Chance: i.i.d. or Gilbert-Elliott loss.
    Loss,
    /// A drop script named the frame.
    Script,
    /// Somebody who steps through the run said so.
    Injected,
    /// The link was down.
    Outage,
    /// The path had forgotten the flow (NAT idle timeout).
    FlowForgotten,
    /// Longer than the link's MTU, with DF set.
    TooBig,
}

/// Why a host threw away a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DiscardCause {
    /// Not for this host, or of no protocol that it knows.
    NotForUs,
    /// A checksum was wrong.
    BadChecksum,
    /// Too short for what its headers say.
    Malformed,
    /// The listener's queue of connections was full (RFC 9293 leaves it to the host; Linux drops the SYN).
    BacklogFull,
    /// The host was powered off.
    PoweredOff,
}

impl fmt::Display for DropCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::QueueFull => "queue full",
            Self::Loss => "random loss",
            Self::Script => "drop script",
            Self::Injected => "injected verdict",
            Self::Outage => "outage",
            Self::FlowForgotten => "flow forgotten (idle timeout)",
            Self::TooBig => "longer than the MTU with DF set",
        })
    }
}

impl fmt::Display for DiscardCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotForUs => "not for this host",
            Self::BadChecksum => "bad checksum",
            Self::Malformed => "malformed",
            Self::BacklogFull => "backlog full",
            Self::PoweredOff => "powered off",
        })
    }
}
