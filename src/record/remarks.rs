//! What is unusual about a frame, in words for the person who meets it in a capture or a stepper.
//!
//! Remarks need to know what happens later (a frame is sent first and dropped then), so they are gathered in
//! a pass of their own, or while the frame is held back. A frame that needs no explanation costs nothing here.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::quic::{self, QuicSent};
use super::recording::{Direction, Recording};
use crate::event::{AppEvent, Event, HostId, LinkId, Mechanism, SocketEvent, SocketId, Timer};
use crate::units::SimTime;
use crate::wire::FrameId;

/// The remarks on the frames of a recording, apart for the sender's and the receiver's view of a frame.
#[derive(Debug, Default)]
pub struct Remarks {
    by_frame: FxHashMap<(FrameId, Direction), Vec<String>>,
}

/// The pass that gathers remarks, for whoever sees the events one by one.
#[derive(Debug, Default)]
pub struct Gathering {
    remarks: Remarks,
    links: BTreeMap<LinkId, String>,
    /// The timer of a socket that fired last and has made no frame leave yet.
    fired: BTreeMap<SocketId, (SimTime, Timer)>,
    /// Notes that wait for a frame of their host.
    notes: BTreeMap<HostId, Vec<(SimTime, String)>>,
    /// What QUIC endpoints have sent so far.
    quic: QuicSent,
    /// The last frame of each host.
    last: BTreeMap<HostId, (SimTime, FrameId, Direction)>,
}

impl Remarks {
    /// The remarks on all frames of `recording`.
    pub fn of(recording: &Recording) -> Self {
        let mut gathering = Gathering::default();
        for entry in &recording.entries {
            gathering.event(entry.at, &entry.event);
        }
        gathering.finish()
    }

    /// The remarks on a frame where it passes a tap in `direction`; most frames have none.
    pub fn on(&self, frame: FrameId, direction: Direction) -> &[String] {
        self.by_frame
            .get(&(frame, direction))
            .map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, frame: FrameId, direction: Direction, remark: String) {
        self.by_frame
            .entry((frame, direction))
            .or_default()
            .push(remark);
    }

    fn add_both(&mut self, frame: FrameId, remark: String) {
        self.add(frame, Direction::Out, remark.clone());
        self.add(frame, Direction::In, remark);
    }
}

impl Gathering {
    /// The next event of the recording.
    pub fn event(&mut self, at: SimTime, event: &Event) {
        match event {
            Event::Link(link, info) => {
                self.links.insert(*link, info.name.clone());
            }
            Event::FrameSent { host, frame } => self.seen(*host, at, frame.id, Direction::Out),
            Event::FrameReceived { host, frame } => self.seen(*host, at, frame.id, Direction::In),
            Event::Socket(socket, event) => self.socket(*socket, at, event),
            Event::App(host, event) => {
                if let Some(text) = self.note(event) {
                    self.notes.entry(*host).or_default().push((at, text));
                }
            }
            event => self.fate(event),
        }
    }

    /// What an application has to say of the next frame of its host. A QUIC packet leaves with that.
    fn note(&mut self, event: &AppEvent) -> Option<String> {
        match event {
            AppEvent::Note { text } => Some(text.clone()),
            AppEvent::QuicPacket(packet) if packet.sent => quic::remark(&self.quic.again(packet)),
            _ => None,
        }
    }

    /// What links and hosts did to a frame.
    fn fate(&mut self, event: &Event) {
        match event {
            Event::FrameDropped { link, frame, cause } => {
                let remark = format!("dropped by {}: {cause}", self.link(*link));
                self.remarks.add(*frame, Direction::Out, remark);
            }
            Event::FrameDuplicated { link, frame, copy } => {
                let link = self.link(*link).to_owned();
                self.remarks
                    .add_both(*frame, format!("duplicated by {link}: the copy is {copy}"));
                self.remarks.add(
                    *copy,
                    Direction::In,
                    format!("copy of {frame}, made by {link}"),
                );
            }
            Event::FrameCorrupted { link, frame, bit } => {
                let remark = format!("corrupted by {}: bit {bit} flipped", self.link(*link));
                self.remarks.add_both(*frame, remark);
            }
            Event::FrameDiscarded { frame, cause, .. } => {
                self.remarks.add(
                    *frame,
                    Direction::In,
                    format!("discarded by the host: {cause}"),
                );
            }
            _ => {}
        }
    }

