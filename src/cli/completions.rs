//! `wirelab completions`: a script that completes commands in a shell.

use clap::CommandFactory;

use super::Outcome;
use super::args::{Args, CompletionsArgs};
use super::terminal;

/// Prints the script.
pub(super) fn completions(args: &CompletionsArgs) -> anyhow::Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "wirelab", &mut script);
    terminal::print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Kept)
}
