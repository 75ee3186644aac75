//! The frames as a list, as Wireshark has it.

use ratatui::text::Line;

use crate::record::events_file::EventsFileError;
use crate::stepper::Row;
use crate::stepper::tui::app::{App, Panel};

/// As many rows as there is room for, the last frame in their upper third.
pub(super) fn lines(app: &App, height: usize) -> Result<Vec<Line<'static>>, EventsFileError> {
    let player = app.player();
    let contents = player.contents();
    let here = contents.frames_before(player.position());
    let count = contents.frame_count();
    let shift = app.scrolls[Panel::Frames.index()];
    let first = (here + shift)
        .saturating_sub(height * 2 / 3)
        .min(count.saturating_sub(height));
    let mut lines = Vec::new();
    for number in first + 1..=(first + height).min(count) {
        let Some(row) = Row::of(player, number)? else {
            continue;
        };
        let remarks = if row.remarks.is_empty() {
            String::new()
        } else {
            format!("  [{}]", row.remarks)
        };
        let text = format!(
            "{:>6} {:>13}  {} > {}  {}{remarks}",
            row.number, row.at, row.from, row.to, row.summary
        );
        let line = Line::raw(text);
        lines.push(if number == here {
            line.style(app.palette.here())
        } else if row.dropped {
            line.style(app.palette.bad())
        } else if row.again {
            line.style(app.palette.again())
        } else if number > here {
            line.style(app.palette.faint())
        } else {
            line
        });
    }
    Ok(lines)
}
