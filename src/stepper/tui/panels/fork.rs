//! Both futures of a fork, side by side.

use ratatui::text::Line;

use crate::stepper::comparison::{Mark, half};
use crate::stepper::tui::app::App;

/// Totals and accounts, then the frames from the fork on.
pub(super) fn lines(app: &App, width: usize) -> Vec<Line<'static>> {
    let Some(comparison) = app.comparisons.last() else {
        return vec![Line::raw("nothing was forked: f forks at a frame")];
    };
    let side = width.saturating_sub(3) / 2;
    let heads = format!(
        "{:<24} {:>14} {:>14} {:>14}",
        "", "as it was", "forked", "difference"
    );
    let mut lines = vec![Line::styled(heads, app.palette.title())];
    lines.extend(comparison.sums().into_iter().map(Line::raw));
    let heads = format!(
        "{:<side$}   {}",
        "as it was", "forked   (< only left, > only right, ~ changed)"
    );
    lines.push(Line::styled(heads, app.palette.title()));
    for pair in &comparison.rows {
        let mark = pair.mark();
        let text = format!(
            "{} {} {}",
            half(pair.left.as_ref(), side),
            mark.sign(),
            half(pair.right.as_ref(), side)
        );
        let line = Line::raw(text);
        lines.push(match mark {
            Mark::Same => line,
            Mark::Changed => line.style(app.palette.again()),
            Mark::OnlyLeft => line.style(app.palette.bad()),
            Mark::OnlyRight => line.style(app.palette.added()),
        });
    }
    let [left, right] = comparison.left_out;
    if left + right > 0 {
        lines.push(Line::raw(format!(
            "... and {left} more frames, {right} more there"
        )));
    }
    lines
}
