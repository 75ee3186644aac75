//! `wirelab diagnose`: which component is the constraint, what each relief gains, and what is next.

mod text;

use anyhow::{Result, bail};

use super::Outcome;
use super::args::DiagnoseArgs;
use super::artefacts;
use super::output::Staging;
use super::selection;
use super::terminal::{self, Terminal};
use crate::diagnose::{Question, diagnose as find_out};
use crate::measure::diagnosis::Diagnosis;
use crate::plot;
use crate::units::Span;

/// Makes the runs, writes the pictures and prints the answer.
pub(super) fn diagnose(args: &DiagnoseArgs, terminal: Terminal) -> Result<Outcome> {
    let plan = selection::single(&args.case, &args.settings)?;
    let target = args.target;
    if target.is_some_and(Span::is_zero) {
        bail!("no page takes no time; give a target such as --target 300ms");
    }
    terminal.progress(&format!(
        "{}: a run for each relief and each pair",
        args.case
    ));
    let question = Question {
        target,
        losses: args.losses,
    };
    let found = find_out(&plan, question);
    terminal.end_progress();
    let diagnosis = found?;
    let staging = Staging::below(&args.out);
    let files = draw(&diagnosis, args.png, &staging)?;
    let committed = staging.commit()?;
    let printed = if args.json {
        let json = serde_json::to_string(&diagnosis).expect("an answer has only finite numbers");
        terminal::print(&(json + "\n"))
    } else {
        let place = args.out.display();
        let files: Vec<_> = files.iter().map(|file| format!("  {file}\n")).collect();
        let files = format!("\nFiles below {place}:\n{}", files.concat());
        terminal::print(&(text::of(&diagnosis) + &files))
    };
    // The files are whole whether or not anybody reads on.
    let is_read = printed.as_ref().err();
    if is_read.is_none_or(super::failure::StdoutError::is_broken_pipe) {
        committed.keep();
    }
    printed?;
    let met = diagnosis
        .target
        .is_none_or(|target| target.met_by.is_some());
    Ok(if met { Outcome::Kept } else { Outcome::NotKept })
}

fn draw(diagnosis: &Diagnosis, png: bool, staging: &Staging) -> Result<Vec<String>> {
    let path = format!("plots/{}/{}", diagnosis.case, diagnosis.variant);
    let figure = plot::diagnosis(diagnosis);
    let mut files = artefacts::write_figure(&figure, &format!("{path}-diagnosis"), png, staging)?;
    if let Some(losses) = &diagnosis.losses {
        let figure = plot::losses(diagnosis, losses);
        files.extend(artefacts::write_figure(
            &figure,
            &format!("{path}-losses"),
            png,
            staging,
        )?);
    }
    Ok(files)
}
