//! `explorer`: every schedule of losses, kills, timeouts, retries and isolation, against every design.
//!
//! The exploration runs while the world of the variant is built, in worlds of its own. What it finds goes into the
//! recording as events, and the recorded world is that of the shortest schedule under which the plan's design
//! fails: its captures are those of the minimal failure.

mod schedule;
mod verdict;
mod worlds;

use std::rc::Rc;

use self::schedule::Schedule;
pub(super) use self::verdict::judge;
use super::knobs;
use super::setup::{Deed, Setup};
use crate::app::ledger::{Design, Isolation, Store};
use crate::app::payment::{Policy, Terms};
use crate::case::{Main, Plan, Stage};
use crate::event::{AppEvent, FailingSchedule, LedgerStep};
use crate::link::Loss;
use crate::units::Span;

/// How long worlds with random loss go on after the client's work: some requests come late.
const LATE: Span = Span::from_secs(60);

/// Attempts in worlds with random loss: until there is an answer.
const UNTIL_ANSWERED: u32 = 20;

/// What was found of a design.
struct Finding {
    design: Design,
    runs: Vec<Outcome>,
}

/// What became of a schedule.
struct Outcome {
    schedule: Schedule,
    steps: u32,
    doubled: bool,
    lost: bool,
}

/// Explores, and builds the world that is recorded.
pub(super) fn build(plan: &Plan, stage: &mut Stage<'_>) -> Main {
    let base = knobs::setup(plan);
    let findings = Design::ALL.map(|design| explore(plan, &base, design));
    let design = knobs::design(plan);
    let replayed = findings
        .iter()
        .find(|finding| finding.design == design)
        .and_then(|finding| finding.shortest(None).or(finding.runs.last()))
        .expect("every design has at least one schedule");
    let setup = replayed.schedule.put_into(&base, design);
    let store = Rc::new(Store::new(design.has_unique_keys()));
    let main = setup.build(plan, stage.world, store);
    let server = stage.world.host_ids().last().expect("there is a server");
    let net = stage.world.net(server);
    let tell = |step| {
        net.tell(|| AppEvent::Ledger {
            request: None,
            step,
        });
    };
    for finding in &findings {
        tell(finding.told(&base, None));
        for isolation in Isolation::ALL {
            tell(finding.told(&base, Some(isolation)));
        }
    }
    tell(draw(plan, &base));
    main
}

/// Runs the plan's number of schedules against a design.
fn explore(plan: &Plan, base: &Setup, design: Design) -> Finding {
    let mut schedules = schedule::all(base, plan, design);
    schedules.truncate(usize::try_from(plan.count("schedules")).unwrap_or(usize::MAX));
    let accounts = worlds::accounts(plan, schedules.len(), |index| {
        (schedules[index].put_into(base, design), plan.seed())
    });
    let runs = std::iter::zip(schedules, accounts).map(|(schedule, account)| Outcome {
        schedule,
        steps: account.steps,
        doubled: account.has_doubled(),
        lost: account.has_lost(),
    });
    Finding {
        design,
        runs: runs.collect(),
    }
}

impl Finding {
    fn of(&self, isolation: Option<Isolation>) -> impl Iterator<Item = &Outcome> {
        self.runs
            .iter()
            .filter(move |run| isolation.is_none_or(|only| run.schedule.isolation() == only))
    }

    /// The run that fails with the fewest faults, and then in the fewest steps.
    fn shortest(&self, isolation: Option<Isolation>) -> Option<&Outcome> {
        self.of(isolation)
            .filter(|run| run.doubled || run.lost)
            .min_by_key(|run| (run.schedule.faults(), run.steps))
    }

    fn told(&self, base: &Setup, isolation: Option<Isolation>) -> LedgerStep {
        let count = |which: fn(&Outcome) -> bool| {
            self.of(isolation).filter(|run| which(run)).count() as u64
        };
        LedgerStep::Explored {
            design: self.design.name().to_owned(),
            isolation: isolation.map(|isolation| isolation.name().to_owned()),
            schedules: count(|_| true),
            doubled: count(|run| run.doubled),
            lost: count(|run| run.lost),
            shortest: self.shortest(isolation).map(|run| FailingSchedule {
                faults: run.schedule.faults(),
                steps: run.steps,
                settings: run.schedule.settings(base, self.design),
            }),
        }
    }
}

/// Charges without a key over a path with random loss, each time with another seed, until there is an answer.
fn draw(plan: &Plan, base: &Setup) -> LedgerStep {
    let seeds = plan.count("seeds");
    let setup = Setup {
        terms: Terms {
            design: Design::NoKey,
            think: plan.span("think"),
            ..base.terms
        },
        policy: Policy {
            attempts: UNTIL_ANSWERED,
            ..base.policy
        },
        deed: Deed::Charge,
        loss: plan.text("chance").parse::<Loss>().ok(),
        closing: LATE,
        ..base.clone()
    };
    let accounts = worlds::accounts(
        plan,
        usize::try_from(seeds).unwrap_or(usize::MAX),
        |index| (setup.clone(), plan.seed().wrapping_add(index as u64)),
    );
    let count = |which: fn(&super::account::Account) -> bool| {
        accounts.iter().filter(|account| which(account)).count() as u64
    };
    LedgerStep::Drawn {
        seeds,
        doubled: count(super::account::Account::has_doubled),
        unanswered: count(super::account::Account::has_unanswered),
    }
}
