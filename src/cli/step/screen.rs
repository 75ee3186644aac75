//! The real terminal: raw mode, keys in, pictures out, and everything as it was at the end.

use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::Wishes;
use super::again::Again;
use super::opened::Opened;
use crate::cli::Outcome;
use crate::cli::terminal::Terminal;
use crate::stepper::fork::Target;
use crate::stepper::tui::{App, Effect, Key, Palette};

/// Shows the stepper until it is left, at the place that is wished for.
pub(super) fn show(opened: Opened, wishes: Wishes, terminal: Terminal) -> Result<Outcome> {
    let outcome = opened.outcome();
    let (world, again) = opened.world(true)?;
    let unrepeatable = again.as_ref().err().cloned();
    let palette = Palette {
        colours: terminal.has_colours(),
    };
    let mut app = App::new(world, unrepeatable, palette);
    for filter in wishes.breaks {
        app.add_breakpoint(filter);
    }
    if let Some(filter) = wishes.until {
        app.until(filter);
        while app.is_busy() {
            app.tick();
        }
    }
    if let Some(fate) = wishes.fate {
        let again = again.as_ref().map_err(|reason| anyhow!(reason.clone()))?;
        let target = Target::here(&app.world().player).map_err(|reason| anyhow!(reason))?;
        let forked = app.world().fork(target, fate, again);
        app.forked(forked);
    }
    run(app, again.as_ref().ok())?;
    Ok(outcome)
}

/// The terminal is put back also after a panic.
fn run(app: App, again: Option<&Again>) -> Result<()> {
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
        for key in keys_of(key) {
            match app.update(key) {
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
}

/// The keys that were pressed. A terminal sends Alt with a key as Escape and that key, so that an Escape
/// and a key which are read together look like Alt: no key here takes Alt, so they are read as both.
fn keys_of(key: KeyEvent) -> impl Iterator<Item = Key> {
    let escape = key.modifiers.contains(KeyModifiers::ALT) && key.kind != KeyEventKind::Release;
    escape.then_some(Key::Esc).into_iter().chain(key_of(key))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(code: KeyCode, modifiers: KeyModifiers) -> Vec<Key> {
        keys_of(KeyEvent::new(code, modifiers)).collect()
    }

    #[test]
    fn escape_and_a_key_that_are_read_together_are_both_pressed() {
        let letter = KeyCode::Char('b');
        assert_eq!(keys(letter, KeyModifiers::NONE), [Key::Char('b')]);
        assert_eq!(keys(letter, KeyModifiers::ALT), [Key::Esc, Key::Char('b')]);
        assert_eq!(keys(KeyCode::Tab, KeyModifiers::ALT), [Key::Esc, Key::Tab]);
        assert_eq!(keys(letter, KeyModifiers::CONTROL), []);
    }
}
