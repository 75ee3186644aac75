//! The real terminal: raw mode, keys in, pictures out, and everything as it was at the end.

use std::time::Duration;

use anyhow::{Context, Result};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::again::Again;
use crate::stepper::tui::{App, Effect, Key};

/// Shows the stepper until it is left. The terminal is put back also after a panic.
pub(super) fn show(app: App, again: Option<&Again>) -> Result<()> {
    let mut terminal = ratatui::try_init().context("cannot take the terminal; try --print")?;
    let outcome = attend(&mut terminal, app, again);
    ratatui::restore();
    outcome
}

fn attend(terminal: &mut DefaultTerminal, mut app: App, again: Option<&Again>) -> Result<()> {
    loop {
        terminal.draw(|frame| app.render(frame))?;
        // While there is work, the keyboard is only glanced at.
        while app.is_busy() && !event::poll(Duration::ZERO)? {
            app.tick();
            terminal.draw(|frame| app.render(frame))?;
        }
        let Event::Key(key) = event::read()? else {
            continue;
        };
        match key_of(key).map_or(Effect::None, |key| app.update(key)) {
            Effect::None => {}
            Effect::Quit => return Ok(()),
            Effect::Fork(target, fate) => {
                let forked = match again {
                    Some(again) => app.world().fork(target, fate, again),
                    None => Err("this cannot be run again".to_owned()),
                };
                app.forked(forked);
            }
        }
    }
}

/// The key that was pressed, if it is one that means anything.
fn key_of(key: KeyEvent) -> Option<Key> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(match key.code {
        KeyCode::Char('c') if control => Key::Interrupt,
        KeyCode::Char(_) if control => return None,
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}
