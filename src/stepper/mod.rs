//! Going through a recording event by event, forward and back: where we are ([`Cursor`]), what the world
//! looks like there ([`View`]) and how both read as text ([`text`]).
//!
//! Works on any [`Recording`](crate::record::Recording), also one read from a file. Nothing here draws on a
//! terminal or waits for a key.

pub mod comparison;
mod contents;
mod cursor;
pub mod filter;
pub mod fork;
mod kind;
mod player;
mod row;
mod search;
mod socket;
mod tape;
pub mod text;
#[cfg(feature = "terminal")]
pub mod tui;
mod view;
mod words;

pub use contents::Contents;
pub use cursor::Cursor;
pub use filter::{Filter, FilterError};
pub use kind::Kind;
pub use player::{Place, Player};
pub use row::Row;
pub use search::{Progress, Search};
pub use socket::{ShownTimer, SocketView};
pub use tape::{Chunk, Film, Tape};
pub use view::{Flight, LastFrame, View};

#[cfg(test)]
mod tests;
