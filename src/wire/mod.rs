//! Frames: what is on the wire, and how to read it.
//!
//! A [`Frame`] is an Ethernet II frame without its check sequence (FCS), shared by link, capture and
//! recording without a copy. [`packet`] reads the few fields that the per-packet path needs; [`summary`]
//! says a frame in one line and [`annotate`] field by field. This module holds no protocol state.

pub mod address;
pub mod annotate;
pub mod checksum;
pub mod dns;
pub mod foreign;
mod frame;
mod glance;
pub mod packet;
pub mod patch;
pub mod summary;

pub use address::Mac;
pub use frame::{ETHERNET_HEADER, Frame, FrameId, TUN_HEADER};
pub(crate) use glance::Glance;

#[cfg(test)]
pub(crate) mod sample;
