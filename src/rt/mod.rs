//! Async on virtual time, on one thread.
//!
//! An [`Executor`] runs tasks until all of them wait; a [`Clock`] says what time it is and wakes sleepers;
//! a [`Net`] opens the sockets of one host. Handles are passed to applications, nothing is global. The
//! streams speak `futures::io`, `tokio::io` and `hyper::rt`, so protocol libraries run on them unmodified.
//! This module does not move time: [`crate::sim`] does.

mod clock;
mod executor;
mod hyper;
mod net;
mod stream;
mod udp;

pub use self::clock::{Clock, Elapsed, Sleep, Timeout, TimerId};
pub use self::executor::{Executor, JoinHandle, Spawner};
pub use self::hyper::HyperTimer;
pub use self::net::{HostRef, Net, TcpListener};
pub use self::stream::{Progress, TcpStream};
pub use self::udp::UdpSocket;

pub use crate::host::{KeepAlive, ListenOptions, TcpOptions};
