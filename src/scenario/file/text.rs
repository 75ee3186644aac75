//! The text of a scenario file under construction.

use std::fmt::Write;

use crate::units::Span;

/// A text in quotation marks.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            letter if letter.is_control() => {
                write!(quoted, "\\u{:04X}", u32::from(letter)).expect("a string takes every text");
            }
            letter => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// A file under construction.
#[derive(Default)]
pub(super) struct Text(pub(super) String);

#[expect(
    clippy::needless_pass_by_value,
    reason = "callers give what they have just computed"
)]
impl Text {
    pub(super) fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    pub(super) fn comment(&mut self, text: &str) {
        let one = text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.line(&format!("# {one}"));
    }

    pub(super) fn put(&mut self, key: &str, value: impl ToString) {
        let value = quoted(&value.to_string());
        self.line(&format!("{key} = {value}"));
    }

    /// The same as it is, for numbers and switches.
    pub(super) fn bare(&mut self, key: &str, value: impl ToString) {
        self.line(&format!("{key} = {}", value.to_string()));
    }

    pub(super) fn time(&mut self, key: &str, span: Span) {
        if !span.is_zero() {
            self.put(key, span);
        }
    }

    pub(super) fn table(&mut self, name: &str) {
        self.line("");
        self.line(name);
    }
}

/// A time; nothing is `0`.
pub(super) fn zero(span: Span) -> String {
    if span.is_zero() {
        "0".to_owned()
    } else {
        span.to_string()
    }
}
