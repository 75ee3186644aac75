//! What is kept of one run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::measure::CaseResult;

/// One run of a sweep: its number, and figures or why there are none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The number of the run in its sweep, from 0.
    pub run: u64,
    /// What was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figures: Option<Figures>,
    /// Why the run did not come to an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Figures of a run, as integers, so that writing and reading them changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// From the first frame to the last byte, in ns.
    pub total_ns: u64,
    /// Whether every expectation of the case was kept.
    pub kept: bool,
    /// Frames that hosts sent.
    pub frames: u64,
    /// Bytes of them.
    pub bytes_on_wire: u64,
    /// Connections that were opened.
    pub connections: u64,
    /// Class of time -> ns; adds up to the total. Empty where nobody waits for a page.
    pub account_ns: BTreeMap<String, u64>,
}

impl Figures {
    /// The figures of a result.
    pub fn of(result: &CaseResult) -> Self {
        let account = result.account.iter().flatten();
        Self {
            total_ns: nanos(result.total_ms),
            kept: result.checks.iter().all(|check| check.holds),
            frames: result.frames,
            bytes_on_wire: result.bytes_on_wire,
            connections: result.connections,
            account_ns: account
                .map(|(class, ms)| (class.clone(), nanos(*ms)))
                .collect(),
        }
    }
}

/// A result's time, to the nanosecond.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time is not negative, and shorter than centuries"
)]
fn nanos(ms: f64) -> u64 {
    (ms * 1e6).round() as u64
}
