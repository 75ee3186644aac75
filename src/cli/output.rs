//! Files that are written all or not at all.
//!
//! [`Staging`] writes each file under a temporary name in the directory where it belongs; [`Staging::commit`]
//! renames them all. Until then, and after a failure, dropping it removes what it wrote and the directories
//! that it made. What the files hold is not its business.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Result;

use super::failure::cannot_write;

/// Files on their way into a directory. Several threads may write at once.
#[derive(Debug)]
pub(super) struct Staging {
    root: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Directories that did not exist before, parents first.
    directories: Vec<PathBuf>,
    /// Files under temporary names.
    staged: Vec<Staged>,
    /// Files that are where they belong and did not exist before.
    created: Vec<PathBuf>,
}

#[derive(Debug)]
struct Staged {
    temporary: PathBuf,
    target: PathBuf,
}

/// Files that are where they belong, and can still be taken back.
#[derive(Debug)]
pub(super) struct Committed {
    staging: Staging,
}

impl Staging {
    /// Files below `root`, which is made when the first file is written.
    pub(super) fn below(root: &Path) -> Self {
        Self {
            // So that messages say `captures/...` and not `./captures/...`.
            root: root.strip_prefix(".").unwrap_or(root).to_owned(),
            state: Mutex::default(),
        }
    }

    /// Writes a file with what `fill` puts into it; `path` is relative and made of `/`.
    pub(super) fn write(
        &self,
        path: &str,
        fill: impl FnOnce(&mut dyn Write) -> Result<()>,
    ) -> Result<()> {
        let target = self.root.join(path);
        if let Some(directory) = target.parent() {
            self.make(directory)?;
        }
        self.stage(&target, fill)
            .map_err(|error| cannot_write(&target, &error))
    }

    fn stage(&self, target: &Path, fill: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        if target.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory).into());
        }
        let temporary = temporary_name(target);
        // Known before it exists, so that it is removed whatever happens.
        self.state().staged.push(Staged {
            temporary: temporary.clone(),
            target: target.to_owned(),
        });
        let mut out = BufWriter::new(File::create(&temporary)?);
        fill(&mut out)?;
        Ok(out.flush()?)
    }

    /// Makes a directory with its parents and remembers those that are new.
    fn make(&self, directory: &Path) -> Result<()> {
        if directory.as_os_str().is_empty() || directory.is_dir() {
            return Ok(());
        }
        if let Some(parent) = directory.parent() {
            self.make(parent)?;
        }
        let mut state = self.state();
        match fs::create_dir(directory) {
            Ok(()) => state.directories.push(directory.to_owned()),
            // Another thread was faster.
            Err(_) if directory.is_dir() => {}
            Err(error) => return Err(cannot_write(directory, &error.into())),
        }
        Ok(())
    }

    /// Renames all files to where they belong.
    pub(super) fn commit(self) -> Result<Committed> {
        loop {
            let mut state = self.state();
            let Some(Staged { temporary, target }) = state.staged.first() else {
                break;
            };
            let is_new = !target.exists();
            fs::rename(temporary, target).map_err(|error| cannot_write(target, &error.into()))?;
            let Staged { target, .. } = state.staged.remove(0);
            if is_new {
                state.created.push(target);
            }
        }
        Ok(Committed { staging: self })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic elsewhere does not change what has to be removed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Committed {
    /// Leaves the files where they are.
    pub(super) fn keep(self) {
        *self.staging.state() = State::default();
    }
}

impl Drop for Staging {
    /// Removes what was not kept. A file that replaced another one stays: the other one is gone.
    fn drop(&mut self) {
        let state = std::mem::take(&mut *self.state());
        let temporaries = state.staged.iter().map(|staged| &staged.temporary);
        for file in temporaries.chain(&state.created) {
            let _ = fs::remove_file(file);
        }
        for directory in state.directories.iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}

/// A name in the same directory, so that renaming stays within one file system, and of this process only.
fn temporary_name(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.partial", std::process::id()))
}

#[cfg(test)]
mod tests;
