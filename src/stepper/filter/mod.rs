//! Expressions that pick events: Wireshark's display filters, with fields of the lab's own under `wirelab.`.
//!
//! ```text
//! tcp.flags.syn && ip.src == 198.18.0.2
//! tcp.analysis.retransmission || wirelab.event == "drop"
//! wirelab.host == "server" && wirelab.cwnd < 20000
//! !(udp) && frame.time_relative >= 1.5s && frame contains "GET"
//! ```
//!
//! A field that an event does not have makes every comparison false, also `!=`. Of a field with two values
//! (`ip.addr`, `tcp.port`), `==` holds if one is equal and `!=` if none is, as in Wireshark 4.

mod error;
mod eval;
mod field;
mod packet;
mod parse;
mod token;

use std::fmt;
use std::str::FromStr;

pub use error::FilterError;
pub use eval::Moment;
pub use field::Field;

/// An expression that was understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    text: String,
    root: Node,
}

/// A part of an expression.
#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// The event has the field, and a flag is set.
    Has(Field),
    Compare(Field, Comparison, Value),
    Not(Box<Node>),
    And(Box<Node>, Box<Node>),
    Or(Box<Node>, Box<Node>),
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
}

/// A value of a field, or one that was typed.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    /// Counts, and times in seconds.
    Number(f64),
    Text(String),
    Flag(bool),
    /// An address and how many of its leading bits count.
    Address(std::net::Ipv4Addr, u32),
    Bytes(bytes::Bytes),
}

impl Filter {
    /// Whether the expression holds of an event.
    pub fn holds(&self, moment: &Moment<'_>) -> bool {
        self.root.holds(moment)
    }

    /// The expression as it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        let root = parse::expression(text)?;
        Ok(Self {
            text: text.trim().to_owned(),
            root,
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
