//! The variants by name.

use crate::case::Variant;

/// All variants of the case.
pub(super) const ALL: &[Variant] = &[
    Variant {
        name: "client-closes",
        about: "the client sends the first FIN and holds TIME-WAIT",
    },
    Variant {
        name: "server-closes",
        about: "the server sends the first FIN and holds TIME-WAIT",
    },
    Variant {
        name: "simultaneous",
        about: "two FINs cross, and both ends hold TIME-WAIT",
    },
    Variant {
        name: "last-ack-lost",
        about: "the final ACK is dropped; the FIN comes again and TIME-WAIT answers",
    },
    Variant {
        name: "reused-tuple",
        about: "the client connects from a port that it holds in TIME-WAIT: EADDRNOTAVAIL",
    },
    Variant {
        name: "reused-tuple-timestamps",
        about: "the same with timestamps, which tell old segments from new: allowed",
    },
    Variant {
        name: "reused-tuple-server",
        about: "the server holds the tuple; a higher initial sequence number is accepted",
    },
    Variant {
        name: "reused-tuple-duplicate",
        about: "a segment of the old connection arrives in the new one on the same tuple",
    },
    Variant {
        name: "port-exhaustion",
        about: "a client opens and closes until all ports are in TIME-WAIT",
    },
    Variant {
        name: "port-exhaustion-pool",
        about: "relief: the same requests over a pool of connections that stay open",
    },
    Variant {
        name: "port-exhaustion-second-address",
        about: "relief: a second source address has ports of its own",
    },
    Variant {
        name: "port-exhaustion-tw-reuse",
        about: "relief: tcp_tw_reuse with timestamps takes ports after 1 s of TIME-WAIT",
    },
];
