//! The embedded frames in columns: who sent each to whom and when, what it is in words, what befell it.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::fields::Fields;
use super::sockets::Sockets;
use super::strings::Strings;
use crate::event::HostId;
use crate::record::{Direction, FrameStory, Index, Remarks};
use crate::units::Span;
use crate::wire::{FrameId, summary};

/// It carries data.
const DATA: u8 = 1;
/// It was sent before.
const AGAIN: u8 = 2;
/// It did not arrive, or was thrown away where it did.
const LOST: u8 = 4;
/// A bit of it was flipped, or it is a copy that a link made.
const DAMAGED: u8 = 8;

/// What stands where there is nothing.
const NONE: i64 = -1;

/// Frames in the order of their departure; times in ns.
#[derive(Debug, Default, Serialize)]
pub(super) struct Frames {
    id: Vec<u64>,
    /// Hosts.
    from: Vec<i64>,
    to: Vec<i64>,
    /// When it left, or arrived where nobody saw it leave; counted from the one before.
    at: Vec<i64>,
    /// How long it was on its way, -1 if it did not arrive.
    transit: Vec<i64>,
    /// Its numbers in the captures of its sender and its receiver.
    out: Vec<i64>,
    into: Vec<i64>,
    /// Bytes.
    length: Vec<usize>,
    marks: Vec<u8>,
    /// Texts.
    label: Vec<usize>,
    line: Vec<usize>,
    /// The socket that it comes from, and which of its bytes it carries.
    socket: Vec<i64>,
    offset: Vec<u64>,
    data: Vec<u32>,
    /// Of each link that kept it: the link, and how long it waited, was written, and was on its way.
    hops: Vec<Vec<(u16, u64, u64, u64)>>,
    /// Remarks at the sender and at the receiver, by position.
    said_out: Vec<(usize, Vec<usize>)>,
    said_in: Vec<(usize, Vec<usize>)>,
    fields: Fields,
}

/// The positions of frames on the page.
#[derive(Debug, Default)]
pub(super) struct Numbers(FxHashMap<FrameId, i64>);

impl Numbers {
    /// Numbers for these frames.
    pub(super) fn of_all(frames: &[FrameId]) -> Self {
        Self(
            (0..)
                .zip(frames)
                .map(|(number, frame)| (*frame, number))
                .collect(),
        )
    }

    /// The position of a frame, or -1 if it is left out.
    pub(super) fn of(&self, frame: FrameId) -> i64 {
        self.0.get(&frame).copied().unwrap_or(NONE)
    }
}

impl Frames {
    /// The columns of these frames.
    pub(super) fn of(
        index: &Index<'_>,
        chosen: &[FrameId],
        sockets: &Sockets,
        strings: &mut Strings,
    ) -> Self {
        let mut frames = Self::default();
        let remarks = Remarks::of(index.recording());
        let mut before = 0;
        for story in chosen.iter().filter_map(|id| index.frame(*id)) {
            let at = story
                .sent
                .or(story.received)
                .map_or(0, |seen| signed(seen.at.as_nanos()));
            frames.at.push(at - before);
            before = at;
            frames.way(index, story);
            frames.content(story, sockets, strings);
            frames.said(story, &remarks, strings);
        }
        frames
    }

    fn way(&mut self, index: &Index<'_>, story: &FrameStory<'_>) {
        let host = |host: Option<HostId>| host.map_or(NONE, |host| i64::from(host.0));
        self.id.push(story.id.0);
        self.from.push(host(story.sent.map(|sent| sent.host)));
        self.to.push(host(towards(index, story)));
        let transit = story.transit().map_or(NONE, |span| signed(span.as_nanos()));
        self.transit.push(transit);
        let number = |number: Option<usize>| number.map_or(NONE, |number| signed(number as u64));
        self.out.push(number(story.sent.map(|sent| sent.number)));
        self.into
            .push(number(story.received.map(|received| received.number)));
        let hops = story.hops.iter().map(|hop| {
            let spans = [hop.queued(), hop.serialization(), hop.propagation()];
            let [queued, serialized, travelled] = spans.map(Span::as_nanos);
            (hop.link.0, queued, serialized, travelled)
        });
        let keeps = |hop: &(u16, u64, u64, u64)| hop.1 + hop.2 + hop.3 > 0;
        self.hops.push(hops.filter(keeps).collect());
    }

    fn content(&mut self, story: &FrameStory<'_>, sockets: &Sockets, strings: &mut Strings) {
        let bytes = story.frame().map_or(&[][..], |frame| &frame.bytes);
        self.length.push(bytes.len());
        self.marks.push(marks(story));
        self.label
            .push(strings.number(&summary::label(bytes, story.isns)));
        self.line
            .push(strings.number(&summary::line(bytes, story.isns)));
        let segment = story.segment;
        self.socket
            .push(segment.map_or(NONE, |segment| sockets.number(segment.socket)));
        self.offset
            .push(segment.map_or(0, |segment| segment.offset));
        self.data.push(segment.map_or(0, |segment| segment.len));
        self.fields.push(bytes, story.isns, strings);
    }

    fn said(&mut self, story: &FrameStory<'_>, remarks: &Remarks, strings: &mut Strings) {
        let position = self.id.len() - 1;
        let columns = [
            (Direction::Out, &mut self.said_out),
            (Direction::In, &mut self.said_in),
        ];
        for (direction, column) in columns {
            let texts = remarks.on(story.id, direction).iter();
            let texts: Vec<_> = texts.map(|text| strings.number(text)).collect();
            if !texts.is_empty() {
                column.push((position, texts));
            }
        }
    }
}

/// Who a frame was for: the host that got it, or would have.
fn towards(index: &Index<'_>, story: &FrameStory<'_>) -> Option<HostId> {
    let got = story.received.map(|received| received.host);
    let peer = || {
        let socket = story.segment?.socket;
        let remote = index.socket(socket)?.connection?.remote;
        index.owner(remote)
    };
    let beyond = || {
        let last = story.dropped.map(|dropped| dropped.link);
        let link = last.or_else(|| story.hops.last().map(|hop| hop.link))?;
        let ends = index.link(link)?;
        (Some(ends.to) != story.sent.map(|sent| sent.host)).then_some(ends.to)
    };
    got.or_else(peer).or_else(beyond)
}

fn marks(story: &FrameStory<'_>) -> u8 {
    let segment = story.segment;
    let mut marks = 0;
    for (holds, mark) in [
        (segment.is_some_and(|segment| segment.len > 0), DATA),
        (
            segment.is_some_and(|segment| segment.again.is_some()),
            AGAIN,
        ),
        (story.dropped.is_some() || story.discarded.is_some(), LOST),
        (
            story.corrupted.is_some() || story.copy_of.is_some(),
            DAMAGED,
        ),
    ] {
        if holds {
            marks |= mark;
        }
    }
    marks
}

/// A number of nanoseconds or frames, which is far below 2^63.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
