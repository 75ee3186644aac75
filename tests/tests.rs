//! The integration tests, in one binary.

/// Rules about the source itself.
mod architecture;
/// The committed outputs are what the cases make.
mod canonical;
/// Every case keeps its own expectations.
mod cases;
/// The program as it is used.
mod cli;
/// The same world twice.
mod determinism;
/// What the HTTP roles say and send, seen through the case `head-of-line`.
mod head_of_line;
/// Stories of one host: how it opens, closes, waits and gives up.
mod host;
/// A protocol library on the lab's streams.
mod hyper;
/// What a stream delivers, whatever happens to its frames.
mod integrity;
/// Builders and drivers that the others share.
mod support;
/// Wireshark's opinion of the captures.
mod wireshark;
