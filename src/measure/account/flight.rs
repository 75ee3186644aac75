//! A frame on its way, and what is sent again: pieces of the path that the walk takes whole.

use super::stream::{Sent, Stream};
use super::trail::{Name, Trail};
use super::{Class, Slice};
use crate::event::{HostId, Limit, Mechanism, SocketId, Timer};
use crate::record::FrameStory;
use crate::units::SimTime;
use crate::wire::FrameId;

/// Whose bits on a line count as one's own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Own {
    /// Those of the page: of a frame to or from its host.
    Page(HostId),
    /// Those of a connection.
    Connection(SocketId),
}

impl Trail<'_> {
    /// Whether a frame is one's own.
    fn is_own(&self, frame: FrameId, own: Own) -> bool {
        let Some(story) = self.story(frame) else {
            return false;
        };
        match own {
            Own::Page(host) => {
                let ends = [story.sent, story.received];
                ends.iter().flatten().any(|end| end.host == host)
            }
            Own::Connection(socket) => story.segment.map_or_else(
                || self.carriers.is_of(story.id, socket),
                |segment| {
                    segment.socket == socket || self.index.peer(segment.socket) == Some(socket)
                },
            ),
        }
    }

    /// A frame's way from its sender's tap to `until`, where it arrived, in order.
    pub(super) fn flight(&self, story: &FrameStory<'_>, until: SimTime, own: Own) -> Vec<Slice> {
        let Some(sent) = story.sent else {
            return Vec::new();
        };
        let mut slices = Vec::new();
        let mut from = sent.at;
        let piece = |from: &mut SimTime, end: SimTime, class| {
            let end = end.min(until);
            let slice = Slice {
                class,
                ..blank(*from, end.max(*from), Some(story.id))
            };
            *from = end.max(*from);
            slice
        };
        for hop in &story.hops {
            slices.push(piece(&mut from, hop.taken, Class::Propagation));
            let wait = piece(&mut from, hop.starts, Class::Queueing);
            match self.line(hop.link) {
                Some(line) => slices.extend(line.split(wait, |frame| self.is_own(frame, own))),
                None => slices.push(wait),
            }
            slices.push(piece(&mut from, hop.departs, Class::Serialization));
            slices.push(piece(&mut from, hop.arrives, Class::Propagation));
        }
        slices.push(piece(&mut from, until, Class::Propagation));
        slices
    }

    /// From the first transmission of a byte to the one that arrived, which left at `until`, in order.
    pub(super) fn recovery(&self, name: Name, byte: u64, until: SimTime) -> Vec<Slice> {
        let Some(stream) = self.stream(name) else {
            return Vec::new();
        };
        let times = stream.transmissions(byte, until);
        if times.last().is_none_or(|last| last.when.at != until) {
            return Vec::new(); // it was something else that left then
        }
        let pairs = std::iter::zip(&times, times.iter().skip(1));
        pairs
            .flat_map(|(lost, next)| self.repair(name, lost, next))
            .collect()
    }

    /// How long it took until what was lost left again. A fast retransmit that a probe brought about waited for the
    /// probe first.
    fn repair(&self, name: Name, lost: &Sent, next: &Sent) -> Vec<Slice> {
        let slice = |from, until, class| Slice {
            class,
            ..blank(from, until, Some(lost.frame))
        };
        let (from, until) = (lost.when.at, next.when.at);
        let (host, class) = match name {
            Name::Tcp(socket) => (socket.host, class_of(next.again)),
            Name::Quic(socket, connection, _) => {
                let end = (socket.host, connection);
                (socket.host, self.quic_class(end, lost, next))
            }
        };
        let fired = self.at(host).map_or(&[][..], |doings| &doings.fired);
        let probe = fired.iter().find(|(when, socket, timer)| {
            *timer == Timer::Tlp
                && Name::Tcp(*socket) == name
                && lost.when.at < when.at
                && when.at < until
        });
        match probe {
            Some((probe, ..)) if class != Class::Rto => vec![
                slice(from, probe.at, Class::Tlp),
                slice(probe.at, until, class),
            ],
            _ => vec![slice(from, until, class)],
        }
    }

    /// QUIC's loss detection either declares packets lost, or a probe timeout comes first.
    fn quic_class(&self, end: (HostId, u64), lost: &Sent, next: &Sent) -> Class {
        let declared = self.lost.get(&end).map_or(&[][..], Vec::as_slice);
        let position = declared.partition_point(|at| *at <= lost.when.at);
        match declared.get(position) {
            Some(at) if *at <= next.when.at => Class::FastRetransmit,
            _ => Class::Tlp,
        }
    }

    /// The links with a rate on a frame's way.
    pub(super) fn slow_links(&self, frame: FrameId) -> Vec<crate::event::LinkId> {
        let hops = self.story(frame).map_or(&[][..], |story| &story.hops);
        let links = hops.iter().map(|hop| hop.link);
        links.filter(|link| self.line(*link).is_some()).collect()
    }

    /// Splits what is left of a wait by whether the lines on the way were busy.
    pub(super) fn busy(&self, slices: Vec<Slice>, frame: FrameId, own: Own) -> Vec<Slice> {
        let mut slices = slices;
        for link in self.slow_links(frame) {
            let Some(line) = self.line(link) else {
                continue;
            };
            let split = |slice: Slice| {
                if waits_for_window(slice.class) {
                    line.split(slice, |frame| self.is_own(frame, own))
                } else {
                    vec![slice]
                }
            };
            slices = slices.into_iter().flat_map(split).collect();
        }
        slices
    }
}

/// A slice of which only time and frame are known.
pub(super) const fn blank(from: SimTime, until: SimTime, frame: Option<FrameId>) -> Slice {
    Slice {
        from,
        until,
        class: Class::Client,
        frame,
        request: None,
        stream: None,
    }
}

/// Whether a busy line explains a wait of this class better.
const fn waits_for_window(class: Class) -> bool {
    class.is_window() || matches!(class, Class::Nagle)
}

/// What a repair by this mechanism is.
const fn class_of(mechanism: Option<Mechanism>) -> Class {
    match mechanism {
        Some(Mechanism::FastRetransmit) => Class::FastRetransmit,
        Some(Mechanism::RackTimer) => Class::RackTimer,
        Some(Mechanism::Tlp) => Class::Tlp,
        _ => Class::Rto,
    }
}

impl Stream {
    /// What a byte that was written, or wanted to be, waited for at `at`.
    pub(super) fn held_by(&self, at: SimTime, is_written: bool) -> Option<Class> {
        match self.limit(at) {
            Some(Limit::CongestionWindow) => Some(Class::CongestionWindow),
            Some(Limit::PeerWindow) => Some(Class::ReceiveWindow),
            Some(Limit::Nagle) => Some(Class::Nagle),
            None if is_written => Some(Class::CongestionWindow),
            None => self.is_full(at).then_some(Class::SendBuffer),
        }
    }
}
