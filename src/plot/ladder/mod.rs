//! The ladder: hosts as columns, time downwards, one arrow per frame.
//!
//! Time is not to scale. Every moment at which something drawn happens has a row, in order, with its true
//! time printed at the left; idle time becomes a break that says how long it was. So text never overlaps and
//! a timeout of two minutes costs no more space than one of a millisecond, while order and slant stay true.
//!
//! `trace` reads the recording, `selection` picks what is drawn, `rows` orders it, `layout` places it.

mod label;
mod layout;
mod remark;
mod rows;
mod selection;
mod survey;
mod trace;

#[cfg(test)]
mod tests;

pub use selection::MOST_FRAMES;

use super::figure::Figure;
use crate::record::Recording;

/// Draws the frames of `recording` between its hosts under `title`, the claim or question of the picture.
///
/// Labels show sequence numbers relative to the flow's first, as Wireshark does. At most [`MOST_FRAMES`]
/// frames are drawn: the first, the last, and those around drops and retransmissions; each gap is named.
pub fn ladder(recording: &Recording, title: &str) -> Figure {
    let trace = trace::Trace::of(recording);
    let selection = selection::Selection::of(&trace);
    let rows = rows::Rows::of(&trace, &selection);
    layout::Layout::new(&trace, &rows).figure(&recording.run, title)
}
