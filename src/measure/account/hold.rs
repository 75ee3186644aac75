//! What a byte waited for from the moment in which it was wanted on the wire to the one in which it left.
//!
//! The wait is followed back along the acknowledgments that ended it: what they and what they acknowledge spent on lines
//! of limited rate, in a receiver's delayed-ACK timer and in repairs is told apart, and what is left is the limit that
//! the sender named.

use super::flight::{Own, blank};
use super::stream::{Moment, Stream};
use super::trail::{Name, Trail};
use super::{Class, Slice};
use crate::event::{HostId, QuicFrame, SocketId, Timer};
use crate::record::FrameStory;
use crate::units::SimTime;
use crate::wire::FrameId;

/// A wait to be explained.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hold {
    pub(super) name: Name,
    /// Since when the byte was wanted on the wire.
    pub(super) from: SimTime,
    /// When it was written.
    pub(super) written: SimTime,
    /// When it left.
    pub(super) until: Moment,
    /// The frame that it left in.
    pub(super) frame: FrameId,
    /// What the time was spent on where no layer below held it back.
    pub(super) above: Class,
    pub(super) own: Own,
}

impl Trail<'_> {
    /// Explains a wait; in order.
    pub(super) fn hold(&self, hold: Hold) -> Vec<Slice> {
        if hold.from >= hold.until.at {
            return Vec::new();
        }
        let Some(stream) = self.stream(hold.name) else {
            return Vec::new();
        };
        let mut slices = match hold.name {
            Name::Tcp(socket) => self.clocked(hold, stream, socket),
            Name::Quic(socket, connection, _) => vec![Slice {
                class: self.quic_limit(hold, socket.host, connection),
                ..blank(hold.from, hold.until.at, Some(hold.frame))
            }],
        };
        slices = self.busy(slices, hold.frame, hold.own);
        slices
    }

    /// Follows the acknowledgments back.
    fn clocked(&self, hold: Hold, stream: &Stream, socket: SocketId) -> Vec<Slice> {
        let mut slices = Vec::new(); // the last one first
        let mut at = hold.until;
        while hold.from < at.at {
            let Some(before) = self.round(hold, stream, socket, at, &mut slices) else {
                break;
            };
            at = before;
        }
        if hold.from < at.at {
            limits(hold, stream, hold.from, at.at, None, &mut slices);
        }
        slices.reverse();
        slices
    }

    /// One round back: from the arrival of an acknowledgment to the departure of what it acknowledged. `None` if no
    /// acknowledgment came at that moment.
    fn round(
        &self,
        hold: Hold,
        stream: &Stream,
        socket: SocketId,
        at: Moment,
        slices: &mut Vec<Slice>,
    ) -> Option<Moment> {
        let peer = self.index.peer(socket)?;
        let ack = self.arrival(socket.host, at, peer)?;
        let story = self.story(ack)?;
        let left = story.sent?;
        let left = Moment {
            at: left.at,
            entry: left.entry,
        };
        if left.entry >= at.entry {
            return None;
        }
        let mut put = |part: Slice| {
            let (from, until) = (part.from.max(hold.from), part.until.max(hold.from));
            if part.class == Class::Propagation {
                limits(hold, stream, from, until, part.frame, slices);
            } else if from < until {
                slices.push(Slice {
                    from,
                    until,
                    ..part
                });
            }
        };
        for part in self.flight(story, at.at, hold.own).into_iter().rev() {
            put(part);
        }
        let acknowledged = self.acknowledged(peer, left, socket);
        let acknowledged = acknowledged.and_then(|(frame, came)| {
            let story = self.story(frame)?;
            Some((story, story.sent?, came))
        });
        let Some((story, sent, came)) = acknowledged else {
            return Some(left); // it acknowledged nothing, a window for example
        };
        if came.at < left.at {
            let delayed = self.delayed(peer, left);
            put(Slice {
                class: if delayed {
                    Class::DelayedAck
                } else {
                    Class::Propagation
                },
                ..blank(came.at, left.at, Some(ack))
            });
        }
        for part in self.flight(story, came.at, hold.own).into_iter().rev() {
            put(part);
        }
        let before = Moment {
            at: sent.at,
            entry: sent.entry,
        };
        let (repairs, first) = self.repaired(hold.name, stream, story, before);
        for part in repairs.into_iter().rev() {
            put(part);
        }
        Some(first)
    }

    /// What repaired a segment that left again, and when it had left first.
    fn repaired(
        &self,
        name: Name,
        stream: &Stream,
        story: &FrameStory<'_>,
        left: Moment,
    ) -> (Vec<Slice>, Moment) {
        let again = story
            .segment
            .filter(|segment| segment.again.is_some() && segment.len > 0);
        let Some(segment) = again else {
            return (Vec::new(), left);
        };
        let repairs = self.recovery(name, segment.offset, left.at);
        let first = stream.first_sent(segment.offset);
        let first = first.filter(|_| !repairs.is_empty());
        (repairs, first.map_or(left, |first| first.when))
    }

    /// The last frame from `peer` that came to `host` at this moment.
    fn arrival(&self, host: HostId, at: Moment, peer: SocketId) -> Option<FrameId> {
        let arrivals = &self.at(host)?.arrivals;
        let end = arrivals.partition_point(|(when, _)| when.entry < at.entry);
        let now = arrivals[..end].iter().rev();
        let mut now = now.take_while(|(when, _)| when.at == at.at);
        now.find(|(_, frame)| self.is_from(*frame, peer))
            .map(|(_, frame)| *frame)
    }

    fn is_from(&self, frame: FrameId, socket: SocketId) -> bool {
        let segment = self.story(frame).and_then(|story| story.segment);
        segment.is_some_and(|segment| segment.socket == socket)
    }

    /// The last data that came to the socket `peer` up to when it sent an acknowledgment.
    fn acknowledged(
        &self,
        peer: SocketId,
        left: Moment,
        sender: SocketId,
    ) -> Option<(FrameId, Moment)> {
        let arrivals = &self.at(peer.host)?.arrivals;
        let end = arrivals.partition_point(|(when, _)| when.entry < left.entry);
        let mut before = arrivals[..end].iter().rev();
        before
            .find(|(_, frame)| {
                let segment = self.story(*frame).and_then(|story| story.segment);
                segment.is_some_and(|segment| segment.socket == sender)
            })
            .map(|(when, frame)| (*frame, *when))
    }

    /// Whether the delayed-ACK timer made a socket send at this moment.
    pub(super) fn delayed(&self, socket: SocketId, left: Moment) -> bool {
        let fired = self.at(socket.host).map_or(&[][..], |doings| &doings.fired);
        let end = fired.partition_point(|(when, ..)| when.entry < left.entry);
        let now = fired[..end].iter().rev();
        let mut now = now.take_while(|(when, ..)| when.at == left.at);
        now.any(|(_, of, timer)| {
            *of == socket && matches!(timer, Timer::DelayedAck | Timer::Transport)
        })
    }

    /// What held a byte of QUIC back: flow control if a frame that raises a limit of the connection ended the wait, else
    /// the congestion window, with which quinn paces.
    fn quic_limit(&self, hold: Hold, host: HostId, connection: u64) -> Class {
        let arrivals = self.at(host).map_or(&[][..], |doings| &doings.arrivals);
        let end = arrivals.partition_point(|(when, _)| when.entry < hold.until.entry);
        let now = arrivals[..end].iter().rev();
        let mut now = now.take_while(|(when, _)| when.at == hold.until.at);
        let is_limit = |frame: &QuicFrame| matches!(frame, QuicFrame::Other(0x10 | 0x11));
        let was_raised = now.any(|(_, frame)| {
            let mut packets = self.carriers.packets(*frame).iter();
            packets
                .any(|packet| packet.connection == connection && packet.frames.iter().any(is_limit))
        });
        if was_raised {
            Class::QuicFlowControl
        } else {
            Class::CongestionWindow
        }
    }
}

/// A stretch of the wait in which signals were on their way, or nobody did anything: what the sender waited for.
fn limits(
    hold: Hold,
    stream: &Stream,
    from: SimTime,
    until: SimTime,
    frame: Option<FrameId>,
    slices: &mut Vec<Slice>,
) {
    if from >= until {
        return;
    }
    let mut ends = stream.changes(from, until);
    if from < hold.written && hold.written < until {
        ends.push(hold.written);
        ends.sort_unstable();
    }
    ends.push(until);
    let mut begin = from;
    let mut parts = Vec::new();
    for end in ends {
        let class = stream
            .held_by(begin, hold.written <= begin)
            .unwrap_or(hold.above);
        parts.push(Slice {
            class,
            ..blank(begin, end, frame.or(Some(hold.frame)))
        });
        begin = end;
    }
    slices.extend(parts.into_iter().rev());
}