    fn socket(&mut self, socket: SocketId, at: SimTime, event: &SocketEvent) {
        match event {
            SocketEvent::TimerFired { timer } => {
                self.fired.insert(socket, (at, *timer));
            }
            SocketEvent::Segment { frame, again, .. } => {
                if let Some(mechanism) = again {
                    self.remarks.add_both(*frame, again_remark(*mechanism));
                }
                if let Some((_, timer)) =
                    self.fired.remove(&socket).filter(|(fired, _)| *fired == at)
                {
                    self.remarks
                        .add(*frame, Direction::Out, format!("the {timer} timer fired"));
                }
            }
            _ => {}
        }
    }

    /// A frame passes a tap: the notes that wait at its host find their place.
    fn seen(&mut self, host: HostId, at: SimTime, frame: FrameId, direction: Direction) {
        self.place_notes(host, Some((at, frame, direction)));
        self.last.insert(host, (at, frame, direction));
    }

    /// A note goes to the next frame of its host if that is of its moment, else to the last one if that is,
    /// else to the next one, or the last where there is no next, with its own time.
    fn place_notes(&mut self, host: HostId, next: Option<(SimTime, FrameId, Direction)>) {
        let last = self.last.get(&host).copied();
        for (at, text) in self.notes.remove(&host).unwrap_or_default() {
            let of_its_moment = [next, last]
                .into_iter()
                .flatten()
                .find(|(time, ..)| *time == at);
            if let Some((_, frame, direction)) = of_its_moment {
                self.remarks.add(frame, direction, text);
            } else if let Some((_, frame, direction)) = next.or(last) {
                self.remarks
                    .add(frame, direction, format!("at {at}: {text}"));
            }
        }
    }

    /// The remarks on a frame of `host` about which nothing more will become known, but by a note that finds
    /// no later frame.
    pub(super) fn conclude(
        &mut self,
        host: HostId,
        (at, frame, direction): (SimTime, FrameId, Direction),
    ) -> Vec<String> {
        let is_last = self.last.get(&host) == Some(&(at, frame, direction));
        let of_its_moment = |(noted, _): &(SimTime, String)| *noted == at;
        if is_last
            && self
                .notes
                .get(&host)
                .is_some_and(|notes| notes.iter().all(of_its_moment))
        {
            self.place_notes(host, None);
        }
        self.remarks
            .by_frame
            .remove(&(frame, direction))
            .unwrap_or_default()
    }

    /// Nothing more will happen: notes that wait go to the last frame of their host.
    pub(super) fn end(&mut self) {
        let hosts: Vec<_> = self.notes.keys().copied().collect();
        for host in hosts {
            self.place_notes(host, None);
        }
    }

    /// The remarks, now that nothing more will happen.
    pub fn finish(mut self) -> Remarks {
        self.end();
        self.remarks
    }

    fn link(&self, link: LinkId) -> &str {
        self.links.get(&link).map_or("a link", String::as_str)
    }
}

fn again_remark(mechanism: Mechanism) -> String {
    match mechanism {
        Mechanism::KeepAlive | Mechanism::WindowProbe | Mechanism::TimeWaitAck => {
            mechanism.to_string()
        }
        _ => format!("retransmission: {mechanism}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sample;

    #[test]
    fn every_frame_that_needs_explaining_has_a_remark() {
        let recording = sample::transfer();
        let remarks = Remarks::of(&recording);
        let mut all: Vec<_> = remarks.by_frame.iter().collect();
        all.sort();
        let lines = all
            .iter()
            .map(|((id, way), text)| format!("{id} {way:?}: {}", text.join("; ")));
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
        #4 Out: the request leaves
        #5 Out: dropped by server->client: drop script
        #8 Out: retransmission: RTO; the RTO timer fired; corrupted by server->client: bit 800 flipped
        #8 In: retransmission: RTO; corrupted by server->client: bit 800 flipped; discarded by the host: bad checksum
        #9 Out: retransmission: RTO; the RTO timer fired
        #9 In: retransmission: RTO
        #11 Out: duplicated by server->client: the copy is #12
        #11 In: duplicated by server->client: the copy is #12
        #12 In: copy of #11, made by server->client
        ");
    }
}
