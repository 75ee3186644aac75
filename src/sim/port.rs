//! External ports: hosts of the world whose stack is somewhere else, as behind a real TAP device.
//!
//! Links, gateways and readers see no difference: what such a host sends comes in by [`World::sent_outside`], and
//! what arrives for it waits to be taken by [`World::take_delivery`]. Its own stack is mute.

use std::rc::Rc;

use bytes::Bytes;

use super::gateway;
use super::world::World;
use crate::event::{Event, HostId};
use crate::units::SimTime;
use crate::wire::Frame;
use crate::wire::packet::ether_type;

/// A frame that has arrived for a host outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// When it arrived.
    pub at: SimTime,
    /// For whom.
    pub host: HostId,
    /// The frame.
    pub bytes: Bytes,
}

impl World {
    /// Hands a host over to somebody outside. Applications that were started on it wait in vain.
    pub fn hand_over(&mut self, host: HostId) {
        self.host(host).borrow_mut().power_off();
        if !self.outside.contains(&host) {
            self.outside.push(host);
        }
    }

    /// A host outside has sent a frame. A packet to where no route leads is answered by its gateway (RFC 1812
    /// section 4.3.3.1), as nobody else would; what is neither ARP nor IPv4 is not of this world.
    ///
    /// # Panics
    /// If the host was not handed over.
    pub fn sent_outside(&mut self, host: HostId, bytes: Bytes) {
        assert!(self.outside.contains(&host), "the host was handed over");
        let is_arp_or_ipv4 = ether_type(&bytes).is_some_and(|kind| {
            [etherparse::EtherType::ARP, etherparse::EtherType::IPV4].contains(&kind)
        });
        if !is_arp_or_ipv4 {
            return;
        }
        let frame = Frame::new(self.names.next(), bytes);
        self.probe.emit(self.now(), || Event::FrameSent {
            host,
            frame: frame.clone(),
        });
        let unreachable = self.route_of(host, &frame).is_none();
        let unreachable = unreachable.then(|| {
            let to = self.host(host).borrow();
            gateway::unreachable(host.0, to.info(), &frame)
        });
        match unreachable.flatten() {
            Some(bytes) => self.deliver(host, bytes),
            None => self.send(host, frame),
        }
    }

    /// The next frame that has arrived for a host outside, in the order of arrival.
    pub fn take_delivery(&mut self) -> Option<Delivery> {
        self.deliveries.pop_front()
    }

    /// A frame has come to a host's tap.
    pub(super) fn arrive(&mut self, host: HostId, frame: Frame) {
        let at = self.now();
        if self.outside.contains(&host) {
            self.probe.emit(at, || Event::FrameReceived {
                host,
                frame: frame.clone(),
            });
            let bytes = frame.bytes;
            self.deliveries.push_back(Delivery { at, host, bytes });
            return;
        }
        let host = Rc::clone(self.host(host));
        host.borrow_mut().receive(at, frame);
    }
}
