//! A directory of a test's own.

use std::fs;
use std::path::{Path, PathBuf};

/// A fresh directory that is removed in the end.
#[derive(Debug)]
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// A directory for the test of that name.
    pub(crate) fn new(name: &str) -> Self {
        let path =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("cargo's directory for tests is writable");
        Self(path)
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// All files and directories below it, relative, in order.
    pub(crate) fn tree(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut directories = vec![self.0.clone()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).expect("readable") {
                let path = entry.expect("readable").path();
                let below = path.strip_prefix(&self.0).expect("it is below");
                found.push(below.to_string_lossy().into_owned());
                if path.is_dir() && !path.is_symlink() {
                    directories.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
