//! The result of one variant: what `result.json` holds and what tables and plots are drawn from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::account::Window;

/// Measurement of one variant beside its formula. Times are milliseconds with ns resolution.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// The case.
    pub case: String,
    /// The variant.
    pub variant: String,
    /// The seed.
    pub seed: u64,
    /// The transport profile of the client and the server, `linux`, `smoltcp` or both as `linux+smoltcp`.
    pub stack: String,
    /// Every knob with its value.
    pub params: BTreeMap<String, String>,
    /// Those that differ from the case's defaults.
    pub changed: BTreeMap<String, String>,
    /// From the first frame that the client's application caused to the last byte it read, or to its error.
    pub total_ms: f64,
    /// `total_ms` in round trips of the path, if the path has a constant one.
    pub round_trips: Option<f64>,
    /// Bytes of all frames that hosts sent, without FCS.
    pub bytes_on_wire: u64,
    /// Frames that hosts sent, ARP included.
    pub frames: u64,
    /// TCP and QUIC connections that were opened.
    pub connections: u64,
    /// What the closed form says, if there is one.
    pub formula_ms: Option<f64>,
    /// The closed form in words, for example `1 RTT + 2 x delay`.
    pub formula: Option<String>,
    /// Measured less formula.
    pub residual_ms: Option<f64>,
    /// What explains the residual, empty if there is none.
    pub residual_cause: Option<String>,
    /// HAR phases in ms, those of all requests of the page added up: more than `total_ms` where they run beside each
    /// other. `ssl` is a part of `connect`.
    pub phases: Option<BTreeMap<String, f64>>,
    /// Class of time -> ms.
    pub account: Option<BTreeMap<String, f64>>,
    /// What the account is of: whose time, from when, until when; in ns of virtual time.
    #[serde(default)]
    pub window: Option<Window>,
    /// The objects of a page.
    pub objects: Vec<ObjectResult>,
    /// Which component is the constraint, in one sentence.
    pub constraint: Option<String>,
    /// Expectations of the case and whether they hold.
    pub checks: Vec<Check>,
    /// What people say of this, beside what the packets say.
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// Figures in rows and columns, for people.
    #[serde(default)]
    pub tables: Vec<Table>,
    /// Files that were written, relative to the output directory.
    pub files: Vec<String>,
    /// Figures that only this case has, for example `fct_ms`.
    #[serde(flatten)]
    pub extra: BTreeMap<String, Value>,
}

/// One object of a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectResult {
    /// For example `/object/7`.
    pub name: String,
    /// From the beginning of the page to the moment when it was wanted.
    pub start_ms: f64,
    /// From there to its last byte.
    pub total_ms: f64,
    /// Body length.
    pub bytes: u64,
    /// Time that its bytes had arrived at the host but could not be delivered.
    pub blocked_ms: Option<f64>,
    /// HAR phases in ms, those that do not apply left out.
    #[serde(default)]
    pub phases: Option<BTreeMap<String, f64>>,
    /// Class of time -> ms, from the moment when it was wanted.
    #[serde(default)]
    pub account: Option<BTreeMap<String, f64>>,
}

/// An expectation: a claim, what was expected and what was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// The claim, for example `the client holds TIME-WAIT`.
    pub claim: String,
    /// What was expected.
    pub expected: String,
    /// What was seen.
    pub seen: String,
    /// Whether it holds.
    pub holds: bool,
}

/// Something that is often said of a scenario, beside what the packets say of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What is said, for example `80 x 150 ms = 12 s`.
    pub said: String,
    /// What was measured, for example `12.150 s`.
    pub packets: String,
    /// Why both differ, or what it takes that they agree.
    pub why: String,
}

/// Figures in rows and columns, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What it shows, units included.
    pub title: String,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The cells of each row; a row has as many as there are columns.
    pub rows: Vec<Vec<String>>,
}

/// A closed form and its value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Formula {
    /// In words.
    pub text: String,
    /// Its value in milliseconds.
    pub ms: f64,
}
