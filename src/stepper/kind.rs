//! Kinds of events that one can jump to.

use crate::event::{Event, SocketEvent};

/// A kind of event that one can jump to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A link dropped a frame, or a host threw it away.
    Drop,
    /// Something left again.
    Retransmission,
    /// A timer fired.
    Timer,
    /// A TCP state machine moved.
    State,
    /// An application did something.
    Application,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Drop,
        Self::Retransmission,
        Self::Timer,
        Self::State,
        Self::Application,
    ];

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drop => "drop",
            Self::Retransmission => "retransmission",
            Self::Timer => "timer",
            Self::State => "state change",
            Self::Application => "application",
        }
    }

    /// What kind an event is of, if any.
    pub const fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::FrameDropped { .. } | Event::FrameDiscarded { .. } => Self::Drop,
            Event::App(..) => Self::Application,
            Event::Socket(_, event) => match event {
                SocketEvent::Segment { again: Some(_), .. } => Self::Retransmission,
                SocketEvent::TimerFired { .. } => Self::Timer,
                SocketEvent::State { .. } => Self::State,
                SocketEvent::AppWrite { .. }
                | SocketEvent::AppRead { .. }
                | SocketEvent::AppShutdown
                | SocketEvent::AppClose { .. } => Self::Application,
                _ => return None,
            },
            _ => return None,
        })
    }
}
