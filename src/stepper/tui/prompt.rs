//! One line that is typed: an expression, a place, a fate.

use super::Key;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// An expression to go on to.
    Until,
    /// An expression for a breakpoint.
    Break,
    /// A time or a frame number.
    Goto,
    /// The fate of a frame.
    Fork,
}

/// A line that is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// What is asked for.
    pub ask: Ask,
    /// What was typed.
    pub text: String,
    /// What is wrong with it, and at which character.
    pub error: Option<(usize, String)>,
}

/// What becomes of a line after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    On,
    Done,
    Cancelled,
}

impl Ask {
    /// What stands before the line.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Until => "until",
            Self::Break => "break on",
            Self::Goto => "go to (150ms, 1.5s, or a frame number)",
            Self::Fork => "this frame: drop, twice, delay 20ms, pass",
        }
    }
}

impl Prompt {
    pub(super) const fn new(ask: Ask, text: String) -> Self {
        Self {
            ask,
            text,
            error: None,
        }
    }

    pub(super) fn key(&mut self, key: Key) -> Typed {
        match key {
            Key::Enter => return Typed::Done,
            Key::Esc | Key::Interrupt => return Typed::Cancelled,
            Key::Char(letter) => self.text.push(letter),
            Key::Backspace => {
                self.text.pop();
            }
            Key::Home | Key::Left => self.text.clear(),
            _ => return Typed::On,
        }
        self.error = None;
        Typed::On
    }

    pub(super) fn wrong(&mut self, at: usize, reason: String) {
        self.error = Some((at, reason));
    }
}
