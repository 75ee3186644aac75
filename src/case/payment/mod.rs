//! `payment`: where TCP's guarantee ends. A client charges $50, and what it does not hear it asks again.

mod account;
mod checks;
mod explorer;
mod formula;
mod knobs;
mod setup;
mod words;

use std::rc::Rc;

use super::{Case, CaseError, Judgement, Knob, Main, Plan, Relief, Stage, Variant, reliefs};
use crate::app::ledger::Store;
use crate::record::Recording;

/// The payment case.
#[derive(Debug)]
pub struct Payment;

const VARIANTS: &[Variant] = &[
    Variant {
        name: "plain",
        about: "nothing goes wrong: charged once",
    },
    Variant {
        name: "lost-packet",
        about: "the segment with the answer is lost, and TCP repairs it: charged once",
    },
    Variant {
        name: "no-key",
        about: "no answer comes in time, and the client asks again without a key: charged twice",
    },
    Variant {
        name: "idempotency-key",
        about: "the same with a key: charged once, and the stored answer comes",
    },
    Variant {
        name: "key-check-then-insert",
        about: "requests overlap, and each looks for the key before the other has stored it: charged twice",
    },
    Variant {
        name: "in-progress",
        about: "a retry that comes while the first request is under way gets 409",
    },
    Variant {
        name: "crash-before-commit",
        about: "the server's process is killed before the commit: the retry charges, once",
    },
    Variant {
        name: "crash-after-commit",
        about: "it is killed after the commit of charge and key: the retry finds the answer",
    },
    Variant {
        name: "crash-after-commit-apart",
        about: "it is killed between the commits of charge and key: charged twice",
    },
    Variant {
        name: "key-reused-other-body",
        about: "a key that comes again with another body gets 422",
    },
    Variant {
        name: "missing-key",
        about: "a charge without a key gets 400, and nothing is charged",
    },
    Variant {
        name: "key-expired",
        about: "the retry comes after the key's lifetime: charged twice",
    },
    Variant {
        name: "read-only",
        about: "a request that changes nothing needs no key: asked twice, answered, nothing charged",
    },
    Variant {
        name: "explorer",
        about: "every schedule of faults against every design; the shortest that fails is replayed",
    },
];

impl Case for Payment {
    fn name(&self) -> &'static str {
        "payment"
    }

    fn question(&self) -> &'static str {
        "Where does TCP's guarantee end, and what does it take to charge exactly once?"
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        VARIANTS.to_vec()
    }

    fn knobs(&self) -> Vec<Knob> {
        knobs::knobs()
    }

    fn check(&self, plan: &Plan) -> Result<(), CaseError> {
        let refuse = |key: &str, reason: &str| {
            Err(CaseError::Contradiction {
                case: self.name().to_owned(),
                first: format!("variant {}", plan.variant()),
                second: format!("{key}={}", plan.text(key)),
                reason: reason.to_owned(),
            })
        };
        for key in ["timeout", "restart", "lifetime"] {
            if plan.span(key).is_zero() {
                return refuse(key, "a time above zero is needed there");
            }
        }
        if plan.variant() == "explorer" && plan.text("drop") != "none" {
            return refuse("drop", "explorer decides itself which frames are lost");
        }
        Ok(())
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        if plan.variant() == "explorer" {
            return explorer::build(plan, stage);
        }
        let setup = knobs::setup(plan);
        let store = Rc::new(Store::new(setup.terms.design.has_unique_keys()));
        setup.build(plan, stage.world, store)
    }

    fn reliefs(&self, plan: &Plan) -> Vec<Relief> {
        // It is thousands of worlds, in which nobody waits for one page.
        if plan.variant() == "explorer" {
            return Vec::new();
        }
        reliefs(plan)
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        if plan.variant() == "explorer" {
            return explorer::judge(plan, recording);
        }
        checks::judge(plan, recording)
    }
}
