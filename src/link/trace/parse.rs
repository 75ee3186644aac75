//! Traces read from text, and what can be wrong with one.

use std::fmt;

use super::Trace;

/// The longest text of a trace, in bytes.
pub const MAX_TRACE: usize = 64 << 20;

/// The last moment that a trace may have, in ms: the end of a day.
const LATEST: u32 = 86_400_000;

/// How much of a line an error repeats, in characters.
const SHOWN: usize = 40;

/// A text that is no trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", self.place())]
pub struct TraceError {
    /// What the trace is called.
    pub name: String,
    /// The line, from 1; 0 if it is the whole text that is wrong.
    pub line: usize,
    /// What is wrong with it, and what to do.
    pub problem: TraceProblem,
}

/// What is wrong with a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceProblem {
    /// There is no line.
    Empty,
    /// There is too much.
    TooLong,
    /// The text is compressed, or in an encoding of more than one byte for a digit.
    Encoding(&'static str),
    /// A line without a number.
    Blank,
    /// A comment, or the header of a log.
    Comment,
    /// A byte that no text has.
    Byte(u8),
    /// More than one number.
    Several(String),
    /// A number with a sign.
    Negative(String),
    /// A number with a point or a comma.
    Fraction(String),
    /// A number with a unit.
    Unit(String),
    /// No number at all.
    Word(String),
    /// A number of ms beyond a day.
    TooLate(String),
    /// A number that is less than the one of an earlier line.
    Decreasing {
        /// The number.
        ms: u32,
        /// The larger one before it.
        before: u32,
    },
    /// All numbers are zero.
    NoPeriod,
}

impl Trace {
    /// Reads a trace: on each line a whole number of ms at which the link delivers 1,504 bytes, none less than the one
    /// before it, the last at least 1. `name` is what it is called from then on.
    ///
    /// ```
    /// use wirelab::link::Trace;
    ///
    /// let error = Trace::parse("lte.down", "5\n4.5\n").expect_err("half a millisecond");
    /// assert_eq!(
    ///     error.to_string(),
    ///     "lte.down:2: `4.5` is a fraction: round it, since moments are whole milliseconds"
    /// );
    /// ```
    ///
    /// # Errors
    /// [`TraceError`] that names the line.
    pub fn parse(name: &str, text: impl AsRef<[u8]>) -> Result<Self, TraceError> {
        let text = text.as_ref();
        let wrong = |line, problem| TraceError {
            name: name.to_owned(),
            line,
            problem,
        };
        whole(text).map_err(|problem| wrong(0, problem))?;
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let mut moments: Vec<u32> = Vec::new();
        for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            let before = moments.last().copied().unwrap_or(0);
            let ms = moment(line, before).map_err(|problem| wrong(number, problem))?;
            moments.push(ms);
        }
        if moments.last() == Some(&0) {
            return Err(wrong(moments.len(), TraceProblem::NoPeriod));
        }
        Ok(Self::new(name, moments))
    }
}

impl TraceError {
    /// A name before an error, with the line if there is one.
    fn place(&self) -> String {
        match self.line {
            0 => format!("{} ", self.name),
            line => format!("{}:{line}: ", self.name),
        }
    }
}

/// Whether there is anything to read.
fn whole(text: &[u8]) -> Result<(), TraceProblem> {
    match text {
        [] => Err(TraceProblem::Empty),
        _ if text.len() > MAX_TRACE => Err(TraceProblem::TooLong),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Err(TraceProblem::Encoding("UTF-16")),
        [0xef, 0xbb, 0xbf, ..] => Err(TraceProblem::Encoding("UTF-8 with a byte order mark")),
        [0x1f, 0x8b, ..] => Err(TraceProblem::Encoding("compressed by gzip")),
        _ => Ok(()),
    }
}

/// The moment of a line, which is not before another.
fn moment(line: &[u8], before: u32) -> Result<u32, TraceProblem> {
    let line = line.trim_ascii();
    let Ok(text) = std::str::from_utf8(line) else {
        let strange = line.iter().find(|byte| !byte.is_ascii());
        return Err(TraceProblem::Byte(strange.copied().unwrap_or(0xff)));
    };
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(no_number(text));
    }
    let ms = text.parse().ok().filter(|ms| *ms <= LATEST);
    let ms = ms.ok_or_else(|| TraceProblem::TooLate(shown(text)))?;
    if ms < before {
        return Err(TraceProblem::Decreasing { ms, before });
    }
    Ok(ms)
}

/// What a line is that is no number of digits.
fn no_number(text: &str) -> TraceProblem {
    let is_digit = |letter: char| letter.is_ascii_digit();
    let number = text.trim_start_matches(['-', '+']);
    let rest = number.trim_start_matches(is_digit);
    if text.is_empty() {
        return TraceProblem::Blank;
    }
    if text.starts_with('#') {
        return TraceProblem::Comment;
    }
    if let Some(control) = text
        .bytes()
        .find(|byte| byte.is_ascii_control() && *byte != b'\t')
    {
        return TraceProblem::Byte(control);
    }
    match rest.chars().next() {
        _ if rest.len() == number.len() => TraceProblem::Word(shown(text)),
        Some(space) if space.is_whitespace() => TraceProblem::Several(shown(text)),
        _ if number.len() < text.len() => TraceProblem::Negative(shown(text)),
        Some('.' | ',') => TraceProblem::Fraction(shown(text)),
        _ if matches!(rest, "s" | "ms" | "us") => TraceProblem::Unit(shown(text)),
        _ => TraceProblem::Word(shown(text)),
    }
}

/// As much of a line as an error repeats.
fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

impl fmt::Display for TraceProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "is empty: write a number of milliseconds on each line, for example 1",
            ),
            Self::TooLong => write!(
                f,
                "is longer than {} MiB: cut it, for example with `head -n 1000000`, since it repeats",
                MAX_TRACE >> 20
            ),
            Self::Encoding(what) => write!(f, "is {what}: save it as plain text"),
            Self::Blank => {
                f.write_str("the line is blank: remove it, or write a number of milliseconds")
            }
            Self::Comment => f.write_str(
                "the line is a comment, which traces do not have: remove it, for example with `grep -v '^#'`",
            ),
            Self::Byte(byte) => write!(
                f,
                "the byte 0x{byte:02x} belongs to no number: give a trace as text, not a binary file"
            ),
            Self::Several(line) => write!(
                f,
                "`{line}` is more than a number: give each opportunity a line of its own, with its milliseconds only"
            ),
            Self::Negative(line) => write!(
                f,
                "`{line}` has a sign: write milliseconds from the beginning, 0 or more"
            ),
            Self::Fraction(line) => write!(
                f,
                "`{line}` is a fraction: round it, since moments are whole milliseconds"
            ),
            Self::Unit(line) => {
                write!(f, "`{line}` has a unit: write the bare number of milliseconds")
            }
            Self::Word(line) => write!(
                f,
                "`{line}` is no number: write milliseconds from the beginning, for example 40"
            ),
            Self::TooLate(line) => write!(
                f,
                "`{line}` is later than {LATEST}, the end of a day: write milliseconds from the beginning, not from 1970"
            ),
            Self::Decreasing { ms, before } => write!(
                f,
                "{ms} comes after {before}: put the lines in order, for example with `sort -n`"
            ),
            Self::NoPeriod => f.write_str(
                "the last moment is 0, so the trace would never move on: end it with the time after which it begins again",
            ),
        }
    }
}
