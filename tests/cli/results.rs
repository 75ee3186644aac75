//! Good input: what is printed, what is written, and the exit status.

use std::fs;

use serde_json::Value;

use super::program::{command, ended, wirelab};
use super::scratch::Scratch;

#[test]
fn json_is_one_object_per_variant_and_nothing_else() {
    let scratch = Scratch::new("json");
    let ended = wirelab(
        scratch.path(),
        &["run", "handshake", "--json", "--seed", "7"],
    );
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    let objects: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect();
    assert_eq!(objects.len(), 11);
    assert_eq!(objects[1]["variant"], "syn-lost");
    assert_eq!(objects[1]["seed"], 7);
    for object in &objects {
        for file in object["files"].as_array().expect("a list") {
            let path = scratch.path().join(file.as_str().expect("a name"));
            assert!(path.is_file(), "{file}");
        }
    }
}

#[test]
fn a_run_leaves_what_the_help_promises_and_nothing_else() {
    let scratch = Scratch::new("files");
    let ended = wirelab(
        scratch.path(),
        &["run", "handshake/open", "transfer", "-q", "--png"],
    );
    assert_eq!(
        (ended.status, ended.stdout.as_str(), ended.stderr.as_str()),
        (0, "", "")
    );
    insta::assert_snapshot!(scratch.tree().join("\n"), @r"
    captures
    captures/handshake
    captures/handshake/open
    captures/handshake/open/client.pcapng
    captures/handshake/open/events.bin
    captures/handshake/open/result.json
    captures/handshake/open/server.pcapng
    captures/transfer
    captures/transfer/download
    captures/transfer/download/client.pcapng
    captures/transfer/download/events.bin
    captures/transfer/download/result.json
    captures/transfer/download/server.pcapng
    plots
    plots/handshake
    plots/handshake/index.html
    plots/handshake/open-sequence.png
    plots/handshake/open-sequence.svg
    plots/handshake/open.png
    plots/handshake/open.svg
    plots/transfer
    plots/transfer/account.png
    plots/transfer/account.svg
    plots/transfer/comparison.png
    plots/transfer/comparison.svg
    plots/transfer/download-sequence.png
    plots/transfer/download-sequence.svg
    plots/transfer/download.png
    plots/transfer/download.svg
    plots/transfer/index.html
    ");
}

#[test]
fn bytes_depend_neither_on_the_place_nor_on_other_runs() {
    let (alone, together) = (Scratch::new("alone"), Scratch::new("together"));
    let out = together.path().join("some/where");
    let out = out.to_str().expect("the path is text");
    assert_eq!(
        wirelab(alone.path(), &["run", "handshake/syn-lost"]).status,
        0
    );
    let line = ["run", "transfer", "handshake", "--out", out, "--json"];
    assert_eq!(wirelab(together.path(), &line).status, 0);
    // A report is of all variants that were run.
    let files = alone.tree().into_iter();
    for file in files.filter(|file| !file.ends_with("index.html")) {
        let (one, other) = (
            alone.path().join(&file),
            together.path().join("some/where").join(&file),
        );
        if one.is_file() {
            assert_eq!(fs::read(one).ok(), fs::read(other).ok(), "{file}");
        }
    }
}

#[test]
fn captures_name_the_canonical_command() {
    let scratch = Scratch::new("command");
    let line = [
        "run",
        "--json",
        "handshake/open",
        "--set",
        "rtt=0.02s",
        "--out",
        "x",
    ];
    assert_eq!(wirelab(scratch.path(), &line).status, 0);
    let capture = scratch
        .path()
        .join("x/captures/handshake/open/client.pcapng");
    let bytes = fs::read(capture).expect("it was written");
    let expected = b"wirelab run handshake/open --seed 1 --set rtt=20ms";
    assert!(
        bytes
            .windows(expected.len())
            .any(|window| window == expected)
    );
}

#[test]
fn plots_drawn_again_are_the_same() {
    let scratch = Scratch::new("again");
    assert_eq!(
        wirelab(scratch.path(), &["run", "handshake", "transfer"]).status,
        0
    );
    let plots = scratch.path().join("plots");
    let before = pictures(&plots);
    fs::remove_dir_all(&plots).expect("it was written");
    let ended = wirelab(scratch.path(), &["plot", "captures"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    assert_eq!(ended.stdout.lines().count(), before.len());
    assert!(pictures(&plots) == before);
}

fn pictures(directory: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut pictures = Vec::new();
    for case in fs::read_dir(directory).expect("plots were drawn") {
        for file in fs::read_dir(case.expect("readable").path()).expect("readable") {
            let path = file.expect("readable").path();
            pictures.push((
                path.display().to_string(),
                fs::read(path).expect("readable"),
            ));
        }
    }
    pictures.sort();
    pictures
}

#[test]
fn a_setting_applies_to_every_case() {
    let scratch = Scratch::new("settings");
    let line = [
        "run",
        "handshake/open",
        "transfer",
        "--json",
        "--set",
        "rtt=10ms",
    ];
    let ended = wirelab(scratch.path(), &line);
    for line in ended.stdout.lines() {
        let object: Value = serde_json::from_str(line).expect("a JSON object");
        assert_eq!(object["params"]["rtt"], "10ms");
    }
}

#[test]
fn a_variant_can_be_stepped_through_on_paper() {
    let scratch = Scratch::new("step");
    let printed = wirelab(scratch.path(), &["step", "handshake/refused", "--print"]);
    assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(printed.stdout, @r"
    wirelab run handshake/refused --seed 1
    0.000000000  client            host at 198.18.0.2, linux stack
    0.000000000  client == client  link client->gateway: ideal
    0.000000000  client == client  link gateway->client: ideal
    0.000000000  server            host at 198.18.1.2, linux stack
    0.000000000  server == server  link server->gateway: ideal
    0.000000000  server == server  link gateway->server: ideal
    0.000000000  client == server  link client->server: delay 75ms
    0.000000000  server == client  link server->client: delay 75ms
    0.000000000  client            h0s0 opened: TCP 198.18.0.2:58009 to 198.18.1.2:80
    0.000000000  client            h0s0 SYN timer set for 1.000000000
    0.000000000  client ->         #0 ARP who has 198.18.0.1? tell 198.18.0.2
    0.000000000  client            h0s0 UNCONN becomes SYN-SENT
    0.000000000         -> client  #1 ARP 198.18.0.1 is at 02:00:00:fe:00:00
    0.000000000  client ->         #2 58009 > 80 [SYN] seq=0 win=64240 len=0 MSS=1460 WS=128 SACK_PERM
    0.000000000  client            h0s0 made #2: 0 bytes at 0
    0.000000000  client .. server  #2 on client->server: 1 in the queue, starts 0.000000000, departs 0.000000000, arrives 0.075000000
    0.075000000         -> server  #2 58009 > 80 [SYN] seq=0 win=64240 len=0 MSS=1460 WS=128 SACK_PERM
    0.075000000  server ->         #3 ARP who has 198.18.1.1? tell 198.18.1.2
    0.075000000         -> server  #4 ARP 198.18.1.1 is at 02:00:00:fe:00:01
    0.075000000  server ->         #5 80 > 58009 [RST,ACK] seq=0 ack=1 win=0 len=0
    0.075000000  server .. client  #5 on server->client: 1 in the queue, starts 0.075000000, departs 0.075000000, arrives 0.150000000
    0.150000000         -> client  #5 80 > 58009 [RST,ACK] seq=0 ack=1 win=0 len=0
    0.150000000  client            h0s0 SYN-SENT becomes UNCONN
    0.150000000  client            h0s0 gone: connection refused (ECONNREFUSED)
    ");
    let paged = wirelab(scratch.path(), &["step", "handshake/refused"]);
    assert_eq!(paged.stdout, printed.stdout);
    assert_eq!(scratch.tree(), Vec::<String>::new());
}

#[test]
fn an_expectation_that_is_not_kept_is_exit_status_1() {
    let scratch = Scratch::new("not-kept");
    // The case expects no error, and a client whose SYNs are all lost gets one.
    let line = ["run", "handshake/open", "--set", "drop=c2s:syn:*"];
    let ended = wirelab(scratch.path(), &line);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    let claim = "not kept: handshake/open: the application's error";
    assert!(ended.stdout.contains(claim), "{}", ended.stdout);
    let capture = "captures/handshake/open/client.pcapng";
    assert!(scratch.path().join(capture).is_file());
}

#[test]
fn snaplen_shortens_captures_and_changes_no_figure() {
    let (whole, short) = (Scratch::new("whole"), Scratch::new("short"));
    let ended = wirelab(whole.path(), &["run", "transfer", "--json"]);
    let cut = wirelab(
        short.path(),
        &["run", "transfer", "--json", "--snaplen", "64"],
    );
    assert_eq!(ended.stdout, cut.stdout);
    let length = |scratch: &Scratch| {
        let path = scratch
            .path()
            .join("captures/transfer/download/client.pcapng");
        fs::metadata(path).expect("it was written").len()
    };
    assert!(length(&short) * 3 < length(&whole));
}

#[test]
fn colours_are_for_terminals() {
    let scratch = Scratch::new("colours");
    let mut run = command(scratch.path(), &["run", "handshake/open"]);
    let ended = ended(run.env_remove("NO_COLOR"));
    assert!(!ended.stdout.contains('\x1b') && !ended.stderr.contains('\x1b'));
}

#[test]
fn accuracy_prints_a_row_for_each_experiment_and_leaves_table_and_picture() {
    let scratch = Scratch::new("accuracy");
    let line = ["accuracy", "--seeds", "2", "--json"];
    let ended = wirelab(scratch.path(), &line);
    let objects: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect();
    let (summary, rows) = objects.split_last().expect("there is a summary");
    assert_eq!(rows.len(), 44);
    let outside = rows.iter().any(|row| row["verdict"] == "outside");
    assert_eq!(ended.status, i32::from(outside), "{}", ended.stderr);
    assert_eq!(summary["holds"], !outside);
    assert_eq!(summary["errors_of_rows"][0]["estimator"], "lab");
    insta::assert_snapshot!(scratch.tree().join("\n"), @r"
    plots
    plots/accuracy
    plots/accuracy/accuracy.md
    plots/accuracy/accuracy.svg
    ");
    let page = fs::read_to_string(scratch.path().join("plots/accuracy/accuracy.md"));
    let page = page.expect("it was written");
    for row in rows {
        let case = row["case"].as_str().expect("a name");
        assert!(page.contains(&format!("| {case} |")), "{case}");
    }
}
