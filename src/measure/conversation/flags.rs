//! The words that Wireshark has for what it sees in one segment.

use std::fmt;

/// One of the flags of `tcp.analysis`, with its condition in `rules`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    /// Something that was sent before.
    Retransmission,
    /// The same soon after duplicate acknowledgments.
    FastRetransmission,
    /// The same though it was acknowledged.
    SpuriousRetransmission,
    /// Older than what came before it, and soon after that.
    OutOfOrder,
    /// Something before it was not captured.
    LostSegment,
    /// It acknowledges what was not captured.
    AckLostSegment,
    /// It acknowledges once more what was acknowledged.
    DuplicateAck,
    /// Nothing is new but the window.
    WindowUpdate,
    /// The data ends where the receiver's window does.
    WindowFull,
    /// The receiver takes nothing.
    ZeroWindow,
    /// A byte into a window that is shut.
    ZeroWindowProbe,
    /// The answer to it.
    ZeroWindowProbeAck,
    /// What is sent to hear whether the other end is there.
    KeepAlive,
    /// The answer to it.
    KeepAliveAck,
    /// A new connection on the ports of an earlier one.
    ReusedPorts,
}

impl Flag {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Retransmission,
        Self::FastRetransmission,
        Self::SpuriousRetransmission,
        Self::OutOfOrder,
        Self::LostSegment,
        Self::AckLostSegment,
        Self::DuplicateAck,
        Self::WindowUpdate,
        Self::WindowFull,
        Self::ZeroWindow,
        Self::ZeroWindowProbe,
        Self::ZeroWindowProbeAck,
        Self::KeepAlive,
        Self::KeepAliveAck,
        Self::ReusedPorts,
    ];

    /// Its name below `tcp.analysis.` in Wireshark's display filters.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Retransmission => "retransmission",
            Self::FastRetransmission => "fast_retransmission",
            Self::SpuriousRetransmission => "spurious_retransmission",
            Self::OutOfOrder => "out_of_order",
            Self::LostSegment => "lost_segment",
            Self::AckLostSegment => "ack_lost_segment",
            Self::DuplicateAck => "duplicate_ack",
            Self::WindowUpdate => "window_update",
            Self::WindowFull => "window_full",
            Self::ZeroWindow => "zero_window",
            Self::ZeroWindowProbe => "zero_window_probe",
            Self::ZeroWindowProbeAck => "zero_window_probe_ack",
            Self::KeepAlive => "keep_alive",
            Self::KeepAliveAck => "keep_alive_ack",
            Self::ReusedPorts => "reused_ports",
        }
    }

    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// A set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags(u32);

impl Flags {
    /// Whether the flag is set.
    pub const fn has(self, flag: Flag) -> bool {
        self.0 & flag.bit() != 0
    }

    /// Sets the flag.
    pub const fn set(&mut self, flag: Flag) {
        self.0 |= flag.bit();
    }

    /// Whether none is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are set.
    pub fn iter(self) -> impl Iterator<Item = Flag> {
        Flag::ALL.into_iter().filter(move |flag| self.has(*flag))
    }
}

impl fmt::Display for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Flag::key).collect();
        f.write_str(&names.join(","))
    }
}
