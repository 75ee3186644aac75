//! mahimahi traces: a link that delivers at given moments, as a cellular network does, instead of at a rate.
//!
//! A trace says when; what waits for it is the business of the queue, and its file that of whoever has opened it.

mod cursor;
mod parse;

use std::fmt;
use std::sync::Arc;

pub(super) use cursor::Cursor;
pub use parse::{MAX_TRACE, TraceError, TraceProblem};

use crate::event::Schedule;
use crate::rng;
use crate::units::Span;
use crate::wire::{ETHERNET_HEADER, TUN_HEADER};

/// What one opportunity delivers, in bytes as mahimahi counts them (`PACKET_SIZE` of its `link_queue.hh`): the longest
/// IP packet of 1,500 bytes with the header of a TUN device. One such packet in each millisecond is 12 Mbit/s of IP.
pub const OPPORTUNITY: u32 = 1_504;

/// The moments at which a link delivers, again and again: mahimahi's format. Clones share them.
///
/// Each moment is an opportunity to deliver 1,504 bytes, counted as mahimahi does: a frame costs its IP packet and four
/// bytes, so that one full-sized frame fits one opportunity exactly. After the last moment the trace begins again.
/// A frame that comes at the very moment of an opportunity may use it. (mahimahi, whose clock has whole milliseconds,
/// gives it the next one.)
///
/// ```
/// use wirelab::link::{LinkConfig, Trace};
///
/// // An opportunity each millisecond: 12 Mbit/s.
/// let trace = Trace::parse("12mbit.trace", "1\n")?;
/// let config = LinkConfig { trace: Some(trace), ..LinkConfig::default() };
/// assert_eq!(config.to_string(), "trace 12mbit.trace#ad2aca7747985764");
/// # Ok::<(), wirelab::link::TraceError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Trace {
    name: Arc<str>,
    digest: u64,
    /// In ms, none before the one ahead of it; the last is not zero.
    moments: Arc<[u32]>,
}

impl Trace {
    /// A trace of these moments, which have been checked.
    fn new(name: &str, moments: Vec<u32>) -> Self {
        let bytes: Vec<u8> = moments.iter().flat_map(|ms| ms.to_le_bytes()).collect();
        Self {
            name: name.into(),
            digest: rng::fnv1a(&bytes),
            moments: moments.into(),
        }
    }

    /// What it is called: its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same under another name.
    #[must_use]
    pub fn called(&self, name: &str) -> Self {
        Self {
            name: name.into(),
            ..self.clone()
        }
    }

    /// The moments, in ms from the beginning of the world or of the trace's repetition.
    pub fn moments(&self) -> &[u32] {
        &self.moments
    }

    /// After how long it begins again.
    pub fn period(&self) -> Span {
        let last = self.moments.last().copied().unwrap_or(1);
        Span::from_millis(last.into())
    }

    /// A fingerprint of the moments, 16 hexadecimal digits: two files that say the same have the same.
    pub fn digest(&self) -> String {
        format!("{:016x}", self.digest)
    }

    /// The same as readers of recordings are told.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            trace: self.to_string(),
            moments: self.moments.to_vec(),
            bytes: OPPORTUNITY,
        }
    }
}

/// What a frame of `len` bytes costs of opportunities.
fn cost(len: usize) -> usize {
    (len.saturating_sub(ETHERNET_HEADER) + TUN_HEADER).max(1)
}

/// Its name and its fingerprint: `lte.down#0123456789abcdef`.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.name, self.digest())
    }
}

impl fmt::Debug for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trace({self}, {} opportunities)", self.moments.len())
    }
}

#[cfg(test)]
mod tests;
