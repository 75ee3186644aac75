//! The frame that passed a tap last, field by field and byte by byte.

use ratatui::text::{Line, Span};

use crate::stepper::tui::app::App;
use crate::wire::annotate::Field;

/// Bytes in a row of the dump.
const ROW: usize = 16;

/// Above the fields, below the bytes around the chosen one.
pub(super) fn lines(app: &mut App, width: usize, height: usize) -> Vec<Line<'static>> {
    let Some(last) = app.player().view().last_frame().cloned() else {
        return vec![Line::raw("no frame has passed yet")];
    };
    let fields = last.fields();
    app.field = app.field.min(fields.len().saturating_sub(1));
    let chosen = fields
        .get(app.field)
        .map_or(0..0, |field| field.range.clone());
    let dump = dump(app, &last.frame.bytes, &chosen);
    let below = dump.len().min(height / 2).min(12);
    let above = height.saturating_sub(below + 1);
    let first = app
        .field
        .saturating_sub(above / 2)
        .min(fields.len().saturating_sub(above));
    let shown = fields.iter().enumerate().skip(first).take(above);
    let mut lines: Vec<_> = shown
        .map(|(at, field)| {
            let line = Line::raw(told(field, &last.frame.bytes));
            if at == app.field {
                line.style(app.palette.here())
            } else {
                line
            }
        })
        .collect();
    let heading = format!(
        "{} at {}, {} bytes",
        last.frame.id,
        app.player().contents().host(last.host),
        last.frame.bytes.len()
    );
    let rule = "\u{2500}".repeat(width.saturating_sub(heading.chars().count() + 1));
    lines.push(Line::styled(
        format!("{heading} {rule}"),
        app.palette.faint(),
    ));
    let row = chosen.start / ROW;
    let from = row
        .saturating_sub(below / 2)
        .min(dump.len().saturating_sub(below));
    lines.extend(dump.into_iter().skip(from).take(below));
    lines
}

fn told(field: &Field, bytes: &[u8]) -> String {
    let note = field
        .note
        .as_ref()
        .map_or_else(String::new, |note| format!("  [{note}]"));
    let own = bytes.get(field.range.clone()).unwrap_or_default();
    let shown: Vec<_> = own
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let dots = if own.len() > 4 { ".." } else { "" };
    let name = if field.name.contains('.') {
        field.name.to_owned()
    } else {
        format!("{} {}", field.layer.name(), field.name)
    };
    format!(
        "{:>4}  {:<14} {name} = {}{note}",
        field.range.start,
        format!("{}{dots}", shown.join(" ")),
        field.value
    )
}

/// All bytes in rows, those of the chosen field reversed.
fn dump(app: &App, bytes: &[u8], chosen: &std::ops::Range<usize>) -> Vec<Line<'static>> {
    let rows = bytes.chunks(ROW).enumerate();
    rows.map(|(row, bytes)| {
        let start = row * ROW;
        let mut parts = vec![Span::styled(format!("{start:04x}  "), app.palette.faint())];
        for (at, byte) in bytes.iter().enumerate() {
            let text = format!("{byte:02x}");
            let inside = chosen.contains(&(start + at));
            parts.push(if inside {
                Span::styled(text, app.palette.here())
            } else {
                Span::raw(text)
            });
            parts.push(Span::raw(" "));
        }
        parts.push(Span::raw(" ".repeat((ROW - bytes.len()) * 3 + 1)));
        let letters = bytes.iter().map(|byte| match byte {
            0x20..=0x7e => char::from(*byte),
            _ => '.',
        });
        parts.push(Span::raw(letters.collect::<String>()));
        Line::from(parts)
    })
    .collect()
}
