//! The ladder: hosts as columns, time downwards, one arrow per frame.
//!
//! Time is not to scale. Every moment at which something drawn happens has a row, in order, with its true
//! time printed at the left; idle time becomes a break that says how long it was. So text never overlaps and
//! a timeout of two minutes costs no more space than one of a millisecond, while order and slant stay true.
//!
//! `trace` reads the recording, or `tap` a conversation of a foreign capture; `selection` picks what is drawn, `rows`
//! orders it, `layout` places it.

mod label;
mod layout;
mod remark;
mod rows;
mod selection;
mod survey;
mod tap;
mod trace;

#[cfg(test)]
mod tests;

pub use selection::MOST_FRAMES;

use super::figure::Figure;
use crate::measure::conversation::Conversation;
use crate::record::{Recording, RunInfo};

/// Draws the frames of `recording` between its hosts under `title`, the claim or question of the picture.
///
/// Labels show sequence numbers relative to the flow's first, as Wireshark does. At most [`MOST_FRAMES`]
/// frames are drawn: the first, the last, and those around drops and retransmissions; each gap is named.
pub fn ladder(recording: &Recording, title: &str) -> Figure {
    let trace = trace::Trace::of(recording);
    let selection = selection::Selection::of(&trace);
    let rows = rows::Rows::of(&trace, &selection);
    layout::Layout::new(&trace, &rows).figure(parts(&recording.run, &trace), title)
}

/// Draws a conversation of a foreign capture between its ends, under `title`.
///
/// A tap saw each frame once: arrows are level, and times are the tap's. `source` names the capture.
pub fn conversation_ladder(conversation: &Conversation, source: &str, title: &str) -> Figure {
    let trace = tap::trace(conversation);
    let selection = selection::Selection::of(&trace);
    let rows = rows::Rows::of(&trace, &selection);
    let parts = vec![
        source.to_owned(),
        format!("conversation {}", conversation.number),
        "as one tap saw it: arrows are level".to_owned(),
    ];
    layout::Layout::new(&trace, &rows).figure(parts, title)
}

/// What was run, for the line below the title.
fn parts(run: &RunInfo, trace: &trace::Trace) -> Vec<String> {
    let mut parts = vec![
        format!("{}/{}", run.case, run.variant),
        format!("seed {}", run.seed),
    ];
    parts.extend(
        run.params
            .iter()
            .map(|(knob, value)| format!("{knob}={value}")),
    );
    let mut stacks: Vec<_> = trace.hosts.iter().map(|host| host.stack.as_str()).collect();
    stacks.dedup();
    parts.push(format!("stack {}", stacks.join(", ")));
    parts
}
