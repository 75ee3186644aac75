//! Same seed, same bytes; another seed, other chances.

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use wirelab::record::Entry;

use crate::integrity::{Faults, Plan, conversation, converse, crowds, paths};

/// Everything that happened in the world of a plan.
fn recording(plan: &Plan) -> Vec<Entry> {
    let mut lab = plan.pair().build();
    converse(&mut lab, plan);
    lab.entries()
}

/// So many plans with much chance in them.
fn plans(count: usize) -> Vec<Plan> {
    let mut runner = TestRunner::deterministic();
    let one = conversation(paths(Faults::Loss)).boxed();
    let many = crowds(paths(Faults::Disorder)).boxed();
    (0..count)
        .map(|index| {
            let strategy = if index % 2 == 0 { &one } else { &many };
            let tree = strategy.new_tree(&mut runner);
            tree.expect("every plan is accepted").current()
        })
        .collect()
}

#[test]
fn two_threads_record_the_same_world_alike() {
    for plan in plans(40) {
        let (here, there) = std::thread::scope(|scope| {
            let there = scope.spawn(|| recording(&plan));
            (
                recording(&plan),
                there.join().expect("it ends here as well"),
            )
        });
        assert_eq!(here.len(), there.len(), "{plan:?}");
        for (here, there) in here.iter().zip(&there) {
            assert_eq!(here, there, "{plan:?}");
        }
    }
}

#[test]
fn another_seed_is_another_world() {
    for plan in plans(10) {
        let other = Plan {
            seed: plan.seed.wrapping_add(1),
            ..plan.clone()
        };
        assert!(recording(&plan) != recording(&other), "{plan:?}");
    }
}
