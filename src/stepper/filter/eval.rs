//! Whether an expression holds of an event.

use super::field::Field;
use super::packet;
use super::{Comparison, Node, Value};
use crate::event::{AppEvent, Event, HostId, SocketEvent, SocketId};
use crate::record::Entry;
use crate::stepper::contents::Contents;
use crate::stepper::socket::SocketView;
use crate::stepper::view::View;
use crate::units::Span;

/// An event, and the world just after it.
#[derive(Clone, Copy, Debug)]
pub struct Moment<'a> {
    /// What the recording holds.
    pub contents: &'a Contents,
    /// Where the event is.
    pub position: usize,
    /// The event.
    pub entry: &'a Entry,
    /// The world after it.
    pub view: &'a View,
}

impl Node {
    pub(super) fn holds(&self, moment: &Moment<'_>) -> bool {
        match self {
            Self::Has(field) => {
                let values = moment.values(*field);
                let flag = values.iter().any(|value| *value != Value::Flag(false));
                !values.is_empty() && flag
            }
            Self::Compare(field, comparison, wanted) => {
                let values = moment.values(*field);
                let is = |comparison| values.iter().any(|value| holds(value, comparison, wanted));
                match comparison {
                    Comparison::Unequal => !values.is_empty() && !is(Comparison::Equal),
                    comparison => is(*comparison),
                }
            }
            Self::Not(inner) => !inner.holds(moment),
            Self::And(a, b) => a.holds(moment) && b.holds(moment),
            Self::Or(a, b) => a.holds(moment) || b.holds(moment),
        }
    }
}

fn holds(value: &Value, comparison: Comparison, wanted: &Value) -> bool {
    match (value, wanted) {
        (Value::Number(value), Value::Number(wanted)) => match comparison {
            // Both come from decimal digits or integers: what is typed as it is shown is equal.
            Comparison::Equal => (value - wanted).abs() < 0.5e-9,
            Comparison::Less => value < wanted,
            Comparison::LessOrEqual => value <= wanted,
            Comparison::Greater => value > wanted,
            Comparison::GreaterOrEqual => value >= wanted,
            Comparison::Unequal | Comparison::Contains => false,
        },
        (Value::Flag(value), Value::Flag(wanted)) => value == wanted,
        (Value::Address(value, _), Value::Address(wanted, bits)) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or_default();
            (u32::from(*value) ^ u32::from(*wanted)) & mask == 0
        }
        (Value::Text(value), Value::Text(wanted)) if comparison == Comparison::Contains => {
            value.contains(wanted.as_str())
        }
        (Value::Text(value), Value::Text(wanted)) => value.eq_ignore_ascii_case(wanted),
        (Value::Bytes(bytes), Value::Text(wanted)) => {
            let wanted = wanted.as_bytes();
            wanted.is_empty() || bytes.windows(wanted.len()).any(|window| window == wanted)
        }
        _ => false,
    }
}

