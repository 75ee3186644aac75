//! Many random worlds, on as many threads as there are cores; one world stays on one thread.

use std::fmt::Debug;
use std::num::NonZeroUsize;
use std::thread;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use super::capture;

/// Shares into which the cases are split: fixed, so that the cases do not depend on the machine.
const SHARES: u32 = 8;

/// Checks `cases` values of the strategy that `values` makes, the same ones in every run.
///
/// # Panics
/// With the smallest failing value that was found, and what it failed on.
pub(crate) fn sweep<S>(
    test: &str,
    cases: u32,
    values: impl Fn() -> S + Sync,
    check: impl Fn(&S::Value) + Sync,
) where
    S: Strategy<Value: Debug>,
{
    let cases = cases * patience();
    let cores = thread::available_parallelism().map_or(2, NonZeroUsize::get);
    thread::scope(|scope| {
        let worker = |first| {
            let (values, check) = (&values, &check);
            scope.spawn(move || {
                capture::belongs_to(test);
                for share in (first..SHARES).step_by(cores) {
                    run_share(test, share, cases.div_ceil(SHARES), &values(), check);
                }
            })
        };
        let workers: Vec<_> = (0..SHARES).take(cores).map(worker).collect();
        for worker in workers {
            if let Err(cause) = worker.join() {
                std::panic::resume_unwind(cause);
            }
        }
    });
}

/// How many times as many cases somebody wants who sets `WIRELAB_SWEEP`, for a long night.
fn patience() -> u32 {
    let wanted = std::env::var("WIRELAB_SWEEP").ok();
    wanted.map_or(1, |factor| {
        factor.parse().expect("WIRELAB_SWEEP is a factor")
    })
}

fn run_share<S: Strategy<Value: Debug>>(
    test: &str,
    share: u32,
    cases: u32,
    values: &S,
    check: impl Fn(&S::Value),
) {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let mut seed = [0; 32];
    for (place, byte) in seed.iter_mut().zip(test.bytes()) {
        *place = byte;
    }
    seed[31] = u8::try_from(share).expect("there are few shares");
    let dice = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
    let outcome = TestRunner::new_with_rng(config, dice).run(values, |value| {
        check(&value);
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, value)) => panic!("{test}: {reason}\nwith {value:#?}"),
        Err(TestError::Abort(reason)) => panic!("{test}: {reason}"),
    }
}
