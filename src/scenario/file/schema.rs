//! The JSON schema of scenario files, for editors.

use schemars::schema_for;

use super::raw::File;

/// The schema (JSON Schema 2020-12) as text.
///
/// # Panics
/// Never: a schema has only text keys.
pub fn schema() -> String {
    let schema = schema_for!(File);
    let text = serde_json::to_string_pretty(&schema).expect("a schema has only text keys");
    text + "\n"
}