impl Moment<'_> {
    /// The values that a field has here.
    fn values(&self, field: Field) -> Vec<Value> {
        if field == Field::FrameTime {
            let since = self.entry.at.as_nanos();
            return vec![Value::Number(Span::from_nanos(since).as_secs_f64())];
        }
        if let Some(frame) = self.view.subject()
            && let Some(values) = packet::values(self, frame, field)
        {
            return values;
        }
        self.own(field).into_iter().collect()
    }

    /// The value of one of the lab's own fields.
    fn own(&self, field: Field) -> Option<Value> {
        let text = |text: String| Some(Value::Text(text));
        match field {
            Field::Host => text(self.contents.host(self.host()?).to_owned()),
            Field::Event => text(event_word(&self.entry.event).to_owned()),
            Field::Text => text(self.contents.told(self.position, &self.entry.event).1),
            Field::Link => match &self.entry.event {
                Event::Link(link, _)
                | Event::Schedule(link, _)
                | Event::FrameQueued { link, .. }
                | Event::FrameDropped { link, .. }
                | Event::FrameDuplicated { link, .. }
                | Event::FrameCorrupted { link, .. } => text(self.contents.link(*link).to_owned()),
                _ => None,
            },
            Field::DropCause => match &self.entry.event {
                Event::FrameDropped { cause, .. } => text(cause.to_string()),
                Event::FrameDiscarded { cause, .. } => text(cause.to_string()),
                _ => None,
            },
            Field::Frameid => self.frame_id(),
            Field::Request => self.request(),
            _ => self.of_socket(field),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a recording has fewer than 2^53 frames"
    )]
    fn frame_id(&self) -> Option<Value> {
        let id = match &self.entry.event {
            Event::FrameSent { frame, .. } | Event::FrameReceived { frame, .. } => frame.id,
            Event::FrameQueued { frame, .. }
            | Event::FrameDropped { frame, .. }
            | Event::FrameDuplicated { frame, .. }
            | Event::FrameCorrupted { frame, .. }
            | Event::FrameDiscarded { frame, .. }
            | Event::Socket(_, SocketEvent::Segment { frame, .. }) => *frame,
            _ => return None,
        };
        Some(Value::Number(id.0 as f64))
    }

    fn request(&self) -> Option<Value> {
        let Event::App(_, event) = &self.entry.event else {
            return None;
        };
        let request = match &**event {
            AppEvent::Request { request, .. }
            | AppEvent::Phase { request, .. }
            | AppEvent::Bytes { request, .. }
            | AppEvent::Response { request, .. } => *request,
            AppEvent::Think { request, .. } | AppEvent::Ledger { request, .. } => (*request)?,
            _ => return None,
        };
        Some(Value::Number(f64::from(request.0)))
    }

    /// Where it happened.
    fn host(&self) -> Option<HostId> {
        Some(match &self.entry.event {
            Event::Host(host, _)
            | Event::FrameSent { host, .. }
            | Event::FrameReceived { host, .. }
            | Event::FrameDiscarded { host, .. }
            | Event::App(host, _) => *host,
            Event::Socket(socket, _) => socket.host,
            Event::Link(link, _)
            | Event::Schedule(link, _)
            | Event::FrameQueued { link, .. }
            | Event::FrameDropped { link, .. }
            | Event::FrameDuplicated { link, .. }
            | Event::FrameCorrupted { link, .. } => self.contents.links.get(link)?.from,
            Event::LeftOut { .. } => return None,
        })
    }

    /// The socket that the event is of, or whose segment it is.
    fn socket(&self) -> Option<&SocketView> {
        match &self.entry.event {
            Event::Socket(id, _) => self.view.socket(*id),
            Event::FrameSent { host, frame } | Event::FrameReceived { host, frame } => {
                self.view.socket_of(*host, &frame.bytes)
            }
            _ => None,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "windows are smaller than 2^53 bytes"
    )]
    fn of_socket(&self, field: Field) -> Option<Value> {
        let number = |value: u64| Some(Value::Number(value as f64));
        let seconds = |value: Span| Some(Value::Number(value.as_secs_f64()));
        if let Event::Socket(_, event) = &self.entry.event {
            let told = match (field, event) {
                (
                    Field::Timer,
                    SocketEvent::TimerSet { timer, .. } | SocketEvent::TimerFired { timer },
                ) => Some(timer.to_string()),
                (Field::Mechanism, SocketEvent::Segment { again, .. }) => {
                    Some((*again)?.to_string())
                }
                (Field::Limit, SocketEvent::Waits(limit)) => Some((*limit)?.to_string()),
                _ => None,
            };
            if let Some(told) = told {
                return Some(Value::Text(told));
            }
        }
        let socket = self.socket()?;
        match field {
            Field::Socket => return Some(Value::Text(name_of(socket.id))),
            Field::State => return Some(Value::Text(socket.state.to_string())),
            _ => {}
        }
        let known = socket.congestion.as_ref()?;
        match field {
            Field::Cwnd => number(known.cwnd?),
            Field::Ssthresh => number(known.ssthresh?),
            Field::InFlight => number(known.in_flight),
            Field::PeerWindow => number(known.peer_window),
            Field::Srtt => seconds(known.srtt?),
            Field::Rto => seconds(known.rto?),
            _ => None,
        }
    }
}

fn name_of(id: SocketId) -> String {
    id.to_string()
}

/// The word of `wirelab.event`.
pub(super) const fn event_word(event: &Event) -> &'static str {
    match event {
        Event::Host(..) => "host",
        Event::Link(..) => "link",
        Event::Schedule(..) => "schedule",
        Event::FrameSent { .. } => "sent",
        Event::FrameQueued { .. } => "queued",
        Event::FrameDropped { .. } => "drop",
        Event::FrameDuplicated { .. } => "duplicate",
        Event::FrameCorrupted { .. } => "corrupt",
        Event::FrameReceived { .. } => "received",
        Event::FrameDiscarded { .. } => "discard",
        Event::App(..) => "application",
        Event::LeftOut { .. } => "left-out",
        Event::Socket(_, event) => match event {
            SocketEvent::Opened(_) => "opened",
            SocketEvent::State { .. } => "state",
            SocketEvent::AppWrite { .. } => "write",
            SocketEvent::AppRead { .. } => "read",
            SocketEvent::Readable { .. } => "readable",
            SocketEvent::AppShutdown => "shutdown",
            SocketEvent::AppClose { .. } => "close",
            SocketEvent::Segment { .. } => "segment",
            SocketEvent::TimerSet { .. } => "timer-set",
            SocketEvent::TimerFired { .. } => "timer",
            SocketEvent::Windows(_) => "windows",
            SocketEvent::Waits(_) => "waits",
            SocketEvent::BufferFull => "buffer-full",
            SocketEvent::Closed { .. } => "closed",
        },
    }
}
