//! What makes smoltcp behave like a given system.
//!
//! A [`Profile`] holds the constants of a system; a `Transport` sits beside one connection's smoltcp socket.
//! `Native` lets smoltcp's own congestion control and loss recovery through and only says what it sees. `Linux`
//! takes their place: a `sender` decides what leaves and when, a `receiver` when it is acknowledged, and
//! smoltcp keeps the state machine, sequence space and reassembly.

mod congestion;
mod linux;
mod native;
mod profile;
pub(in crate::host) mod receiver;
mod rtt;
pub(in crate::host) mod sender;

pub use profile::{CongestionControl, Forced, KeepAlive, Profile, Stack};

pub(super) use linux::{Linux, receive_ring};
pub(super) use native::Native;

use crate::event::Mechanism;

/// A segment as the transport sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    /// First sequence number.
    pub(super) seq: u32,
    /// Length in sequence space.
    pub(super) len: u32,
    /// Acknowledgment number, if the ACK flag is set.
    pub(super) ack: Option<u32>,
    /// Window field, unscaled.
    pub(super) window: u16,
    /// Bytes of data.
    pub(super) data: u32,
}

/// What becomes of a segment that smoltcp wants to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// It leaves for the first time.
    First,
    /// It leaves again.
    Again(Mechanism),
    /// It does not leave, and the connection has timed out (RFC 9293 section 3.8.3, R2).
    GiveUp,
}

/// The profile's part of one connection.
#[derive(Debug)]
pub(super) enum Transport {
    /// smoltcp is left alone.
    Native(Native),
    /// Linux's rules are around it.
    Linux(Box<Linux>),
}

impl Transport {
    /// First sequence number after everything that was sent.
    pub(super) fn snd_max(&self) -> u32 {
        match self {
            Self::Native(native) => native.snd_max(),
            Self::Linux(linux) => linux.sender.snd_nxt(),
        }
    }

    /// First sequence number that is not acknowledged.
    pub(super) fn snd_una(&self) -> u32 {
        match self {
            Self::Native(native) => native.snd_una(),
            Self::Linux(linux) => linux.sender.snd_una(),
        }
    }

    /// Whether everything that was sent is acknowledged.
    pub(super) fn all_acknowledged(&self) -> bool {
        self.snd_una() == self.snd_max()
    }

    /// Linux's rules, if they apply.
    pub(super) fn linux(&self) -> Option<&Linux> {
        match self {
            Self::Linux(linux) => Some(linux),
            Self::Native(_) => None,
        }
    }

    /// The same, to change.
    pub(super) fn linux_mut(&mut self) -> Option<&mut Linux> {
        match self {
            Self::Linux(linux) => Some(linux),
            Self::Native(_) => None,
        }
    }
}
