//! Links that follow traces: `--set trace=FILE`, and the log that mahimahi's graphs read.

mod bad;
mod worlds;

use std::fs;

use serde_json::Value;
use wirelab::event::Event;
use wirelab::record::{Recording, events_file};

use super::program::{Ended, wirelab};
use super::scratch::Scratch;

/// Runs the program in a directory with these words.
fn run(scratch: &Scratch, line: &str) -> Ended {
    wirelab(scratch.path(), &line.split(' ').collect::<Vec<_>>())
}

/// A directory with a trace called `lte.down`.
fn with_trace(name: &str, text: &str) -> Scratch {
    let scratch = Scratch::new(name);
    fs::write(scratch.path().join("lte.down"), text).expect("writable");
    scratch
}

/// The result of a run that kept its expectations.
fn result(ended: &Ended) -> Value {
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    serde_json::from_str(&ended.stdout).expect("one object")
}

/// The download of 69 segments over a trace with an opportunity every 20 ms.
const DOWNLOAD: &str =
    "run transfer/download --json --out out --set bytes=100kB --set trace=lte.down";

fn log_of(scratch: &Scratch) -> String {
    let path = "out/captures/transfer/download/server-client.mahimahi.log";
    fs::read_to_string(scratch.path().join(path)).expect("it was written")
}

fn recording(scratch: &Scratch) -> Recording {
    let path = scratch
        .path()
        .join("out/captures/transfer/download/events.bin");
    let file = fs::File::open(path).expect("it was written");
    events_file::read(std::io::BufReader::new(file)).expect("it can be read")
}

#[test]
fn a_download_over_a_trace_takes_as_many_opportunities_as_it_has_segments() {
    let scratch = with_trace("trace-formula", "20\n");
    let result = result(&run(&scratch, DOWNLOAD));
    // The request is at the server after 1.5 round trips of 80 ms, a moment at which there is an opportunity. From then
    // on something waits: 68 full segments of one opportunity each, and the rest with the first ACK in one more.
    assert_eq!(result["fct_ms"].as_f64(), Some(120.0 + 68.0 * 20.0 + 40.0));
    assert_eq!(result["data_segs"], 69);
    assert_eq!(result["data_retx"], 0);
    assert_eq!(result["formula_ms"], Value::Null);
    let told = result["params"]["trace"].as_str().expect("it is told");
    assert!(told.starts_with("lte.down#") && told.len() == 25, "{told}");
    let files = result["files"].as_array().expect("a list").iter();
    let logs = files.filter(|file| {
        file.as_str()
            .is_some_and(|file| file.ends_with("mahimahi.log"))
    });
    assert_eq!(logs.count(), 1, "of the direction that has a trace");
}

#[test]
fn each_direction_has_a_trace_of_its_own() {
    let scratch = with_trace("trace-uplink", "7\n100\n");
    let line = "run transfer/download --json --out out --set uplink_trace=lte.down";
    let result = result(&run(&scratch, line));
    // The SYN waits for 7 ms, and its answer for nothing.
    assert_eq!(result["syn_synack_ms"].as_f64(), Some(87.0));
    assert!(
        scratch
            .path()
            .join("out/captures/transfer/download/client-server.mahimahi.log")
            .exists()
    );
}

/// What mahimahi's scripts make of a log.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    arrived: u64,
    capacity: u64,
    departed: u64,
    delays: Vec<u64>,
}

/// Reads a log by the rules of `mm-throughput-graph`, which are those of `mm-delay-graph` too; it stops where they do.
fn sums(log: &str) -> Sums {
    let mut sums = Sums::default();
    let mut base: Option<u64> = None;
    for line in log.lines() {
        if let Some(time) = line.strip_prefix("# base timestamp: ") {
            assert_eq!(base, None, "base timestamp multiply defined");
            base = time.parse().ok();
            continue;
        }
        if line.starts_with('#') {
            continue;
        }
        let words: Vec<_> = line.split_whitespace().collect();
        let number = |word: &str| -> u64 { word.parse().unwrap_or_else(|_| panic!("{line}")) };
        let [time, kind, bytes] = words[..3] else {
            panic!("{line}")
        };
        let time = number(time) - base.expect("a base timestamp comes first");
        match kind {
            "+" => sums.arrived += number(bytes),
            "#" => sums.capacity += number(bytes),
            "-" => {
                let delay = number(words.get(3).unwrap_or_else(|| panic!("{line}")));
                assert!(delay <= time, "{line}");
                sums.departed += number(bytes);
                sums.delays.push(delay);
            }
            _ => panic!("unknown event type: {line}"),
        }
    }
    sums
}

/// IP packets of the server's frames with four bytes each, but for those whose names are left out.
fn bytes_sent(recording: &Recording, but: &[u64]) -> u64 {
    let entries = recording.entries.iter();
    let sent = entries.filter_map(|entry| match &entry.event {
        Event::FrameSent { host, frame } if host.0 == 1 && !but.contains(&frame.id.0) => {
            Some(frame.len() as u64 - 14 + 4)
        }
        _ => None,
    });
    sent.sum()
}

