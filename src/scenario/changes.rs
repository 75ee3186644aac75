//! The knobs of lines and paths that change over time, as a mobile network's.

use super::model::Scenario;
use super::turn::{OWN, own};
use crate::case::{Kind, Knob, Plan};

/// The knobs.
pub(super) fn knobs() -> [Knob; 4] {
    [
        own(
            "trace",
            Kind::Trace,
            "mahimahi trace of the line to the browser, instead of a rate",
        ),
        own(
            "uplink_trace",
            Kind::Trace,
            "mahimahi trace of the line from the browser",
        ),
        own(
            "down",
            Kind::Windows,
            "when the browser's paths lose everything, in both directions",
        ),
        own(
            "hold",
            Kind::Windows,
            "when the browser's paths hold everything until the end, as in a handover",
        ),
    ]
}

impl Scenario {
    /// Turns them.
    pub(super) fn turn_changes(&mut self, plan: &Plan) {
        let client = self.page.client;
        let machine = &mut self.hosts[client];
        for (line, key) in [
            (&mut machine.down, "trace"),
            (&mut machine.up, "uplink_trace"),
        ] {
            if plan.text(key) != OWN {
                line.trace = plan.trace(key);
            }
            if line.trace.is_some() {
                line.rate = None;
            }
        }
        let paths = self.paths.iter_mut();
        for path in paths.filter(|path| path.ends.contains(&client)) {
            for link in [&mut path.there, &mut path.back] {
                if plan.text("down") != OWN {
                    link.outages = plan.windows("down");
                }
                if plan.text("hold") != OWN {
                    link.holds = plan.windows("hold");
                }
            }
        }
    }
}
