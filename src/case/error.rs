//! What can be wrong with what was asked for.

use crate::sim::WorldError;
use crate::units::ParseUnitError;

/// A plan that cannot be run, or a run that did not end.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CaseError {
    /// No case has this name.
    #[error("there is no case `{name}`{}; `wirelab list` shows all", nearest(near.as_deref()))]
    UnknownCase {
        /// The name that was given.
        name: String,
        /// The nearest one.
        near: Option<String>,
    },
    /// The case has no such variant.
    #[error("the case `{case}` has no variant `{name}`{}; it has: {known}", nearest(near.as_deref()))]
    UnknownVariant {
        /// The case.
        case: String,
        /// The name that was given.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All of them.
        known: String,
    },
    /// The case has no such knob.
    #[error("the case `{case}` has no knob `{key}`{}; it has: {known}", nearest(near.as_deref()))]
    UnknownKey {
        /// The case.
        case: String,
        /// The key that was given.
        key: String,
        /// The nearest one.
        near: Option<String>,
        /// All of them.
        known: String,
    },
    /// The value is not what the knob takes.
    #[error(
        "`{key}={value}` of the case `{case}`: {reason}; write for example `--set {key}={example}`"
    )]
    BadValue {
        /// The case.
        case: String,
        /// The key.
        key: String,
        /// The value that was given.
        value: String,
        /// What is wrong with it.
        reason: String,
        /// A value that would do.
        example: String,
    },
    /// Two settings that cannot both hold.
    #[error("the case `{case}`: `{first}` and `{second}` contradict each other: {reason}")]
    Contradiction {
        /// The case.
        case: String,
        /// One setting.
        first: String,
        /// The other.
        second: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The world of the plan has no such host.
    #[error("{run} has no host `{name}`{}; it has: {known}", nearest(near.as_deref()))]
    UnknownHost {
        /// The case and its variant.
        run: String,
        /// The name that was given.
        name: String,
        /// The nearest one.
        near: Option<String>,
        /// All of them.
        known: String,
    },
    /// The run did not end.
    #[error("{case}/{variant}: {source}")]
    World {
        /// The case.
        case: String,
        /// The variant.
        variant: String,
        /// Why.
        source: WorldError,
    },
}

/// The part of a sentence that offers the nearest known name.
fn nearest(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}

/// The known name that is nearest to `name`, if any is near at all.
pub(crate) fn nearest_of<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

/// The reason that a unit's parser gives.
impl From<ParseUnitError> for String {
    fn from(error: ParseUnitError) -> Self {
        error.to_string()
    }
}
