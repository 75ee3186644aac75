//! What a reader goes through, step by step: frames that leave, arrive or are lost, timers, states, and what
//! applications say.

use serde::Serialize;

use super::frames::Numbers;
use super::sockets::Sockets;
use super::strings::Strings;
use crate::event::{AppEvent, Event, SocketEvent};
use crate::record::{Entry, Index};
use crate::stepper::View;
use crate::stepper::text::Lines;
use crate::units::SimTime;

/// Steps in columns.
#[derive(Debug, Default, Serialize)]
pub(super) struct Steps {
    /// When, in ns, counted from the step before.
    at: Vec<u64>,
    /// What happened.
    kind: Vec<Kind>,
    /// The frame of the first four kinds, else the host.
    subject: Vec<i64>,
    /// What is said of it, or -1.
    text: Vec<i64>,
    /// How many are left out, of those that are no frames'.
    left_out: usize,
}

/// What a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "u8")]
enum Kind {
    Sent = 0,
    Received = 1,
    Dropped = 2,
    Discarded = 3,
    Timer = 4,
    State = 5,
    App = 6,
}

impl From<Kind> for u8 {
    fn from(kind: Kind) -> Self {
        kind as Self
    }
}

/// The pass over a recording.
struct Walk<'i, 'a> {
    index: &'i Index<'a>,
    lines: Lines<'a>,
    steps: Steps,
    last: SimTime,
    /// How many steps that are no frames' may still be taken.
    room: usize,
}

impl Steps {
    /// Walks through the recording; `sockets` learn how they changed from step to step. There are at most `most`
    /// steps beside those of frames.
    pub(super) fn of(
        index: &Index<'_>,
        numbers: &Numbers,
        sockets: &mut Sockets,
        strings: &mut Strings,
        most: usize,
    ) -> Self {
        let mut walk = Walk {
            index,
            lines: Lines::of(index.recording()),
            steps: Self::default(),
            last: SimTime::ZERO,
            room: most,
        };
        let mut view = View::default();
        for (position, entry) in index.recording().entries.iter().enumerate() {
            if let Some((kind, subject)) = subject(&entry.event, numbers, sockets)
                && walk.takes(kind)
            {
                if let Some(before) = walk.steps.at.len().checked_sub(1) {
                    sockets.settle(before, &view, strings);
                }
                walk.push(position, entry, kind, subject, strings);
            }
            view.advance(entry);
            sockets.note(entry, walk.index);
        }
        if let Some(last) = walk.steps.at.len().checked_sub(1) {
            sockets.settle(last, &view, strings);
        }
        walk.steps
    }
}

impl Walk<'_, '_> {
    fn takes(&mut self, kind: Kind) -> bool {
        if matches!(
            kind,
            Kind::Sent | Kind::Received | Kind::Dropped | Kind::Discarded
        ) {
            return true;
        }
        let takes = self.room > 0;
        self.room = self.room.saturating_sub(1);
        self.steps.left_out += usize::from(!takes);
        takes
    }

    fn push(
        &mut self,
        position: usize,
        entry: &Entry,
        kind: Kind,
        subject: i64,
        strings: &mut Strings,
    ) {
        self.steps.at.push((entry.at - self.last).as_nanos());
        self.last = entry.at;
        self.steps.kind.push(kind);
        self.steps.subject.push(subject);
        // The line of a frame is the frame's own.
        let text = match kind {
            Kind::Sent | Kind::Received => -1,
            _ => strings
                .number(&self.lines.text(position))
                .try_into()
                .unwrap_or(-1),
        };
        self.steps.text.push(text);
    }
}

/// What kind of step an event is, and what of; `None` if it is none.
fn subject(event: &Event, numbers: &Numbers, sockets: &Sockets) -> Option<(Kind, i64)> {
    let frame = |kind, frame| Some((kind, numbers.of(frame))).filter(|(_, number)| *number >= 0);
    match event {
        Event::FrameSent { frame: sent, .. } => frame(Kind::Sent, sent.id),
        Event::FrameReceived { frame: got, .. } => frame(Kind::Received, got.id),
        Event::FrameDropped { frame: lost, .. } => frame(Kind::Dropped, *lost),
        Event::FrameDiscarded { frame: lost, .. } => frame(Kind::Discarded, *lost),
        Event::Socket(socket, event) if sockets.has(*socket) => {
            let kind = match event {
                SocketEvent::TimerFired { .. } => Kind::Timer,
                SocketEvent::State { .. } | SocketEvent::Closed { .. } => Kind::State,
                _ => return None,
            };
            Some((kind, i64::from(socket.host.0)))
        }
        Event::App(host, event) => is_told(event).then_some((Kind::App, i64::from(host.0))),
        _ => None,
    }
}

/// Whether what an application says is a step of its own.
const fn is_told(event: &AppEvent) -> bool {
    !matches!(
        event,
        AppEvent::Bytes { .. }
            | AppEvent::TlsSecret { .. }
            | AppEvent::QuicPacket(_)
            | AppEvent::QuicRecovery { .. }
    )
}
