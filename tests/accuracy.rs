//! What belongs here: the lab does what Linux did, row by row of the reference in `tests/reference`.

use std::thread;

use wirelab::case::accuracy::{Job, Outcome, assemble, jobs};
use wirelab::measure::accuracy::{Accuracy, Kind, Row};

/// As many as `wirelab accuracy` takes.
const SEEDS: u64 = 1_000;

/// Runs every row on so many threads.
fn compared(seeds: u64, threads: usize) -> Accuracy {
    let jobs = jobs(seeds);
    let share = jobs.len().div_ceil(threads);
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let workers: Vec<_> = jobs
            .chunks(share)
            .map(|jobs| scope.spawn(|| jobs.iter().map(ran).collect::<Vec<_>>()))
            .collect();
        let done = workers.into_iter();
        done.flat_map(|worker| worker.join().expect("no row panics"))
            .collect()
    });
    assemble(seeds, outcomes)
}

fn ran(job: &Job) -> Outcome {
    job.run()
        .unwrap_or_else(|error| panic!("{}: {error}", job.case()))
}

fn assert_inside<'a>(rows: impl Iterator<Item = &'a Row>) {
    let complaints: Vec<_> = rows.flat_map(Row::complaints).collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn every_row_of_the_reference_is_in_its_band() {
    assert_inside(compared(SEEDS, 2).rows.iter());
}

#[test]
fn timers_keep_their_nominal_instants() {
    let accuracy = compared(1, 2);
    let timers = |row: &&Row| row.kind == Kind::Timer;
    assert_eq!(accuracy.rows.iter().filter(timers).count(), 5);
    assert_inside(accuracy.rows.iter().filter(timers));
}

#[test]
fn the_comparison_does_not_depend_on_threads() {
    assert_eq!(compared(60, 1), compared(60, 3));
}
