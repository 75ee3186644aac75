//! What belongs here: real programs and real stacks through a world in real time, held against the same world in
//! virtual time and against what Linux did elsewhere.
//!
//! They need root and TAP devices, and print why they are skipped where those are missing. A machine that is busy with
//! other things is late, and says so: then a comparison is made again.

mod inside;
mod kernels;
mod manners;
mod programs;
mod recorded;

use std::collections::BTreeSet;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use wirelab::event::Event;
use wirelab::record::{Recording, events_file};
use wirelab::units::{SimTime, Span};
use wirelab::wire::packet::TcpView;

/// The program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_wirelab");

/// How often a comparison is made on a machine that is late each time.
const ATTEMPTS: usize = 4;

/// Only one world at a time goes on in real time.
static TURN: Mutex<()> = Mutex::new(());

/// This test's turn, if worlds can be attached here at all.
fn turn() -> Option<MutexGuard<'static, ()>> {
    // The trial makes a namespace too, which nobody else is to see.
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Err(reason) = trial() {
        println!("skipped: there can be no namespaces with TAP devices here: {reason}");
        return None;
    }
    if let Err(error) = wirelab::attach::permitted() {
        panic!("somebody who can make namespaces and devices may attach: {error}");
    }
    Some(turn)
}

/// Makes, without the program, what it would make.
fn trial() -> Result<(), String> {
    let name = format!("wl-trial-{}", std::process::id());
    let ip = |arguments: &[&str]| {
        let output = Command::new("ip").args(arguments).output();
        let output = output.map_err(|error| format!("ip: {error}"))?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        output.status.success().then_some(()).ok_or(said)
    };
    ip(&["netns", "add", &name])?;
    let tried = ip(&["-n", &name, "tuntap", "add", "trial0", "mode", "tap"])
        .and_then(|()| ip(&["netns", "exec", &name, "true"]));
    tried.and(ip(&["netns", "del", &name]))
}

/// Whether a program is there; in CI it has to be.
fn has(program: &str, package: &str) -> bool {
    let found = Command::new(program).arg("--version").output().is_ok();
    if !found {
        assert!(
            std::env::var_os("CI").is_none(),
            "{program} is required in CI: apt-get install {package}"
        );
        println!("skipped: there is no {program} (apt-get install {package})");
    }
    found
}

/// A directory that is gone when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("attach-{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the directory can be made");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An attachment that has ended.
struct Attached {
    result: Value,
    recording: Recording,
}

/// Runs `wirelab attach` with these arguments, in which `OUT` is a directory of its own, to its end.
fn attach(name: &str, arguments: &[&str]) -> Attached {
    let out = Scratch::new(name);
    let output = start(&out, arguments)
        .wait_with_output()
        .expect("the program runs");
    ended(&out, &output)
}

/// The same, which still goes on. Its children and its keeper of pace come before whoever else runs.
fn start(out: &Scratch, arguments: &[&str]) -> Child {
    let mut command = Command::new("nice");
    command.args(["-n", "-20", PROGRAM, "attach", "--json"]);
    command.arg("--out").arg(&out.0).args(arguments);
    let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("the program runs")
}

fn ended(out: &Scratch, output: &std::process::Output) -> Attached {
    let said = String::from_utf8_lossy(&output.stderr);
    let result = serde_json::from_slice(&output.stdout);
    let result: Value = result.unwrap_or_else(|error| panic!("{error}: {said}"));
    assert!(output.status.success(), "{}: {said}", output.status);
    let files = result["files"].as_array().expect("there are files");
    let mut files = files.iter().filter_map(Value::as_str);
    let events = files.find(|file| file.ends_with("events.bin"));
    let file = fs::File::open(out.0.join(events.expect("there is a recording")));
    let file = std::io::BufReader::new(file.expect("it was written"));
    let recording = events_file::read(file).expect("it can be read");
    Attached { result, recording }
}

impl Attached {
    /// By how much the latest frame was late, in ms.
    fn worst(&self) -> f64 {
        self.result["punctuality"]["worst_ms"]
            .as_f64()
            .expect("frames came to devices")
    }
}

