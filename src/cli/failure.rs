//! Failures in one paragraph on stderr: what was given, where it went wrong, what to do.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Error, anyhow};
use clap::error::ErrorKind as ParseKind;

use super::terminal;

/// The exit status of misuse and of failed input or output.
const FAILURE: u8 = 2;

/// Prints an error and returns the exit status for it.
pub(super) fn report(error: &Error) -> ExitCode {
    terminal::complain(&told(error));
    ExitCode::from(FAILURE)
}

/// An error with its causes, except those that it already tells.
fn told(error: &Error) -> String {
    error.chain().fold(String::new(), |told, cause| {
        let cause = cause.to_string();
        match told.as_str() {
            "" => cause,
            before if before.contains(&cause) => told,
            before => format!("{before}: {cause}"),
        }
    })
}

/// Prints what clap says: help and version on stdout, mistakes as one paragraph on stderr.
pub(super) fn parsing(error: &clap::Error) -> ExitCode {
    if matches!(
        error.kind(),
        ParseKind::DisplayHelp | ParseKind::DisplayVersion
    ) {
        return match error.print() {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                report(&anyhow!(stdout_failed(&error)))
            }
            _ => ExitCode::SUCCESS,
        };
    }
    terminal::complain(&paragraph(&error.to_string()));
    ExitCode::from(FAILURE)
}

/// clap's message without its usage lines, in one paragraph.
fn paragraph(message: &str) -> String {
    let is_told = |line: &&str| {
        !line.is_empty() && !line.starts_with("Usage:") && !line.starts_with("For more information")
    };
    let lines: Vec<_> = message.lines().map(str::trim).filter(is_told).collect();
    let told = lines.join("; ").replace(":; ", ": ");
    let told = told.strip_prefix("error: ").unwrap_or(&told);
    format!("{told}; --help shows what can be given")
}

/// Whether whoever reads our stdout has gone away.
pub(super) fn is_broken_pipe(error: &Error) -> bool {
    error
        .downcast_ref()
        .is_some_and(StdoutError::is_broken_pipe)
}

/// Stdout could not be written to.
#[derive(Debug, thiserror::Error)]
#[error("{}", stdout_failed(.0))]
pub(super) struct StdoutError(#[from] io::Error);

impl StdoutError {
    /// Whether whoever reads has gone away.
    pub(super) fn is_broken_pipe(&self) -> bool {
        self.0.kind() == ErrorKind::BrokenPipe
    }
}

fn stdout_failed(error: &io::Error) -> String {
    format!(
        "cannot write to standard output: {error}; {}",
        remedy(error.kind(), "send the output elsewhere")
    )
}

/// A file or directory could not be written.
pub(super) fn cannot_write(path: &Path, error: &Error) -> Error {
    let place = path.display();
    let io = error.chain().find_map(|cause| cause.downcast_ref());
    match io {
        Some(io) => {
            let remedy = remedy(io::Error::kind(io), "choose another directory with --out");
            anyhow!("cannot write {place}: {io}; {remedy}")
        }
        None => anyhow!("cannot write {place}: {}", told(error)),
    }
}

/// A directory could not be read.
pub(super) fn cannot_read(path: &Path, error: &io::Error) -> Error {
    anyhow!(
        "cannot read {}: {error}; give a directory that `wirelab run` has written",
        path.display()
    )
}

/// A capture could not be opened.
pub(super) fn cannot_open(path: &Path, error: &io::Error) -> Error {
    anyhow!(
        "cannot read {}: {error}; give a capture that tcpdump -w or Wireshark wrote",
        path.display()
    )
}

/// What to do about a failed write; `elsewhere` is how another place is chosen.
fn remedy(kind: ErrorKind, elsewhere: &str) -> String {
    match kind {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            format!("make room, or {elsewhere}")
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("change its permissions, or {elsewhere}")
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            format!("a file is where a directory is needed: move it away, or {elsewhere}")
        }
        ErrorKind::IsADirectory => {
            format!("a directory is where a file is needed: move it away, or {elsewhere}")
        }
        _ => elsewhere.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_clap_becomes_one_paragraph() {
        let message = "error: the following required arguments were not provided:\n  <DIR>...\n\n\
                       Usage: wirelab plot <DIR>...\n\nFor more information, try '--help'.\n";
        assert_eq!(
            paragraph(message),
            "the following required arguments were not provided: <DIR>...; \
             --help shows what can be given"
        );
    }
}
