//! The files of sweeps: journals that grow line by line, and tables that are there at once.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::super::failure::cannot_write;
use super::super::output::Staging;
use crate::sweep::{
    Cell, Header, Journal, JournalError, Row, Shard, header_line, row_line, write_cells, write_csv,
};

/// How names of journals end.
const JOURNAL: &str = "jsonl";

/// Where a sweep's files are: `OUT/sweeps/CASE/VARIANT-KNOB-KNOB`.
pub(super) struct Folder(PathBuf);

/// What a sweep is called: its variant and what is turned.
pub(super) fn name(header: &Header) -> String {
    let knobs = header.axes.iter().map(|axis| axis.knob.as_str());
    let parts: Vec<_> = std::iter::once(header.variant.as_str())
        .chain(knobs)
        .collect();
    parts.join("-")
}

impl Folder {
    pub(super) fn of(out: &Path, header: &Header) -> Self {
        let out = out.strip_prefix(".").unwrap_or(out);
        Self(out.join("sweeps").join(&header.case).join(name(header)))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn journal(&self, shard: Shard) -> PathBuf {
        self.0.join(format!(
            "shard-{}-of-{}.{JOURNAL}",
            shard.number(),
            shard.of()
        ))
    }
}

/// The journal of a shard that this process makes, and no other.
pub(super) struct OpenJournal {
    path: PathBuf,
    file: File,
    made: BTreeSet<u64>,
}

impl OpenJournal {
    /// Opens or makes the journal of a shard. What a process that was killed has left of a line is cut off.
    pub(super) fn open(
        folder: &Folder,
        header: &Header,
        shard: Shard,
        resume: bool,
    ) -> Result<Self> {
        let path = folder.journal(shard);
        let shown = path.display().to_string();
        fs::create_dir_all(folder.path())
            .map_err(|error| cannot_write(folder.path(), &error.into()))?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options
            .open(&path)
            .with_context(|| format!("cannot open {shown}"))?;
        if file.try_lock().is_err() {
            bail!(
                "another process is making the runs of {shown}: wait for it, or give another --out"
            );
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)
            .with_context(|| format!("cannot read {shown}"))?;
        let known = match Journal::read(&text) {
            Err(JournalError::Empty) => None,
            other => Some(other.with_context(|| format!("cannot go on with {shown}"))?),
        };
        let whole = known.as_ref().map_or(0, |journal| journal.whole);
        let mut made = BTreeSet::new();
        if let Some(journal) = known {
            if let Some(difference) = header.difference(&journal.sweep) {
                bail!(
                    "{shown} is of another sweep ({difference}): remove it, or give another --out"
                );
            }
            if !resume {
                bail!(
                    "{shown} has {} runs of this sweep already: give --resume to go on, or remove it",
                    journal.rows.len()
                );
            }
            made.extend(journal.rows.iter().map(|row| row.run));
        }
        let mut open = Self { path, file, made };
        open.begin(whole, header, shard)
            .with_context(|| format!("cannot write {shown}"))?;
        Ok(open)
    }

    /// Goes to the end of what is whole, and writes the first line if there is none.
    fn begin(&mut self, whole: usize, header: &Header, shard: Shard) -> io::Result<()> {
        let end = u64::try_from(whole).unwrap_or(u64::MAX);
        self.file.set_len(end)?;
        self.file.seek(SeekFrom::Start(end))?;
        if whole == 0 {
            self.file.write_all(header_line(header, shard).as_bytes())?;
        }
        Ok(())
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a run is over already.
    pub(super) fn has(&self, number: u64) -> bool {
        self.made.contains(&number)
    }

    pub(super) fn append(&mut self, row: &Row) -> io::Result<()> {
        self.file.write_all(row_line(row).as_bytes())
    }

    /// Everything that it has.
    pub(super) fn read(&self) -> Result<Journal> {
        read(&self.path)
    }

    /// Removes the file, once its runs are in the tables.
    pub(super) fn remove(self) -> Result<()> {
        let path = self.path.display().to_string();
        fs::remove_file(&self.path).with_context(|| format!("cannot remove {path}"))
    }
}

/// A journal, or all of a directory.
pub(super) fn journals(path: &Path) -> Result<Vec<Journal>> {
    if !path.is_dir() {
        return Ok(vec![read(path)?]);
    }
    let cannot = || format!("cannot read {}", path.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(path).with_context(cannot)? {
        let file = entry.with_context(cannot)?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == JOURNAL)
        {
            files.push(file);
        }
    }
    if files.is_empty() {
        bail!(
            "{} has no shard-K-of-N.{JOURNAL}: `wirelab sweep ... --shard K/N` writes them below OUT/sweeps/CASE",
            path.display()
        );
    }
    files.sort();
    files.iter().map(|file| read(file)).collect()
}

fn read(path: &Path) -> Result<Journal> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Journal::read(&text).with_context(|| format!("cannot read {}", path.display()))
}

/// Writes the result of a sweep as tables, and its configuration.
pub(super) fn write_tables(
    header: &Header,
    rows: &[Row],
    cells: &[Cell],
    staging: &Staging,
) -> Result<Vec<String>> {
    let folder = format!("sweeps/{}/{}", header.case, name(header));
    let mut files = Vec::new();
    let mut named = |name| {
        files.push(format!("{folder}/{name}"));
        files[files.len() - 1].clone()
    };
    staging.write(&named("runs.csv"), |out| Ok(write_csv(header, rows, out)?))?;
    #[cfg(feature = "parquet")]
    staging.write(&named("runs.parquet"), |out| {
        // Parquet wants to hand its output to other threads, which ours is not made for.
        let mut bytes = Vec::new();
        crate::sweep::write_parquet(header, rows, &mut bytes)?;
        Ok(out.write_all(&bytes)?)
    })?;
    staging.write(&named("cells.csv"), |out| {
        Ok(write_cells(header, cells, out)?)
    })?;
    staging.write(&named("sweep.json"), |out| {
        let json = serde_json::to_string_pretty(header)?;
        Ok(writeln!(out, "{json}")?)
    })?;
    Ok(files)
}
