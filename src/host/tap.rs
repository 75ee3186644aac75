//! The tap as smoltcp sees it: one packet in, any number out.
//!
//! smoltcp works on IP packets (`Medium::Ip`); Ethernet is the host's own. Each outgoing packet is written
//! straight into a frame buffer behind room for the Ethernet header, so that it is never copied.

use bytes::{Bytes, BytesMut};
use smoltcp::phy::{ChecksumCapabilities, Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::time::Instant;

use crate::wire::ETHERNET_HEADER;

/// The device of a host's smoltcp interface.
#[derive(Debug)]
pub(super) struct Tap {
    incoming: Option<Bytes>,
    outgoing: Vec<BytesMut>,
    mtu: usize,
}

/// The frame that smoltcp is about to read.
pub(super) struct Incoming(Bytes);

/// The place that smoltcp is about to write to.
pub(super) struct Outgoing<'a>(&'a mut Vec<BytesMut>);

impl Tap {
    /// A tap for IP packets of up to `mtu` bytes.
    pub(super) const fn new(mtu: usize) -> Self {
        Self {
            incoming: None,
            outgoing: Vec::new(),
            mtu,
        }
    }

    /// Lets smoltcp's next ingress poll read the IP packet of this frame.
    pub(super) fn put(&mut self, frame: Bytes) {
        self.incoming = Some(frame);
    }

    /// Takes back what smoltcp did not read.
    pub(super) fn clear(&mut self) {
        self.incoming = None;
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
    pub(super) fn has_sent(&self) -> bool {
        !self.outgoing.is_empty()
    }
}

impl Device for Tap {
    type RxToken<'a> = Incoming;
    type TxToken<'a> = Outgoing<'a>;

    fn receive(&mut self, _now: Instant) -> Option<(Incoming, Outgoing<'_>)> {
        let frame = self.incoming.take()?;
        Some((Incoming(frame), Outgoing(&mut self.outgoing)))
    }

    fn transmit(&mut self, _now: Instant) -> Option<Outgoing<'_>> {
        Some(Outgoing(&mut self.outgoing))
    }

    /// Checksums are the wire's: filled once at the tap, verified once on arrival.
    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ip;
        capabilities.max_transmission_unit = self.mtu;
        capabilities.checksum = ChecksumCapabilities::ignored();
        capabilities
    }
}

impl RxToken for Incoming {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0[ETHERNET_HEADER..])
    }
}

impl TxToken for Outgoing<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, write: F) -> R {
        let mut frame = BytesMut::zeroed(ETHERNET_HEADER + len);
        let result = write(&mut frame[ETHERNET_HEADER..]);
        self.0.push(frame);
        result
    }
}
