//! Many runs on several threads, one world per thread, with results in the order of the jobs.

use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use anyhow::Result;

/// Does `work` for every job, and calls `done` on this thread after each, with how many are done and the job.
/// The first failure in the order of the jobs is returned; nothing new is begun after one.
pub(super) fn run<J: Sync, T: Send>(
    jobs: &[J],
    work: impl Fn(&J) -> Result<T> + Sync,
    mut done: impl FnMut(usize, &J),
) -> Result<Vec<T>> {
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let mut results: Vec<Option<Result<T>>> = jobs.iter().map(|_| None).collect();
    thread::scope(|scope| {
        let (sender, receiver) = mpsc::channel();
        for _ in 0..workers().min(jobs.len()) {
            let (sender, next, failed, work) = (sender.clone(), &next, &failed, &work);
            scope.spawn(move || {
                while !failed.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(job) = jobs.get(index) else { break };
                    let result = work(job);
                    failed.fetch_or(result.is_err(), Ordering::Relaxed);
                    // The receiver outlives all senders, unless its thread panics.
                    let _ = sender.send((index, result));
                }
            });
        }
        drop(sender);
        for (count, (index, result)) in (1..).zip(receiver) {
            results[index] = Some(result);
            done(count, &jobs[index]);
        }
    });
    // Jobs are begun in order, so whatever is missing comes after a failure.
    results.into_iter().flatten().collect()
}

fn workers() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Plan, find};

    fn plans() -> Vec<Plan> {
        let variants = find("handshake").expect("it exists").variants();
        let plan = |name| Plan::new("handshake", name, 1, []).expect("defaults are valid");
        variants.iter().map(|variant| plan(variant.name)).collect()
    }

    #[test]
    fn results_come_in_the_order_of_the_plans() {
        let plans = plans();
        let mut counts = Vec::new();
        let names = run(
            &plans,
            |plan| Ok(plan.variant().to_owned()),
            |count, _| counts.push(count),
        );
        let expected: Vec<_> = plans.iter().map(Plan::variant).collect();
        assert_eq!(names.expect("no work fails"), expected);
        assert_eq!(counts, (1..=plans.len()).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_failure_is_returned() {
        let plans = plans();
        let work = |plan: &Plan| match plan.variant() {
            "open" => Ok(()),
            name => anyhow::bail!("{name}"),
        };
        let error = run(&plans, work, |_, _| ()).expect_err("all but one fail");
        assert_eq!(error.to_string(), plans[1].variant());
    }
}
