//! Texts that occur more than once, each embedded once.

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

/// A table of texts. A text's number is its position.
#[derive(Clone, Debug, Default)]
pub(super) struct Strings {
    list: Vec<String>,
    /// Never iterated.
    numbers: FxHashMap<String, usize>,
}

impl Strings {
    /// The number of a text.
    pub(super) fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.list.len();
        self.list.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }

    /// The text of a number.
    #[cfg(test)]
    pub(super) fn text(&self, number: usize) -> &str {
        &self.list[number]
    }
}

impl Serialize for Strings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.list.serialize(serializer)
    }
}
