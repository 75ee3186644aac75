//! What is wrong with an expression, and where.

use std::fmt;

/// What is wrong with an expression. Its text has the expression, a caret below the place, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The expression.
    pub text: String,
    /// Where, in characters from its beginning.
    pub at: usize,
    /// The reason in a sentence.
    pub reason: String,
}

impl FilterError {
    /// At a byte of the expression.
    pub(super) fn at(text: &str, byte: usize, reason: impl Into<String>) -> Self {
        Self {
            text: text.to_owned(),
            at: text.get(..byte).unwrap_or(text).chars().count(),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, at, reason } = self;
        write!(f, "{reason}\n  {text}\n  {:at$}^", "")
    }
}

impl std::error::Error for FilterError {}
