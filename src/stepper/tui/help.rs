//! The keys: what the help shows, and what `update` holds to.

/// Keys and what they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// As they are named.
    pub keys: &'static str,
    /// What they do, in at most 27 characters: two columns of them fit into 80.
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
    keys("PgDn PgUp", "a page forward, back"),
    keys("Home End", "to the beginning, the end"),
    keys("d D", "next, previous drop"),
    keys("r R", "next, previous resending"),
    keys("t T", "next, previous timer firing"),
    keys("s S", "next, previous state change"),
    keys("a A", "next, previous app event"),
    keys("/ u", "until an expression holds"),
    keys("n N", "the same again, and back"),
    keys("b", "break on an expression"),
    keys("B", "list the breakpoints"),
    keys("c C", "next, previous breakpoint"),
    keys("g", "go to a time or a frame"),
    keys("Tab Shift-Tab", "next, previous panel"),
    keys("[ ]", "scroll; in Bytes: by field"),
    keys("f", "fork: another fate for it"),
    keys("F", "back to before the fork"),
    keys("x", "show, hide the state's hash"),
    keys("?", "this help"),
    keys("q Esc", "close, or end; Ctrl-C ends"),
];
