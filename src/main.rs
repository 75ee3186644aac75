//! The command line: arguments in, exit code out.

use std::process::ExitCode;

/// Cargo.toml says why.
#[cfg(all(unix, feature = "jemalloc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    wirelab::cli::main(std::env::args_os())
}
