//! Scenario files in TOML: read, understood, and written.
//!
//! `raw` is a file as it is written, `place` and `value` know where and how; `understand` makes a [`Scenario`] of a
//! world of one's own, `derived` a case with settings and expectations; `write` is the way back, `schema` what editors
//! are told, `traces` what other files are named.

mod derived;
mod object;
mod parts;
mod place;
mod raw;
mod rules;
mod schema;
mod text;
mod traces;
mod understand;
mod value;
mod write;

use std::sync::Arc;

pub use place::FileError;
pub(in crate::scenario) use rules::tidy;
pub use schema::schema;
pub use write::of_plan as plan_to_toml;

use super::model::Scenario;
use crate::case::CaseRef;
use crate::link::Trace;

/// A scenario that was read, as something that can be run.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The case.
    pub case: CaseRef,
    /// The variants that the file means.
    pub variants: Vec<String>,
    /// The seed that it gives.
    pub seed: Option<u64>,
    /// Settings of the case's knobs that it gives.
    pub settings: Vec<(String, String)>,
    /// The traces that they name.
    pub traces: Vec<Trace>,
    /// The scenario, if it has a world of its own.
    pub scenario: Option<Arc<Scenario>>,
}

/// Reads a scenario file; `name` is what it is called unless it says so itself.
///
/// ```
/// let text = r#"
/// [hosts.client]
/// [hosts.shop]
/// [[link]]
/// from = "client"
/// to = "shop"
/// rtt = "100ms"
/// [[page.object]]
/// url = "http://shop/"
/// bytes = "10kB"
/// "#;
/// let loaded = wirelab::scenario::read(text, "shop").expect("it is a scenario");
/// let plan = wirelab::case::Plan::of(loaded.case, &loaded.variants[0], 1, []).expect("it can be run");
/// let finished = wirelab::case::Run::start(&plan).finish().expect("it ends");
/// assert_eq!(finished.result.round_trips, Some(2.0));
/// ```
///
/// # Errors
/// [`FileError`] that says what is wrong and where, and what to do.
pub fn read(text: &str, name: &str) -> Result<Loaded, FileError> {
    let nobody = |file: &str| {
        Err(format!(
            "nobody opens the trace `{file}` here; leave it out, or read the scenario with what opens it"
        ))
    };
    read_with(text, name, &nobody)
}

/// The same of a file that may name traces, which `open` opens by the names that they have there.
///
/// # Errors
/// As [`read`], also with what `open` says, at the place where the trace is named.
pub fn read_with(
    text: &str,
    name: &str,
    open: &dyn Fn(&str) -> Result<Trace, String>,
) -> Result<Loaded, FileError> {
    let file: raw::File = toml::from_str(text).map_err(|error| syntax(text, &error))?;
    if let Some(case) = &file.case {
        return derived::load(&file, case, name, open).map_err(|problem| problem.shown(text));
    }
    let scenario =
        understand::scenario(&file, name, open).map_err(|problem| problem.shown(text))?;
    rules::check(&file, &scenario).map_err(|problem| problem.shown(text))?;
    Ok(Loaded::of(scenario))
}

impl Loaded {
    /// The same, which says in what it writes that it comes from the file of this name.
    #[must_use]
    pub fn from_file(self, name: &str) -> Self {
        let Some(scenario) = &self.scenario else {
            return self;
        };
        let scenario = Arc::new(Scenario {
            file: Some(name.to_owned()),
            ..(**scenario).clone()
        });
        Self {
            case: CaseRef::from(Arc::clone(&scenario)),
            scenario: Some(scenario),
            ..self
        }
    }

    /// A scenario with all its variants.
    pub fn of(scenario: Scenario) -> Self {
        let scenario = Arc::new(scenario);
        Self {
            variants: scenario
                .variants
                .iter()
                .map(|way| way.name.clone())
                .collect(),
            seed: scenario.seed,
            settings: Vec::new(),
            traces: Vec::new(),
            case: CaseRef::from(Arc::clone(&scenario)),
            scenario: Some(scenario),
        }
    }
}

/// What the reader of TOML found wrong.
fn syntax(text: &str, error: &toml::de::Error) -> FileError {
    let at = error.span().unwrap_or(text.len()..text.len());
    // No table begins like that, and every JSON object does.
    let json = text.trim_start_matches('\u{feff}').trim_start();
    if json.starts_with('{') {
        let at = text.len() - json.len();
        let message =
            "this is JSON and no scenario; if it is an HTTP archive, let its name end with .har";
        return FileError::at(text, at..at + 1, message);
    }
    let message = error.message().replace('\n', "; ");
    FileError::at(text, at, remedied(&message))
}

/// A message of serde's with what to do.
fn remedied(message: &str) -> String {
    if let Some((key, known)) = message
        .strip_prefix("unknown field `")
        .and_then(|rest| rest.split_once("`, expected "))
    {
        let names = known.split('`').skip(1).step_by(2);
        let near = crate::case::nearest_of(key, names.clone());
        let near = near.map_or(String::new(), |near| format!(" (did you mean `{near}`?)"));
        let names: Vec<_> = names.collect();
        return format!(
            "there is no key `{key}` here{near}; there are: {}",
            names.join(", ")
        );
    }
    if let Some(key) = message.strip_prefix("missing field `") {
        let key = key.trim_end_matches('`');
        return format!("the key `{key}` is missing here; add `{key} = ...`");
    }
    if message == "integer number overflowed" {
        return format!("a whole number from 0 to {} is needed", u64::MAX);
    }
    in_words_of_toml(message)
}

/// What is expected, as people who write such files call it.
fn in_words_of_toml(message: &str) -> String {
    let Some((found, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned();
    };
    let expected = match expected {
        "f64" => "a number",
        "a map" => "a table",
        "a sequence" => "a list",
        "an array of length 2" => "a list of two",
        table if table.starts_with("struct ") => "a table",
        other => other,
    };
    format!("{found}, expected {expected}")
}
