//! What a segment costs by how many are in flight: the sender's scoreboard at a window of 40 and of 4,000 segments.
//!
//! `cargo bench --bench scoreboard` measures with criterion. `WIRELAB_BENCH_ONCE=200000 cargo bench --bench
//! scoreboard` sends that many segments per row, rows taking turns, and prints the table.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]
#![allow(clippy::cast_precision_loss, reason = "the counts are far below 2^52")]

use std::cell::RefCell;
use std::rc::Rc;

use criterion::{Criterion, criterion_group};
use futures::{AsyncReadExt, AsyncWriteExt};
use wirelab::event::{Event, Observer, Probe, SocketEvent};
use wirelab::host::{CongestionControl, ListenOptions, Profile, TcpOptions};
use wirelab::link::LinkConfig;
use wirelab::sim::{PathConfig, World};
use wirelab::units::{SimTime, Span};

mod cpu;

/// Data of every segment in bytes: a full one, so that nothing is joined.
const SEGMENT: usize = 1_460;
/// Time between two segments. The delay of the path is chosen so that as many as wanted are on their way.
const PACE: Span = Span::from_micros(10);
/// Send and receive buffers of both ends, in bytes: never the limit, holes or not.
const BUFFER: usize = 32 << 20;
/// Segments of one of criterion's iterations.
const CRITERION_SEGMENTS: usize = 40_000;
/// Runs of each row in the plain mode, unless `WIRELAB_BENCH_REPEATS` says otherwise.
const REPEATS: usize = 5;

/// Segments in flight, and the chance of loss towards the receiver.
type Row = (u64, &'static str);

/// Rows of the table, in pairs: without loss; one hole per window; the same loss for both.
const ROWS: [Row; 6] = [
    (40, "0%"),
    (4_000, "0%"),
    (40, "2.5%"),
    (4_000, "0.025%"),
    (40, "0.1%"),
    (4_000, "0.1%"),
];

/// What was in flight after each acknowledgment: a sum, and how many of them.
#[derive(Debug, Default)]
struct Flight {
    bytes: u64,
    count: u64,
}

impl Observer for Flight {
    fn observe(&mut self, _at: SimTime, event: Event) {
        if let Event::Socket(_, SocketEvent::Windows(windows)) = event
            && windows.in_flight > 0
        {
            self.bytes += windows.in_flight;
            self.count += 1;
        }
    }
}

/// Mean number of segments in flight, those with SACK among them, in a transfer that is not measured.
fn mean_flight(segments: usize, row: Row) -> f64 {
    let flight = Rc::new(RefCell::new(Flight::default()));
    transfer(segments, row, Probe::new(flight.clone()));
    let Flight { bytes, count } = *flight.borrow();
    bytes as f64 / count as f64 / SEGMENT as f64
}

/// Sends `segments` segments, of which `flight` are on their way or wait for their acknowledgment at any
/// time where nothing is lost, and returns how many frames that took.
fn transfer(segments: usize, (flight, loss): Row, probe: Probe) -> u64 {
    let mut world = World::new(1, probe);
    let client = world.add_host("client", Profile::linux());
    let server = world.add_host("server", Profile::linux());
    let backward = LinkConfig {
        delay: PACE * flight / 2,
        ..LinkConfig::default()
    };
    let forward = LinkConfig {
        loss: (loss != "0%").then(|| loss.parse().expect("a chance")),
        ..backward.clone()
    };
    let path = PathConfig {
        forward,
        backward,
        memory: None,
    };
    world.join(client, server, path);
    let tcp = TcpOptions {
        send_buffer: Some(BUFFER),
        recv_buffer: Some(BUFFER),
        congestion: Some(CongestionControl::Unlimited),
        ..TcpOptions::without_nagle()
    };
    let (from, to) = (world.net(client), world.net(server));
    let remote = to.endpoint(80);
    let options = ListenOptions {
        tcp: tcp.clone(),
        ..ListenOptions::default()
    };
    world.spawner().spawn("sender", async move {
        let stream = from.connect(remote, &tcp).await;
        let mut stream = stream.expect("the server listens");
        for _ in 0..segments {
            let written = stream.write_all(&[7; SEGMENT]).await;
            written.expect("the receiver reads");
            from.clock().sleep(PACE).await;
        }
        std::future::pending::<()>().await;
    });
    let read = world.run(async move {
        let listener = to.listen(80, options).expect("the port is free");
        let mut stream = listener.accept().await;
        let mut scratch = vec![0; 64 << 10];
        let mut left = segments * SEGMENT;
        while left > 0 {
            left -= stream.read(&mut scratch).await.expect("the sender writes");
        }
    });
    read.expect("the world goes on");
    world.link_stats().iter().map(|link| link.offered).sum()
}

fn scoreboard(criterion: &mut Criterion<cpu::CpuTime>) {
    let mut group = criterion.benchmark_group("scoreboard");
    group.sample_size(10);
    group.throughput(cpu::elements(CRITERION_SEGMENTS as u64));
    for row in ROWS {
        let (flight, loss) = row;
        group.bench_function(format!("{flight} in flight, {loss} lost"), |bencher| {
            bencher.iter(|| transfer(CRITERION_SEGMENTS, row, Probe::silent()));
        });
    }
    group.finish();
}

/// Runs every row `repeats` times, rows taking turns, and prints the best of each.
fn once(segments: usize, repeats: usize) {
    let mut runs = vec![Vec::new(); ROWS.len()];
    for _ in 0..repeats {
        for (row, runs) in ROWS.iter().zip(&mut runs) {
            let (frames, time) = cpu::timed(|| transfer(segments, *row, Probe::silent()));
            runs.push((time.as_secs_f64() * 1e9 / segments as f64, frames));
        }
    }
    println!("| in flight | mean | lost | ns per segment min / med | of 40 | frames per segment |");
    println!("|---|---|---|---|---|---|");
    let mut reference = 1.0;
    for ((flight, loss), mut runs) in ROWS.iter().zip(runs) {
        let mean = mean_flight(segments, (*flight, loss));
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let ((best, frames), (median, _)) = (runs[0], runs[runs.len() / 2]);
        if *flight == ROWS[0].0 {
            reference = best;
        }
        println!(
            "| {flight} | {mean:.0} | {loss} | {best:.0} / {median:.0} | {:.2} | {:.2} |",
            best / reference,
            frames as f64 / segments as f64,
        );
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(cpu::CpuTime);
    targets = scoreboard
}

fn main() {
    if let Some(segments) = cpu::number("WIRELAB_BENCH_ONCE") {
        let repeats = cpu::number("WIRELAB_BENCH_REPEATS");
        return once(segments, repeats.unwrap_or(REPEATS));
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
