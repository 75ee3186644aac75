//! Knobs: what `--set key=value` can turn, and which values each takes.

use std::ops::RangeInclusive;

use crate::link::{DropScripts, Loss, QueueLimit, Windows};
use crate::units::{BitRate, Bytes, Percent, Span};

/// A parameter of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Knob {
    /// Its key on the command line.
    pub key: &'static str,
    /// The value that it has unless told otherwise.
    pub default: String,
    /// Which values it takes.
    pub kind: Kind,
    /// What it does, in one line.
    pub about: &'static str,
    /// Whether results tell it only where it differs from its default.
    pub quiet: bool,
}

/// Which values a knob takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A time, at most one hour of a day's order: `150ms`.
    Time,
    /// A size, at least one byte and at most 4 GB: `100kB`.
    Size,
    /// A size in a range of bytes.
    SizeWithin(RangeInclusive<u64>),
    /// A size, or `auto`.
    Buffer,
    /// Sizes one by one, or `none`: `10kB,4kB`.
    Sizes,
    /// A rate, or `unlimited`.
    Rate,
    /// A queue limit in packets or bytes, or `unlimited`.
    Queue,
    /// A loss model, or `0`.
    Loss,
    /// A chance: `1%`.
    Chance,
    /// Drop scripts, or `none`.
    Drops,
    /// A file with a trace, or `none`.
    Trace,
    /// Windows of time, or `none`: `2s..2.5s,7s..8s`, or `2s..2.5s/10s` again and again.
    Windows,
    /// A whole number in a range.
    Count(RangeInclusive<u64>),
    /// `on` or `off`.
    Switch,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A factor: `x2`.
    Factor,
    /// A time, or a factor by which one is scaled.
    Turn,
    /// This word, or what the other kind takes.
    Or(&'static str, Box<Kind>),
}

/// The longest time that a knob takes.
const LONGEST: Span = Span::from_secs(86_400);

/// Socket buffers: Linux takes no smaller ones (`SOCK_MIN_SNDBUF`, rounded), TCP's window no larger ones.
const BUFFERS: RangeInclusive<u64> = 2_048..=1 << 30;

/// The largest size that a knob takes, in bytes.
const LARGEST: u64 = 4_000_000_000;

impl Knob {
    /// A knob.
    pub fn new(
        key: &'static str,
        default: impl Into<String>,
        kind: Kind,
        about: &'static str,
    ) -> Self {
        Self {
            key,
            default: default.into(),
            kind,
            about,
            quiet: false,
        }
    }

    /// The same, told only where it differs from its default.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }

    /// The value in its canonical spelling.
    ///
    /// # Errors
    /// What is wrong with it, as a part of a sentence.
    pub fn canonical(&self, value: &str) -> Result<String, String> {
        match &self.kind {
            Kind::Factor => factor(value),
            Kind::Turn if value.starts_with('x') => factor(value),
            Kind::Time | Kind::Turn => time(value),
            Kind::Or(word, kind) => or_word(value, word, |value| {
                let canonical = self.of(kind).canonical(value);
                canonical.map_err(|reason| format!("{reason}, or `{word}`"))
            }),
            Kind::Size => size(value, &(1..=LARGEST)),
            Kind::SizeWithin(range) => size(value, range),
            Kind::Buffer => or_word(value, "auto", |value| size(value, &BUFFERS)),
            Kind::Sizes => or_word(value, "none", sizes),
            Kind::Rate => or_word(value, "unlimited", |value| {
                Ok(value.parse::<BitRate>()?.to_string())
            }),
            Kind::Queue => or_word(value, "unlimited", spelled::<QueueLimit>),
            Kind::Loss => or_word(value, "0", loss),
            Kind::Chance => Ok(value.parse::<Percent>()?.to_string()),
            Kind::Drops => or_word(value, "none", spelled::<DropScripts>),
            // Only a plan knows which traces there are.
            Kind::Trace => Ok(value.to_owned()),
            Kind::Windows => spelled::<Windows>(value),
            Kind::Count(range) => count(value, range),
            Kind::Switch => one_of(value, &["on", "off"]),
            Kind::Choice(words) => one_of(value, words),
        }
    }

