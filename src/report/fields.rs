//! The bytes of frames with their fields: which fields there are and where is said once per shape of a frame, their
//! values are numbers of texts.

use std::collections::BTreeMap;

use serde::Serialize;

use super::pack::base64;
use super::strings::Strings;
use crate::wire::annotate::{Field, Layer, annotate_relative};
use crate::wire::summary::Isns;

/// Bytes that are embedded of what the innermost header carries.
const PAYLOAD: usize = 24;

/// Between a value and the note on it.
const NOTE: char = '\u{1f}';

/// The fields of all embedded frames.
#[derive(Debug, Default, Serialize)]
pub(super) struct Fields {
    /// The shapes: of each field its protocol, its name and its first byte; it ends where the next begins.
    shapes: Vec<Vec<(&'static str, &'static str, usize)>>,
    /// Of each frame the number of its shape.
    shape: Vec<usize>,
    /// Of each frame its values, in the order of the shape.
    values: Vec<Vec<usize>>,
    /// Of each frame its first bytes in base64.
    bytes: Vec<String>,
    #[serde(skip)]
    numbers: BTreeMap<Vec<(&'static str, &'static str, usize)>, usize>,
}

impl Fields {
    /// Adds a frame.
    pub(super) fn push(&mut self, bytes: &[u8], isns: Isns, strings: &mut Strings) {
        let fields = annotate_relative(bytes, isns);
        let values = fields.iter().map(|field| strings.number(&value(field)));
        self.values.push(values.collect());
        let headers = fields.iter().filter(|field| field.layer != Layer::Payload);
        let headers = headers
            .map(|field| field.range.end)
            .max()
            .unwrap_or_default();
        let kept = bytes.len().min(headers + PAYLOAD);
        self.bytes.push(base64(&bytes[..kept]));
        let place = |field: &Field| (field.layer.name(), field.name, field.range.start);
        let shape: Vec<_> = fields.iter().map(place).collect();
        let next = self.shapes.len();
        let number = *self.numbers.entry(shape.clone()).or_insert(next);
        if number == next {
            self.shapes.push(shape);
        }
        self.shape.push(number);
    }
}

/// The value of a field, with what else is to be said.
fn value(field: &Field) -> String {
    match &field.note {
        Some(note) => format!("{}{NOTE}{note}", field.value),
        None => field.value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::sample;

    #[test]
    fn frames_of_one_shape_share_it_and_no_whole_payload_is_embedded() {
        let (mut fields, mut strings) = (Fields::default(), Strings::default());
        let [short, long] = [40, 1_400].map(|len| sample::tcp(true, "PA", 1, 1, &vec![7; len]));
        for frame in [&short, &long] {
            fields.push(frame, Isns::ABSOLUTE, &mut strings);
        }
        assert_eq!(fields.shape, [0, 0]);
        assert_eq!(fields.bytes[0].len(), fields.bytes[1].len());
        assert!(fields.bytes[1].len() < 150);
        let names = &fields.shapes[0];
        let port = names.iter().position(|(_, name, _)| *name == "tcp.dstport");
        let value = fields.values[1][port.expect("a TCP segment has a port")];
        assert_eq!(strings.text(value), sample::SERVER_PORT.to_string());
    }
}
