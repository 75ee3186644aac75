//! Everything that happened in one run, in order, and the files made of it.
//!
//! A [`Recording`] is all that readers have. It knows no simulator: it may as well come from a file.
//! [`Index`] answers questions about its frames and sockets, [`Remarks`] says what is unusual about a frame,
//! [`pcapng`] writes a host's capture, [`qlog`] its QUIC connections, [`har`] is the format of its requests, [`mahimahi`] logs links that follow traces, and [`events_file`] keeps the whole.
//! Captures that others made are read by [`foreign`].

pub mod events_file;
pub mod foreign;
pub mod har;
mod index;
pub mod mahimahi;
pub mod pcapng;
pub mod qlog;
mod quic;
mod recorder;
mod recording;
mod remarks;

pub use index::{
    Captured, Conversation, Discarded, Dropped, FrameStory, Hop, Index, Segment, Sighting,
    SocketStory,
};
pub use quic::{QuicData, QuicSent};
pub use recorder::Recorder;
pub use recording::{Direction, Entry, Recording, RunInfo};
pub use remarks::{Gathering, Remarks};

#[cfg(test)]
pub(crate) mod sample;
