//! `wirelab run`: measurement beside formula, and the files of every run.

use std::fmt::Write;

use anyhow::Result;

use super::args::RunArgs;
use super::artefacts::{self, Choice};
use super::output::Staging;
use super::terminal::{self, Terminal};
use super::{Outcome, batch, selection, summary, table};
use crate::case::{CaseRef, Plan, Run};
use crate::measure::CaseResult;
use crate::report::Variant;

/// Runs what was asked for.
pub(super) fn run(args: &RunArgs, terminal: Terminal) -> Result<Outcome> {
    let plans = selection::plans(args)?;
    let staging = Staging::below(&args.out);
    let (results, variants): (Vec<_>, Vec<_>) = run_all(&plans, args, &staging, terminal)?
        .into_iter()
        .unzip();
    for case in cases_of(&plans) {
        artefacts::write_comparison(&**case, &results, args.png, &staging)?;
        let all = std::iter::zip(&results, &variants);
        let of_case = all.filter(|(result, _)| result.case == case.name());
        let of_case = of_case.map(|(_, variant)| variant.clone()).collect();
        artefacts::write_report(case.name(), Some(&**case), of_case, &staging)?;
    }
    let committed = staging.commit()?;
    let printed = terminal::print(&text(args, &results, terminal));
    // The files are whole whether or not anybody reads on.
    let wanted = match &printed {
        Ok(()) => true,
        Err(error) => error.is_broken_pipe(),
    };
    if wanted {
        committed.keep();
    }
    printed?;
    Ok(Outcome::of(&results))
}

fn run_all(
    plans: &[Plan],
    args: &RunArgs,
    staging: &Staging,
    terminal: Terminal,
) -> Result<Vec<(CaseResult, Variant)>> {
    let choice = Choice {
        snaplen: args.snaplen,
        png: args.png,
    };
    let work = |plan: &Plan| {
        let mut finished = Run::start(plan).finish()?;
        artefacts::write(&mut finished, plan, choice, staging)?;
        let is_beside = |other: &&Plan| other.case().name() == plan.case().name();
        let beside = plans.iter().filter(is_beside).count();
        let about = artefacts::about(&**plan.case(), plan.variant()).unwrap_or_default();
        let variant = artefacts::variant(&finished.recording, &finished.result, &about, beside);
        Ok((finished.result, variant))
    };
    let done = |count: usize, plan: &Plan| {
        if !args.quiet {
            let (case, variant) = (plan.case().name(), plan.variant());
            terminal.progress(&format!("{count} of {}: {case}/{variant}", plans.len()));
        }
    };
    let results = batch::run(plans, work, done);
    terminal.end_progress();
    results
}

/// The cases of these plans, each once, in their order.
fn cases_of(plans: &[Plan]) -> Vec<&CaseRef> {
    let mut cases: Vec<&CaseRef> = Vec::new();
    for plan in plans {
        if !cases.iter().any(|case| case.name() == plan.case().name()) {
            cases.push(plan.case());
        }
    }
    cases
}

/// What is printed.
fn text(args: &RunArgs, results: &[CaseResult], terminal: Terminal) -> String {
    if args.json {
        return results.iter().map(json_line).collect();
    }
    let failures = table::failures(results, terminal);
    if args.quiet {
        return failures;
    }
    let mut text = table::table(results);
    text.push('\n');
    text.push_str(&summary::figures(results));
    text.push_str(&failures);
    let (summary, out) = (table::summary(results), args.out.display());
    writeln!(text, "{summary}; captures/ and plots/ are in {out}")
        .expect("a string takes every text");
    text
}

fn json_line(result: &CaseResult) -> String {
    let object =
        serde_json::to_string(result).expect("a result has only text keys and finite numbers");
    object + "\n"
}
