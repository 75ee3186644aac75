//! The integration tests, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests fail and report as tests do"
)]
#![allow(
    clippy::similar_names,
    reason = "client and clients, served and server are the words for it"
)]

/// As in the program: thousands of worlds run here.
#[cfg(all(unix, feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Where the time went.
mod account;
/// The lab does what Linux did.
mod accuracy;
/// Rules about the source itself.
mod architecture;
/// Real programs as hosts of a world.
#[cfg(target_os = "linux")]
mod attach;
/// The committed outputs are what the cases make.
mod canonical;
/// Every case keeps its own expectations.
mod cases;
/// The program as it is used.
mod cli;
/// The same world twice.
mod determinism;
/// The constraints that a diagnosis names.
mod diagnose;
/// Stub, resolver and authority.
mod dns;
/// Captures that others made.
mod explain;
/// Input that nobody meant.
mod fuzz;
/// Who is sent to which server.
mod geo_routing;
/// HTTP archives.
mod har;
/// Clients with mistakes that the test library finds.
mod harness;
/// What the HTTP roles say and send, seen through the case `head-of-line`.
mod head_of_line;
/// Stories of one host: how it opens, closes, waits and gives up.
mod host;
/// A protocol library on the lab's streams.
mod hyper;
/// The page of many images.
mod image_page;
/// What a stream delivers, whatever happens to its frames.
mod integrity;
/// Messages by long polling, server-sent events and WebSocket.
mod messaging;
/// What the payment service charges, says and stores.
mod payment;
/// QUIC and HTTP/3.
mod quic;
/// The report of a case, in a browser.
mod report;
/// Cases of a user's own.
mod scenario;
/// TLS on the lab's connections.
mod secure;
/// Stepping through a run, and forks.
mod step;
/// The interactive stepper on a pseudo terminal.
mod step_terminal;
/// Builders and drivers that the others share.
mod support;
/// Many runs, on one machine or many.
mod sweep;
/// Wireshark's opinion of the captures.
mod wireshark;
