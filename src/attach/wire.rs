//! A TAP device: frames out of a kernel's stack, and into it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use bytes::Bytes;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tun_rs::{DeviceBuilder, Layer, SyncDevice};

use crate::host::DEFAULT_MTU;
use crate::wire::ETHERNET_HEADER;

/// The longest frame, with a VLAN tag that somebody may have put there.
const LONGEST: usize = ETHERNET_HEADER + 4 + DEFAULT_MTU;

/// A TAP device without offloads: every frame is whole, with its checksums, and no longer than its MTU allows. It is
/// gone when this is dropped.
pub(super) struct Wire(SyncDevice);

/// Room for one frame while it is read: how long it is is not known before.
pub(super) struct Buffer([u8; LONGEST]);

impl Buffer {
    pub(super) const fn new() -> Self {
        Self([0; LONGEST])
    }
}

/// Makes a TAP device called `name` in a network namespace.
pub(super) fn open_in(namespace: &File, name: &str) -> io::Result<Wire> {
    // A thread of its own, since one thread's namespace is not to change for whoever comes after.
    std::thread::scope(|scope| {
        let inside = scope.spawn(|| {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            let device = DeviceBuilder::new()
                .name(name)
                .layer(Layer::L2)
                .enable(false);
            let device = device.build_sync()?;
            device.set_nonblocking(true)?;
            Ok(Wire(device))
        });
        inside
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that makes it ended early")))
    })
}

impl Wire {
    /// The next frame that has left the stack, if there is one.
    pub(super) fn read(&self, buffer: &mut Buffer) -> io::Result<Option<Bytes>> {
        match self.0.recv(&mut buffer.0) {
            Ok(length) => Ok(Some(Bytes::copy_from_slice(&buffer.0[..length]))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives a frame to the stack.
    pub(super) fn write(&self, frame: &[u8]) -> io::Result<()> {
        self.0.send(frame).map(drop)
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wire").finish_non_exhaustive()
    }
}
