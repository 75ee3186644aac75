//! Numbers out of a recording.
//!
//! Works on any [`Recording`](crate::record::Recording), also one read from a file.

pub mod account;
pub mod accuracy;
mod bands;
pub mod conversation;
pub mod diagnosis;
mod distribution;
mod exchanges;
mod frames;
mod grid;
pub mod har;
mod http2;
mod page;
mod phases;
mod quic;
mod result;
mod sequence;
mod timeline;

pub use bands::Bands;
pub use distribution::Distribution;
pub use exchanges::Exchange;
pub use frames::{SentFrame, repair, resent};
pub use grid::{Grid, Scale};
pub use http2::{Http2Frame, Http2Layout};
pub use page::{Carrier, Page};
pub use phases::Phases;
pub use quic::{QuicCarriers, QuicLabel};
pub use result::{CaseResult, Check, Claim, Formula, ObjectResult, Table};
pub use sequence::{Piece, Sequence, Unit};
pub use timeline::{HostView, Seen, Traffic, drops};
