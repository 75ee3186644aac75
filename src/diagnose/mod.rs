//! Diagnosis: re-runs of one plan with components made ideal, one at a time and in combination, and what follows from
//! them.
//!
//! `lab` makes the runs, `rank` says which component is the constraint, `words` says it in a sentence, `target` looks
//! for the cheapest combination that meets a time, `losses` drops each frame once. The answer is a
//! [`Diagnosis`]. What is measured decides; nothing here knows a protocol.

mod lab;
mod losses;
mod rank;
mod target;
mod words;

use crate::case::{CaseError, Plan};
use crate::measure::diagnosis::Diagnosis;
use crate::units::Span;
use lab::Lab;

pub use losses::MOST_FRAMES;

/// How many seeds a plan with random loss or jitter is run with.
pub const SEEDS: u64 = 5;

/// What is asked besides the constraint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Question {
    /// The time that the page should take at most.
    pub target: Option<Span>,
    /// Whether each frame's loss is tried.
    pub losses: bool,
}

/// Why there is no diagnosis.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DiagnoseError {
    /// The run failed as it is.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// Nothing was waited for, or nothing can be relieved.
    #[error(
        "{case}/{variant} has no page that could be diagnosed: {reason}; `wirelab diagnose image-page/origin-h1-six` has"
    )]
    NoPage {
        /// The case.
        case: String,
        /// The variant.
        variant: String,
        /// What is missing.
        reason: &'static str,
    },
}

impl DiagnoseError {
    fn no_page(plan: &Plan, reason: &'static str) -> Self {
        Self::NoPage {
            case: plan.case().name().to_owned(),
            variant: plan.variant().to_owned(),
            reason,
        }
    }
}

/// Finds out what the constraint of a plan is.
///
/// # Errors
/// [`DiagnoseError`] if the plan itself cannot be run to its end, or there is nothing to find out.
pub fn diagnose(plan: &Plan, question: Question) -> Result<Diagnosis, DiagnoseError> {
    let mut lab = Lab::of(plan)?;
    lab.try_pairs();
    let mut diagnosis = rank::diagnosis(plan, &lab);
    if let Some(target) = question.target {
        diagnosis.target = Some(target::meet(&mut lab, target.as_millis_f64()));
        diagnosis.runs = lab.runs();
    }
    if question.losses {
        diagnosis.losses = Some(losses::map(plan)?);
    }
    Ok(diagnosis)
}
