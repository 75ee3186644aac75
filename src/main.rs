//! The command line: arguments in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    wirelab::cli::main(std::env::args_os())
}
