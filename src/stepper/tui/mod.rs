//! The interactive stepper: a pure state ([`App`]) that keys change and that draws itself on any
//! [`ratatui`] frame. Who owns a real terminal reads its keys, calls [`App::update`] and [`App::tick`], and
//! does what the [`Effect`] asks for.

mod app;
mod help;
mod palette;
mod panels;
mod prompt;
mod render;
mod update;

pub use app::{App, Breakpoint, Panel};
pub use help::{KEYS, Keys};
pub use palette::Palette;
pub use prompt::{Ask, Prompt};

use super::fork::{Fate, Target};

/// A key, whatever terminal library told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are on the keyboard")]
pub enum Key {
    Char(char),
    Enter,
    Esc,
    Tab,
    BackTab,
    Backspace,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    /// Ctrl-C.
    Interrupt,
}

/// What a key asks of whoever owns the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: draw again.
    None,
    /// To end.
    Quit,
    /// To run the plan again with another fate for a frame, and to tell [`App::forked`].
    Fork(Target, Fate),
}

#[cfg(test)]
mod tests;
