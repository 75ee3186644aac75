//! How large the peer's full segments are (Linux's `tcp_measure_rcv_mss`): an ACK is due for every second one
//! (RFC 5681 section 4.2), and what is smaller is likely the end of a write.

/// Guess before anything has come: the default MSS (RFC 9293 section 3.7.1).
const GUESS: u32 = 536;
/// Smallest size that counts as full where the peer did not push (`TCP_MIN_MSS`).
const SMALLEST: u32 = 88;
/// Bytes of the timestamps option, which the default MSS has no room for.
const TIMESTAMPS: u32 = 12;

/// What a segment says of the peer's segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Size {
    /// As large as the largest so far, or larger.
    Full {
        /// Not the size of those before it.
        changed: bool,
    },
    /// Smaller, and so is the segment before it: the peer's segments have become smaller.
    Reduced,
    /// Smaller.
    Small,
}

/// The estimate.
#[derive(Clone, Debug)]
pub(super) struct SegmentSize {
    mss: u32,
    full: u32,
    previous: u32,
    options: u32,
}

impl SegmentSize {
    /// An estimate for a connection that advertised `mss`.
    pub(super) fn new(mss: u32, timestamps: bool) -> Self {
        Self {
            mss,
            full: GUESS.min(mss).max(SMALLEST),
            previous: 0,
            options: if timestamps { TIMESTAMPS } else { 0 },
        }
    }

    /// Bytes of a full segment.
    pub(super) const fn full(&self) -> u32 {
        self.full
    }

    /// A segment with `data` bytes; `plain` if it has neither PSH nor FIN.
    pub(super) fn measure(&mut self, data: u32, plain: bool) -> Size {
        let previous = std::mem::take(&mut self.previous);
        if data >= self.full {
            let changed = data != self.full;
            self.full = data.min(self.mss);
            return Size::Full { changed };
        }
        let with_options = data + self.options;
        if with_options >= GUESS || (plain && with_options >= SMALLEST) {
            self.previous = data;
            if data == previous {
                self.full = data;
                return Size::Reduced;
            }
        }
        Size::Small
    }
}
