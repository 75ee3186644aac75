//! What a diagnosis says: which component is the constraint, what each relief gains, and what is next.
//!
//! Plain values, for whoever prints, draws or stores them; who finds them out is
//! [`diagnose`](crate::diagnose). Times are milliseconds, the mean of all seeds where there are several.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What can be relieved, the cheapest first: that order decides between combinations of as many reliefs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Component {
    /// Nagle's algorithm (RFC 896).
    Nagle,
    /// Delayed ACK (RFC 1122 section 4.2.3.2).
    DelayedAck,
    /// The shortest retransmission timeout (RFC 6298 section 2.4).
    MinRto,
    /// The first congestion window (RFC 6928).
    InitialWindow,
    /// The receive buffer, and with it the window (RFC 9293 section 3.8.6).
    ReceiveWindow,
    /// The send buffer.
    SendBuffer,
    /// Flow control of HTTP/2 (RFC 9113 section 5.2).
    FlowControl,
    /// Connections that are kept (RFC 9112 section 9.3).
    KeepAlive,
    /// How many connections there may be (RFC 9112 section 9.4).
    Connections,
    /// Names that have to be looked up.
    Lookup,
    /// The TLS handshake before the first request.
    Handshake,
    /// Requests that share a connection (HTTP/2).
    Multiplexing,
    /// Streams that do not wait for each other's losses (HTTP/3).
    Streams,
    /// How long the server thinks.
    Think,
    /// How long the client's own program works.
    Client,
    /// Losses on the path.
    Loss,
    /// The rate of the line.
    Rate,
    /// The distance to whoever answers.
    Distance,
}

/// Where a component is in the stack of protocols.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Layer {
    /// The path.
    L3,
    /// TCP, QUIC's transport, and the sockets above them.
    L4,
    /// TLS, HTTP, DNS, and the application.
    L7,
}

/// What relieves a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// The component.
    pub component: Component,
    /// Its layer.
    pub layer: Layer,
    /// What is done, for example `an edge 5ms away`.
    pub words: String,
    /// What the component is called where it is the constraint, for example `requests that wait for one another`.
    pub constraint: String,
    /// What that is on the command line: a variant and `key=value`.
    pub change: Vec<String>,
}

/// One relief by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relieved {
    /// What was relieved.
    pub remedy: Remedy,
    /// How long the page takes then.
    pub total_ms: f64,
    /// What that saves.
    pub gain_ms: f64,
    /// Class of time -> ms, as it is then.
    pub account: BTreeMap<String, f64>,
    /// What is the constraint then; `None` if no other relief gains anything.
    pub next: Option<Component>,
    /// The same as it is called.
    pub next_words: Option<String>,
}

/// Two reliefs or more together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Combination {
    /// What was relieved.
    pub components: Vec<Component>,
    /// What was done, in the order of the components.
    pub words: Vec<String>,
    /// How long the page takes then.
    pub total_ms: f64,
    /// What that saves.
    pub gain_ms: f64,
    /// Whether they save much more together than the sum of what each saves alone.
    pub complements: bool,
    /// Class of time -> ms, as it is then.
    pub account: BTreeMap<String, f64>,
}

/// Which component is the constraint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Constraint {
    /// In one sentence.
    pub sentence: String,
    /// The components each of which relieves it, the one that gains most first; several if they are substitutes. Empty
    /// if no relief gains anything.
    pub components: Vec<Component>,
    /// What else is a constraint of the same size, and adds up with it.
    pub ties: Vec<Component>,
    /// The constraint that is next once the first of the components is relieved.
    pub next: Option<Component>,
}

/// Whether a time can be met, and with what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The time that was asked for.
    pub target_ms: f64,
    /// The cheapest combination that meets it, with no component if nothing has to be done; `None` if none does.
    pub met_by: Option<Combination>,
    /// The fastest that was tried.
    pub fastest: Combination,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// How near the replay comes to the recording, if it replays one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// The case.
    pub case: String,
    /// The variant.
    pub variant: String,
    /// The knobs that differ from the case's defaults.
    pub changed: BTreeMap<String, String>,
    /// The seeds, several if the result depends on chance. Every relief was tried with the same ones.
    pub seeds: Vec<u64>,
    /// How long the page takes as it is.
    pub total_ms: f64,
    /// Class of time -> ms, as it is.
    pub account: BTreeMap<String, f64>,
    /// What the constraint is.
    pub constraint: Constraint,
    /// The reliefs that gain something, or do so in a combination; the best first.
    pub reliefs: Vec<Relieved>,
    /// What was tried and gains nothing.
    pub idle: Vec<Remedy>,
    /// Pairs that are worth more than either of the two, the fastest first.
    pub pairs: Vec<Combination>,
    /// Pairs that exclude each other.
    pub exclusive: Vec<[Component; 2]>,
    /// Runs that were made.
    pub runs: usize,
    /// Whether a given time can be met.
    pub target: Option<Target>,
    /// What each frame's loss would cost.
    pub losses: Option<LossMap>,
}

