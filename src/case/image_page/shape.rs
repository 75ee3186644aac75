//! The variants: where the objects are, and how they are fetched.

use crate::case::{Plan, Variant};

/// One variant, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) variant: Variant<'static>,
    pub(super) place: Place,
    pub(super) protocol: Protocol,
    pub(super) tls: bool,
    /// Whether the first object is a large image.
    pub(super) hero: bool,
    /// Whether the client has been here before, and its first flight carries requests (RFC 8446 section 2.3).
    pub(super) early_data: bool,
}

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The origin, far away.
    Origin,
    /// A near edge that has everything.
    Edge,
    /// A near edge that has nothing, and asks the origin.
    EdgeMiss,
}

/// How the client asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// HTTP/1.1, a new connection for each object.
    NewEach,
    /// HTTP/1.1, one connection.
    Serial,
    /// HTTP/1.1, as many connections as browsers open to one origin.
    Six,
    /// HTTP/2, one connection.
    H2,
    /// HTTP/3 over QUIC, one connection.
    H3,
}

const fn shape(
    name: &'static str,
    about: &'static str,
    place: Place,
    protocol: Protocol,
    tls: bool,
) -> Shape {
    Shape {
        variant: Variant { name, about },
        place,
        protocol,
        tls,
        hero: false,
        early_data: false,
    }
}

use Place::{Edge, EdgeMiss, Origin};
use Protocol::{H2, H3, NewEach, Serial, Six};

/// All variants in the order in which they are listed.
pub(super) const SHAPES: [Shape; 17] = [
    shape(
        "new-connection-each",
        "origin, HTTP/1.1, a new connection for each object",
        Origin,
        NewEach,
        false,
    ),
    shape(
        "origin-h1-serial",
        "origin, HTTP/1.1, one connection, one request at a time",
        Origin,
        Serial,
        false,
    ),
    shape(
        "origin-h1-six",
        "origin, HTTP/1.1, six connections with one queue, as browsers have them",
        Origin,
        Six,
        false,
    ),
    shape(
        "origin-h2",
        "origin, HTTP/2, all requests at once",
        Origin,
        H2,
        false,
    ),
    shape(
        "edge-h1-serial",
        "edge, HTTP/1.1, one connection, one request at a time",
        Edge,
        Serial,
        false,
    ),
    shape(
        "edge-h1-six",
        "edge, HTTP/1.1, six connections with one queue",
        Edge,
        Six,
        false,
    ),
    shape(
        "edge-h2",
        "edge, HTTP/2, all requests at once",
        Edge,
        H2,
        false,
    ),
    shape(
        "origin-h1-serial-tls",
        "origin, HTTP/1.1 over TLS 1.3, one connection",
        Origin,
        Serial,
        true,
    ),
    shape(
        "origin-h1-six-tls",
        "origin, HTTP/1.1 over TLS 1.3, six connections",
        Origin,
        Six,
        true,
    ),
    shape(
        "origin-h2-tls",
        "origin, HTTP/2 over TLS 1.3",
        Origin,
        H2,
        true,
    ),
    shape(
        "edge-h1-serial-tls",
        "edge, HTTP/1.1 over TLS 1.3, one connection",
        Edge,
        Serial,
        true,
    ),
    shape(
        "edge-h1-six-tls",
        "edge, HTTP/1.1 over TLS 1.3, six connections",
        Edge,
        Six,
        true,
    ),
    shape("edge-h2-tls", "edge, HTTP/2 over TLS 1.3", Edge, H2, true),
    shape("origin-h3", "origin, HTTP/3 over QUIC", Origin, H3, true),
    shape("edge-h3", "edge, HTTP/3 over QUIC", Edge, H3, true),
    shape(
        "edge-miss",
        "edge that has nothing: HTTP/2 to the edge, and from there over one warm connection to the origin",
        EdgeMiss,
        H2,
        false,
    ),
    Shape {
        hero: true,
        ..shape(
            "hero",
            "origin, HTTP/2, one large image among thumbnails",
            Origin,
            H2,
            false,
        )
    },
];

/// The same as the command line knows them.
pub(super) const VARIANTS: [Variant<'static>; SHAPES.len()] = {
    let mut variants = [SHAPES[0].variant; SHAPES.len()];
    let mut index = 0;
    while index < SHAPES.len() {
        variants[index] = SHAPES[index].variant;
        index += 1;
    }
    variants
};

impl Shape {
    /// The variant of that name.
    pub(super) fn named(name: &str) -> Self {
        let found = SHAPES.iter().find(|shape| shape.variant.name == name);
        *found.expect("a plan has a variant of the case")
    }

    /// What a plan asks for: its variant, as far as knobs do not say otherwise.
    pub(super) fn of(plan: &Plan) -> Self {
        let named = Self::named(plan.variant());
        let place = match plan.text("place") {
            "origin" => Origin,
            "edge" => Edge,
            "edge-miss" => EdgeMiss,
            _ => named.place,
        };
        let protocol = match plan.text("protocol") {
            "new-connection-each" => NewEach,
            "h1-serial" => Serial,
            "h1-six" => Six,
            "h2" => H2,
            "h3" => H3,
            _ => named.protocol,
        };
        Self {
            place,
            protocol,
            tls: protocol == H3
                || match plan.text("tls") {
                    "variant" => named.tls,
                    word => word == "on",
                },
            early_data: plan.is_on("early_data"),
            ..named
        }
    }

    /// Round trips before a connection takes its first request: TCP's and TLS 1.3's, or one of QUIC for both.
    pub(super) const fn setup_trips(self) -> u64 {
        match self.protocol {
            H3 => 1,
            _ => 1 + (self.tls && !self.early_data) as u64,
        }
    }

    /// Whether one connection carries all requests at once.
    pub(super) const fn is_multiplexed(self) -> bool {
        matches!(self.protocol, H2 | H3)
    }

    /// The same elsewhere.
    pub(super) const fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// The same by another protocol.
    pub(super) const fn by(self, protocol: Protocol) -> Self {
        Self { protocol, ..self }
    }
}
