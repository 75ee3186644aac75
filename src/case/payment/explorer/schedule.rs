//! What can go wrong, enumerated.

use crate::app::ledger::{Design, Isolation};
use crate::app::payment::{CrashPoint, Policy, Terms};
use crate::case::Plan;
use crate::case::payment::setup::Setup;
use crate::link::DropScripts;
use crate::units::Span;

/// What is lost: at most one thing, but for good where its repeats are named.
const LOSSES: [&str; 11] = [
    "",
    "s2c:data:1",
    "s2c:data:1,s2c:rtx:*",
    "c2s:data:1",
    "c2s:data:1,c2s:rtx:*",
    "c2s:syn:1",
    "s2c:synack:1",
    "s2c:ack:1",
    "s2c:data:2",
    "c2s:data:2",
    "c2s:fin:1",
];

/// One way in which it may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::case::payment) struct Schedule {
    lost: &'static str,
    crash: Option<CrashPoint>,
    policy: Policy,
    isolation: Isolation,
    guard: bool,
}

impl Schedule {
    /// How much goes wrong. A timeout that is too short is no fault but a choice.
    pub(super) const fn faults(&self) -> u32 {
        (!self.lost.is_empty()) as u32 + self.crash.is_some() as u32
    }

    pub(super) const fn isolation(&self) -> Isolation {
        self.isolation
    }

    /// The world of `base` under this schedule.
    pub(super) fn put_into(&self, base: &Setup, design: Design) -> Setup {
        let drops: DropScripts = self.lost.parse().expect("the scripts are well-formed");
        Setup {
            terms: Terms {
                design,
                isolation: self.isolation,
                guard: self.guard,
                crash: self.crash,
                ..base.terms
            },
            policy: self.policy,
            drops,
            ..base.clone()
        }
    }

    /// The settings that make this schedule of the variant `plain`.
    pub(super) fn settings(&self, base: &Setup, design: Design) -> String {
        let Policy {
            timeout,
            attempts,
            backoff,
            beside,
        } = self.policy;
        let mut settings = vec![
            ("design", design.name().to_owned()),
            ("isolation", self.isolation.name().to_owned()),
            ("timeout", timeout.to_string()),
            ("attempts", attempts.to_string()),
            ("backoff", backoff.to_string()),
            ("think", base.terms.think.to_string()),
        ];
        if beside {
            settings.push(("retries", "beside".to_owned()));
        }
        if !self.guard {
            settings.push(("in_progress", "work".to_owned()));
        }
        if let Some(point) = self.crash {
            settings.push(("crash", point.name().to_owned()));
        }
        if !self.lost.is_empty() {
            settings.push(("drop", self.lost.to_owned()));
        }
        let settings = settings.iter().map(|(key, value)| format!("{key}={value}"));
        settings.collect::<Vec<_>>().join(" ")
    }
}

/// All schedules for a design: those with fewer faults first, then those with fewer retries.
pub(in crate::case::payment) fn all(base: &Setup, plan: &Plan, design: Design) -> Vec<Schedule> {
    let mut schedules = Vec::new();
    for policy in policies(base, plan) {
        for guard in [true, false] {
            if !guard && !design.has_keys() {
                continue; // without keys there is nothing to guard
            }
            for isolation in Isolation::ALL {
                for crash in std::iter::once(None).chain(CrashPoint::ALL.map(Some)) {
                    schedules.extend(LOSSES.map(|lost| Schedule {
                        lost,
                        crash,
                        policy,
                        isolation,
                        guard,
                    }));
                }
            }
        }
    }
    schedules.sort_by_key(Schedule::faults); // stable
    schedules
}

/// Timeouts with and without hope, retries before and after the server is back, apart and beside each other.
fn policies(base: &Setup, plan: &Plan) -> Vec<Policy> {
    let (rtt, restart) = (plan.span("rtt"), base.terms.restart);
    let whole = rtt * 2 + base.terms.think + base.terms.finish;
    let timeouts = [
        rtt * 5 / 4,                    // the request has just left
        whole / 3,                      // it is being worked on
        whole + rtt,                    // the answer comes, if nothing is lost
        whole * 2 + Span::from_secs(2), // TCP has repaired what was lost
    ];
    let retries = [
        (2, restart * 3 / 2),
        (2, restart / 2),
        (4, restart / 2),
        (4, restart * 6),
    ];
    let mut policies = Vec::new();
    for beside in [false, true] {
        for (attempts, backoff) in retries {
            policies.extend(timeouts.map(|timeout| Policy {
                timeout: whole_ms(timeout),
                attempts,
                backoff: whole_ms(backoff),
                beside,
            }));
        }
    }
    policies
}

/// So that it can be written down exactly.
fn whole_ms(span: Span) -> Span {
    Span::from_millis((span.as_nanos() / 1_000_000).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::payment::knobs;

    fn schedules(design: Design) -> (Setup, Vec<Schedule>) {
        let plan = Plan::new("payment", "explorer", 1, []).unwrap();
        let base = knobs::setup(&plan);
        let schedules = all(&base, &plan, design);
        (base, schedules)
    }

    #[test]
    fn there_are_more_than_twenty_thousand_schedules_and_no_two_are_alike() {
        let mut count = 0;
        for design in Design::ALL {
            let (base, schedules) = schedules(design);
            let mut texts: Vec<_> = schedules
                .iter()
                .map(|schedule| schedule.settings(&base, design))
                .collect();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), schedules.len(), "{design:?}");
            count += schedules.len();
        }
        assert!(count >= 20_000, "{count}");
    }

    #[test]
    fn fewer_faults_come_first() {
        let (_, schedules) = schedules(Design::OneTransaction);
        assert!(schedules.is_sorted_by_key(Schedule::faults));
        assert_eq!(schedules.last().map(Schedule::faults), Some(2));
    }

    #[test]
    fn a_schedule_is_what_its_settings_make_of_a_plain_run() {
        let design = Design::KeyAfter;
        let (base, schedules) = schedules(design);
        for schedule in schedules.iter().step_by(997) {
            let text = schedule.settings(&base, design);
            let settings: Vec<_> = text
                .split(' ')
                .filter_map(|set| set.split_once('='))
                .collect();
            let plan = Plan::new("payment", "plain", 1, settings).unwrap();
            let (again, expected) = (knobs::setup(&plan), schedule.put_into(&base, design));
            assert_eq!(again.terms, expected.terms, "{text}");
            assert_eq!(again.policy, expected.policy, "{text}");
            let lost: DropScripts = schedule.lost.parse().unwrap();
            assert_eq!(
                plan.optional::<DropScripts>("drop", "none")
                    .unwrap_or_default(),
                lost
            );
        }
    }
}
