//! The samples of `tests/data/pcap`, and what tshark thinks of them.

use std::fs;
use std::path::{Path, PathBuf};

use super::oracle::{assert_none, differences};
use crate::wireshark::tshark::Tshark;

/// The samples, in the order of their names.
pub(crate) fn samples() -> Vec<(String, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pcap");
    let entries = fs::read_dir(directory).expect("the samples are there");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending != "md"));
    paths.sort();
    let named = |path: PathBuf| {
        let name = path
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        (name, fs::read(&path).expect("readable"))
    };
    paths.into_iter().map(named).collect()
}

#[test]
fn tshark_and_explain_agree_on_every_segment_of_the_samples() {
    let Some(tshark) = Tshark::find() else { return };
    let mut found = Vec::new();
    // Somebody may have more captures to try.
    let mut captures = samples();
    if let Some(more) = std::env::var_os("WIRELAB_CAPTURES") {
        for entry in fs::read_dir(more).expect("readable") {
            let path = entry.expect("readable").path();
            captures.push((
                path.display().to_string(),
                fs::read(&path).expect("readable"),
            ));
        }
    }
    for (name, bytes) in captures {
        found.extend(differences(tshark, &name, &bytes));
    }
    assert_none(&found);
}
