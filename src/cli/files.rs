//! Files that are run as cases are: scenarios in TOML, and pages from HTTP archives.

use std::fs;
use std::path::Path;

use anyhow::{Result, anyhow, bail};

use super::selection::Chosen;
use super::traces;
use crate::scenario::{self, HarError, Loaded, ReplayError};

/// What a file holds, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Scenario,
    Archive,
}

/// Whether a name is that of a file, and not that of a case; a variant may follow it.
pub(super) fn is_file(name: &str) -> bool {
    parts(name).is_some()
}

/// What to say of a name that is neither a case's nor ends as files do that can be run, if a path is meant.
pub(super) fn no_case(name: &str) -> Option<String> {
    const ENDINGS: &str = "a scenario is named .toml, and an HTTP archive .har";
    let path = Path::new(name);
    if path.is_dir() {
        return Some(format!(
            "`{name}` is a directory; give a case, or a file: {ENDINGS}"
        ));
    }
    if path.exists() {
        return Some(format!(
            "the name of the file `{name}` does not tell what it holds: {ENDINGS}"
        ));
    }
    // No name of a case has a dot or begins with a slash.
    let is_meant = name.starts_with('/') || name.contains('.');
    is_meant.then(|| {
        format!("there is no file `{name}`; {ENDINGS}, and `wirelab list` shows the cases")
    })
}

/// A file's name in its parts: the file, what it holds, and the variant that is meant.
fn parts(name: &str) -> Option<(&str, Kind, Option<&str>)> {
    let kind = |file: &str| {
        let ending = Path::new(file).extension()?.to_str()?.to_ascii_lowercase();
        match ending.as_str() {
            "toml" => Some(Kind::Scenario),
            "har" => Some(Kind::Archive),
            _ => None,
        }
    };
    if let Some(kind) = kind(name) {
        return Some((name, kind, None));
    }
    let (file, variant) = name.rsplit_once('/')?;
    Some((file, kind(file)?, Some(variant)))
}

/// The bytes of the file that a name means, if it means one, and what tells the traces that it names from others.
pub(super) fn bytes(name: &str) -> Result<Option<Vec<u8>>> {
    let Some((file, kind, _)) = parts(name) else {
        return Ok(None);
    };
    let mut bytes = fs::read(file).map_err(|error| anyhow!("cannot read {file}: {error}"))?;
    if kind == Kind::Archive {
        return Ok(Some(bytes));
    }
    for scenario in loaded(name)?.iter().flat_map(|loaded| &loaded.scenario) {
        for trace in scenario.all_traces() {
            bytes.extend(trace.to_string().bytes());
        }
    }
    Ok(Some(bytes))
}

/// The variant of a file that a name means.
pub(super) fn variant(name: &str) -> Option<&str> {
    parts(name)?.2
}

/// The variants of a file, or the one that is named.
pub(super) fn open(name: &str) -> Result<Vec<Chosen>> {
    let all: Vec<_> = loaded(name)?.into_iter().flat_map(chosen).collect();
    let Some((file, _, Some(variant))) = parts(name) else {
        return Ok(all);
    };
    let known: Vec<_> = all.iter().map(|one| one.variant.clone()).collect();
    let is_named = |one: &Chosen| one.variant == variant;
    let named: Vec<_> = all.into_iter().filter(is_named).collect();
    if named.is_empty() {
        bail!(
            "{file} has no variant `{variant}`; it has: {}",
            known.join(", ")
        );
    }
    Ok(named)
}

/// What a file holds.
pub(super) fn loaded(name: &str) -> Result<Vec<Loaded>> {
    let (file, kind, _) = parts(name).ok_or_else(|| anyhow!("{name} is no scenario"))?;
    let path = Path::new(file);
    let bytes = fs::read(path).map_err(|error| {
        anyhow!("cannot read {file}: {error}; give a scenario in TOML or an HTTP archive")
    })?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match kind {
        Kind::Scenario => {
            let text = String::from_utf8(bytes)
                .map_err(|error| anyhow!("{file} is not UTF-8: {error}; save it as such"))?;
            let directory = path.parent().unwrap_or(Path::new(""));
            let open =
                |name: &str| traces::open(directory, name).map_err(|error| format!("{error:#}"));
            let loaded = scenario::read_with(&text, &stem, &open)
                .map_err(|error| anyhow!("{file}:{error}"))?;
            Ok(vec![with_paths(loaded, directory).from_file(&name)])
        }
        Kind::Archive => {
            let pages = scenario::calibrated(&bytes, &stem);
            let pages = pages.map_err(|error| anyhow!("{file}:{}{error}", space(&error)))?;
            let pages = pages.into_iter().map(Loaded::of);
            Ok(pages.map(|page| page.from_file(&name)).collect())
        }
    }
}

/// The same with settings that name traces from where the program was started, as its arguments do.
fn with_paths(mut loaded: Loaded, directory: &Path) -> Loaded {
    for trace in &mut loaded.traces {
        let path = directory.join(trace.name()).display().to_string();
        let knobs = loaded.case.knobs();
        for (key, value) in &mut loaded.settings {
            let knob = knobs.iter().find(|knob| knob.key == key);
            let named = knob.and_then(|knob| knob.trace_file(value));
            if named == Some(trace.name()) {
                *value = value.replacen(trace.name(), &path, 1);
            }
        }
        *trace = trace.called(&path);
    }
    loaded
}

/// What stands between a file's name and an error: nothing before a line and a column.
fn space(error: &ReplayError) -> &'static str {
    match error {
        ReplayError::Har(HarError::Syntax { .. }) => "",
        _ => " ",
    }
}

fn chosen(loaded: Loaded) -> impl Iterator<Item = Chosen> {
    let Loaded {
        case,
        variants,
        seed,
        settings,
        traces,
        scenario: _,
    } = loaded;
    variants.into_iter().map(move |variant| Chosen {
        case: case.clone(),
        variant,
        seed,
        settings: settings.clone(),
        traces: traces.clone(),
    })
}