    /// A value that the knob would take, for an error message.
    pub fn example(&self) -> String {
        match &self.kind {
            Kind::Time | Kind::Turn => "150ms".to_owned(),
            Kind::Size | Kind::Buffer => "100kB".to_owned(),
            Kind::Sizes => "10kB,4kB,120kB".to_owned(),
            Kind::Rate => "10mbit".to_owned(),
            Kind::Queue => "100p".to_owned(),
            Kind::Loss | Kind::Chance => "1%".to_owned(),
            Kind::Drops => "s2c:data:5-7,c2s:syn:1".to_owned(),
            Kind::Trace => "lte.down".to_owned(),
            Kind::Windows => "2s..2.5s/10s".to_owned(),
            Kind::Count(_) | Kind::SizeWithin(_) => self.default.clone(),
            Kind::Switch => "on".to_owned(),
            Kind::Choice(words) => words[0].to_owned(),
            Kind::Factor => "x2".to_owned(),
            Kind::Or(_, kind) => self.of(kind).example(),
        }
    }
}

impl Knob {
    /// The same with another kind.
    fn of(&self, kind: &Kind) -> Self {
        Self {
            kind: kind.clone(),
            ..self.clone()
        }
    }
}

fn time(value: &str) -> Result<String, String> {
    let span: Span = value.parse()?;
    if span > LONGEST {
        return Err(format!("the longest time is {LONGEST}"));
    }
    Ok(if span.is_zero() {
        "0".to_owned()
    } else {
        span.to_string()
    })
}

/// A loss; one that never happens is none, however it is written.
fn loss(value: &str) -> Result<String, String> {
    let loss = spelled::<Loss>(value)?;
    Ok(if loss == "0%" { "0".to_owned() } else { loss })
}

/// A factor from 0 to 1,000.
fn factor(value: &str) -> Result<String, String> {
    let number = value.strip_prefix('x').map(str::parse::<f64>);
    match number {
        Some(Ok(factor)) if (0.0..=1000.0).contains(&factor) => Ok(format!("x{factor}")),
        _ => Err("a factor such as x2 is needed, from x0 to x1000".to_owned()),
    }
}

/// `value` if it is `word`, or else what `canonical` makes of it.
fn or_word(
    value: &str,
    word: &str,
    canonical: impl Fn(&str) -> Result<String, String>,
) -> Result<String, String> {
    if value == word {
        Ok(word.to_owned())
    } else {
        canonical(value)
    }
}

/// The canonical spelling of anything that can be read and printed.
fn spelled<T: std::str::FromStr<Err: std::fmt::Display> + std::fmt::Display>(
    value: &str,
) -> Result<String, String> {
    value
        .parse::<T>()
        .map(|value| value.to_string())
        .map_err(|error| error.to_string())
}

fn size(value: &str, range: &RangeInclusive<u64>) -> Result<String, String> {
    let bytes: Bytes = value.parse()?;
    if range.contains(&bytes.0) {
        return Ok(bytes.to_string());
    }
    let (least, most) = (Bytes(*range.start()), Bytes(*range.end()));
    Err(format!("a size from {least} to {most} is needed"))
}

/// Sizes with commas between them.
fn sizes(value: &str) -> Result<String, String> {
    let sizes = value.split(',').map(|one| size(one.trim(), &(1..=LARGEST)));
    Ok(sizes.collect::<Result<Vec<_>, _>>()?.join(","))
}

fn count(value: &str, range: &RangeInclusive<u64>) -> Result<String, String> {
    let expected = || {
        format!(
            "a whole number from {} to {} is needed",
            range.start(),
            range.end()
        )
    };
    let number: u64 = value.parse().map_err(|_| expected())?;
    if range.contains(&number) {
        Ok(number.to_string())
    } else {
        Err(expected())
    }
}

