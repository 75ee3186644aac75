//! `wirelab plot`: the plots of earlier runs, drawn again from what was saved.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Outcome;
use super::args::PlotArgs;
use super::artefacts::{self, CAPTURES};
use super::output::{Committed, Staging};
use super::saved::SavedRun;
use super::terminal;
use crate::case::find;
use crate::measure::{CaseResult, Page};
use crate::report::Variant;

/// Draws what was asked for.
pub(super) fn plot(args: &PlotArgs) -> Result<Outcome> {
    let mut runs = BTreeMap::<PathBuf, BTreeSet<SavedRun>>::new();
    for directory in &args.directories {
        for run in SavedRun::find(directory)? {
            runs.entry(run.out().to_owned()).or_default().insert(run);
        }
    }
    let mut committed = Vec::new();
    let mut files = Vec::new();
    for (out, runs) in &runs {
        let staging = Staging::below(out);
        files.extend(draw(out, runs, args.png, &staging)?);
        committed.push(staging.commit()?);
    }
    terminal::print(&(files.join("\n") + "\n"))?;
    committed.into_iter().for_each(Committed::keep);
    Ok(Outcome::Kept)
}

/// Draws the pictures of each run, the report of each case, and what compares the variants of a case that has all of them.
fn draw(
    out: &Path,
    runs: &BTreeSet<SavedRun>,
    png: bool,
    staging: &Staging,
) -> Result<Vec<String>> {
    let (mut files, mut cases) = (Vec::new(), BTreeMap::<String, Vec<Variant>>::new());
    for run in runs {
        let recording = run.recording()?;
        let result = run.result()?;
        let pages = Page::all(&recording, result.window);
        let about = artefacts::known_about(&recording.run);
        let title = artefacts::title(&recording.run, about.clone());
        let pictures = artefacts::write_pictures(&recording, &title, &pages, png, staging)?;
        files.extend(pictures);
        let beside = runs.iter().filter(|other| run.is_beside(other)).count();
        let about = about.unwrap_or_default();
        let variant = artefacts::variant(&recording, &result, &about, beside);
        let case = recording.run.case;
        cases.entry(case).or_default().push(variant);
    }
    for (case, variants) in cases {
        let known = find(&case).ok();
        files.push(artefacts::write_report(&case, known, variants, staging)?);
        // A case that this wirelab does not know has pictures of its runs and a report only.
        let Some(case) = known else { continue };
        let saved = SavedRun::find(&out.join(CAPTURES).join(case.name()))?;
        let results: Result<Vec<CaseResult>> = saved.iter().map(SavedRun::result).collect();
        files.extend(artefacts::write_comparison(case, &results?, png, staging)?);
    }
    Ok(files)
}
