//! What belongs here: claims about every case, and about `run --all` as a whole.

use wirelab::case::{Plan, Run, all};

use crate::support::leave_recording;

#[test]
fn every_variant_keeps_its_expectations_and_explains_its_residual() {
    for case in all() {
        for variant in case.variants() {
            let plan = Plan::new(case.name(), variant.name, 1, []).expect("defaults are valid");
            let finished = Run::start(&plan).finish().expect("the world ends");
            leave_recording(&finished.recording);
            let result = finished.result;
            for check in &result.checks {
                assert!(check.holds, "{}/{}: {check:?}", result.case, result.variant);
            }
            let cause = result.residual_cause.as_deref().unwrap_or_default();
            assert_ne!(cause, "unexplained", "{}/{}", result.case, result.variant);
        }
    }
}
