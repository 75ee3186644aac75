//! Sockets through the run: each figure of a socket as the steps at which it changed, with what it became.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::strings::Strings;
use crate::event::{Event, Limit, SocketEvent, SocketId};
use crate::record::{Entry, Index};
use crate::stepper::View;
use crate::units::{SimTime, Span};
use crate::wire::FrameId;

/// What is known of a socket at a step, in the order in which the page shows it.
const FIGURES: usize = 14;
/// What stands for a figure that the transport does not know.
const UNKNOWN: i64 = -1;

/// The sockets of the embedded frames.
#[derive(Debug, Default)]
pub(super) struct Sockets {
    numbers: BTreeMap<SocketId, i64>,
    list: Vec<Track>,
    /// Those that something happened to since the last step.
    touched: BTreeSet<SocketId>,
}

/// A socket.
#[derive(Debug, Serialize)]
struct Track {
    host: u16,
    local: String,
    remote: String,
    tcp: bool,
    /// The socket at the other end, or -1.
    peer: i64,
    /// Of each figure the steps, each counted from the one before, and the values.
    figures: [Changes; FIGURES],
    #[serde(skip)]
    id: SocketId,
    #[serde(skip)]
    sent: u64,
    #[serde(skip)]
    readable: u64,
    #[serde(skip)]
    waits: Option<Limit>,
    #[serde(skip)]
    full: bool,
}

#[derive(Debug, Default, Serialize)]
struct Changes {
    steps: Vec<usize>,
    values: Vec<i64>,
    #[serde(skip)]
    last: usize,
    #[serde(skip)]
    value: Option<i64>,
}

impl Serialize for Sockets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}

impl Sockets {
    /// The sockets that these frames come from, and those at their other ends.
    pub(super) fn of(index: &Index<'_>, frames: &[FrameId]) -> Self {
        let mut sockets = Self::default();
        for story in frames.iter().filter_map(|frame| index.frame(*frame)) {
            if let Some(segment) = story.segment {
                sockets.add(index, segment.socket);
                if let Some(peer) = index.peer(segment.socket) {
                    sockets.add(index, peer);
                }
            }
        }
        for position in 0..sockets.list.len() {
            let peer = index.peer(sockets.list[position].id);
            sockets.list[position].peer = peer.map_or(UNKNOWN, |peer| sockets.number(peer));
        }
        sockets
    }

    fn add(&mut self, index: &Index<'_>, id: SocketId) {
        let connection = index.socket(id).and_then(|story| story.connection);
        let (false, Some(connection)) = (self.numbers.contains_key(&id), connection) else {
            return;
        };
        self.numbers.insert(id, as_signed(self.list.len() as u64));
        self.list.push(Track {
            host: id.host.0,
            local: connection.local.to_string(),
            remote: connection.remote.to_string(),
            tcp: connection.tcp,
            peer: UNKNOWN,
            figures: Default::default(),
            id,
            sent: 0,
            readable: 0,
            waits: None,
            full: false,
        });
    }

    /// The position of a socket, or -1 if it is none of them.
    pub(super) fn number(&self, socket: SocketId) -> i64 {
        self.numbers.get(&socket).copied().unwrap_or(UNKNOWN)
    }

    /// Whether a socket is one of them.
    pub(super) fn has(&self, socket: SocketId) -> bool {
        self.numbers.contains_key(&socket)
    }

    /// Notes what an entry may have changed.
    pub(super) fn note(&mut self, entry: &Entry, index: &Index<'_>) {
        match &entry.event {
            Event::Socket(id, event) => {
                self.touched.insert(*id);
                if let Some(track) = self.track(*id) {
                    track.note(event);
                }
            }
            // An acknowledgment changes the socket that it reaches.
            Event::FrameReceived { frame, .. } => {
                let segment = index.frame(frame.id).and_then(|story| story.segment);
                self.touched
                    .extend(segment.and_then(|segment| index.peer(segment.socket)));
            }
            _ => {}
        }
    }

    /// Everything that was noted belongs to this step.
    pub(super) fn settle(&mut self, step: usize, view: &View, strings: &mut Strings) {
        for id in std::mem::take(&mut self.touched) {
            if let (Some(track), Some(_)) = (self.track(id), view.socket(id)) {
                track.settle(step, view, strings);
            }
        }
    }

    fn track(&mut self, id: SocketId) -> Option<&mut Track> {
        let position = usize::try_from(*self.numbers.get(&id)?).ok()?;
        self.list.get_mut(position)
    }
}

impl Track {
    fn note(&mut self, event: &SocketEvent) {
        match event {
            SocketEvent::Segment { offset, len, .. } => {
                self.sent = self.sent.max(offset + u64::from(*len));
            }
            SocketEvent::Readable { end } => self.readable = *end,
            SocketEvent::Waits(limit) => self.waits = *limit,
            SocketEvent::BufferFull => self.full = true,
            SocketEvent::AppWrite { .. } => self.full = false,
            _ => {}
        }
    }

    /// Compares the socket with what was last said of it.
    fn settle(&mut self, step: usize, view: &View, strings: &mut Strings) {
        let Some(socket) = view.socket(self.id) else {
            return;
        };
        let congestion = socket.congestion.as_ref();
        let known = |value: Option<u64>| value.map_or(UNKNOWN, as_signed);
        let span = |span: Option<Span>| known(span.map(Span::as_nanos));
        let timer = socket.timer(view.now());
        let in_words = |text: &str, strings: &mut Strings| as_signed(strings.number(text) as u64);
        let state = if socket.closed {
            "gone".to_owned()
        } else {
            socket.state.to_string()
        };
        let figures = [
            in_words(&state, strings),
            as_signed(socket.acknowledged_bytes()),
            as_signed(self.sent),
            as_signed(self.readable),
            as_signed(socket.recv_q()),
            as_signed(socket.send_q()),
            known(congestion.and_then(|known| known.cwnd)),
            known(congestion.and_then(|known| known.ssthresh)),
            known(congestion.map(|known| known.in_flight)),
            known(congestion.map(|known| known.peer_window)),
            span(congestion.and_then(|known| known.srtt)),
            span(congestion.and_then(|known| known.rto)),
            timer.map_or(UNKNOWN, |timer| {
                let fires: SimTime = view.now() + timer.left;
                let text = format!("{}|{}|{}", timer.name, fires.as_nanos(), timer.expiries);
                in_words(&text, strings)
            }),
            match self.waits {
                Some(limit) => in_words(&limit.to_string(), strings),
                None if self.full => in_words("room in the send buffer", strings),
                None => UNKNOWN,
            },
        ];
        for (changes, value) in std::iter::zip(&mut self.figures, figures) {
            changes.put(step, value);
        }
    }
}

impl Changes {
    fn put(&mut self, step: usize, value: i64) {
        if self.value == Some(value) {
            return;
        }
        self.value = Some(value);
        if step == self.last && !self.values.is_empty() {
            self.values.pop();
            self.values.push(value);
            return;
        }
        self.steps.push(step - self.last);
        self.values.push(value);
        self.last = step;
    }
}

/// A count, which is far below 2^63.
fn as_signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
