//! Scenario files: any text is a scenario, or refused with its place.

use wirelab::scenario;

/// Nobody panics.
pub(super) fn run(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data)
        && let Err(error) = scenario::read(text, "fuzz.toml")
    {
        assert!(!error.to_string().is_empty());
    }
}
