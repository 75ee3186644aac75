//! Matching drop scripts: what each frame is, seen from the flow that it belongs to.
//!
//! All is learnt from one direction. Offsets are 64 bits wide, so that a flow may be longer than the
//! sequence space.

use std::collections::BTreeMap;
use std::net::SocketAddrV4;
use std::ops::Range;

use super::{DropScripts, Kind, Selector};
use crate::wire::packet::{Ipv4View, TcpView, UdpView};

/// The scripts of a link, what they have counted, and the flows that it has seen.
#[derive(Debug)]
pub(in crate::link) struct Watch {
    scripts: Vec<Counter>,
    flows: BTreeMap<(SocketAddrV4, SocketAddrV4), Progress>,
}

/// A selector and how many frames of its kind there have been.
#[derive(Debug)]
struct Counter {
    selector: Selector,
    seen: u64,
}

/// How far one direction of a flow has come.
#[derive(Clone, Copy, Debug)]
struct Progress {
    /// Sequence number of offset 0.
    origin: u32,
    /// Offset after the last byte carried.
    sent: u64,
    /// The acknowledgment number that acknowledges nothing but the peer's SYN, once one was seen, and the
    /// most bytes acknowledged since.
    acked: Option<(u32, u64)>,
}

/// What a frame is.
enum Sighting<'a> {
    Tcp {
        segment: TcpView<'a>,
        /// Offsets of its data in its flow; empty without data.
        data: Range<u64>,
        /// Whether some of the data was not carried before.
        is_new: bool,
        /// Bytes that it acknowledges.
        acked: u64,
    },
    Udp,
    Other,
}

impl Watch {
    pub(in crate::link) fn new(scripts: &DropScripts) -> Self {
        let counter = |selector| Counter { selector, seen: 0 };
        Self {
            scripts: scripts
                .iter()
                .map(|script| counter(script.selector))
                .collect(),
            flows: BTreeMap::new(),
        }
    }

    /// Whether a script names this frame, the next one that the link is offered.
    pub(in crate::link) fn names(&mut self, frame: &[u8]) -> bool {
        if self.scripts.is_empty() {
            return false;
        }
        let sighting = self.sight(frame);
        // Every script counts the frame, also after another has named it.
        self.scripts
            .iter_mut()
            .fold(false, |named, script| script.names(&sighting) | named)
    }

    fn sight<'a>(&mut self, frame: &'a [u8]) -> Sighting<'a> {
        let Some(ip) = Ipv4View::of(frame) else {
            return Sighting::Other;
        };
        if let Some(segment) = TcpView::in_packet(&ip) {
            let flow = (segment.source, segment.destination);
            let start = Progress::starting_with(&segment);
            let progress = self.flows.entry(flow).or_insert(start);
            if segment.header.syn() && progress.origin != start.origin {
                *progress = start; // the same ports again, for another connection
            }
            return progress.advance(segment);
        }
        UdpView::in_packet(&ip).map_or(Sighting::Other, |_| Sighting::Udp)
    }
}

impl Progress {
    fn starting_with(segment: &TcpView<'_>) -> Self {
        Self {
            origin: first_data(segment),
            sent: 0,
            acked: None,
        }
    }

    fn advance<'a>(&mut self, segment: TcpView<'a>) -> Sighting<'a> {
        let length =
            i64::try_from(segment.payload.len()).expect("a segment is shorter than 64 KiB");
        let first = unwrapped(self.origin, self.sent, first_data(&segment));
        // A keep-alive's byte can come before the first (RFC 9293 section 3.8.4): it is none of the stream.
        let (first, end) = (offset(first), offset(first + length));
        let is_new = end > self.sent && first < end;
        self.sent = self.sent.max(end);
        let acked = if segment.header.ack() {
            self.acknowledge(&segment)
        } else {
            0
        };
        Sighting::Tcp {
            segment,
            data: first..end,
            is_new,
            acked,
        }
    }

    fn acknowledge(&mut self, segment: &TcpView<'_>) -> u64 {
        let number = segment.header.acknowledgment_number();
        let (origin, most) = self.acked.unwrap_or((number, 0));
        let acked = offset(unwrapped(origin, most, number));
        self.acked = Some((origin, most.max(acked)));
        acked
    }
}

impl Counter {
    fn names(&mut self, sighting: &Sighting<'_>) -> bool {
        if !sighting.fits(self.selector) {
            return false;
        }
        self.seen += 1;
        match self.selector {
            Selector::Nth(_, ordinals) => ordinals.contain(self.seen),
            Selector::AckAtLeast(_) | Selector::Bytes { .. } => self.seen == 1,
        }
    }
}

impl Sighting<'_> {
    fn fits(&self, selector: Selector) -> bool {
        match (selector, self) {
            (Selector::Nth(kind, _), _) => self.is(kind),
            (Selector::AckAtLeast(bytes), Self::Tcp { acked, .. }) => {
                self.is(Kind::Ack) && *acked >= bytes
            }
            (Selector::Bytes { first, end }, Self::Tcp { data, .. }) => {
                !data.is_empty() && data.start < end && first < data.end
            }
            _ => false,
        }
    }

    fn is(&self, kind: Kind) -> bool {
        let Self::Tcp {
            segment, is_new, ..
        } = self
        else {
            return kind == Kind::Any || (kind == Kind::Udp && matches!(self, Self::Udp));
        };
        let header = &segment.header;
        let has_data = !segment.payload.is_empty();
        match kind {
            Kind::Any => true,
            Kind::Udp => false,
            Kind::Syn => header.syn() && !header.ack(),
            Kind::SynAck => header.syn() && header.ack(),
            Kind::Data => *is_new,
            Kind::Retransmission => has_data && !is_new,
            Kind::Ack => {
                header.ack() && !has_data && !header.syn() && !header.fin() && !header.rst()
            }
            Kind::Fin => header.fin(),
            Kind::Rst => header.rst(),
        }
    }
}

/// Sequence number of a segment's first byte of data: a SYN comes before it (RFC 9293 section 3.4).
fn first_data(segment: &TcpView<'_>) -> u32 {
    segment
        .header
        .sequence_number()
        .wrapping_add(u32::from(segment.header.syn()))
}

/// The offset of sequence number `number`, the one nearest to offset `near`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "sequence numbers are offsets modulo 2^32, and the sign of their difference is their order"
)]
fn unwrapped(origin: u32, near: u64, number: u32) -> i64 {
    let distance = number.wrapping_sub(origin.wrapping_add(near as u32)) as i32;
    near as i64 + i64::from(distance)
}

/// An offset of the stream, which begins at 0.
fn offset(unwrapped: i64) -> u64 {
    u64::try_from(unwrapped).unwrap_or(0)
}
