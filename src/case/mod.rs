//! The cases: one file each, with its question, topology, knobs, variants, formula and expectation.
//!
//! A [`Plan`] is what was asked for, checked before anything runs; a [`Run`] is a case under way, which can
//! be stepped; a [`Finished`] run has its recording and its result. Nothing here draws or writes files.

mod catalog;
mod error;
mod judge;
mod knob;
mod line;
mod offers;
mod page;
mod plan;
mod reference;
mod relief;
mod run;
mod secure;
mod stage;

pub mod accuracy;
pub mod geo_routing;
pub mod handshake;
pub mod head_of_line;
pub mod image_page;
pub mod keep_alive;
pub mod messaging;
pub mod payment;
pub mod time_wait;
pub mod transfer;

use std::future::Future;
use std::pin::Pin;

pub use self::catalog::{all, find};
pub use self::error::CaseError;
pub(crate) use self::error::nearest_of;
pub use self::judge::{Judgement, expect};
pub use self::knob::{Kind, Knob, stack_knobs};
pub use self::offers::Offers;
pub(crate) use self::offers::{authority, url};
pub use self::plan::Plan;
pub use self::reference::CaseRef;
pub(crate) use self::relief::Troubles;
pub(crate) use self::relief::stack as stack_reliefs;
pub use self::relief::{Relief, reliefs};
pub use self::run::{Finished, Run};
pub(crate) use self::secure::{Security, certificates_knob};
pub use self::stage::Stage;

use crate::measure::diagnosis::Fit;
use crate::record::Recording;

/// What a case's main task does; the run ends with it.
pub type Main = Pin<Box<dyn Future<Output = ()>>>;

/// One way to run a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant<'a> {
    /// Its name on the command line.
    pub name: &'a str,
    /// What happens in it, in one line.
    pub about: &'a str,
}

/// One question about the wire, and the packets that answer it.
pub trait Case: Send + Sync {
    /// Its name on the command line.
    fn name(&self) -> &str;

    /// The name of the file that it was read from, if it is none of the catalog.
    fn file(&self) -> Option<&str> {
        None
    }

    /// The question that it answers, in one sentence.
    fn question(&self) -> &str;

    /// Its variants; the first is the one to look at first.
    fn variants(&self) -> Vec<Variant<'_>>;

    /// Its knobs with their defaults.
    fn knobs(&self) -> Vec<Knob>;

    /// Whether the values of the plan fit together; each was checked for itself before.
    ///
    /// # Errors
    /// [`CaseError::Contradiction`] that names both settings.
    fn check(&self, plan: &Plan) -> Result<(), CaseError> {
        let _ = plan;
        Ok(())
    }

    /// Builds the topology, starts the applications, and returns the task with which the run ends.
    fn build(&self, plan: &Plan, stage: &mut Stage) -> Main;

    /// How near it comes to a recording, if it replays one.
    fn fit(&self) -> Option<Fit> {
        None
    }

    /// What can be changed about a plan so that one component is no longer in the way.
    fn reliefs(&self, plan: &Plan) -> Vec<Relief> {
        reliefs(plan)
    }

    /// Whether a run of the plan depends on chance.
    fn is_random(&self, plan: &Plan) -> bool {
        let random = |key: &&str| plan.has(key) && plan.text(key) != "0";
        ["loss", "jitter"].iter().any(random)
    }

    /// Holds the recording against formula and expectations.
    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement;
}
