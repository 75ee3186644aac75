//! A walk over a frame from its first byte to its last: what makes the fields tile it.

use super::{Field, Layer};
use crate::wire::checksum;

/// The walk: each field begins where the one before ended.
pub(super) struct Walk<'a> {
    frame: &'a [u8],
    at: usize,
    /// First byte that the packet being read does not own.
    end: usize,
    fields: Vec<Field>,
}

/// Whether a checksum can be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judge {
    /// All bytes that it covers are there.
    Whole,
    /// The frame was cut short.
    Cut,
    /// It covers more than this fragment.
    Fragment,
}

impl<'a> Walk<'a> {
    pub(super) const fn new(frame: &'a [u8]) -> Self {
        Self {
            frame,
            at: 0,
            end: frame.len(),
            fields: Vec::new(),
        }
    }

    /// What is left of the packet being read.
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.frame[self.at..self.end]
    }

    /// From here on the packet has `length` more bytes, or as many as are there; says whether all are.
    pub(super) fn limit(&mut self, length: usize) -> bool {
        let whole = length <= self.end - self.at;
        self.end = self.end.min(self.at.saturating_add(length));
        whole
    }

    /// The next `N` bytes as a field, or `None` if they are not all there.
    pub(super) fn field<const N: usize>(
        &mut self,
        layer: Layer,
        name: &'static str,
        value: impl FnOnce([u8; N]) -> String,
    ) -> Option<[u8; N]> {
        let bytes = *self.rest().first_chunk::<N>()?;
        self.push(N, layer, name, value(bytes));
        Some(bytes)
    }

    /// The next two bytes as a number.
    pub(super) fn word(&mut self, layer: Layer, name: &'static str) -> Option<u16> {
        self.field(layer, name, |bytes| u16::from_be_bytes(bytes).to_string())
            .map(u16::from_be_bytes)
    }

    /// The next two bytes as a checksum, judged against what `checksum::fill` would write there.
    pub(super) fn checksum(
        &mut self,
        layer: Layer,
        name: &'static str,
        judge: Judge,
    ) -> Option<u16> {
        let place = self.at;
        let bytes: [u8; 2] = self.field(layer, name, |bytes| {
            format!("0x{:04x}", u16::from_be_bytes(bytes))
        })?;
        self.note(match judge {
            Judge::Cut => "not checked: the frame is cut short".to_owned(),
            Judge::Fragment => "not checked: it covers all fragments".to_owned(),
            Judge::Whole => {
                let mut right = self.frame.to_vec();
                checksum::fill(&mut right);
                let expected = [right[place], right[place + 1]];
                if expected == bytes {
                    "right".to_owned()
                } else {
                    format!("wrong: should be 0x{:04x}", u16::from_be_bytes(expected))
                }
            }
        });
        Some(u16::from_be_bytes(bytes))
    }

    /// The next `length` bytes as a field; nothing if there are none. The caller knows that they are there.
    pub(super) fn push(&mut self, length: usize, layer: Layer, name: &'static str, value: String) {
        debug_assert!(
            length <= self.end - self.at,
            "a field ends within its packet"
        );
        if length > 0 {
            let range = self.at..self.at + length;
            self.at = range.end;
            self.fields.push(Field {
                range,
                layer,
                name,
                value,
                note: None,
            });
        }
    }

    /// Adds a remark to the last field.
    pub(super) fn note(&mut self, note: impl Into<String>) {
        if let Some(field) = self.fields.last_mut() {
            field.note = Some(note.into());
        }
    }

    /// What is left of the packet as its payload.
    pub(super) fn payload(&mut self, name: &'static str) {
        let bytes = self.rest();
        self.push(bytes.len(), Layer::Payload, name, describe(bytes));
    }

    /// What is left of a header that does not hold what it promises.
    pub(super) fn malformed(&mut self, layer: Layer, note: &str) {
        let bytes = self.rest();
        if !bytes.is_empty() {
            self.push(bytes.len(), layer, "_ws.malformed", describe(bytes));
            self.note(note);
        }
    }

    /// The fields; what no packet owns is Ethernet's padding.
    pub(super) fn finish(mut self) -> Vec<Field> {
        self.end = self.frame.len();
        let bytes = self.rest();
        self.push(bytes.len(), Layer::Ethernet, "eth.padding", describe(bytes));
        self.fields
    }
}

/// How many bytes, and how they begin if that is text.
fn describe(bytes: &[u8]) -> String {
    const SHOWN: usize = 40;
    let line = bytes
        .split(|byte| matches!(byte, b'\r' | b'\n'))
        .next()
        .unwrap_or_default();
    let shown = &line[..line.len().min(SHOWN)];
    let count = match bytes.len() {
        1 => "1 byte".to_owned(),
        count => format!("{count} bytes"),
    };
    match std::str::from_utf8(shown) {
        Ok(text) if !text.is_empty() && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) => {
            format!("{count}: {text}")
        }
        _ => count,
    }
}
