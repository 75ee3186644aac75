//! What the state looks like: which panel is where, the lines above and below, and what lies over them.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::app::{App, Overlay, Panel};
use super::help::KEYS;
use super::panels;

/// The smallest terminal in which there is something to see.
const LEAST: (u16, u16) = (80, 24);
/// From here on all panels are shown at once.
const WIDE: (u16, u16) = (118, 32);

impl App {
    /// Draws the state.
    pub fn render(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        if (area.width, area.height) < (1, 1) {
            return;
        }
        if area.width < LEAST.0 || area.height < LEAST.1 {
            let (width, height) = LEAST;
            let text = format!("wirelab step needs {width}x{height} at least. q ends.");
            frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), area);
            return;
        }
        let [title, event, main, status] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Min(3),
            Constraint::Length(self.status_height()),
        ])
        .areas(area);
        frame.render_widget(Paragraph::new(self.title()), title);
        frame.render_widget(Paragraph::new(self.event()), event);
        self.main(frame, main);
        frame.render_widget(Paragraph::new(self.status(status.width)), status);
        match self.overlay {
            Some(Overlay::Help) => self.help(frame, main),
            Some(Overlay::Breakpoints) => self.list(frame, main),
            None => {}
        }
    }

    fn main(&mut self, frame: &mut Frame<'_>, area: Rect) {
        if self.focus == Panel::Fork {
            panels::draw(self, Panel::Fork, frame, area);
            return;
        }
        if area.width < WIDE.0 || area.height + 3 < WIDE.1 {
            let [above, below] =
                Layout::vertical([Constraint::Percentage(45), Constraint::Min(3)]).areas(area);
            panels::draw(self, Panel::Frames, frame, above);
            let below_panel = match self.focus {
                Panel::Frames => Panel::Events,
                panel => panel,
            };
            panels::draw(self, below_panel, frame, below);
            return;
        }
        let [left, right] =
            Layout::horizontal([Constraint::Percentage(52), Constraint::Min(3)]).areas(area);
        let thirds = |area: Rect, first, second| {
            Layout::vertical([
                Constraint::Percentage(first),
                Constraint::Percentage(second),
                Constraint::Min(3),
            ])
            .areas::<3>(area)
        };
        let places = thirds(left, 38, 24)
            .into_iter()
            .chain(thirds(right, 45, 33));
        let panels = [
            Panel::Frames,
            Panel::Events,
            Panel::Ladder,
            Panel::Bytes,
            Panel::Sockets,
            Panel::Account,
        ];
        for (panel, place) in panels.into_iter().zip(places) {
            panels::draw(self, panel, frame, place);
        }
    }

    fn title(&self) -> Line<'static> {
        let player = self.player();
        let run = player.tape().run();
        let name = if run.case.is_empty() {
            "recording".to_owned()
        } else {
            format!("{}/{}", run.case, run.variant)
        };
        let mut parts = vec![
            Span::styled(format!("wirelab step {name}"), self.palette.title()),
            Span::raw(format!(
                "  event {}/{}  frame {}/{}  t={}",
                player.position(),
                player.len(),
                player.contents().frames_before(player.position()),
                player.contents().frame_count(),
                player.now(),
            )),
        ];
        let forks = self.world().injections.iter();
        let forks: Vec<_> = forks
            .map(|one| format!("{} {}", one.frame, one.fate))
            .collect();
        if !forks.is_empty() {
            let text = format!("  FORK {}", forks.join(", "));
            parts.push(Span::styled(text, self.palette.again()));
        }
        if self.fingerprint {
            let state = player.place().fingerprint();
            parts.push(Span::raw(format!("  state {state:016x}")));
        }
        Line::from(parts)
    }

    /// The event that happened last.
    fn event(&self) -> Line<'static> {
        let player = self.player();
        match player.current() {
            Ok(Some(entry)) => {
                let position = player.position() - 1;
                Line::raw(player.contents().line(position, &entry))
            }
            Ok(None) => Line::styled("nothing has happened yet", self.palette.faint()),
            Err(error) => Line::styled(error.to_string(), self.palette.bad()),
        }
    }

    fn status_height(&self) -> u16 {
        let wrong = self
            .prompt
            .as_ref()
            .is_some_and(|prompt| prompt.error.is_some());
        if wrong { 3 } else { 1 }
    }

    fn status(&self, width: u16) -> Vec<Line<'static>> {
        if let Some(prompt) = &self.prompt {
            let label = format!("{}: ", prompt.ask.label());
            let before = label.chars().count();
            let line = Line::from(vec![
                Span::styled(label, self.palette.title()),
                Span::raw(prompt.text.clone()),
                Span::styled(" ", self.palette.here()),
            ]);
            let mut lines = vec![line];
            if let Some((at, reason)) = &prompt.error {
                let caret = format!("{:width$}^", "", width = before + at);
                lines.push(Line::styled(caret, self.palette.bad()));
                lines.push(Line::styled(reason.clone(), self.palette.bad()));
            }
            return lines;
        }
        if self.search.is_some() {
            let share = self.searched * 100 / self.player().len().max(1);
            let text = format!("searching, at {share} % of the recording; Esc gives up");
            return vec![Line::raw(text)];
        }
        if !self.message.is_empty() {
            return vec![Line::raw(self.message.clone())];
        }
        vec![Line::styled(hints(width), self.palette.faint())]
    }

    fn help(&self, frame: &mut Frame<'_>, area: Rect) {
        let lines = KEYS.iter().map(|key| {
            Line::from(vec![
                Span::styled(format!("{:>14}  ", key.keys), self.palette.title()),
                Span::raw(key.does),
            ])
        });
        let lines: Vec<_> = lines.collect();
        let tall = u16::try_from(lines.len())
            .unwrap_or(u16::MAX)
            .saturating_add(2);
        // In a small terminal two columns.
        if tall <= area.height {
            over(frame, area, 48, " Keys ", lines);
            return;
        }
        let half = lines.len().div_ceil(2);
        let columns = (0..half).map(|row| {
            let key = |at: usize| {
                KEYS.get(at).map_or_else(String::new, |key| {
                    format!("{:>9} {}", key.keys.replace("Shift-Tab", "S-Tab"), key.does)
                })
            };
            Line::raw(format!("{:<39}{}", key(row), key(row + half)))
        });
        over(frame, area, 80, " Keys ", columns.collect());
    }

    fn list(&self, frame: &mut Frame<'_>, area: Rect) {
        let mut lines: Vec<_> = self
            .breakpoints
            .iter()
            .enumerate()
            .map(|(at, point)| {
                let sign = if point.on { "on " } else { "off" };
                let line = Line::raw(format!(" {sign}  {}", point.filter));
                if at == self.chosen {
                    line.style(self.palette.here())
                } else {
                    line
                }
            })
            .collect();
        if lines.is_empty() {
            lines.push(Line::raw(" none: b sets one"));
        }
        lines.push(Line::styled(
            " j k choose, Space on/off, x delete, b new, q close",
            self.palette.faint(),
        ));
        over(frame, area, 74, " Breakpoints ", lines);
    }
}

/// The most useful keys, as many as fit.
fn hints(width: u16) -> String {
    const HINTS: [&str; 10] = [
        "? help",
        "q quit",
        "\u{2190}\u{2192} event",
        "\u{2191}\u{2193} frame",
        "/ until",
        "b break",
        "f fork",
        "g go to",
        "Tab panel",
        "c continue",
    ];
    let mut line = String::new();
    for hint in HINTS {
        let gap = if line.is_empty() { "" } else { "  " };
        if (line.chars().count() + gap.len() + hint.chars().count()) > usize::from(width) {
            break;
        }
        line.push_str(gap);
        line.push_str(hint);
    }
    line
}

/// Draws lines in a box over the middle of an area.
fn over(frame: &mut Frame<'_>, area: Rect, width: u16, title: &str, lines: Vec<Line<'_>>) {
    let height = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_add(2);
    let place = area.centered(
        Constraint::Length(width.min(area.width)),
        Constraint::Length(height.min(area.height)),
    );
    frame.render_widget(Clear, place);
    let block = Block::bordered().title(title.to_owned());
    frame.render_widget(Paragraph::new(lines).block(block), place);
}