#[test]
fn the_log_has_every_byte_of_the_recording_by_mahimahis_own_rules() {
    let scratch = with_trace("trace-log", "20\n");
    assert_eq!(run(&scratch, DOWNLOAD).status, 0);
    let (log, recording) = (log_of(&scratch), recording(&scratch));
    let head: Vec<_> = log.lines().take(5).collect();
    assert!(
        head[0].starts_with("# mahimahi mm-link (downlink) [lte.down#"),
        "{}",
        head[0]
    );
    assert!(
        head[1].starts_with("# command line: wirelab run transfer/download --seed 1 --set trace=")
    );
    assert_eq!(
        head[2..],
        [
            "# queue: infinite",
            "# init timestamp: 0",
            "# base timestamp: 0"
        ]
    );
    let sums = sums(&log);
    // The ARP exchange is between a host and its gateway.
    let arp = 42 - 14 + 4;
    let arps = recording.entries.iter().filter(|entry| {
        matches!(&entry.event, Event::FrameSent { host, frame } if host.0 == 1 && frame.bytes[12..14] == [8, 6])
    });
    let sent = bytes_sent(&recording, &[]) - arp * arps.count() as u64;
    assert_eq!((sums.arrived, sums.departed), (sent, sent));
    assert_eq!(sums.capacity % 1_504, 0);
    assert!(sums.departed <= sums.capacity);
    assert_eq!(
        sums.delays.first(),
        Some(&0),
        "the SYN-ACK meets an opportunity"
    );
    let busy = log.lines().filter(|line| line.ends_with(" # 1504"));
    let moments: Vec<u64> = busy
        .map(|line| {
            line.split(' ')
                .next()
                .and_then(|ms| ms.parse().ok())
                .expect("a time")
        })
        .collect();
    assert!(
        moments.iter().zip(1..).all(|(ms, count)| *ms == 20 * count),
        "{moments:?}"
    );
}

#[test]
fn what_a_full_queue_drops_came_and_did_not_leave() {
    let scratch = with_trace("trace-drops", "20\n");
    let ended = run(&scratch, &format!("{DOWNLOAD} --set queue=8p"));
    let result: Value = serde_json::from_str(&ended.stdout).expect("one object");
    let dropped = result["frames_dropped"].as_u64().expect("a number");
    assert!(dropped > 0);
    let log = log_of(&scratch);
    assert!(log.contains("# queue: droptail [packets=8]\n"), "{log}");
    let drops: Vec<_> = log.lines().filter(|line| line.contains(" d ")).collect();
    assert_eq!(drops.len() as u64, dropped);
    let lost = drops
        .iter()
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok());
    let sums = sums(&log);
    assert_eq!(sums.arrived, sums.departed + lost.sum::<u64>());
}

#[test]
fn the_same_content_gives_the_same_bytes_and_another_is_noticed() {
    let scratch = with_trace("trace-again", "20\n");
    let all = |out: &str| {
        let path = scratch.path().join(out).join("captures/transfer/download");
        [
            "events.bin",
            "client.pcapng",
            "server.pcapng",
            "server-client.mahimahi.log",
        ]
        .map(|name| fs::read(path.join(name)).expect("it was written"))
    };
    let first = result(&run(&scratch, DOWNLOAD));
    // What is told of a run is the run.
    let told = first["params"]["trace"].as_str().expect("it is told");
    let again =
        format!("run transfer/download --json --out again --set bytes=100kB --set trace={told}");
    assert_eq!(run(&scratch, &again).status, 0);
    assert!(all("out") == all("again"), "the runs differ");
    let fork = "step out/captures/transfer/download --print --until tcp.len>1000 --fork drop";
    let forked = run(&scratch, fork);
    assert_eq!(forked.status, 0, "{}", forked.stderr);
    fs::write(scratch.path().join("lte.down"), "10\n").expect("writable");
    for line in [again.as_str(), fork] {
        let ended = run(&scratch, line);
        assert_eq!(ended.status, 2, "{line}: {}", ended.stdout);
        assert!(
            ended.stderr.contains("lte.down is another trace by now"),
            "{}",
            ended.stderr
        );
    }
    fs::remove_file(scratch.path().join("lte.down")).expect("it is there");
    let ended = run(&scratch, fork);
    assert_eq!(ended.status, 2);
    assert!(
        ended.stderr.contains("cannot read lte.down"),
        "{}",
        ended.stderr
    );
}

#[test]
fn outages_lose_and_handovers_hold() {
    let scratch = Scratch::new("trace-windows");
    let syn = |settings: &str| {
        let line = format!("run transfer/download --json --out out {settings}");
        result(&run(&scratch, &line))["syn_synack_ms"].as_f64()
    };
    assert_eq!(syn("--set hold=0s..50ms/1s"), Some(130.0));
    assert_eq!(
        syn("--set down=0s..50ms"),
        Some(1_080.0),
        "the SYN is sent again after 1 s"
    );
}
