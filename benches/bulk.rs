//! One bulk transfer through two hosts and a link, against bare smoltcp.
//!
//! `cargo bench --bench bulk` measures 100 MB with criterion. `WIRELAB_BENCH_ONCE=1000000000 cargo bench
//! --bench bulk` moves that many bytes once per row and repeat, rows taking turns, and prints the table.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]
#![allow(clippy::cast_precision_loss, reason = "the counts are far below 2^52")]

use std::cell::RefCell;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::rc::Rc;

use criterion::{Criterion, criterion_group};
use futures::{AsyncReadExt, AsyncWriteExt};
use wirelab::event::Probe;
use wirelab::host::{ListenOptions, Profile, TcpOptions};
use wirelab::link::LinkConfig;
use wirelab::record::pcapng::{Captures, LiveCaptures};
use wirelab::record::{Recorder, RunInfo};
use wirelab::sim::{PathConfig, World};
use wirelab::units::{BitRate, Span};

mod bare;
mod cpu;

/// Rate of the link in both directions.
const BITS_PER_SECOND: u64 = 1_000_000_000;
/// Delay of the link in one direction.
const ONE_WAY_NS: u64 = 5_000_000;
/// Send and receive buffers of both ends, in bytes.
const BUFFER: usize = 2 << 20;
/// What the applications write and read at a time, in bytes.
const CHUNK: usize = 64 << 10;
/// What criterion's iterations transfer, in bytes.
const CRITERION_BYTES: usize = 100_000_000;
/// Runs of each row in the plain mode, unless `WIRELAB_BENCH_REPEATS` says otherwise.
const REPEATS: usize = 5;

/// What a transfer came to.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    frames: u64,
    virtual_ns: u64,
}

/// Moves `bytes` through a world that `probe` watches.
fn lab(bytes: usize, probe: Probe) -> Outcome {
    let mut world = World::new(1, probe);
    let client = world.add_host("client", Profile::linux());
    let server = world.add_host("server", Profile::linux());
    let link = LinkConfig {
        delay: Span::from_nanos(ONE_WAY_NS),
        rate: BitRate::from_bits_per_second(BITS_PER_SECOND),
        ..LinkConfig::default()
    };
    world.join(client, server, PathConfig::symmetric(link));
    let tcp = TcpOptions {
        send_buffer: Some(BUFFER),
        recv_buffer: Some(BUFFER),
        ..TcpOptions::without_nagle()
    };
    let (from, to) = (world.net(client), world.net(server));
    let remote = to.endpoint(80);
    let options = ListenOptions {
        tcp: tcp.clone(),
        ..ListenOptions::default()
    };
    world.spawner().spawn("sender", async move {
        let mut stream = from
            .connect(remote, &tcp)
            .await
            .expect("the server listens");
        let data = vec![7; CHUNK];
        let mut left = bytes;
        while left > 0 {
            left -= stream
                .write(&data[..left.min(CHUNK)])
                .await
                .expect("the receiver reads");
        }
        stream.close().await.expect("the connection is open");
        std::future::pending::<()>().await;
    });
    let read = world
        .run(async move {
            let listener = to.listen(80, options).expect("the port is free");
            let mut stream = listener.accept().await;
            let mut scratch = vec![0; CHUNK];
            let mut read = 0;
            while read < bytes {
                read += stream.read(&mut scratch).await.expect("the sender writes");
            }
            read
        })
        .expect("the world goes on");
    assert_eq!(read, bytes);
    let frames = world.link_stats().iter().map(|link| link.offered).sum();
    Outcome {
        frames,
        virtual_ns: world.now().as_nanos(),
    }
}

/// The same while a recorder keeps the first `snaplen` bytes of every frame.
fn recorded(bytes: usize, snaplen: usize) -> (Outcome, Rc<RefCell<Recorder>>) {
    let recorder = Rc::new(RefCell::new(Recorder::with_snaplen(snaplen)));
    let outcome = lab(bytes, Probe::new(recorder.clone()));
    (outcome, recorder)
}

