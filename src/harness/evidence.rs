//! What a test that failed leaves: captures, a ladder, the recording, and where they are.

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::plot::{Theme, ladder};
use crate::record::pcapng::Captures;
use crate::record::{Recording, events_file};

/// Names the directory in which evidence is left instead of `target/wirelab`.
const DIRECTORY: &str = "WIRELAB_CAPTURE_DIR";

/// Leaves the evidence, and says where. A test that fails must not fail to say so because of a full disk.
#[expect(
    clippy::print_stderr,
    reason = "whoever runs tests reads this beside the failure"
)]
pub(super) fn leave(recording: &Recording) {
    let seed = recording.run.seed;
    let root =
        std::env::var_os(DIRECTORY).map_or_else(|| PathBuf::from("target/wirelab"), PathBuf::from);
    let folder = unlike_others(&root.join(format!("{}-{seed}", recording.run.case)));
    match write(recording, &folder) {
        Ok(()) => eprintln!(
            "seed {seed}; captures, ladder and recording are in {}",
            folder.display()
        ),
        Err(error) => eprintln!(
            "seed {seed}; cannot write captures to {}: {error}",
            folder.display()
        ),
    }
}

/// The folder, or one with a number if another world of this process has left its evidence there already: a test may
/// have several worlds of one seed.
fn unlike_others(folder: &Path) -> PathBuf {
    static LEFT: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
    let mut free = folder.to_owned();
    let mut number = 1;
    while !left.insert(free.clone()) {
        number += 1;
        folder.clone_into(&mut free);
        free.as_mut_os_string().push(format!("-{number}"));
    }
    free
}

fn write(recording: &Recording, folder: &Path) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    let captures = Captures::of(recording);
    for (host, info) in recording.hosts() {
        let file = fs::File::create(folder.join(format!("{}.pcapng", info.name)))?;
        captures.write(host, BufWriter::new(file))?;
    }
    let figure = ladder(recording, &recording.run.case);
    fs::write(folder.join("ladder.svg"), figure.svg(Theme::Adaptive))?;
    let file = fs::File::create(folder.join("events.bin"))?;
    Ok(events_file::write(recording, BufWriter::new(file))?)
}
