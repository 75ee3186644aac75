//! The interactive stepper on a long recording: how long opening takes, what each key costs, how much memory it
//! needs.
//!
//! `WIRELAB_BENCH_BYTES=700000000 cargo bench --bench stepper` moves that many bytes in a process of its own
//! (whose memory does not count), which leaves an events file; without it 100 MB. `WIRELAB_BENCH_SNAPLEN` keeps
//! so much of each frame.

#![allow(clippy::print_stdout, reason = "a bench prints its table")]

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use wirelab::case::{Plan, Run};
use wirelab::record::{Recorder, events_file};
use wirelab::stepper::Tape;
use wirelab::stepper::fork::World;
use wirelab::stepper::tui::{App, Key, Palette};

#[expect(dead_code, reason = "other benches use the rest of it")]
mod cpu;

/// Names the file that the process of its own shall write.
const MAKE: &str = "WIRELAB_BENCH_MAKE";

fn main() {
    if let Some(path) = std::env::var_os(MAKE) {
        make(Path::new(&path));
        return;
    }
    let path = std::env::temp_dir().join(format!("wirelab-stepper-{}.bin", std::process::id()));
    let this = std::env::current_exe().expect("this program has a path");
    let made = Command::new(this).env(MAKE, &path).status();
    assert!(made.expect("it starts").success(), "no recording was made");
    measure(&path);
    fs::remove_file(&path).expect("the file is ours");
}

/// Writes the recording of a bulk transfer.
fn make(path: &Path) {
    let bytes = cpu::number("WIRELAB_BENCH_BYTES").unwrap_or(100_000_000);
    let bytes = format!("{bytes}B");
    let knobs = [
        ("bytes", bytes.as_str()),
        ("rate", "1gbit"),
        ("rtt", "10ms"),
    ];
    let plan = Plan::new("transfer", "download", 1, knobs).expect("the case has these knobs");
    let recorder = match cpu::number("WIRELAB_BENCH_SNAPLEN") {
        Some(snaplen) => Recorder::with_snaplen(snaplen),
        None => Recorder::new(),
    };
    let run = Run::start_with(&plan, recorder).finish();
    let recording = run.expect("the transfer ends").recording;
    let file = File::create(path).expect("the directory is writable");
    events_file::write(&recording, BufWriter::new(file)).expect("there is room");
}

fn measure(path: &Path) {
    let size = fs::metadata(path).expect("it was written").len();
    let open = || {
        let file = BufReader::with_capacity(1 << 18, File::open(path).expect("it is there"));
        let blocks = events_file::Blocks::open(Box::new(file)).expect("it is whole");
        World::open(Tape::film(blocks), None, None).expect("it is whole")
    };
    let (world, opening) = cpu::timed(open);
    let (events, frames) = (world.player.len(), world.player.contents().frame_count());
    println!(
        "{frames} frames, {events} events, {} MB on disk",
        size / 1_000_000
    );
    println!(
        "opened in {:.2} s, {} MB resident",
        opening.as_secs_f64(),
        resident()
    );
    let mut app = App::new(world, None, Palette { colours: true });
    let mut terminal = Terminal::new(TestBackend::new(200, 60)).expect("it is memory");
    println!("\n| keys | CPU ms, worst | mean |\n|---|---|---|");
    for (name, keys) in rows() {
        let mut worst = Duration::ZERO;
        let mut sum = Duration::ZERO;
        for key in &keys {
            let ((), spent) = cpu::timed(|| {
                app.update(*key);
                terminal
                    .draw(|frame| app.render(frame))
                    .expect("it is memory");
            });
            worst = worst.max(spent);
            sum += spent;
        }
        let mean = sum.as_secs_f64() * 1e3 / f64::from(u32::try_from(keys.len()).expect("few"));
        println!("| {name} | {:.2} | {mean:.2} |", worst.as_secs_f64() * 1e3);
    }
    until(&mut app, &mut terminal);
    println!("\n{} MB resident at most", resident());
}

/// What is pressed, one after the other.
fn rows() -> Vec<(&'static str, Vec<Key>)> {
    let typed = |text: &str| text.chars().map(Key::Char).collect::<Vec<_>>();
    let mut far = Vec::new();
    for number in [400_000_u32, 7, 250_003, 499_999, 123_456] {
        far.extend(typed(&format!("g{number}")));
        far.push(Key::Enter);
    }
    vec![
        ("End", vec![Key::End]),
        ("one event back", vec![Key::Left; 200]),
        ("one frame back", vec![Key::Up; 200]),
        ("a page back", vec![Key::PageUp; 100]),
        ("Home", vec![Key::Home]),
        ("g, far", far),
        ("one event forward", vec![Key::Right; 200]),
        ("a page forward", vec![Key::PageDown; 100]),
        ("next drop, previous drop", typed("dDdD")),
        ("next, previous application event", typed("aaAaAAaaaA")),
    ]
}

/// A search of the whole recording: how long it takes, and how long the keyboard waits at most.
fn until(app: &mut App, terminal: &mut Terminal<TestBackend>) {
    app.update(Key::Home);
    app.until("tcp.len == 9999".parse().expect("an expression"));
    let mut worst = Duration::ZERO;
    let mut sum = Duration::ZERO;
    while app.is_busy() {
        let ((), spent) = cpu::timed(|| {
            app.tick();
            terminal
                .draw(|frame| app.render(frame))
                .expect("it is memory");
        });
        worst = worst.max(spent);
        sum += spent;
    }
    println!(
        "| until, through all | {:.2} | {:.2} s in all |",
        worst.as_secs_f64() * 1e3,
        sum.as_secs_f64()
    );
}

/// What this process has held at most, in MB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kb.map_or(0, |kb| kb / 1_000)
}
