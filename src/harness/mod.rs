//! The world as a test library: one's own client and server on simulated hosts, with faults and assertions.
//!
//! A [`Lab`] is a world. Its hosts have a [`Net`](crate::rt::Net) whose streams speak `tokio::io`, `futures::io` and
//! `hyper::rt`; tasks are ordinary futures, in virtual time, on the test's own thread. A [`Path`] between two hosts can
//! be cut, held and made to lose frames, also by the tasks themselves; what is done to it ends with a guard. After a run
//! the lab tells round trips, bytes and connections. A test that fails leaves captures, a ladder and the recording, and
//! says which seed it had.
//!
//! ```
//! use futures::io::{AsyncReadExt, AsyncWriteExt};
//! use wirelab::harness::Lab;
//!
//! let mut lab = Lab::new(7);
//! let (client, server) = (lab.host("client"), lab.host("server"));
//! let path = lab.join(&client, &server, "delay 50ms")?;
//! let listener = server.listen(80)?;
//! lab.spawn("server", async move {
//!     let mut stream = listener.accept().await;
//!     let mut question = [0; 4];
//!     stream.read_exact(&mut question).await.unwrap();
//!     stream.write_all(b"pong").await.unwrap();
//! });
//! path.there().drop_next(1); // the SYN
//! let answer = lab.run(async move {
//!     let mut stream = client.connect(&server, 80).await.unwrap();
//!     stream.write_all(b"ping").await.unwrap();
//!     let mut answer = [0; 4];
//!     stream.read_exact(&mut answer).await.unwrap();
//!     answer
//! });
//! assert_eq!(&answer, b"pong");
//! // One second until the SYN leaves again, then a round trip to connect and one for the question.
//! assert_eq!(lab.elapsed().as_millis_f64(), 1_200.0);
//! wirelab::assert_round_trips!(lab, <= 12.0);
//! wirelab::assert_connections!(lab, == 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Time is the lab's: code under test sleeps by [`Clock::sleep`](crate::rt::Clock::sleep) and not by a runtime's own
//! timer, hyper by [`HyperTimer`](crate::rt::HyperTimer). `docs/testing.md` has three worked examples.

mod evidence;
mod lab;
mod path;

pub use lab::{Host, Lab};
pub use path::{Fault, Path};

/// Asserts how many round trips the last run of a lab took, on its first path: `assert_round_trips!(lab, <= 3.0)`.
#[macro_export]
macro_rules! assert_round_trips {
    ($lab:expr, $relation:tt $expected:expr) => {
        $crate::assert_figure!("round trips", $lab.round_trips(), $relation $expected)
    };
}

/// Asserts how many bytes hosts sent in a lab so far, frames whole: `assert_bytes!(lab, < 10_000)`.
#[macro_export]
macro_rules! assert_bytes {
    ($lab:expr, $relation:tt $expected:expr) => {
        $crate::assert_figure!("bytes on the wire", $lab.traffic().bytes, $relation $expected)
    };
}

/// Asserts how many connections were opened in a lab so far: `assert_connections!(lab, == 1)`.
#[macro_export]
macro_rules! assert_connections {
    ($lab:expr, $relation:tt $expected:expr) => {
        $crate::assert_figure!("connections", $lab.traffic().connections, $relation $expected)
    };
}

/// Asserts a relation of a figure, which it names.
#[doc(hidden)]
#[macro_export]
macro_rules! assert_figure {
    ($what:literal, $seen:expr, $relation:tt $expected:expr) => {{
        let (seen, expected) = ($seen, $expected);
        #[allow(clippy::float_cmp, reason = "whoever writes == means it")]
        let holds = seen $relation expected;
        assert!(
            holds,
            "{} {} {expected} was expected, and {seen} were seen",
            $what,
            stringify!($relation),
        );
    }};
}

#[cfg(test)]
mod tests;
