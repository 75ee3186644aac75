//! The path between a client and a server as its knobs have it: what it does to frames, and what it does over time.
//!
//! A setting names a trace's file; the trace itself comes with the settings, since nothing here opens files.

use super::knob::{Kind, Knob};
use super::{CaseError, Plan};
use crate::link::{Direction, DropScripts, LinkConfig, Loss, Outage, QueueLimit, Trace, Windows};

/// Digits of a trace's fingerprint.
const DIGITS: usize = 16;

impl Knob {
    /// The file that `value` names, if the knob takes traces and it names one; a fingerprint may follow it.
    pub fn trace_file<'a>(&self, value: &'a str) -> Option<&'a str> {
        let takes = match &self.kind {
            Kind::Trace => value != "none",
            Kind::Or(word, kind) => **kind == Kind::Trace && value != *word && value != "none",
            _ => false,
        };
        takes.then(|| parts(value).0)
    }
}

/// A file and the fingerprint after it: `lte.down#0123456789abcdef`.
fn parts(value: &str) -> (&str, Option<&str>) {
    let is_digest = |text: &str| {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        text.len() == DIGITS && text.bytes().all(is_digit)
    };
    match value.rsplit_once('#') {
        Some((file, digest)) if is_digest(digest) && !file.is_empty() => (file, Some(digest)),
        _ => (value, None),
    }
}

/// What is said in results of the trace that a value names, one of those that have been read.
pub(super) fn spelled(traces: &[Trace], value: &str) -> Result<String, String> {
    let (file, wanted) = parts(value);
    let Some(trace) = traces.iter().find(|trace| trace.name() == file) else {
        return Err(format!(
            "no trace `{file}` has been read; give it with the settings"
        ));
    };
    match wanted {
        Some(wanted) if wanted != trace.digest() => Err(format!(
            "{file} is another trace by now, with the fingerprint {}; restore it, or leave #{wanted} out",
            trace.digest()
        )),
        _ => Ok(trace.to_string()),
    }
}

impl Plan {
    /// The core path of the knobs of `path_knobs`, in one direction.
    pub fn link(&self, direction: Direction) -> LinkConfig {
        let scripts: DropScripts = self.optional("drop", "none").unwrap_or_default();
        let loss: Option<Loss> = match direction {
            Direction::ServerToClient => self.optional("loss", "0"),
            Direction::ClientToServer => None,
        };
        let trace = match direction {
            Direction::ServerToClient => self.trace("trace"),
            Direction::ClientToServer => self.trace("uplink_trace"),
        };
        let (rtt, there) = (self.span("rtt"), self.span("rtt") / 2);
        LinkConfig {
            // What does not halve evenly goes to the way back, so that both together are the round trip.
            delay: match direction {
                Direction::ClientToServer => there,
                Direction::ServerToClient => rtt - there,
            },
            jitter: self.span("jitter"),
            rate: self.optional("rate", "unlimited"),
            trace,
            limit: self.optional::<QueueLimit>("queue", "unlimited"),
            loss,
            outages: self.windows("down"),
            holds: self.windows("hold"),
            drops: scripts.toward(direction),
            ..LinkConfig::default()
        }
    }

    /// Whether nothing on the path depends on chance, a rate, a trace, a script or the moment.
    pub fn is_clean(&self) -> bool {
        self.is_steady() && self.is_calm("rate")
    }

    /// Whether nothing on the path depends on chance, a trace, a script or the moment; it may have a rate.
    pub fn is_steady(&self) -> bool {
        let keys = [
            "jitter",
            "loss",
            "drop",
            "trace",
            "uplink_trace",
            "down",
            "hold",
        ];
        keys.iter().all(|key| self.is_calm(key))
    }

    /// Whether a knob of the path does nothing, or is none of this case's.
    fn is_calm(&self, key: &str) -> bool {
        !self.has(key) || matches!(self.text(key), "0" | "unlimited" | "none")
    }

