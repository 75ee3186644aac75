//! Heap bytes that an open connection holds, counted by the allocator.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

mod crowd;

use crowd::Crowd;

/// Connections to open.
const COUNT: usize = 50_000;

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let region = Region::new(HEAP);
    let mut crowd = Crowd::open(COUNT);
    let opened = live(&region);
    crowd.work(COUNT, COUNT);
    let worked = live(&region);
    println!("| heap B per endpoint, opened | after a message on each |");
    println!("|---|---|");
    println!("| {} | {} |", opened / (2 * COUNT), worked / (2 * COUNT));
}

/// Bytes that were allocated and not freed.
fn live(region: &Region<'_, System>) -> usize {
    let change = region.change();
    (change.bytes_allocated + change.bytes_reallocated.max(0).unsigned_abs())
        - change.bytes_deallocated
}
