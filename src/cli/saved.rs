//! Earlier runs on disk: where they are and what they hold.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};

use super::artefacts::{CAPTURES, EVENTS, RESULT};
use super::failure::cannot_read;
use crate::measure::CaseResult;
use crate::record::{Recording, events_file};

/// The directory of a variant's saved run: `OUT/captures/CASE/VARIANT`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SavedRun {
    /// The directory as it was reached.
    directory: PathBuf,
    /// The directory that has `captures` in it.
    out: PathBuf,
}

impl SavedRun {
    /// The runs at or below `directory`, which may be a variant's, a case's, `captures` or the one above it,
    /// in the order of their names.
    pub(super) fn find(directory: &Path) -> Result<Vec<Self>> {
        let whole = fs::canonicalize(directory).map_err(|error| cannot_read(directory, &error))?;
        let captures = whole.join(CAPTURES);
        let start = if captures.is_dir() { &captures } else { &whole };
        let mut found = Vec::new();
        collect(start, 2, &mut found).map_err(|error| cannot_read(directory, &error))?;
        if found.is_empty() {
            bail!(
                "{} holds no {EVENTS}: give a directory that `wirelab run` has written, for example \
                 captures/handshake",
                directory.display()
            );
        }
        found.into_iter().map(Self::at).collect()
    }

    fn at(directory: PathBuf) -> Result<Self> {
        let captures = directory.ancestors().nth(2);
        let out = captures
            .filter(|path| path.file_name().is_some_and(|name| name == CAPTURES))
            .and_then(Path::parent)
            .map(Path::to_owned);
        let out = out.ok_or_else(|| {
            anyhow!(
                "{} is not in a directory {CAPTURES}/CASE, so there is no place for its plots: move it to \
                 OUT/{CAPTURES}/CASE/VARIANT",
                directory.display()
            )
        })?;
        Ok(Self { directory, out })
    }

    /// The directory for plots is below this one.
    pub(super) fn out(&self) -> &Path {
        &self.out
    }

    /// Whether both are of one case.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        self.directory.parent() == other.directory.parent()
    }

    /// What happened.
    pub(super) fn recording(&self) -> Result<Recording> {
        let path = self.directory.join(EVENTS);
        let file = fs::File::open(&path).map_err(|error| cannot_read(&path, &error))?;
        events_file::read(std::io::BufReader::new(file)).with_context(|| path.display().to_string())
    }

    /// The figures.
    pub(super) fn result(&self) -> Result<CaseResult> {
        let path = self.directory.join(RESULT);
        let text = fs::read(&path).map_err(|error| cannot_read(&path, &error))?;
        serde_json::from_slice(&text).with_context(|| {
            format!(
                "{} is not the result of a run; run the case again",
                path.display()
            )
        })
    }
}

/// Directories at or at most `depth` levels below `directory` that hold a recording.
fn collect(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if directory.join(EVENTS).is_file() {
        found.push(directory.to_owned());
        return Ok(());
    }
    let mut below = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if depth > 0 && path.is_dir() {
            below.push(path);
        }
    }
    below.sort();
    below
        .iter()
        .try_for_each(|path| collect(path, depth - 1, found))
}
