//! Lists of sizes from files: `--set sizes=FILE` becomes the list that the file has.

use std::borrow::Cow;
use std::fs;

use anyhow::{Context, Result, bail};

use crate::case::{Case, Kind, Knob};

/// The settings with every file of sizes replaced by its sizes.
pub(super) fn read<'a>(
    case: &dyn Case,
    settings: &[(&'a str, &'a str)],
) -> Result<Vec<(&'a str, Cow<'a, str>)>> {
    let knobs = case.knobs();
    let knob = |key: &str| {
        let of_sizes = |knob: &&Knob| knob.key == key && knob.kind == Kind::Sizes;
        knobs.iter().find(of_sizes)
    };
    settings
        .iter()
        .map(|(key, value)| match knob(key) {
            // A list that the knob takes is no file's name.
            Some(knob) if knob.canonical(value).is_err() => {
                let list = list_of(value).with_context(|| {
                    let example = knob.example();
                    format!(
                        "`--set {key}={value}` is no list of sizes as {example}, and no file with one in each line"
                    )
                })?;
                Ok((*key, Cow::Owned(list)))
            }
            _ => Ok((*key, Cow::Borrowed(*value))),
        })
        .collect()
}

/// The sizes of a file: one in each line, without what follows `#`.
fn list_of(path: &str) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| path.to_owned())?;
    let mut sizes = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let size = line.split('#').next().unwrap_or_default().trim();
        if size.is_empty() {
            continue;
        }
        let parsed: Result<crate::units::Bytes, _> = size.parse();
        match parsed {
            Ok(bytes) => sizes.push(bytes.to_string()),
            Err(error) => bail!("{path}:{number}: {error}"),
        }
    }
    if sizes.is_empty() {
        bail!("{path} is empty; write for example 10kB");
    }
    Ok(sizes.join(","))
}
