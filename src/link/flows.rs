//! The flows that a path remembers, as a NAT or a stateful firewall does, and forgets when they are idle.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::rc::Rc;

use crate::units::{SimTime, Span};
use crate::wire::packet::TcpView;

/// The memory of a path. Clones share it: the links of both directions hold one.
///
/// A flow is the unordered pair of its TCP endpoints. A SYN without ACK opens one, and every frame of a flow
/// keeps it for another idle timeout. Since any UDP datagram would open its flow anew, the memory lets UDP
/// pass, as it does what belongs to no flow: ARP, ICMP, and fragments, which have no ports. It takes no
/// notice of connections that close.
#[derive(Clone, Debug)]
pub struct FlowMemory(Rc<RefCell<Flows>>);

#[derive(Debug)]
struct Flows {
    idle: Span,
    last_seen: BTreeMap<Flow, SimTime>,
    sweep_at: SimTime,
}

/// The endpoints of a flow, the smaller first.
type Flow = (SocketAddrV4, SocketAddrV4);

impl FlowMemory {
    /// A memory that forgets a flow once `idle` has passed since its last frame.
    pub fn new(idle: Span) -> Self {
        let sweep_at = SimTime::ZERO + idle;
        Self(Rc::new(RefCell::new(Flows {
            idle,
            last_seen: BTreeMap::new(),
            sweep_at,
        })))
    }

    /// After how long without frames a flow is forgotten.
    pub fn idle(&self) -> Span {
        self.0.borrow().idle
    }

    /// Whether the path lets `frame` pass at `now`; if so, it remembers that it did.
    pub(super) fn admits(&self, now: SimTime, frame: &[u8]) -> bool {
        let Some(segment) = TcpView::of(frame) else {
            return true;
        };
        let (a, b) = (segment.source, segment.destination);
        let flow = if a <= b { (a, b) } else { (b, a) };
        let opens = segment.header.syn() && !segment.header.ack();
        let mut flows = self.0.borrow_mut();
        if opens {
            flows.open(now, flow);
        }
        opens || flows.keep(now, flow)
    }
}

impl Flows {
    fn open(&mut self, now: SimTime, flow: Flow) {
        // Once per idle timeout, so that memory follows the flows that live, at a constant cost for each.
        if now >= self.sweep_at {
            let idle = self.idle;
            self.last_seen.retain(|_, last| now - *last < idle);
            self.sweep_at = now + idle;
        }
        self.last_seen.insert(flow, now);
    }

    fn keep(&mut self, now: SimTime, flow: Flow) -> bool {
        let idle = self.idle;
        let known = self
            .last_seen
            .get_mut(&flow)
            .filter(|last| now - **last < idle);
        known.map(|last| *last = now).is_some()
    }
}