/// The same, and the captures of both hosts written from the recording.
fn captured_afterwards(bytes: usize, snaplen: usize) -> Outcome {
    let (outcome, recorder) = recorded(bytes, snaplen);
    let recording = recorder.borrow_mut().take(RunInfo::default());
    let captures = Captures::of(&recording);
    for (host, info) in recording.hosts() {
        let mut out = create(&info.name);
        captures.write(host, &mut out).expect("there is space");
        out.flush().expect("there is space");
    }
    outcome
}

/// The same while the captures of both hosts are written to files, `snaplen` bytes of each frame.
fn captured(bytes: usize, snaplen: Option<u32>) -> Outcome {
    let outputs = ["client", "server"].map(create);
    let live = LiveCaptures::new(RunInfo::default(), snaplen, outputs);
    let live = Rc::new(RefCell::new(live));
    let outcome = lab(bytes, Probe::new(live.clone()));
    live.borrow_mut().finish().expect("there is space");
    outcome
}

/// The capture file of a host.
fn create(host: &str) -> BufWriter<File> {
    let path = std::env::temp_dir().join(format!("wirelab-bench-{host}.pcapng"));
    let file = File::create(path).expect("the temporary directory is writable");
    BufWriter::with_capacity(1 << 20, file)
}

/// A name and what it runs with so many bytes.
type Row = (&'static str, fn(usize) -> Outcome);

/// What is measured, in the order of the table.
fn rows() -> Vec<Row> {
    vec![
        ("bare smoltcp", bare::transfer),
        ("lab, nobody watches", |bytes| lab(bytes, Probe::silent())),
        ("lab, captures at snaplen 128", |bytes| {
            captured(bytes, Some(128))
        }),
        ("lab, captures of whole frames", |bytes| {
            captured(bytes, None)
        }),
        ("lab, recorded at snaplen 128", |bytes| {
            recorded(bytes, 128).0
        }),
        ("lab, recorded at snaplen 128, then captures", |bytes| {
            captured_afterwards(bytes, 128)
        }),
    ]
}

fn bulk(criterion: &mut Criterion<cpu::CpuTime>) {
    let mut group = criterion.benchmark_group("bulk");
    group.sample_size(10);
    for (name, run) in rows() {
        let outcome = run(CRITERION_BYTES);
        group.throughput(cpu::elements(outcome.frames));
        group.bench_function(name, |bencher| bencher.iter(|| run(CRITERION_BYTES)));
    }
    group.finish();
}

/// Runs every row `repeats` times, rows taking turns, and prints the best of each.
fn once(bytes: usize, repeats: usize) {
    let wanted = std::env::var("WIRELAB_BENCH_ROW").unwrap_or_default();
    let rows: Vec<_> = rows()
        .into_iter()
        .filter(|(name, _)| name.contains(&wanted))
        .collect();
    let mut runs = vec![Vec::new(); rows.len()];
    for _ in 0..repeats {
        for ((_, run), runs) in rows.iter().zip(&mut runs) {
            let (outcome, time) = cpu::timed(|| run(bytes));
            runs.push((time.as_secs_f64(), outcome));
        }
    }
    println!("| run | CPU s min / med | frames | frames/s best / med | of bare | virtual s |");
    println!("|---|---|---|---|---|---|");
    let mut bare = None;
    for ((name, _), mut runs) in rows.into_iter().zip(runs) {
        runs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (best, outcome) = runs[0];
        let (median, _) = runs[runs.len() / 2];
        let frames = outcome.frames as f64;
        let reference = *bare.get_or_insert(frames / best);
        println!(
            "| {name} | {best:.3} / {median:.3} | {} | {:.2} M / {:.2} M | {:.2} | {:.3} |",
            outcome.frames,
            frames / best / 1e6,
            frames / median / 1e6,
            frames / best / reference,
            outcome.virtual_ns as f64 / 1e9,
        );
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(cpu::CpuTime);
    targets = bulk
}

fn main() {
    if let Some(bytes) = cpu::number("WIRELAB_BENCH_ONCE") {
        let repeats = cpu::number("WIRELAB_BENCH_REPEATS");
        return once(bytes, repeats.unwrap_or(REPEATS));
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
