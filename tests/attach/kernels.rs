//! Two stacks of the kernel through the lab's path, against what Linux did on a path that others had made.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use wirelab::case::{Plan, Run};

use super::inside::{Session, as_the_reference, fetch, serve};
use super::{Attached, Claim, Passed, agree, page_time, segments, turn};

/// The address of the world's second host.
const SERVER: Ipv4Addr = Ipv4Addr::new(198, 18, 1, 2);

/// What was measured of one case of the reference.
struct Row {
    case: String,
    bytes: usize,
    metrics: BTreeMap<String, Repeated>,
}

/// A metric's median and how it spread, from the 10th percentile to the 90th.
struct Repeated {
    median: f64,
    spread: RangeInclusive<f64>,
}

/// The path of the rows that can be measured one after another: round trip in ms, rate, queue.
type Path = (String, String, String);

/// The rows without loss whose client asks once, by their paths.
fn rows() -> BTreeMap<Path, Vec<Row>> {
    let text = include_str!("../reference/linux-tcp.csv");
    let mut found: BTreeMap<Path, Vec<Row>> = BTreeMap::new();
    for record in csv::Reader::from_reader(text.as_bytes()).into_records() {
        let record = record.expect("the reference is well-formed");
        let (case, metric) = (&record[0], &record[7]);
        let is_clean = record[4].is_empty() && record[5].is_empty();
        let is_single = ["fct_", "rate10_", "drop_none"]
            .iter()
            .any(|name| case.starts_with(name));
        if !(is_clean && is_single) {
            continue;
        }
        let path = (
            record[1].to_owned(),
            record[2].to_owned(),
            record[3].to_owned(),
        );
        let rows = found.entry(path).or_default();
        if rows.last().is_none_or(|row| row.case != case) {
            rows.push(Row {
                case: case.to_owned(),
                bytes: record[6].parse().expect("it is a size"),
                metrics: BTreeMap::new(),
            });
        }
        let row = rows.last_mut().expect("it was just made");
        let number = |column: usize| record[column].parse().expect("it is a number");
        let repeated = Repeated {
            median: number(8),
            spread: number(9)..=number(10),
        };
        row.metrics.insert(metric.to_owned(), repeated);
    }
    found
}

#[test]
fn two_kernels_do_what_they_did_elsewhere() {
    let Some(_turn) = turn() else { return };
    let rows = rows();
    assert_eq!(rows.values().map(Vec::len).sum::<usize>(), 19);
    for (path, rows) in &rows {
        agree(&format!("{path:?}"), || {
            let attached = measure(path, rows);
            (attached.worst(), claims(&attached, rows))
        });
    }
}

/// Fetches what the rows fetch, one after another, over their path.
fn measure((rtt, rate, queue): &Path, rows: &[Row]) -> Attached {
    let mut settings = vec![format!("rtt={rtt}ms")];
    if !rate.is_empty() {
        settings.extend([format!("rate={rate}mbit"), format!("queue={queue}p")]);
    }
    let mut arguments = vec!["transfer/download", "--as", "client", "--as", "server"];
    arguments.extend(settings.iter().flat_map(|one| ["--set", one]));
    let session = Session::open("kernels", &arguments);
    let count = rows.len();
    let server = session.as_host("server", move || {
        as_the_reference();
        serve(count);
    });
    let sizes: Vec<_> = rows.iter().map(|row| row.bytes).collect();
    let client = session.as_host("client", move || {
        as_the_reference();
        for bytes in sizes {
            pause();
            fetch(SERVER, bytes);
        }
    });
    client.join().expect("it was answered");
    server.join().expect("it answered");
    session.close()
}

/// Lets the connection before come to rest.
#[expect(clippy::disallowed_methods, reason = "this client lives in real time")]
fn pause() {
    std::thread::sleep(Duration::from_millis(300));
}

