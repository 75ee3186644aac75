//! `wirelab explain`: the readers' side on a capture that somebody else took.

mod text;

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, anyhow, bail};
use serde::Serialize;

use super::Outcome;
use super::args::ExplainArgs;
use super::failure::cannot_open;
use super::output::{Committed, Staging};
use super::terminal;
use crate::measure::conversation::{Conversation, Traffic, TrafficSummary};
use crate::plot::{Theme, conversation_ladder, conversation_sequence};
use crate::record::foreign::{Capture, CaptureError};

/// Conversations that are explained where nobody says which.
const DETAILED: usize = 3;

/// A capture as JSON.
#[derive(Serialize)]
struct Printed<'a> {
    file: String,
    format: &'a str,
    interfaces: Vec<String>,
    /// What made reading end early, if anything did.
    damage: Option<String>,
    #[serde(flatten)]
    traffic: TrafficSummary,
    /// The pictures that were written.
    files: Vec<String>,
}

/// Explains each file. One that cannot be read does not keep the others from being explained.
pub(super) fn explain(args: &ExplainArgs) -> Result<Outcome> {
    unlike(args)?;
    let mut failed: Option<anyhow::Error> = None;
    for (index, path) in args.files.iter().enumerate() {
        if index > 0 && !args.json && !args.quiet {
            terminal::print("\n")?;
        }
        let failure = match explain_one(path, args) {
            Ok(damage) => damage,
            Err(error) if super::is_broken_pipe(&error) => return Err(error),
            Err(error) => Some(error),
        };
        // The last one is told where every verb's is.
        if let Some(failure) = failure
            && let Some(before) = failed.replace(failure)
        {
            terminal::complain(&format!("{before:#}"));
        }
    }
    failed.map_or(Ok(Outcome::Kept), Err)
}

/// Pictures are called after their captures, so with `--out` no two may have one name.
fn unlike(args: &ExplainArgs) -> Result<()> {
    let mut stems = BTreeSet::new();
    for path in &args.files {
        if args.out.is_some() && !stems.insert(stem(path)) {
            bail!(
                "two captures are called {}, and so would be their pictures; explain them one by one",
                stem(path)
            );
        }
    }
    Ok(())
}

/// Explains a file; returns what is wrong with the rest of it, if that matters to the exit status.
fn explain_one(path: &Path, args: &ExplainArgs) -> Result<Option<anyhow::Error>> {
    let bytes = std::fs::read(path).map_err(|error| cannot_open(path, &error))?;
    let told = |error: &CaptureError| anyhow!("{}: {error}", path.display());
    let capture = Capture::read(&bytes).map_err(|error| told(&error))?;
    let traffic = Traffic::of(&capture);
    let chosen = choose(&traffic, args, path)?;
    let (files, committed) = draw(path, &chosen, args)?;
    let text = if args.json {
        json(path, &capture, &traffic, args, files)?
    } else if args.quiet {
        text::lines(&traffic, args.conversation)
    } else {
        text::explanation(path, &capture, &traffic, &chosen, &files)
    };
    terminal::print(&text)?;
    if let Some(committed) = committed {
        committed.keep();
    }
    match &capture.damage {
        Some(damage @ CaptureError::Cut { .. }) => {
            terminal::complain(&format!("{:#}", told(damage)));
            Ok(None)
        }
        Some(damage) => Ok(Some(told(damage))),
        None => Ok(None),
    }
}

/// The conversation that was asked for, or those with the most segments, in the order of their numbers.
fn choose<'a>(
    traffic: &'a Traffic,
    args: &ExplainArgs,
    path: &Path,
) -> Result<Vec<&'a Conversation>> {
    let all = &traffic.conversations;
    if let Some(number) = args.conversation {
        let found = number.checked_sub(1).and_then(|index| all.get(index));
        let found = found.ok_or_else(|| {
            let count = crate::measure::conversation::counted(all.len() as u64, "conversation");
            anyhow!(
                "{} has {count} of TCP, and none with number {number}",
                path.display()
            )
        })?;
        return Ok(vec![found]);
    }
    let mut chosen: Vec<&Conversation> = all.iter().collect();
    chosen.sort_by_key(|one| std::cmp::Reverse(one.seen.len()));
    chosen.truncate(DETAILED);
    chosen.sort_by_key(|one| one.number);
    Ok(chosen)
}

/// Draws what was chosen, if pictures are wanted.
fn draw(
    path: &Path,
    chosen: &[&Conversation],
    args: &ExplainArgs,
) -> Result<(Vec<String>, Option<Committed>)> {
    let Some(out) = &args.out else {
        return Ok((Vec::new(), None));
    };
    let staging = Staging::below(out);
    let mut files = Vec::new();
    let source = path.file_name().unwrap_or_default().to_string_lossy();
    for conversation in chosen {
        let title = sentence(&conversation.constraint());
        let ladder = conversation_ladder(conversation, &source, &title);
        let sequence = conversation_sequence(conversation, &source, &title);
        let figures = [("", Some(ladder)), ("-sequence", sequence)];
        for (suffix, figure) in figures {
            let Some(figure) = figure else { continue };
            let name = format!("{}-{}{suffix}.svg", stem(path), conversation.number);
            staging.write(&name, |out| {
                Ok(out.write_all(figure.svg(Theme::Adaptive).as_bytes())?)
            })?;
            files.push(out.join(name).display().to_string());
        }
    }
    Ok((files, Some(staging.commit()?)))
}

fn json(
    path: &Path,
    capture: &Capture<'_>,
    traffic: &Traffic,
    args: &ExplainArgs,
    files: Vec<String>,
) -> Result<String> {
    let mut summary = traffic.summary();
    if let Some(number) = args.conversation {
        summary.conversations.retain(|one| one.number == number);
    }
    let printed = Printed {
        file: path.display().to_string(),
        format: &capture.format,
        interfaces: text::interfaces(capture),
        damage: capture.damage.as_ref().map(ToString::to_string),
        traffic: summary,
        files,
    };
    Ok(serde_json::to_string(&printed)? + "\n")
}

/// The file's name without its ending.
fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// A sentence begins with a capital letter.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
