//! The same plan once more, with other fates for some frames.

use crate::case::{Plan, Run};
use crate::link::Verdict;
use crate::stepper::fork::{Fate, Future, Injection, Rerun};

/// A plan that can be run again.
#[derive(Debug)]
pub(super) struct Again(pub(super) Plan);

impl Rerun for Again {
    fn rerun(&self, injections: &[Injection]) -> Result<Future, String> {
        let mut run = Run::start(&self.0);
        for injection in injections {
            run.inject_into(injection.frame, verdict(injection.fate));
        }
        let finished = run
            .finish()
            .map_err(|error| format!("the fork does not come to an end: {error}"))?;
        Ok(Future {
            window: finished.result.window,
            total_ms: finished.result.total_ms,
            recording: finished.recording,
        })
    }
}

const fn verdict(fate: Fate) -> Verdict {
    match fate {
        Fate::Drop => Verdict::Drop,
        Fate::Twice => Verdict::Duplicate,
        Fate::Delay(span) => Verdict::Delay(span),
        Fate::Pass => Verdict::Deliver,
    }
}
