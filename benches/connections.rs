//! What a packet costs while many connections are open, and what opening them costs.
//!
//! `cargo bench --bench connections` measures with criterion. `WIRELAB_BENCH_ONCE=200000 cargo bench --bench
//! connections` sends that many messages per row, rows taking turns, and prints the table.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]
#![allow(clippy::cast_precision_loss, reason = "the counts are far below 2^52")]

use std::time::Duration;

use criterion::{Criterion, criterion_group};

mod cpu;
mod crowd;

use crowd::Crowd;

/// Rows of the table: connections that are open, and how many of them are at work.
const ROWS: [(usize, usize); 3] = [(100, 100), (50_000, 100), (50_000, 50_000)];
/// Messages in one of criterion's iterations.
const CRITERION_MESSAGES: usize = 10_000;
/// Runs of each row in the plain mode, unless `WIRELAB_BENCH_REPEATS` says otherwise.
const REPEATS: usize = 5;

fn connections(criterion: &mut Criterion<cpu::CpuTime>) {
    let mut group = criterion.benchmark_group("connections");
    group.sample_size(10);
    for (open, active) in ROWS {
        let mut crowd = Crowd::open(open);
        let frames = crowd.work(active, CRITERION_MESSAGES);
        group.throughput(cpu::elements(frames));
        group.bench_function(format!("{open} open, {active} active"), |bencher| {
            bencher.iter(|| crowd.work(active, CRITERION_MESSAGES));
        });
    }
    group.bench_function("open 50000", |bencher| {
        bencher.iter_with_large_drop(|| Crowd::open(50_000));
    });
    group.finish();
}

/// One row of the table under way: time to open, time per frame, frames.
#[derive(Clone, Copy, Debug)]
struct Run {
    open: Duration,
    per_frame: f64,
    frames: u64,
}

fn run(open: usize, active: usize, messages: usize) -> Run {
    let (mut crowd, opened) = cpu::timed(|| Crowd::open(open));
    crowd.work(active, active); // everybody once, so that all that is measured has been in use
    let (frames, worked) = cpu::timed(|| crowd.work(active, messages));
    Run {
        open: opened,
        per_frame: worked.as_secs_f64() * 1e9 / frames as f64,
        frames,
    }
}

fn once(messages: usize, repeats: usize) {
    let mut runs = vec![Vec::new(); ROWS.len()];
    for _ in 0..repeats {
        for ((open, active), runs) in ROWS.iter().zip(&mut runs) {
            runs.push(run(*open, *active, messages));
        }
    }
    println!(
        "| open | active | ns per frame min / med | of 100 open | frames | CPU s to open all min / med |"
    );
    println!("|---|---|---|---|---|---|");
    let mut few = None;
    for ((open, active), mut runs) in ROWS.iter().zip(runs) {
        runs.sort_by(|a, b| a.per_frame.total_cmp(&b.per_frame));
        let (best, median) = (runs[0], runs[runs.len() / 2]);
        let mut opens: Vec<_> = runs.iter().map(|run| run.open.as_secs_f64()).collect();
        opens.sort_by(f64::total_cmp);
        let reference = *few.get_or_insert(best.per_frame);
        println!(
            "| {open} | {active} | {:.0} / {:.0} | {:.2} | {} | {:.3} / {:.3} |",
            best.per_frame,
            median.per_frame,
            best.per_frame / reference,
            best.frames,
            opens[0],
            opens[opens.len() / 2],
        );
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(cpu::CpuTime);
    targets = connections
}

fn main() {
    if let Some(messages) = cpu::number("WIRELAB_BENCH_ONCE") {
        let repeats = cpu::number("WIRELAB_BENCH_REPEATS");
        return once(messages, repeats.unwrap_or(REPEATS));
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
