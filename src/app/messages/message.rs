//! One message, as it is written and read.

use bytes::Bytes;

use crate::event::MessageId;

/// Bytes of the shortest message: its number.
pub const SHORTEST: usize = 8;

/// A message: a text that begins with its number, so that both ends call it by the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    id: MessageId,
    text: Bytes,
}

impl Message {
    /// A message of so many bytes, at least [`SHORTEST`]: its number in eight hexadecimal digits, then dots.
    pub fn new(id: MessageId, bytes: usize) -> Self {
        let mut text = format!("{:08x}", id.0);
        let dots = bytes.saturating_sub(text.len());
        text.extend(std::iter::repeat_n('.', dots));
        Self {
            id,
            text: text.into(),
        }
    }

    /// The message that a text is, if it is one.
    pub fn read(text: impl Into<Bytes>) -> Option<Self> {
        let text = text.into();
        let number = std::str::from_utf8(text.get(..SHORTEST)?).ok()?;
        let id = MessageId(u32::from_str_radix(number, 16).ok()?);
        Some(Self { id, text })
    }

    /// Its name.
    pub const fn id(&self) -> MessageId {
        self.id
    }

    /// Its text: ASCII in one line.
    pub const fn text(&self) -> &Bytes {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_as_long_as_it_was_made_and_reads_as_itself() {
        for bytes in [SHORTEST, 9, 125, 126, 65_536] {
            let message = Message::new(MessageId(0x00ab_cdef), bytes);
            assert_eq!(message.text().len(), bytes);
            assert_eq!(Message::read(message.text().clone()), Some(message));
        }
    }

    #[test]
    fn what_has_no_number_is_no_message() {
        for text in ["", "0000000", "hello world"] {
            assert_eq!(Message::read(text), None, "{text}");
        }
    }
}
