//! `wirelab accuracy`: the lab against Linux, formula and bare smoltcp.

mod markdown;
mod numbers;
mod table;

use anyhow::Result;
use serde_json::json;

use super::args::AccuracyArgs;
use super::output::Staging;
use super::terminal::{self, Terminal};
use super::{Outcome, artefacts, batch};
use crate::case::accuracy::{Job, assemble, jobs};
use crate::measure::accuracy::{Accuracy, Estimator, Row};
use crate::plot;

/// Where the picture and the table are, below the output directory.
const PLACE: &str = "plots/accuracy/accuracy";

/// Runs the comparison.
pub(super) fn accuracy(args: &AccuracyArgs, terminal: Terminal) -> Result<Outcome> {
    let accuracy = compare(args, terminal)?;
    let staging = Staging::below(&args.out);
    let figure = plot::accuracy(&accuracy);
    artefacts::write_figure(&figure, PLACE, args.png, &staging)?;
    let table = markdown::page(&accuracy);
    staging.write(&format!("{PLACE}.md"), |out| {
        Ok(out.write_all(table.as_bytes())?)
    })?;
    let committed = staging.commit()?;
    let printed = terminal::print(&text(args, &accuracy, terminal));
    // The files are whole whether or not anybody reads on.
    if printed
        .as_ref()
        .err()
        .is_none_or(super::failure::StdoutError::is_broken_pipe)
    {
        committed.keep();
    }
    printed?;
    Ok(if accuracy.holds() {
        Outcome::Kept
    } else {
        Outcome::NotKept
    })
}

fn compare(args: &AccuracyArgs, terminal: Terminal) -> Result<Accuracy> {
    let jobs = jobs(args.seeds);
    let done = |count: usize, job: &Job| {
        if !args.quiet {
            terminal.progress(&format!("{count} of {}: {}", jobs.len(), job.case()));
        }
    };
    let outcomes = batch::run(&jobs, |job| Ok(job.run()?), done);
    terminal.end_progress();
    Ok(assemble(args.seeds, outcomes?))
}

/// What is printed.
fn text(args: &AccuracyArgs, accuracy: &Accuracy, terminal: Terminal) -> String {
    if args.json {
        return json_lines(accuracy);
    }
    let complaints: String = accuracy
        .rows
        .iter()
        .flat_map(Row::complaints)
        .map(|complaint| terminal.failed(&format!("outside: {complaint}")) + "\n")
        .collect();
    if args.quiet {
        return complaints;
    }
    let rows = if args.all {
        table::every_metric(accuracy)
    } else {
        table::one_line_each(accuracy)
    };
    let blank = if complaints.is_empty() { "" } else { "\n" };
    let (errors, out) = (table::errors(accuracy), args.out.display());
    let tally = numbers::tally(accuracy);
    format!("{rows}{complaints}{blank}{errors}\n{tally}; plots/accuracy/ is in {out}\n")
}

fn json_lines(accuracy: &Accuracy) -> String {
    let rows = accuracy.rows.iter().map(|row| {
        let mut object = serde_json::to_value(row).expect("a row has only finite numbers");
        object["verdict"] = json!(row.verdict());
        object
    });
    let all = Estimator::ALL.iter();
    let errors: Vec<_> = all
        .clone()
        .filter_map(|one| accuracy.errors(*one))
        .collect();
    let main: Vec<_> = all.filter_map(|one| accuracy.main_errors(*one)).collect();
    let summary = json!({
        "seeds": accuracy.seeds,
        "holds": accuracy.holds(),
        "errors_of_rows": main,
        "errors_of_all_times": errors,
    });
    let lines = rows.chain([summary]);
    lines.fold(String::new(), |text, line| text + &line.to_string() + "\n")
}
