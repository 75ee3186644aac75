//! Traces from files: what `--set trace=FILE` names.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use crate::case::Case;
use crate::link::{MAX_TRACE, Trace};
use crate::sweep::Axis;

/// The traces that these settings of a case name, but for those that are known already.
pub(super) fn read<'a>(
    case: &dyn Case,
    settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    known: &[Trace],
) -> Result<Vec<Trace>> {
    let knobs = case.knobs();
    let mut traces = known.to_vec();
    for (key, value) in settings {
        let knob = knobs.iter().find(|knob| knob.key == key);
        let Some(file) = knob.and_then(|knob| knob.trace_file(value)) else {
            continue;
        };
        if traces.iter().all(|trace| trace.name() != file) {
            let trace = open(Path::new(""), file);
            traces.push(trace.with_context(|| format!("`--set {key}={value}`"))?);
        }
    }
    Ok(traces)
}

/// The traces that axes name, whose values tell their content from then on: a sweep of another is another sweep.
pub(super) fn varied(case: &dyn Case, axes: &mut [Axis]) -> Result<Vec<Trace>> {
    let values = axes.iter().flat_map(|axis| {
        let values = axis.values.iter();
        values.map(|value| (axis.knob.as_str(), value.as_str()))
    });
    let traces = read(case, values, &[])?;
    for axis in axes {
        let knobs = case.knobs();
        let knob = knobs.iter().find(|knob| knob.key == axis.knob);
        for value in &mut axis.values {
            let is_named = |trace: &&Trace| trace.name() == value;
            let trace = knob.and_then(|knob| knob.trace_file(value));
            if let Some(trace) = trace.and_then(|_| traces.iter().find(is_named)) {
                *value = trace.to_string();
            }
        }
    }
    Ok(traces)
}

/// The trace of a file below a directory; it is called as it is named here.
pub(super) fn open(directory: &Path, file: &str) -> Result<Trace> {
    let mut text = Vec::new();
    let most = u64::try_from(MAX_TRACE).unwrap_or(u64::MAX);
    let read = File::open(directory.join(file)).and_then(|opened| {
        // One byte more says that it is too long, however long it is.
        opened.take(most + 1).read_to_end(&mut text)
    });
    read.map_err(|error| {
        anyhow!("cannot read {file}: {error}; give a mahimahi trace, a file with a number of milliseconds on each line")
    })?;
    Ok(Trace::parse(file, text)?)
}
