//! Traces that a scenario file names. Whoever has opened that file opens them too.

use std::collections::BTreeMap;

use super::place::{Placed, Problem};
use super::value::Word;
use crate::case::Knob;
use crate::link::{LinkConfig, Trace};

/// Opens the trace of a name, or says why that cannot be.
pub(super) type Open<'a> = &'a dyn Fn(&str) -> Result<Trace, String>;

/// The trace that a value names.
pub(super) fn opened(name: &Placed<String>, open: Open<'_>) -> Result<Trace, Problem> {
    open(&name.value).map_err(|message| Problem::with(name, message))
}

/// Lets a line follow the trace that is named for it, if one is, instead of the `rate` that it would have otherwise.
/// `rated` is whether it has been given one too.
pub(super) fn put(
    line: &mut LinkConfig,
    rated: bool,
    name: Option<&Placed<String>>,
    open: Open<'_>,
) -> Result<(), Problem> {
    match name {
        Some(name) if rated => {
            let message = "a line has a rate or a trace; leave one of them out";
            Err(Problem::with(name, message))
        }
        Some(name) => {
            line.trace = Some(opened(name, open)?);
            line.rate = None;
            Ok(())
        }
        None => {
            if rated {
                line.trace = None;
            }
            Ok(())
        }
    }
}

/// The traces that settings of these knobs name.
pub(super) fn named(
    set: &BTreeMap<Placed<String>, Placed<Word>>,
    knobs: &[Knob],
    open: Open<'_>,
) -> Result<Vec<Trace>, Problem> {
    let mut traces = Vec::new();
    for (key, value) in set {
        let knob = knobs.iter().find(|knob| knob.key == key.value);
        if let Some(file) = knob.and_then(|knob| knob.trace_file(&value.value.0)) {
            let named = Placed {
                value: file.to_owned(),
                at: value.at,
            };
            traces.push(opened(&named, open)?);
        }
    }
    Ok(traces)
}
