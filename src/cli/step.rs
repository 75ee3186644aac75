//! `wirelab step`: one variant, event by event.

use anyhow::Result;

use super::Outcome;
use super::args::StepArgs;
use super::selection;
use super::table;
use super::terminal::{self, Terminal};
use crate::case::Run;
use crate::stepper::text::Lines;

/// Prints everything that happened, and below it the expectations that were not kept. There is no other way of
/// stepping yet than to print, so `--print` is the default.
pub(super) fn step(args: &StepArgs, terminal: Terminal) -> Result<Outcome> {
    let plan = selection::single(&args.case, &args.settings)?;
    let finished = Run::start(&plan).finish()?;
    let mut text = format!("{}\n", finished.recording.run.command());
    for line in Lines::of(&finished.recording).iter() {
        text.push_str(&line);
        text.push('\n');
    }
    let results = [finished.result];
    text.push_str(&table::failures(&results, terminal));
    terminal::print(&text)?;
    Ok(Outcome::of(&results))
}
