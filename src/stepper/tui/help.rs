//! The keys: what the help shows, and what `update` holds to.

/// Keys and what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// As they are named.
    pub keys: &'static str,
    /// What they do.
    pub does: &'static str,
}

const fn keys(keys: &'static str, does: &'static str) -> Keys {
    Keys { keys, does }
}

/// All keys, in the order in which one needs them.
pub const KEYS: [Keys; 24] = [
    keys("Right l Space", "one event forward"),
    keys("Left h", "one event back"),
    keys("Down j", "to the next frame"),
    keys("Up k", "to the previous frame"),
    keys("PgDn PgUp", "a page of frames forward, back"),
    keys("Home End", "to the beginning, to the end"),
    keys("d D", "to the next, previous drop"),
    keys("r R", "to the next, previous retransmission"),
    keys("t T", "to the next, previous timer that fires"),
    keys("s S", "to the next, previous state change"),
    keys("a A", "to the next, previous event of an application"),
    keys("/ u", "go on until an expression holds"),
    keys("n N", "the same expression again, forward, back"),
    keys("b", "a breakpoint on an expression"),
    keys("B", "list breakpoints: j k choose, Space on/off, x delete"),
    keys("c C", "to the next, previous breakpoint"),
    keys("g", "go to a time or a frame number"),
    keys("Tab Shift-Tab", "next, previous panel"),
    keys("[ ]", "scroll the panel; in Bytes: choose a field"),
    keys("f", "fork: give this frame another fate"),
    keys("F", "back to what this was forked from"),
    keys("x", "show or hide the fingerprint of the state"),
    keys("?", "this help"),
    keys("q Esc", "close what is open, or end; Ctrl-C ends"),
];
