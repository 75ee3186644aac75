//! Going through a recording event by event, forward and back: where we are ([`Cursor`]), what the world
//! looks like there ([`View`]) and how both read as text ([`text`]).
//!
//! Works on any [`Recording`](crate::record::Recording), also one read from a file. Nothing here draws on a
//! terminal or waits for a key.

mod cursor;
mod socket;
pub mod text;
mod view;
mod words;

pub use cursor::Cursor;
pub use socket::{ShownTimer, SocketView};
pub use view::{Flight, LastFrame, View};

#[cfg(test)]
mod tests;