fn one_of(value: &str, words: &[&str]) -> Result<String, String> {
    if words.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(format!("one of {} is needed", words.join(", ")))
}

/// The knobs of the path between a client and a server, in netem's words.
pub(super) fn path_knobs(rtt: &str) -> Vec<Knob> {
    let mut knobs = steady_knobs(rtt);
    knobs.extend(changing_knobs());
    knobs
}

/// Those of a path that is the same all the time.
fn steady_knobs(rtt: &str) -> Vec<Knob> {
    vec![
        Knob::new(
            "rtt",
            rtt,
            Kind::Time,
            "round trip of the path; sets both delays to half of it",
        ),
        Knob::new("jitter", "0", Kind::Time, "uniform jitter of each delay"),
        Knob::new(
            "rate",
            "unlimited",
            Kind::Rate,
            "rate of the bottleneck, in both directions",
        ),
        Knob::new(
            "queue",
            "unlimited",
            Kind::Queue,
            "drop-tail limit, the frame being sent included",
        ),
        Knob::new(
            "loss",
            "0",
            Kind::Loss,
            "random loss towards the client: i.i.d. or gemodel",
        ),
        Knob::new(
            "drop",
            "none",
            Kind::Drops,
            "scripted drops, for example s2c:data:5-7,c2s:syn:1",
        ),
    ]
}

/// Those of a path that is not, as a mobile network's.
fn changing_knobs() -> [Knob; 4] {
    [
        Knob::new(
            "trace",
            "none",
            Kind::Trace,
            "mahimahi trace of the line towards the client, instead of a rate",
        ),
        Knob::new(
            "uplink_trace",
            "none",
            Kind::Trace,
            "mahimahi trace of the line from the client",
        ),
        Knob::new(
            "down",
            "none",
            Kind::Windows,
            "when the path loses everything, in both directions",
        ),
        Knob::new(
            "hold",
            "none",
            Kind::Windows,
            "when the path holds everything until the end, as in a handover",
        ),
    ]
    .map(Knob::quiet)
}

/// The knobs that every case has, and that [`Case::knobs`](super::Case::knobs) leaves out.
pub fn stack_knobs() -> Vec<Knob> {
    const STACKS: &[&str] = &["linux", "smoltcp"];
    vec![
        Knob::new(
            "client_stack",
            "linux",
            Kind::Choice(STACKS),
            "transport profile of the clients",
        ),
        Knob::new(
            "server_stack",
            "linux",
            Kind::Choice(STACKS),
            "transport profile of the servers",
        ),
    ]
    .into_iter()
    .chain(tuning_knobs())
    .collect()
}

/// What an administrator can tune on all hosts, under the names of Linux's sockets, routes and sysctls.
fn tuning_knobs() -> [Knob; 6] {
    [
        Knob::new(
            "initcwnd",
            "10",
            Kind::Count(1..=100_000),
            "segments of the first congestion window (RFC 6928)",
        ),
        Knob::new(
            "min_rto",
            "200ms",
            Kind::Time,
            "shortest retransmission timeout of data (RFC 6298 section 2.4)",
        ),
        Knob::new(
            "delayed_ack",
            "on",
            Kind::Switch,
            "whether ACKs of what was read may wait (RFC 1122 section 4.2.3.2)",
        ),
        Knob::new(
            "nagle",
            "auto",
            Kind::Choice(&["auto", "on", "off"]),
            "Nagle's algorithm (RFC 896), or as each application sets it",
        ),
        Knob::new(
            "rcvbuf",
            "auto",
            Kind::Buffer,
            "receive buffer of each socket from the beginning, which limits its window",
        ),
        Knob::new(
            "sndbuf",
            "auto",
            Kind::Buffer,
            "send buffer of each socket from the beginning",
        ),
    ]
    .map(Knob::quiet)
}
