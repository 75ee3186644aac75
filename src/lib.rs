//! wirelab: where did the time go, packet by packet.
//!
//! Real protocol libraries run as ordinary async Rust on smoltcp hosts, which are joined by simulated links, in
//! virtual time. Everything that happens is recorded; captures, pictures, figures and a stepper are made of the
//! recording. The same seed gives the same bytes.
//!
//! # Map
//!
//! From the bottom up, each module using only those before it:
//!
//! * [`units`], [`rng`], [`wire`]: quantities, chance, frames. [`event`]: what can happen, in one vocabulary.
//! * The makers of events: [`link`] is one direction of a wire, [`host`] one machine, [`rt`] async Rust on virtual
//!   time, [`sim`] the world that joins them and moves time, [`app`] what runs on hosts.
//! * The readers of events: [`record`] keeps them and writes captures, [`measure`] makes numbers, [`plot`] pictures,
//!   [`stepper`] lines of text, [`report`] a page of all that. They know no simulator, so a recording may as well
//!   come from a file.
//! * `attach` is the world in real time, for real programs behind TAP devices (Linux).
//! * [`harness`] is the world as a test library.
//! * [`sweep`] makes many runs of a case, on one machine or on many, and puts them together.
//! * [`case`] asks a question of the makers and holds the recording against a formula; [`case::accuracy`] holds the
//!   lab against Linux. [`scenario`] is a case of a user's own, read from a file. [`cli`] is the program.
//!
//! # The walk of one byte
//!
//! An application writes into a [`rt::TcpStream`]; the host tells of an [`event::SocketEvent::AppWrite`] and keeps
//! the byte until its transport lets it go to smoltcp. A segment comes out, is judged once more, gets its checksums
//! and leaves by the tap as [`event::Event::FrameSent`], where the sender's capture sees it. The world offers the frame to the links of
//! its path, each of which drops it, with a cause, or says when it arrives; the arrival waits on the agenda. At the
//! far tap it is [`event::Event::FrameReceived`]; smoltcp puts the byte in order, and the peer's application reads it:
//! [`event::SocketEvent::AppRead`]. The byte's name, flow, direction and offset, never changes on the way.
//!
//! # Features
//!
//! All are on by default, and the program's: whoever uses the library in tests needs none. `jemalloc` is the program's
//! allocator, `terminal` the interactive stepper (`stepper::tui`), `parquet` one of the tables of a sweep.
//!
//! # Example
//!
//! ```
//! use wirelab::case::{Plan, Run};
//!
//! let plan = Plan::new("handshake", "syn-lost", 1, [("rtt", "100ms")])?;
//! let finished = Run::start(&plan).finish()?;
//! // One second until the SYN's timer fires, and two round trips.
//! assert_eq!(finished.result.total_ms, 1_200.0);
//! assert_eq!(finished.result.formula_ms, Some(1_200.0));
//! # Ok::<(), wirelab::case::CaseError>(())
//! ```

pub mod app;
#[cfg(target_os = "linux")]
pub mod attach;
pub mod case;
pub mod cli;
pub mod diagnose;
pub mod event;
pub mod harness;
pub mod host;
pub mod link;
pub mod measure;
pub mod plot;
pub mod record;
pub mod report;
pub mod rng;
pub mod rt;
pub mod scenario;
pub mod sim;
pub mod stepper;
pub mod sweep;
pub mod units;
pub mod wire;

/// As in the program, for tests that run thousands of worlds.
#[cfg(all(test, unix, feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
