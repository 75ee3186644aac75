//! The variants by name, and what carries messages in each.

use crate::case::Variant;

/// All variants of the case.
pub(super) const ALL: &[Variant] = &[
    Variant {
        name: "long-polling",
        about: "a poll waits at the server for the next message; the client asks again at once",
    },
    Variant {
        name: "long-polling-reconnect",
        about: "the same where no connection outlives its answer: a handshake for each poll",
    },
    Variant {
        name: "sse",
        about: "server-sent events: one response that does not end; the client posts what it has to say",
    },
    Variant {
        name: "websocket",
        about: "one upgrade, then frames both ways",
    },
    Variant {
        name: "fan-in",
        about: "very many WebSockets to one server at once, and a message on each",
    },
    Variant {
        name: "saturation",
        about: "WebSocket on a server whose processor is busy: the load rises through what it can do",
    },
];

/// What carries messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carrier {
    /// A request that is answered when there is something to say.
    LongPolling {
        /// Whether the connection outlives the answer.
        keep_alive: bool,
    },
    /// A response that does not end.
    Sse,
    /// Frames.
    WebSocket,
}

impl Carrier {
    /// The carrier of a variant.
    pub(super) fn of(variant: &str) -> Self {
        match variant {
            "long-polling" => Self::LongPolling { keep_alive: true },
            "long-polling-reconnect" => Self::LongPolling { keep_alive: false },
            "sse" => Self::Sse,
            _ => Self::WebSocket,
        }
    }

    /// Whether each answer is a request of the client's.
    pub(super) const fn polls(self) -> bool {
        matches!(self, Self::LongPolling { .. })
    }

    /// Whether a connection outlives the exchange that it was opened for.
    pub(super) const fn keeps_connections(self) -> bool {
        !matches!(self, Self::LongPolling { keep_alive: false })
    }

    /// Its name for people.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::LongPolling { keep_alive: true } => "long polling",
            Self::LongPolling { keep_alive: false } => "long polling with a handshake each",
            Self::Sse => "server-sent events",
            Self::WebSocket => "WebSocket",
        }
    }
}
