//! What there is to step through: a run that has just been made, or a recording on disk.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::again::Again;
use crate::case::{Plan, Run, find};
use crate::cli::Outcome;
use crate::cli::args::StepArgs;
use crate::cli::artefacts::{EVENTS, RESULT};
use crate::cli::failure::cannot_read;
use crate::cli::files;
use crate::cli::selection;
use crate::cli::traces;
use crate::measure::CaseResult;
use crate::record::{RunInfo, events_file};
use crate::stepper::Tape;
use crate::stepper::fork::World;

/// Files that are longer are not read into memory as a whole.
const IN_MEMORY: u64 = 64 << 20;
/// A block of a file is read at once.
const BUFFER: usize = 1 << 18;

/// What there is to step through.
pub(super) struct Opened {
    tape: Tape,
    result: Option<CaseResult>,
    plan: Result<Plan, String>,
}

impl Opened {
    /// Reads a file or the one in a directory, or runs a variant.
    pub(super) fn of(args: &StepArgs) -> Result<Self> {
        let path = Path::new(&args.case);
        if path.is_file() && !files::is_file(&args.case) {
            return Self::read(path);
        }
        let inside = path.join(EVENTS);
        if inside.is_file() {
            return Self::read(&inside);
        }
        let plan = selection::single(&args.case, &args.settings)?;
        let finished = Run::start(&plan).finish()?;
        Ok(Self {
            tape: Tape::of(finished.recording),
            result: Some(finished.result),
            plan: Ok(plan),
        })
    }

    fn read(path: &Path) -> Result<Self> {
        let failed = |error| cannot_read(path, &error);
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let input = BufReader::with_capacity(BUFFER, file);
        let told = || path.display().to_string();
        let tape = if length > IN_MEMORY {
            let blocks = events_file::Blocks::open(Box::new(input)).with_context(told)?;
            Tape::film(blocks)
        } else {
            Tape::of(events_file::read(input).with_context(told)?)
        };
        Ok(Self {
            result: result_beside(path),
            plan: plan_of(tape.run()),
            tape,
        })
    }

    /// What the expectations say.
    pub(super) fn outcome(&self) -> Outcome {
        self.result.as_ref().map_or(Outcome::Kept, |result| {
            Outcome::of(std::slice::from_ref(result))
        })
    }

    /// The result of the run, if it is known.
    pub(super) const fn result(&self) -> Option<&CaseResult> {
        self.result.as_ref()
    }

    /// The events.
    pub(super) const fn tape(&self) -> &Tape {
        &self.tape
    }

    /// The world at the beginning, with the account if it is asked for, and how to make another, or why that
    /// cannot be.
    pub(super) fn world(self, with_account: bool) -> Result<(World, Result<Again, String>)> {
        let result = self.result.as_ref();
        let window = result
            .and_then(|result| result.window)
            .filter(|_| with_account);
        let total_ms = result.map(|result| result.total_ms);
        let world = World::open(self.tape, window, total_ms)?;
        Ok((world, self.plan.map(Again)))
    }
}

/// The plan of a saved run, or why it cannot be run again.
fn plan_of(run: &RunInfo) -> Result<Plan, String> {
    if !run.outside.is_empty() {
        let who = run.outside.join(" and ");
        return Err(format!(
            "programs outside played {who}, so it cannot be run again and not be forked"
        ));
    }
    if let Some(file) = &run.file {
        let variant = &run.variant;
        return Err(format!(
            "this recording comes from a file, so it cannot be forked: `wirelab step {file}/{variant}` can"
        ));
    }
    let params = run.params.iter();
    let params = params.map(|(key, value)| (key.as_str(), value.as_str()));
    let case = find(&run.case).map_err(|error| {
        format!("this recording cannot be run again, so it cannot be forked: {error}")
    })?;
    let plan = traces::read(case, params.clone(), &[]).and_then(|traces| {
        let plan = Plan::with_traces(case, &run.variant, run.seed, params, &traces);
        Ok(plan?)
    });
    plan.map_err(|error| {
        format!("this recording cannot be run again, so it cannot be forked: {error:#}")
    })
}

/// The figures that `run` wrote beside a recording, if they are there and of this version.
fn result_beside(events: &Path) -> Option<CaseResult> {
    let path: PathBuf = events.with_file_name(RESULT);
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}