    /// The trace that a knob names; `None` if it names none.
    pub fn trace(&self, key: &str) -> Option<Trace> {
        let text = self.text(key);
        let mut traces = self.traces().iter();
        traces.find(|trace| trace.to_string() == text).cloned()
    }

    /// The windows of time that a knob gives.
    pub fn windows(&self, key: &str) -> Vec<Outage> {
        // Values are checked when they are set, so only the word of a scenario's knobs is none.
        let windows: Result<Windows, _> = self.text(key).parse();
        windows.unwrap_or_default().0
    }

    /// Refuses a line that is to have both a rate and a trace.
    pub(super) fn check_line(&self) -> Result<(), CaseError> {
        let is_set = |key: &str, words: &[&str]| self.has(key) && !words.contains(&self.text(key));
        let traced = ["trace", "uplink_trace"].map(|key| (key, is_set(key, &["own", "none"])));
        let traced = traced.iter().find(|(_, is_set)| *is_set);
        match traced {
            Some((key, _)) if is_set("rate", &["own", "unlimited"]) => {
                Err(CaseError::Contradiction {
                    case: self.case().name().to_owned(),
                    first: format!("rate={}", self.text("rate")),
                    second: format!("{key}={}", self.text(key)),
                    reason: "a line has a rate or a trace; leave one of them out".to_owned(),
                })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::find;

    fn plan(settings: &[(&str, &str)]) -> Result<Plan, CaseError> {
        let traces = ["a.trace", "b.trace"]
            .map(|name| Trace::parse(name, "1\n").expect("a trace"))
            .to_vec();
        let case = find("transfer").expect("it exists");
        Plan::with_traces(case, "download", 1, settings.iter().copied(), &traces)
    }

    #[test]
    fn a_trace_is_told_by_its_name_and_fingerprint_and_only_where_it_is_set() {
        let told = plan(&[("trace", "a.trace")]).expect("a plan");
        let down = told.link(Direction::ServerToClient).trace.expect("a trace");
        assert_eq!(told.text("trace"), down.to_string());
        assert_eq!(told.link(Direction::ClientToServer).trace, None);
        assert_eq!(told.run_info().params["trace"], down.to_string());
        // What is told can be given again.
        let again = plan(&[("trace", told.text("trace"))]).expect("a plan");
        assert_eq!(again.text("trace"), told.text("trace"));
        let plain = plan(&[]).expect("a plan");
        assert!(plain.values().all(|(key, _)| !key.contains("trace")));
        assert!(plain.is_clean() && !told.is_clean());
    }

    #[test]
    fn a_trace_that_is_unknown_or_has_changed_is_refused() {
        let refused = |value: &str| plan(&[("trace", value)]).expect_err("no trace").to_string();
        assert!(refused("c.trace").contains("no trace `c.trace` has been read"));
        let changed = refused("a.trace#0123456789abcdef");
        assert!(
            changed.contains("a.trace is another trace by now"),
            "{changed}"
        );
        assert!(changed.contains("leave #0123456789abcdef out"), "{changed}");
    }

    #[test]
    fn a_line_has_a_rate_or_a_trace() {
        let both = [("uplink_trace", "b.trace"), ("rate", "10mbit")];
        let error = plan(&both).expect_err("both").to_string();
        assert!(
            error.contains("rate=10mbit") && error.contains("uplink_trace=b.trace#"),
            "{error}"
        );
        let plan = plan(&[("uplink_trace", "b.trace"), ("rate", "unlimited")]).expect("a plan");
        let up = plan.link(Direction::ClientToServer).trace.expect("a trace");
        assert_eq!(up.name(), "b.trace");
    }

    #[test]
    fn windows_are_of_both_directions() {
        let plan = plan(&[("down", "1s..2s,5s..6s/10s"), ("hold", "3s..3.1s")]).expect("a plan");
        for direction in [Direction::ClientToServer, Direction::ServerToClient] {
            let link = plan.link(direction).to_string();
            assert!(
                link.ends_with("down 1s..2s down 5s..6s/10s hold 3s..3.1s"),
                "{link}"
            );
        }
    }
}
