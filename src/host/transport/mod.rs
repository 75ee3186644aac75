//! What makes smoltcp behave like a given system.
//!
//! A [`Profile`] holds the constants of a system; a `Transport` sits beside one connection's smoltcp socket,
//! hears of every segment that arrives, and judges every segment that smoltcp wants to send. `Native` lets
//! smoltcp's own congestion control and loss recovery through and only says what it sees.

mod native;
mod profile;

pub use profile::{CongestionControl, KeepAlive, Profile};

pub(super) use native::Native;

use crate::event::Mechanism;
use crate::units::SimTime;

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
pub(super) trait Transport: std::fmt::Debug {
    /// A segment arrived; smoltcp has not seen it yet.
    fn received(&mut self, segment: Segment);

    /// smoltcp wants to send a segment with data, SYN or FIN.
    fn sending(&mut self, now: SimTime, segment: Segment) -> Sending;

    /// First sequence number after everything that was sent.
    fn snd_max(&self) -> u32;

    /// Whether everything that was sent is acknowledged.
    fn all_acknowledged(&self) -> bool;

    /// First sequence number that is not acknowledged.
    fn snd_una(&self) -> u32;
}
