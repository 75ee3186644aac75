//! Values that know where in a file they are written, and errors that show it.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// A value and the bytes of the file that say it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::scenario) struct Placed<T> {
    pub(in crate::scenario) value: T,
    pub(in crate::scenario) at: (usize, usize),
}

impl<T> Placed<T> {
    /// Where it is.
    pub(in crate::scenario) const fn span(&self) -> Range<usize> {
        self.at.0..self.at.1
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::deserialize(deserializer)?;
        let span = spanned.span();
        Ok(Self {
            value: spanned.into_inner(),
            at: (span.start, span.end),
        })
    }
}

impl<T: JsonSchema> JsonSchema for Placed<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}

/// Characters of a line that are shown at most.
const EXCERPT: usize = 100;

/// What is wrong with a scenario file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what to do.
    pub message: String,
    /// The line itself.
    text: String,
    /// How many characters of it are meant.
    width: usize,
}

/// What is wrong with a part of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::scenario) struct Problem {
    pub(in crate::scenario) at: Range<usize>,
    pub(in crate::scenario) message: String,
}

impl Problem {
    /// A problem with a value.
    pub(in crate::scenario) fn with<T>(value: &Placed<T>, message: impl Into<String>) -> Self {
        Self {
            at: value.span(),
            message: message.into(),
        }
    }

    /// The same for whoever has the file before them.
    pub(in crate::scenario) fn shown(self, file: &str) -> FileError {
        FileError::at(file, self.at, self.message)
    }
}

impl FileError {
    /// An error about these bytes of a file.
    pub(in crate::scenario) fn at(
        file: &str,
        at: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let start = floor(file, at.start);
        let before = &file[..start];
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let rest = &file[begin..];
        let text = rest.lines().next().unwrap_or_default().to_owned();
        let column = file[begin..start].chars().count() + 1;
        let end = floor(file, at.end.max(start)).min(begin + text.len());
        let meant = file
            .get(start..end)
            .map_or(0, |meant| meant.chars().count());
        Self {
            line: before.matches('\n').count() + 1,
            column,
            message: message.into(),
            text,
            width: meant.max(1),
        }
    }
}

/// The last boundary of characters at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// A part of a line around a column, with dots where the line goes on, and what stands before the column in it.
fn excerpt(text: &str, column: usize) -> (String, String) {
    let letters: Vec<char> = text.chars().collect();
    let before = column - 1;
    if letters.len() <= EXCERPT {
        return (text.to_owned(), letters.iter().take(before).collect());
    }
    let from = before
        .saturating_sub(EXCERPT / 2)
        .min(letters.len() - EXCERPT);
    let to = from + EXCERPT;
    let dots = |are_needed: bool| if are_needed { "..." } else { "" };
    let shown = |to: usize| {
        let letters = letters.iter().take(to).skip(from);
        dots(from > 0).to_owned() + &letters.collect::<String>()
    };
    (shown(to) + dots(to < letters.len()), shown(before))
}

/// The place, what is wrong, and the line with the place marked.
impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, .. } = self;
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let (shown, before) = excerpt(&self.text, *column);
        let room = shown.chars().count() - before.chars().count();
        let indent: String = before
            .chars()
            .map(|letter| if letter == '\t' { '\t' } else { ' ' })
            .collect();
        writeln!(f, "{line}:{column}: {}", self.message)?;
        writeln!(f, "  {number} | {shown}")?;
        let marks = "^".repeat(self.width.min(room.max(1)));
        write!(f, "  {margin} | {indent}{marks}")
    }
}

impl std::error::Error for FileError {}
