//! The fields as text: offset, hexadecimal, name and value.

use std::fmt::Write;

use super::{Field, Layer};

/// Bytes shown of a field; longer ones end in dots.
const SHOWN: usize = 8;

/// `fields` of `frame` as text, one line each under a line per protocol.
pub fn render(frame: &[u8], fields: &[Field]) -> String {
    let mut text = String::new();
    let mut layer: Option<Layer> = None;
    for field in fields {
        if layer != Some(field.layer) {
            layer = Some(field.layer);
            text.push_str(field.layer.name());
            text.push('\n');
        }
        line(&mut text, frame, field);
    }
    text
}

fn line(text: &mut String, frame: &[u8], field: &Field) {
    let bytes = frame.get(field.range.clone()).unwrap_or_default();
    let hex = hex(bytes);
    let note = field
        .note
        .as_ref()
        .map(|note| format!("  [{note}]"))
        .unwrap_or_default();
    writeln!(
        text,
        "{:6}  {hex:<26}  {} = {}{note}",
        field.range.start, field.name, field.value
    )
    .expect("writing to a String does not fail");
}

fn hex(bytes: &[u8]) -> String {
    let shown = bytes
        .iter()
        .take(SHOWN)
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(" ");
    if bytes.len() > SHOWN {
        shown + " .."
    } else {
        shown
    }
}