/// A TCP segment with what it carries, as a host's tap saw it.
struct Passed {
    at: SimTime,
    /// The client's port, if this is a client's tap.
    port: u16,
    sent: bool,
    syn: bool,
    fin: bool,
    payload: usize,
}

/// The TCP segments of a host, in order.
fn segments(recording: &Recording, name: &str) -> Vec<Passed> {
    let mut hosts = recording.hosts();
    let host = hosts.find(|(_, info)| info.name == name);
    let (host, _) = host.expect("the host is there");
    let entries = recording.entries.iter();
    let frames = entries.filter_map(|entry| match &entry.event {
        Event::FrameSent { host: at, frame } if *at == host => Some((entry.at, true, frame)),
        Event::FrameReceived { host: at, frame } if *at == host => Some((entry.at, false, frame)),
        _ => None,
    });
    frames
        .filter_map(|(at, sent, frame)| {
            let view = TcpView::of(&frame.bytes)?;
            Some(Passed {
                at,
                port: if sent {
                    view.header.source_port()
                } else {
                    view.header.destination_port()
                },
                sent,
                syn: view.header.syn(),
                fin: view.header.fin(),
                payload: view.payload.len(),
            })
        })
        .collect()
}

/// From the client's first segment to the last byte that it received on a connection that it had not closed.
fn page_time(recording: &Recording) -> Span {
    let segments = segments(recording, "client");
    let first = segments.first().expect("there are segments").at;
    let (mut closed, mut last) = (BTreeSet::new(), first);
    for one in &segments {
        if one.sent && one.fin {
            closed.insert(one.port);
        } else if !one.sent && one.payload > 0 && !closed.contains(&one.port) {
            last = one.at;
        }
    }
    last.since(first)
}

/// What a measurement is to be.
struct Claim {
    what: String,
    measured: f64,
    expected: f64,
    /// The part of the expected value by which it may differ, and so much more.
    part: f64,
    allowance: f64,
    /// What it was in repetitions elsewhere, which may differ by more.
    spread: Option<RangeInclusive<f64>>,
}

impl Claim {
    /// A time, in ms.
    fn time(
        what: impl Into<String>,
        measured: f64,
        expected: f64,
        (part, allowance): (f64, f64),
    ) -> Self {
        Self {
            what: what.into(),
            measured,
            expected,
            part,
            allowance,
            spread: None,
        }
    }

    /// The same, which also holds of what was seen elsewhere.
    fn or_within(mut self, spread: RangeInclusive<f64>) -> Self {
        self.spread = Some(spread);
        self
    }

    fn is_within(&self, part: f64, allowance: f64) -> bool {
        (self.measured - self.expected).abs() <= self.expected * part + allowance
    }

    fn holds(&self) -> bool {
        let was_seen = |spread: &RangeInclusive<f64>| spread.contains(&self.measured);
        self.is_within(self.part, self.allowance) || self.spread.as_ref().is_some_and(was_seen)
    }

    /// Whether it holds as it would on a machine that is late.
    fn holds_roughly(&self) -> bool {
        self.is_within((2.0 * self.part).max(0.25), self.allowance + 25.0)
    }
}

/// How late the latest frame may be, in ms, of an attempt that was not disturbed.
const PUNCTUAL: f64 = 1.0;

/// Makes claims of attachments until they hold. Where none does, they have to hold roughly, and may only if the machine was
/// late, which each attachment measures itself.
fn agree(what: &str, mut attempt: impl FnMut() -> (f64, Vec<Claim>)) {
    let (mut roughly, mut late) = (false, false);
    for _ in 0..ATTEMPTS {
        let (worst, claims) = attempt();
        let wrong: Vec<_> = claims.iter().filter(|claim| !claim.holds()).collect();
        if wrong.is_empty() {
            return;
        }
        for Claim {
            what: claim,
            measured,
            expected,
            ..
        } in &wrong
        {
            println!(
                "{what}: {claim} {measured:.3} instead of {expected:.3}; the latest frame was {worst:.1} ms late"
            );
        }
        late |= worst > PUNCTUAL;
        roughly |= claims.iter().all(Claim::holds_roughly);
    }
    assert!(late, "{what} never agrees, and every frame was punctual");
    assert!(roughly, "{what} does not even agree roughly");
    println!("{what} was held roughly only: the machine was late");
}
