//! What belongs here: rules about the source itself. Who may import whom, how long a file may be, and that
//! each says what it holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

mod source;

use source::without_tests;

/// Modules and what each may import; a module that is not here may not exist.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("rng", &["units"]),
    ("wire", &["units"]),
    ("event", &["wire", "units"]),
    ("link", &["event", "wire", "rng", "units"]),
    ("host", &["event", "wire", "rng", "units"]),
    ("rt", &["host", "event", "units"]),
    (
        "sim",
        &["host", "link", "rt", "event", "wire", "rng", "units"],
    ),
    ("app", &["rt", "event", "rng", "units"]),
    ("record", &["event", "wire", "units"]),
    ("measure", &["record", "event", "wire", "units"]),
    ("stepper", &["measure", "record", "event", "wire", "units"]),
    ("plot", &["record", "measure", "event", "wire", "units"]),
    (
        "report",
        &[
            "plot", "stepper", "record", "measure", "event", "wire", "units",
        ],
    ),
    ("case", CASE),
    ("scenario", SCENARIO),
    ("harness", HARNESS),
    (
        "attach",
        &["sim", "host", "link", "event", "wire", "record", "units"],
    ),
    ("diagnose", ABOVE_CASE),
    ("sweep", ABOVE_CASE),
];

const CASE: &[&str] = &[
    "sim", "app", "link", "host", "rt", "rng", "record", "measure", "event", "wire", "units",
];
const SCENARIO: &[&str] = &[
    "case", "sim", "app", "link", "host", "rt", "rng", "record", "measure", "event", "wire",
    "units",
];
/// A test that failed leaves a ladder.
const HARNESS: &[&str] = &[
    "plot", "sim", "link", "host", "rt", "record", "measure", "event", "units",
];
const ABOVE_CASE: &[&str] = &["case", "scenario", "measure", "record", "units"];

/// Files of the crate's top, which may import everything.
const TOP: [&str; 3] = ["lib", "main", "cli"];

/// Lines that a file may have, tests left out.
const LONGEST: usize = 400;

#[test]
fn modules_import_only_what_lies_below_them() {
    let mut violations = Vec::new();
    for (path, text) in sources() {
        let own = module_path(&path);
        let top = own.first().map_or("lib", String::as_str);
        if TOP.contains(&top) {
            continue;
        }
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(module, _)| *module == top) else {
            violations.push(format!("{}: `{top}` is not in the table", path.display()));
            continue;
        };
        let foreign = imports(&text, &own).into_iter();
        let foreign = foreign.filter(|name| name != top && !allowed.contains(&name.as_str()));
        violations.extend(foreign.map(|name| format!("{} imports `{name}`", path.display())));
    }
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}

#[test]
fn every_file_says_what_it_holds() {
    let silent: Vec<_> = rust_files()
        .into_iter()
        .filter(|path| !read(path).starts_with("//! "))
        .collect();
    assert!(silent.is_empty(), "without `//!`: {silent:?}");
}

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).count();
    let long: Vec<_> = rust_files()
        .into_iter()
        .filter(|path| !is_test(path) && read(path).lines().count() > LONGEST)
        .filter(|path| lines(&without_tests(&read(path))) > LONGEST)
        .collect();
    assert!(long.is_empty(), "above {LONGEST} lines: {long:?}");
}

#[test]
fn nothing_is_unsafe() {
    for (path, text) in sources() {
        let mut words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        assert!(!words.any(|word| word == "unsafe"), "{}", path.display());
    }
}

/// Files that are no tests, with what is left of each without comments, literals and tests.
fn sources() -> Vec<(PathBuf, String)> {
    let files = rust_files().into_iter().filter(|path| !is_test(path));
    files
        .map(|path| {
            let text = without_tests(&read(&path));
            (path, text)
        })
        .collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("sources are readable")
}

fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("sources are readable") {
            let path = entry.expect("sources are readable").path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "there are sources");
    found
}

/// Names of the modules that lead to a file: `src/link/script/parse.rs` is `link`, `script`, `parse`.
fn module_path(path: &Path) -> Vec<String> {
    let below = path
        .strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src"))
        .expect("the file is a source");
    let mut names: Vec<_> = below
        .with_extension("")
        .iter()
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    if names.last().is_some_and(|name| name == "mod") {
        names.pop();
    }
    names
}

/// Whether a file is compiled for tests only: it is called `tests`, or its parent says so.
fn is_test(path: &Path) -> bool {
    let own = module_path(path);
    (1..=own.len()).any(|depth| own[depth - 1] == "tests" || is_declared_test(&own[..depth]))
}

/// Whether the parent of a module has `#[cfg(test)] mod NAME;`.
fn is_declared_test(module: &[String]) -> bool {
    let Some((name, parents)) = module.split_last() else {
        return false;
    };
    let directory = parents.iter().fold(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        |path, name| path.join(name),
    );
    let candidates = [
        directory.join("mod.rs"),
        directory.with_extension("rs"),
        directory.join("lib.rs"),
    ];
    let parent = candidates.iter().find(|path| path.is_file());
    parent.is_some_and(|path| {
        let text: String = read(path).split_whitespace().collect();
        ["", "pub(crate)", "pub(super)"]
            .iter()
            .any(|seen| text.contains(&format!("#[cfg(test)]{seen}mod{name};")))
    })
}

/// Top modules that a text names by `crate::` or by as many `super::` as lead out of its own.
fn imports(text: &str, own: &[String]) -> BTreeSet<String> {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace(" ::", "::").replace(":: ", "::");
    let escape = "super::".repeat(own.len());
    let mut found = BTreeSet::new();
    for prefix in ["crate::", escape.as_str()] {
        for (at, _) in text.match_indices(prefix) {
            let continues =
                text[..at].ends_with(|c: char| c.is_alphanumeric() || "_:$".contains(c));
            if !continues {
                found.extend(heads(&text[at + prefix.len()..]));
            }
        }
    }
    found
}

/// The first names of a path, or of every path in a group: `{link::Fault, host}` has `link` and `host`.
fn heads(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        let text = text.trim_start();
        let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
        text[..end.unwrap_or(text.len())].to_owned()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![name(path)];
    };
    let (mut depth, mut start, mut found) = (1, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 || depth == 1 && letter == ',' {
            found.push(name(&group[start..at]));
            start = at + 1;
        }
        if depth == 0 {
            break;
        }
    }
    found.retain(|name| !name.is_empty());
    found
}

#[test]
fn grouped_and_escaping_imports_are_seen() {
    let own = ["host".to_owned(), "tap".to_owned()];
    let text =
        "use crate::{link::{Fault, Loss}, host, rng::Rng}; fn f(x: super::super::sim::World) {}";
    let found: Vec<_> = imports(text, &own).into_iter().collect();
    assert_eq!(found, ["host", "link", "rng", "sim"]);
    assert!(imports("use super::link::X; use my_crate::sim;", &own).is_empty());
}
