//! What belongs here: the committed outputs of the cases are what the cases make, byte for byte.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Files of `captures/` and `plots/` that git tracks, and whether git can say so at all.
fn tracked(root: &Path) -> Option<Vec<PathBuf>> {
    let mut git = Command::new("git");
    git.current_dir(root)
        .args(["ls-files", "-z", "captures", "plots"]);
    let output = git.output().ok().filter(|output| output.status.success())?;
    let names = String::from_utf8(output.stdout).expect("names are text");
    Some(names.split_terminator('\0').map(PathBuf::from).collect())
}

#[test]
fn committed_captures_and_plots_are_reproduced() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let Some(files) = tracked(root) else {
        println!("skipped: this is not a git checkout, so nothing says which files are canonical");
        return;
    };
    assert!(!files.is_empty(), "no output of the cases is committed");
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("canonical");
    let _ = fs::remove_dir_all(&out);
    let mut run = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    run.args(["run", "--all", "-q", "--out"]).arg(&out);
    assert!(run.status().expect("the program can be started").success());
    // Its exit status is another test's business; files are written whatever it says.
    let mut accuracy = Command::new(env!("CARGO_BIN_EXE_wirelab"));
    accuracy.args(["accuracy", "-q", "--out"]).arg(&out);
    let printed = accuracy.output().expect("the program can be started");
    assert_ne!(printed.status.code(), Some(2), "{printed:?}");
    let changed: Vec<_> = files
        .iter()
        .filter(|file| fs::read(root.join(file)).ok() != fs::read(out.join(file)).ok())
        .collect();
    assert!(
        changed.is_empty(),
        "not what the cases make; `cargo run --release -- run --all` writes them again, and those of \
         plots/accuracy `cargo run --release -- accuracy`: {changed:#?}"
    );
    let _ = fs::remove_dir_all(&out);
}
