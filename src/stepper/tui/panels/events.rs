//! The events as lines, as `--print` has them.

use std::cmp::Ordering;

use ratatui::text::Line;

use crate::record::events_file::EventsFileError;
use crate::stepper::tui::app::App;

/// The events around the place, what is to come faintly.
pub(super) fn lines(app: &App, height: usize) -> Result<Vec<Line<'static>>, EventsFileError> {
    let player = app.player();
    let here = player.position();
    let first = here
        .saturating_sub(height * 2 / 3)
        .min(player.len().saturating_sub(height));
    let mut lines = Vec::new();
    for position in first..(first + height).min(player.len()) {
        let Some(entry) = player.entry(position)? else {
            continue;
        };
        let line = Line::raw(player.contents().line(position, &entry));
        lines.push(match (position + 1).cmp(&here) {
            Ordering::Less => line,
            Ordering::Equal => line.style(app.palette.here()),
            Ordering::Greater => line.style(app.palette.faint()),
        });
    }
    Ok(lines)
}
