//! The panels, each in its box.

mod account;
mod bytes;
mod events;
mod fork;
mod frames;
mod ladder;
mod sockets;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType, Paragraph};

use super::app::{App, Panel};
use crate::record::events_file::EventsFileError;

/// Draws one panel into an area.
pub(super) fn draw(app: &mut App, panel: Panel, frame: &mut Frame<'_>, area: Rect) {
    let focused = app.focus == panel;
    let title = format!(" {} ", panel.name());
    let mut block = Block::bordered().title(title);
    if focused {
        block = block
            .border_type(BorderType::Double)
            .border_style(app.palette.title());
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (width, height) = (usize::from(inner.width), usize::from(inner.height));
    if width == 0 || height == 0 {
        return;
    }
    let lines = match panel {
        Panel::Frames => {
            app.page = height;
            frames::lines(app, height)
        }
        Panel::Events => events::lines(app, height),
        Panel::Ladder => ladder::lines(app, width, height),
        Panel::Bytes => Ok(bytes::lines(app, width, height)),
        Panel::Sockets => Ok(sockets::lines(app, width)),
        Panel::Account => Ok(account::lines(app, width)),
        Panel::Fork => Ok(fork::lines(app, width)),
    };
    let lines = lines.unwrap_or_else(|error: EventsFileError| vec![Line::raw(error.to_string())]);
    let scrolls = matches!(panel, Panel::Sockets | Panel::Account | Panel::Fork);
    let scroll = &mut app.scrolls[panel.index()];
    *scroll = (*scroll).min(lines.len().saturating_sub(height));
    let skipped = if scrolls { *scroll } else { 0 };
    let shown: Vec<_> = lines.into_iter().skip(skipped).take(height).collect();
    frame.render_widget(Paragraph::new(shown), inner);
}
