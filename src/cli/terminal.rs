//! Where texts go: results to stdout, progress and complaints to stderr, colours only where they are wanted.

use std::io::{self, IsTerminal, Write};

use super::failure::StdoutError;

/// Clears the line of the cursor and returns to its beginning.
const CLEAR_LINE: &str = "\r\x1b[2K";
const RED: &str = "\x1b[31m";
const PLAIN: &str = "\x1b[0m";

/// The process's streams.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terminal {
    colours: bool,
    interactive: bool,
    progress: bool,
}

impl Terminal {
    /// Colours on a terminal unless `NO_COLOR` is set (<https://no-color.org>), progress on a terminal.
    pub(super) fn of_process() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            colours: !unwanted && io::stdout().is_terminal(),
            interactive: io::stdout().is_terminal(),
            progress: io::stderr().is_terminal(),
        }
    }

    /// Whether somebody looks at stdout.
    pub(super) const fn is_interactive(self) -> bool {
        self.interactive
    }

    /// Whether colours are wanted.
    #[cfg(feature = "terminal")]
    pub(super) const fn has_colours(self) -> bool {
        self.colours
    }

    /// The text in the colour of failures.
    pub(super) fn failed(self, text: &str) -> String {
        if self.colours {
            format!("{RED}{text}{PLAIN}")
        } else {
            text.to_owned()
        }
    }

    /// Says how far long work has come, in a line that the next one replaces.
    pub(super) fn progress(self, text: &str) {
        if self.progress {
            say(&format!("{CLEAR_LINE}{text}"));
        }
    }

    /// Takes the progress away.
    pub(super) fn end_progress(self) {
        self.progress("");
    }
}

/// Prints a result.
pub(super) fn print(text: &str) -> Result<(), StdoutError> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}

/// Says in one paragraph what went wrong.
pub(super) fn complain(paragraph: &str) {
    say(&format!("wirelab: {paragraph}\n"));
}

/// Says something beside a result, as a program does whose stdout is another's.
pub(super) fn remark(text: &str) {
    say(text);
}

/// Writes to stderr; where that fails there is nobody left to tell.
fn say(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
