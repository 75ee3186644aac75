//! Stories of one host, told by the frames that it sends and the errors that it gives.

mod closing;
mod giving_up;
mod network;
mod opening;
mod ports;

use futures::{AsyncReadExt, AsyncWriteExt};
use wirelab::event::SocketError;
use wirelab::host::TcpOptions;
use wirelab::rt::TcpStream;

/// The options that the host's profile has.
fn plain() -> TcpOptions {
    TcpOptions::default()
}

/// The error behind what a stream reports.
fn reason(error: &std::io::Error) -> SocketError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    *inner.expect("sockets fail with a SocketError")
}

/// All that a stream still delivers, or why it does not.
async fn rest(stream: &mut TcpStream) -> Result<usize, SocketError> {
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes).await;
    read.map_err(|error| reason(&error))
}

/// Writes so many bytes.
async fn write(stream: &mut TcpStream, count: usize) -> Result<(), SocketError> {
    let written = stream.write_all(&vec![7; count]).await;
    written.map_err(|error| reason(&error))
}
