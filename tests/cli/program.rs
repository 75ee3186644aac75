//! The program under test.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// The program with these arguments, in this directory.
pub(crate) fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    command.current_dir(directory).args(arguments);
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub(crate) fn wirelab(directory: &Path, arguments: &[&str]) -> Ended {
    ended(&mut command(directory, arguments))
}

/// Runs a command to its end.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program can be started");
    Ended {
        status: status.code().expect("no signal ended it"),
        stdout: String::from_utf8(stdout).expect("it prints text"),
        stderr: String::from_utf8(stderr).expect("it prints text"),
    }
}
