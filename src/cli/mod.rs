//! The command line: one file per verb, and the only code of the project that opens files or prints.
//!
//! What was typed (`args`) becomes what is meant (`selection`, a list of plans) before anything runs;
//! `batch` runs the plans on several threads; `artefacts` turns a finished run into files, which
//! `output` writes all or not at all. Nothing here knows what a packet is.
//!
//! Exit status: 0 if every expectation was kept, 1 if one was not, 2 for misuse and failed input or output.

mod accuracy;
mod args;
mod artefacts;
mod attach;
mod batch;
mod completions;
mod diagnose;
mod explain;
mod failure;
mod files;
mod list;
mod output;
mod plot;
mod run;
mod saved;
mod selection;
mod show;
mod sizes;
mod step;
mod summary;
mod sweep;
mod table;
mod terminal;
mod traces;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use self::args::{Args, Verb};
use self::failure::is_broken_pipe;
use self::terminal::Terminal;
use crate::measure::CaseResult;

/// How a command ended that did what it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Every expectation was kept.
    Kept,
    /// At least one was not.
    NotKept,
}

impl Outcome {
    /// What these results mean for the exit status.
    fn of(results: &[CaseResult]) -> Self {
        let mut checks = results.iter().flat_map(|result| &result.checks);
        if checks.all(|check| check.holds) {
            Self::Kept
        } else {
            Self::NotKept
        }
    }
}

/// Runs the command that `arguments` ask for, the program's name first, and returns its exit status.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let terminal = Terminal::of_process();
    let typed = match Args::try_parse_from(arguments) {
        Ok(typed) => typed,
        Err(error) => return failure::parsing(&error),
    };
    match dispatch(typed.verb, terminal) {
        Ok(Outcome::Kept) => ExitCode::SUCCESS,
        Ok(Outcome::NotKept) => ExitCode::from(1),
        // Whoever reads has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}

fn dispatch(verb: Verb, terminal: Terminal) -> anyhow::Result<Outcome> {
    match verb {
        Verb::List(args) => list::list(&args),
        Verb::Show(args) => show::show(&args),
        Verb::Run(args) => run::run(&args, terminal),
        Verb::Step(args) => step::step(&args, terminal),
        Verb::Diagnose(args) => diagnose::diagnose(&args, terminal),
        Verb::Plot(args) => plot::plot(&args),
        Verb::Sweep(args) => sweep::sweep(&args, terminal),
        Verb::Merge(args) => sweep::merge(&args),
        Verb::Accuracy(args) => accuracy::accuracy(&args, terminal),
        Verb::Attach(args) => attach::attach(&args),
        Verb::Explain(args) => explain::explain(&args),
        Verb::Completions(args) => completions::completions(&args),
    }
}
