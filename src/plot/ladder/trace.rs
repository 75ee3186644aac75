//! One pass over a recording: every frame with where it began, where it ended and why, and every remark.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::label::{Labels, destination};
use super::remark::{Commentator, Remark};
use super::survey::Survey;
use crate::event::{DropCause, Event, HostId, HostInfo, LinkId, LinkRole, Mechanism};
use crate::measure::{QuicCarriers, QuicLabel};
use crate::plot::theme::Ink;
use crate::record::Recording;
use crate::units::{SimTime, Span};
use crate::wire::{Frame, FrameId};

/// What a ladder is drawn from.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// The columns: hosts that sent anything or were sent anything, in order of their ids.
    pub(super) hosts: Vec<Column>,
    /// The frames, in the order in which they were sent; a copy has an entry of its own.
    pub(super) flights: Vec<Flight>,
    /// What happened, in order.
    pub(super) moments: Vec<(SimTime, Moment)>,
}

/// A host as it stands above its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Its name.
    pub(super) name: String,
    /// Its address, and how many more it has.
    pub(super) address: String,
    /// Its transport profile; empty where that is not known.
    pub(super) stack: String,
}

/// Something that needs a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// This flight begins.
    Sent(usize),
    /// This flight is at its end.
    Arrived(usize),
    /// A host or its application has something to say.
    Remark(Remark),
}

/// One frame on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flight {
    /// The sender's column; `None` if it is a gateway.
    pub(super) from: Option<usize>,
    /// The column it is meant for; `None` if it is the sender's gateway.
    pub(super) to: Option<usize>,
    /// When it was sent.
    pub(super) sent: SimTime,
    /// How it ended.
    pub(super) fate: Fate,
    /// What stands beside it.
    pub(super) label: String,
    /// How its arrow looks.
    pub(super) ink: Ink,
    /// The flight of which it is a copy.
    pub(super) copy_of: Option<usize>,
}

/// How a flight ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was still under way at the end of the recording, or is for the gateway.
    Open,
    /// It came out of a host's tap.
    Arrived(SimTime),
    /// A tap somewhere on its way saw it pass at this one moment, and no more is known.
    Passed,
    /// A link dropped it after so many percent of the way.
    Dropped(DropCause, i32),
}

impl Flight {
    /// Whether it goes to the right; a gateway is drawn on the side of the other hosts.
    pub(super) fn rightwards(&self) -> bool {
        match (self.from, self.to) {
            (Some(from), Some(to)) => to > from,
            (Some(host), None) => host == 0,
            (None, Some(host)) => host > 0,
            (None, None) => true,
        }
    }

    /// The column at which its label stands: the sender's, or the receiver's if a gateway sent it.
    pub(super) fn label_column(&self) -> usize {
        self.from.or(self.to).unwrap_or(0)
    }

    /// Whether its label stands to the right of its column: outside, behind the tail of its arrow, and for a
    /// frame from a gateway beyond the head.
    pub(super) fn labelled_right(&self) -> bool {
        self.rightwards() == self.from.is_none()
    }

    /// Whether something went wrong or was done again, so that it should be seen.
    pub(super) fn is_notable(&self) -> bool {
        matches!(self.fate, Fate::Dropped(..)) || matches!(self.ink, Ink::Again | Ink::Lost)
    }

    /// How long it was under way.
    pub(super) fn span(&self) -> Option<Span> {
        match self.fate {
            Fate::Arrived(at) => Some(at.since(self.sent)),
            _ => None,
        }
    }
}

impl Column {
    fn of(host: &HostInfo) -> Self {
        Self {
            name: host.name.clone(),
            address: match host.addresses.as_slice() {
                [] => String::new(),
                [only] => only.to_string(),
                [first, rest @ ..] => format!("{first} and {} more", rest.len()),
            },
            stack: host.stack.clone(),
        }
    }
}

impl Trace {
    /// Reads a recording.
    pub(super) fn of(recording: &Recording) -> Self {
        let mut reader = Reader::new(recording);
        for entry in &recording.entries {
            reader.read(entry.at, &entry.event);
        }
        reader.trace
    }

    /// Number of columns.
    pub(super) fn columns(&self) -> usize {
        self.hosts.len()
    }
}

struct Reader {
    trace: Trace,
    columns: BTreeMap<HostId, usize>,
    receivers: BTreeMap<Ipv4Addr, usize>,
    parts: BTreeMap<LinkId, i32>,
    again: BTreeMap<FrameId, Mechanism>,
    flights: BTreeMap<FrameId, usize>,
    labels: Labels,
    /// What frames of QUIC carry, in a few words.
    quic: BTreeMap<FrameId, QuicLabel>,
    commentator: Commentator,
}

