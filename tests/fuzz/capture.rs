//! Captures of others: any bytes are read, up to their damage, or refused.

use wirelab::measure::conversation::Traffic;
use wirelab::record::foreign::Capture;

/// Nobody panics.
pub(super) fn run(data: &[u8]) {
    if let Ok(capture) = Capture::read(data) {
        let _ = Traffic::of(&capture);
    }
}
