//! The tap as smoltcp sees it: one packet in, any number out.
//!
//! smoltcp works on IP packets (`Medium::Ip`); Ethernet is the host's own. Each outgoing packet is written
//! straight into a frame buffer behind room for the Ethernet header, so that it is never copied.

use std::cell::RefCell;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};
use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use crate::wire::ETHERNET_HEADER;

/// Buffers that are kept at most.
const SPARE_FRAMES: usize = 1_024;

/// Buffers of full-sized frames that have been read, to be written again; shared by all taps of one world.
/// Shorter frames are left to the allocator, which is quick with them.
#[derive(Clone, Debug, Default)]
pub struct SpareFrames(Rc<RefCell<Vec<BytesMut>>>);

/// Where a host's smoltcp interface writes its packets to.
#[derive(Debug)]
pub(super) struct Tap {
    outgoing: Vec<BytesMut>,
    spares: SpareFrames,
    mtu: usize,
}

/// The tap while smoltcp reads one frame from it.
pub(super) struct Reading<'a> {
    incoming: Option<&'a [u8]>,
    tap: &'a mut Tap,
}

/// The frame that smoltcp is about to read.
pub(super) struct Incoming<'a>(&'a [u8]);

/// The place that smoltcp is about to write to.
pub(super) struct Outgoing<'a>(&'a mut Tap);

impl Tap {
    /// A tap for IP packets of up to `mtu` bytes.
    pub(super) const fn new(mtu: usize, spares: SpareFrames) -> Self {
        Self {
            outgoing: Vec::new(),
            spares,
            mtu,
        }
    }

    /// Largest IP packet.
    pub(super) const fn mtu(&self) -> usize {
        self.mtu
    }

    /// The device from which smoltcp's next ingress poll reads the IP packet of this frame.
    pub(super) const fn reading<'a>(&'a mut self, frame: &'a [u8]) -> Reading<'a> {
        Reading {
            incoming: Some(frame),
            tap: self,
        }
    }

    /// Takes what smoltcp sent, oldest first, leaving `spare` in its place.
    pub(super) fn take(&mut self, spare: Vec<BytesMut>) -> Vec<BytesMut> {
        std::mem::replace(&mut self.outgoing, spare)
    }

    /// The frame that smoltcp sent last.
    pub(super) fn last_sent(&self) -> Option<&[u8]> {
        self.outgoing.last().map(|frame| &frame[..])
    }

    /// Whether smoltcp sent anything since the last [`Tap::take`].
    pub(super) const fn has_sent(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Keeps the buffer of a frame that was read, unless somebody else still holds it.
    pub(super) fn recycle(&self, frame: Bytes) {
        if frame.len() == ETHERNET_HEADER + self.mtu
            && let Ok(buffer) = frame.try_into_mut()
        {
            self.spares.give(buffer);
        }
    }

    /// A buffer for a frame of `len` bytes. What is in it is to be overwritten.
    fn buffer(&self, len: usize) -> BytesMut {
        let spare = (len == ETHERNET_HEADER + self.mtu).then(|| self.spares.take(len));
        spare.flatten().unwrap_or_else(|| BytesMut::zeroed(len))
    }

    fn describe(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities.checksum = ChecksumCapabilities::ignored();
        capabilities
    }
}

impl SpareFrames {
    fn give(&self, buffer: BytesMut) {
        let mut spares = self.0.borrow_mut();
        if spares.len() < SPARE_FRAMES {
            spares.push(buffer);
        }
    }

    /// The buffer that was given last, if it has this length; taps of other sizes may share the store.
    fn take(&self, len: usize) -> Option<BytesMut> {
        self.0.borrow_mut().pop().filter(|spare| spare.len() == len)
    }
}

/// Nothing comes in here: a tap without a frame to read only sends.
impl Device for Tap {
    type RxToken<'a> = Incoming<'a>;
    type TxToken<'a> = Outgoing<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(Incoming<'_>, Outgoing<'_>)> {
        None
    }

    fn transmit(&mut self, _now: Instant) -> Option<Outgoing<'_>> {
        Some(Outgoing(self))
    }

    /// Checksums are the wire's: filled once at the tap, verified once on arrival.
    fn capabilities(&self) -> DeviceCapabilities {
        self.describe()
    }
}

impl Device for Reading<'_> {
    type RxToken<'a>
        = Incoming<'a>
    where
        Self: 'a;
    type TxToken<'a>
        = Outgoing<'a>
    where
        Self: 'a;

    fn receive(&mut self, _now: Instant) -> Option<(Incoming<'_>, Outgoing<'_>)> {
        let frame = self.incoming.take()?;
        Some((Incoming(frame), Outgoing(self.tap)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Outgoing<'_>> {
        Some(Outgoing(self.tap))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        self.tap.describe()
    }
}

impl RxToken for Incoming<'_> {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0[ETHERNET_HEADER..])
    }
}

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        let mut frame = self.0.buffer(ETHERNET_HEADER + len);
        let result = write(&mut frame[ETHERNET_HEADER..]);
        self.0.outgoing.push(frame);
        result
    }
}