impl Reader {
    fn new(recording: &Recording) -> Self {
        let survey = Survey::of(recording);
        let hosts: Vec<_> = recording
            .hosts()
            .filter(|(id, _)| survey.involved.contains(id))
            .collect();
        let columns: BTreeMap<_, _> = hosts
            .iter()
            .enumerate()
            .map(|(column, (id, _))| (*id, column))
            .collect();
        Self {
            trace: Trace {
                hosts: hosts
                    .into_iter()
                    .map(|(_, info)| Column::of(info))
                    .collect(),
                ..Trace::default()
            },
            receivers: survey
                .owners
                .iter()
                .filter_map(|(to, id)| Some((*to, *columns.get(id)?)))
                .collect(),
            columns,
            parts: recording
                .links()
                .map(|(id, info)| (id, part(info.role)))
                .collect(),
            again: survey.again,
            flights: BTreeMap::new(),
            labels: Labels::new(survey.connections.len() > 1),
            quic: QuicCarriers::of(recording).labels(),
            commentator: Commentator::of(recording),
        }
    }

    fn read(&mut self, at: SimTime, event: &Event) {
        match event {
            Event::FrameSent { host, frame } => self.sent(at, *host, frame),
            Event::FrameReceived { host, frame } => self.received(at, *host, frame),
            Event::FrameDropped { link, frame, cause } => {
                let part = self.parts.get(link).copied().unwrap_or(50);
                if let Some(flight) = self.flight(*frame) {
                    flight.fate = Fate::Dropped(*cause, part);
                }
            }
            Event::FrameDuplicated { frame, copy, .. } => self.duplicated(*frame, *copy),
            Event::FrameCorrupted { frame, bit, .. } => {
                if let Some(flight) = self.flight(*frame) {
                    flight.label = format!("{} (bit {bit} flips)", flight.label);
                    flight.ink = Ink::Lost;
                }
            }
            Event::FrameDiscarded { host, .. } | Event::App(host, _) => {
                self.remark(at, *host, event);
            }
            Event::Socket(socket, _) => self.remark(at, socket.host, event),
            Event::Host(..)
            | Event::Link(..)
            | Event::Schedule(..)
            | Event::FrameQueued { .. }
            | Event::LeftOut { .. } => {}
        }
    }

    fn flight(&mut self, frame: FrameId) -> Option<&mut Flight> {
        let index = *self.flights.get(&frame)?;
        self.trace.flights.get_mut(index)
    }

    fn sent(&mut self, at: SimTime, host: HostId, frame: &Frame) {
        let from = self.columns.get(&host).copied();
        let to = destination(&frame.bytes).and_then(|to| self.receivers.get(&to).copied());
        let index = self.begin(at, (from, to), frame);
        if let Some(mechanism) = self.again.get(&frame.id) {
            let flight = &mut self.trace.flights[index];
            flight.label = format!("{} ↻ {mechanism}", flight.label);
            flight.ink = Ink::Again;
        }
        self.trace.moments.push((at, Moment::Sent(index)));
    }

    /// A frame that nobody sent comes from the receiver's gateway.
    fn received(&mut self, at: SimTime, host: HostId, frame: &Frame) {
        let to = self.columns.get(&host).copied();
        let known = self.flights.get(&frame.id).copied();
        let index = known.unwrap_or_else(|| self.begin(at, (None, to), frame));
        let flight = &mut self.trace.flights[index];
        flight.to = to;
        flight.fate = Fate::Arrived(at);
        self.trace.moments.push((at, Moment::Arrived(index)));
    }

    fn begin(
        &mut self,
        sent: SimTime,
        (from, to): (Option<usize>, Option<usize>),
        frame: &Frame,
    ) -> usize {
        let (label, ink) = match self.quic.get(&frame.id) {
            None => self.labels.of(&frame.bytes),
            Some(label) => quic(label, frame.len()),
        };
        let fate = Fate::Open;
        self.push(
            frame.id,
            Flight {
                from,
                to,
                sent,
                fate,
                label,
                ink,
                copy_of: None,
            },
        )
    }

    fn duplicated(&mut self, frame: FrameId, copy: FrameId) {
        let Some(&original) = self.flights.get(&frame) else {
            return;
        };
        let mut flight = self.trace.flights[original].clone();
        flight.fate = Fate::Open;
        flight.copy_of = Some(original);
        self.push(copy, flight);
        self.trace.flights[original].label.push_str(" (and a copy)");
    }

    fn remark(&mut self, at: SimTime, host: HostId, event: &Event) {
        let Some(&column) = self.columns.get(&host) else {
            return;
        };
        if let Some((text, ink)) = self.commentator.say(event) {
            self.trace
                .moments
                .push((at, Moment::Remark(Remark { column, text, ink })));
        }
    }

    fn push(&mut self, frame: FrameId, flight: Flight) -> usize {
        let index = self.trace.flights.len();
        self.flights.insert(frame, index);
        self.trace.flights.push(flight);
        index
    }
}

/// The label of a frame of QUIC and the ink of its arrow.
fn quic(label: &QuicLabel, length: usize) -> (String, Ink) {
    let text = format!("{} len={length}", label.text);
    match label {
        QuicLabel { again: true, .. } => (format!("{text} ↻ sent again"), Ink::Again),
        QuicLabel { has_data: true, .. } => (text, Ink::Data),
        _ => (text, Ink::Control),
    }
}

/// How far along the arrow a link drops frames, in percent.
const fn part(role: LinkRole) -> i32 {
    match role {
        LinkRole::AccessUp => 25,
        LinkRole::Core => 45,
        LinkRole::AccessDown => 65,
    }
}