/// What the reference says of each row: its median, or what its own runs spread over where that is more. With 1 MB at
/// 5 ms, a thousand packets in 36 ms, they took 41 to 50 ms: no processor is fast enough not to be seen there.
fn claims(attached: &Attached, rows: &[Row]) -> Vec<Claim> {
    let all = segments(&attached.recording, "client");
    let mut flows: Vec<Vec<&Passed>> = Vec::new();
    for segment in &all {
        let known = flows.iter_mut().find(|flow| flow[0].port == segment.port);
        match known {
            Some(flow) => flow.push(segment),
            None => flows.push(vec![segment]),
        }
    }
    assert_eq!(flows.len(), rows.len());
    let mut claims = Vec::new();
    for (flow, row) in std::iter::zip(flows, rows) {
        let times = Times::of(&flow);
        println!("{}: {times:?}", row.case);
        for (metric, measured) in [
            ("syn_synack_ms", times.syn_synack),
            ("req_first_byte_ms", times.first_byte),
            ("req_last_byte_ms", times.last_byte),
            ("fct_ms", times.completion),
        ] {
            let what = format!("{} {metric}", row.case);
            let Repeated { median, spread } = &row.metrics[metric];
            let claim = Claim::time(what, measured, *median, (0.03, 3.0));
            claims.push(claim.or_within(spread.clone()));
        }
        if row.metrics["data_retx"].median == 0.0 {
            #[expect(
                clippy::cast_precision_loss,
                reason = "there are not that many segments"
            )]
            let (measured, expected) = (times.segments as f64, row.metrics["data_segs"].median);
            // A write that finds the send buffer full may end with a short one.
            let what = format!("{} data_segs", row.case);
            claims.push(Claim::time(what, measured, expected, (0.01, 0.0)));
        }
    }
    claims
}

/// The reference's metrics, in ms.
#[derive(Debug)]
struct Times {
    syn_synack: f64,
    first_byte: f64,
    last_byte: f64,
    completion: f64,
    segments: usize,
}

impl Times {
    fn of(flow: &[&Passed]) -> Self {
        let mut inward = flow.iter().filter(|one| !one.sent);
        let begun = flow[0].at;
        let answered = inward.find(|one| one.syn).expect("it was accepted").at;
        let mut outward = flow.iter().filter(|one| one.sent);
        let asked = outward.find(|one| one.payload > 0).expect("it asked").at;
        let data: Vec<_> = flow
            .iter()
            .filter(|one| !one.sent && one.payload > 0)
            .collect();
        let (first, last) = (data[0].at, data[data.len() - 1].at);
        Self {
            syn_synack: answered.since(begun).as_millis_f64(),
            first_byte: first.since(asked).as_millis_f64(),
            last_byte: last.since(asked).as_millis_f64(),
            completion: last.since(begun).as_millis_f64(),
            segments: data.len(),
        }
    }
}

#[test]
fn the_labs_client_is_served_by_a_kernel() {
    let Some(_turn) = turn() else { return };
    let settings = [("rtt", "80ms"), ("bytes", "100kB")];
    let plan = Plan::new("transfer", "download", 1, settings).expect("it is a plan");
    let alone = Run::start(&plan).finish().expect("the world ends");
    let alone = page_time(&alone.recording).as_millis_f64();
    agree("served by a kernel", || {
        let mut arguments = vec!["transfer/download", "--as", "server", "--wait", "200ms"];
        let settings: Vec<_> = settings
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        arguments.extend(settings.iter().flat_map(|one| ["--set", one]));
        let session = Session::open("served", &arguments);
        let server = session.as_host("server", || {
            as_the_reference();
            super::inside::answer(100_000);
        });
        server.join().expect("it answered");
        let attached = session.end();
        let together = page_time(&attached.recording).as_millis_f64();
        let claim = Claim::time("page", together, alone, (0.05, 5.0));
        (attached.worst(), vec![claim])
    });
}
