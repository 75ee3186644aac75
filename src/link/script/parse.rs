//! Reading drop scripts: `DIRECTION:KIND:WHICH`, separated by commas.

use std::str::FromStr;

use thiserror::Error;

use super::{Direction, DropScript, DropScripts, Kind, Ordinals, Selector};

/// A text that is not a drop script; each error says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ParseScriptError {
    /// Not three parts.
    #[error("`{0}` is not a drop script: write DIRECTION:KIND:WHICH, such as s2c:data:5-7")]
    Shape(String),
    /// A part that says nothing in its place.
    #[error("`{part}` in `{script}` is not {expected}")]
    Part {
        /// The script.
        script: String,
        /// The part of it.
        part: String,
        /// What belongs in its place, and how to write it.
        expected: &'static str,
    },
}

const DIRECTION: &str = "a direction: write c2s or s2c";
const KIND: &str =
    "a kind of frame: write any, syn, synack, data, rtx, ack, fin, rst, udp, ackge or bytes";
const ORDINALS: &str = "a count of frames: count from 1 and write 5, 5-7 or *";
const BYTES: &str = "a number of bytes: write digits only, as in ackge:100000";
const BYTE_RANGE: &str =
    "a range of bytes: write the first and the one after the last, as in bytes:14600-16060";

impl FromStr for DropScripts {
    type Err = ParseScriptError;

    /// Scripts separated by commas; an empty text is none at all.
    fn from_str(text: &str) -> Result<Self, ParseScriptError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        text.split(',')
            .map(|script| script.trim().parse())
            .collect()
    }
}

impl FromStr for DropScript {
    type Err = ParseScriptError;

    /// `DIRECTION:KIND:WHICH`, such as `s2c:data:5-7`, `s2c:synack:*` or `c2s:ackge:100000`.
    fn from_str(text: &str) -> Result<Self, ParseScriptError> {
        let parts: Vec<&str> = text.split(':').collect();
        let [direction, kind, which] = parts[..] else {
            return Err(ParseScriptError::Shape(text.to_owned()));
        };
        let refuse = |part: &str, expected| ParseScriptError::Part {
            script: text.to_owned(),
            part: part.to_owned(),
            expected,
        };
        Ok(Self {
            direction: parse_direction(direction).ok_or_else(|| refuse(direction, DIRECTION))?,
            selector: match kind {
                "ackge" => number(which)
                    .map(Selector::AckAtLeast)
                    .ok_or_else(|| refuse(which, BYTES))?,
                "bytes" => byte_range(which).ok_or_else(|| refuse(which, BYTE_RANGE))?,
                _ => Selector::Nth(
                    parse_kind(kind).ok_or_else(|| refuse(kind, KIND))?,
                    ordinals(which).ok_or_else(|| refuse(which, ORDINALS))?,
                ),
            },
        })
    }
}

fn parse_direction(text: &str) -> Option<Direction> {
    [Direction::ClientToServer, Direction::ServerToClient]
        .into_iter()
        .find(|direction| direction.to_string() == text)
}

fn parse_kind(text: &str) -> Option<Kind> {
    Kind::ALL.into_iter().find(|kind| kind.word() == text)
}

fn byte_range(text: &str) -> Option<Selector> {
    let (first, end) = range(text)?;
    (first < end).then_some(Selector::Bytes { first, end })
}

fn ordinals(text: &str) -> Option<Ordinals> {
    if text == "*" {
        return Some(Ordinals::All);
    }
    let (first, last) = range(text).or_else(|| number(text).map(|n| (n, n)))?;
    (1 <= first && first <= last).then_some(Ordinals::Range { first, last })
}

fn range(text: &str) -> Option<(u64, u64)> {
    let (first, last) = text.split_once('-')?;
    Some((number(first)?, number(last)?))
}

/// Digits only: `str::parse` alone would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}