/// How near a replay comes to what was recorded, on the recording's own conditions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// How long the page took when it was recorded.
    pub recorded_ms: f64,
    /// How long its replay takes.
    pub replayed_ms: f64,
}

impl Fit {
    /// The replay's time by the recording's.
    pub fn ratio(&self) -> f64 {
        self.replayed_ms / self.recorded_ms
    }

    /// Whether the two are within 20 % of one another.
    pub fn is_close(&self) -> bool {
        (0.8..=1.2).contains(&self.ratio())
    }
}

/// What the loss of each frame would cost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossMap {
    /// How long the page takes as it is.
    pub total_ms: f64,
    /// Frames that hosts sent, ARP left out.
    pub frames: usize,
    /// Those of which the loss was tried, in the order in which they left.
    pub tried: Vec<Lost>,
}

/// The loss of one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lost {
    /// The host that sent it.
    pub host: String,
    /// Its number in that host's capture, counted from 1 as Wireshark does.
    pub number: usize,
    /// When it left in the run without the loss, since the first frame.
    pub at_ms: f64,
    /// What it is, for example `SYN` or `data 14600-16060 of stream 7`.
    pub what: String,
    /// What its loss costs; less than nothing if the page is faster without it.
    pub cost_ms: f64,
    /// Whether the page was whole all the same.
    pub whole: bool,
    /// What repaired it.
    pub repair: Repair,
}

/// What repairs a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Repair {
    /// Nothing had to: what followed said the same.
    None,
    /// Acknowledgments told of it (RFC 5681, RFC 9002 section 6.1).
    FastRetransmit,
    /// RACK's reordering timer (RFC 8985).
    RackTimer,
    /// A tail loss probe, or QUIC's probe timeout.
    Probe,
    /// The retransmission timer (RFC 6298), that of a SYN included.
    Timer,
    /// The application asked again.
    Application,
}

impl Component {
    /// Its key in JSON.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Nagle => "nagle",
            Self::DelayedAck => "delayed-ack",
            Self::MinRto => "min-rto",
            Self::InitialWindow => "initial-window",
            Self::ReceiveWindow => "receive-window",
            Self::SendBuffer => "send-buffer",
            Self::FlowControl => "flow-control",
            Self::KeepAlive => "keep-alive",
            Self::Connections => "connections",
            Self::Lookup => "lookup",
            Self::Handshake => "handshake",
            Self::Multiplexing => "multiplexing",
            Self::Streams => "streams",
            Self::Think => "think",
            Self::Loss => "loss",
            Self::Rate => "rate",
            Self::Distance => "distance",
            Self::Client => "client",
        }
    }

    /// What relieving it costs, on a scale of three: a setting of hosts, other software, other places and lines.
    pub const fn cost(self) -> u32 {
        match self {
            Self::Multiplexing | Self::Streams | Self::Think | Self::Client => 2,
            Self::Loss | Self::Rate | Self::Distance => 3,
            _ => 1,
        }
    }
}

impl Repair {
    /// All of them, from nothing to the slowest.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::FastRetransmit,
        Self::RackTimer,
        Self::Probe,
        Self::Timer,
        Self::Application,
    ];
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::L3 => "L3",
            Self::L4 => "L4",
            Self::L7 => "L7",
        })
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::None => "nothing sent again",
            Self::FastRetransmit => "fast retransmit",
            Self::RackTimer => "RACK timer",
            Self::Probe => "loss probe",
            Self::Timer => "timeout",
            Self::Application => "a new request",
        })
    }
}

/// So many milliseconds as people say them, with four significant digits: `12.15 s`, `405 ms`.
pub fn ms(value: f64) -> String {
    let (value, unit) = if value.abs() >= 999.95 {
        (value / 1e3, "s")
    } else {
        (value, "ms")
    };
    let decimals = match value.abs() {
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        _ => 3,
    };
    let digits = format!("{value:.decimals$}");
    let digits = digits.trim_end_matches('0').trim_end_matches('.');
    format!("{digits} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_four_significant_digits() {
        let said = [12_150.0, 405.0, 34.567_8, 1_000.0, 0.5, -3.25].map(ms);
        assert_eq!(
            said,
            ["12.15 s", "405 ms", "34.57 ms", "1 s", "0.5 ms", "-3.25 ms"]
        );
    }
}
