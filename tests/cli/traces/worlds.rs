//! Traces of scenarios, sweeps and diagnoses.

use std::fs;

use serde_json::Value;

use super::{result, run, with_trace};
use crate::cli::Scratch;

/// A page over the browser's own line, with traces instead of rates.
const PAGE: &str = r#"
[hosts.client]
down_trace = "lte.down"
[hosts.shop]
[[link]]
from = "client"
to = "shop"
rtt = "80ms"
[[page.object]]
url = "http://shop/"
bytes = "30kB"
[[variant]]
name = "lte"
[[variant]]
name = "slow"
set = { trace = "slow.down" }
[[variant]]
name = "line"
set = { rate = "100mbit" }
"#;

fn page(name: &str) -> Scratch {
    let scratch = Scratch::new(name);
    let below = scratch.path().join("my");
    fs::create_dir(&below).expect("writable");
    for (name, text) in [
        ("page.toml", PAGE),
        ("lte.down", "10\n"),
        ("slow.down", "50\n"),
    ] {
        fs::write(below.join(name), text).expect("writable");
    }
    scratch
}

#[test]
fn a_scenario_names_traces_from_where_it_is() {
    let scratch = page("trace-scenario");
    let ended = run(&scratch, "run my/page.toml --json --out out");
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let results: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    let totals: Vec<_> = results
        .iter()
        .map(|result| result["total_ms"].as_f64())
        .collect();
    assert!(totals[1] > totals[0] && totals[0] > totals[2], "{totals:?}");
    let captures = scratch.path().join("out/captures/page");
    let exists = |path: &str| captures.join(path).exists();
    assert!(exists("lte/gateway-client.mahimahi.log"));
    assert!(exists("slow/gateway-client.mahimahi.log"));
    assert!(!exists("line/gateway-client.mahimahi.log"));
    let shown = run(&scratch, "show my/page.toml").stdout;
    fs::write(scratch.path().join("my/again.toml"), shown).expect("writable");
    let again = run(&scratch, "run my/again.toml/lte --json --out again");
    assert_eq!(
        result(&again)["total_ms"].as_f64(),
        totals[0],
        "{}",
        again.stderr
    );
}

#[test]
fn a_trace_of_a_scenario_that_is_none_is_shown_in_its_line() {
    let scratch = page("trace-scenario-bad");
    let path = scratch.path().join("my/page.toml");
    fs::write(scratch.path().join("my/bad.down"), "1\n0.5\n").expect("writable");
    let cases = [
        (
            "\"lte.down\"",
            "\"bad.down\"",
            "my/page.toml:3:14: bad.down:2: `0.5` is a fraction",
        ),
        (
            "\"slow.down\"",
            "\"nowhere\"",
            "my/page.toml:16:17: cannot read nowhere: No such file",
        ),
        (
            "down_trace",
            "down = \"1mbit\"\ndown_trace",
            "my/page.toml:4:14: a line has a rate or a trace",
        ),
        (
            "rtt = ",
            "rate = \"1mbit\"\ntrace = \"lte.down\"\nrtt = ",
            "my/page.toml:9:9: a line has a rate or a trace",
        ),
    ];
    for (old, new, words) in cases {
        fs::write(&path, PAGE.replacen(old, new, 1)).expect("writable");
        let ended = run(&scratch, "run my/page.toml --out out");
        assert_eq!(ended.status, 2, "{words}");
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
}

#[test]
fn a_case_in_a_file_names_traces_from_where_it_is() {
    let scratch = page("trace-derived");
    let text = "case = \"transfer/download\"\n[set]\nbytes = \"100kB\"\ntrace = \"lte.down\"\n";
    fs::write(scratch.path().join("my/case.toml"), text).expect("writable");
    let result = result(&run(&scratch, "run my/case.toml --json --out out"));
    let told = result["params"]["trace"].as_str().expect("it is told");
    assert!(told.starts_with("my/lte.down#"), "{told}");
    // So it can be run again from here.
    let fork = "step out/captures/transfer/download --print --until tcp.len>1000 --fork drop";
    let forked = run(&scratch, fork);
    assert_eq!(forked.status, 0, "{}", forked.stderr);
}

#[test]
fn a_sweep_takes_traces_and_notices_that_one_has_changed() {
    let scratch = with_trace("trace-sweep", "20\n");
    fs::write(scratch.path().join("slow.down"), "40\n").expect("writable");
    let line = "sweep transfer/download --vary trace=lte.down,slow.down,none --set bytes=10kB --seeds 1 -q --out out";
    let ended = run(&scratch, line);
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    for turned in [
        "--set trace=lte.down --seeds 4",
        "--vary trace=lte.down,slow.down",
    ] {
        fs::write(scratch.path().join("lte.down"), "20\n").expect("writable");
        let line =
            format!("sweep transfer/download {turned} --set bytes=10kB --out out --shard 1/2 -q");
        assert_eq!(run(&scratch, &line).status, 0);
        fs::write(scratch.path().join("lte.down"), "30\n").expect("writable");
        let ended = run(&scratch, &line);
        assert_eq!(ended.status, 2, "{}", ended.stdout);
        assert!(
            ended.stderr.contains("of another sweep"),
            "{}",
            ended.stderr
        );
    }
}

#[test]
fn a_diagnosis_names_the_line_that_follows_a_trace() {
    let scratch = page("trace-diagnosis");
    let ended = run(&scratch, "diagnose my/page.toml/slow --json --out out");
    assert_eq!(ended.status, 0, "{}", ended.stderr);
    let answer: Value = serde_json::from_str(&ended.stdout).expect("one object");
    let said = answer["constraint"].to_string();
    assert!(said.contains("rate"), "{said}");
}
