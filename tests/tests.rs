//! The integration tests, in one binary.

/// Every case keeps its own expectations.
mod cases;
/// What a stream delivers, whatever happens to its frames.
mod integrity;
/// Builders and drivers that the others share.
mod support;
/// Wireshark's opinion of the captures.
mod wireshark;
