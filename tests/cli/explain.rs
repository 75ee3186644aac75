//! `wirelab explain` as it is used: text, JSON, pictures, and what it says of files that are no captures.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::program::{Ended, wirelab};
use super::scratch::Scratch;

/// A scratch directory with the capture of the client whose SYN is lost, and the samples.
fn desk(name: &str) -> Scratch {
    let scratch = Scratch::new(&format!("explain-{name}"));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let put = |from: &str, to: &str| {
        fs::copy(root.join(from), scratch.path().join(to)).expect("it can be copied");
    };
    put("captures/handshake/syn-lost/client.pcapng", "lost.pcapng");
    put("tests/data/pcap/whois.pcap", "whois.pcap");
    put("tests/data/pcap/resp_1_benchmark.pcap", "many.pcap");
    scratch
}

fn explained(scratch: &Scratch, arguments: &[&str]) -> Ended {
    wirelab(scratch.path(), &[&["explain"], arguments].concat())
}

#[test]
fn a_lost_syn_is_explained_in_eighty_columns() {
    let scratch = desk("text");
    let ended = explained(&scratch, &["lost.pcapng"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 80));
    insta::assert_snapshot!(ended.stdout, @r"
    lost.pcapng: 13 packets within 1.45 s, pcapng, client-tap0 (Ethernet)
    not TCP: 2 ARP

      #  segments   bytes out    bytes in   duration  captured  client to server
      1        11          37          40     1.45 s  whole
         198.18.0.2:58009 to 198.18.1.2:80

    conversation 1: 198.18.0.2:58009 to 198.18.1.2:80
      captured     at the client, or beside it: its packets have passed no router
      handshake    150 ms (150 ms to the server and back, 0 ms to the client and
                   back); 2 SYNs
      round trips  to the server: 150 ms at least, 150 ms in the middle, 150 ms at
                   most, of 2
      again        1 SYN timer
      wireshark    1 retransmission
      ended        by FIN of both ends
      time            150 ms    10%  handshake
                         1 s    69%  handshake: until SYN or SYN-ACK was sent again
                      150 ms    10%  round trips of questions and answers
                      150 ms    10%  closing
                      1.45 s   100%  in all
      the constraint is an unanswered handshake, sent again once: 1 s of 1.45 s
      (69%), as far as this end can see
    ");
}

#[test]
fn json_has_an_object_per_capture_and_nothing_else() {
    let scratch = desk("json");
    let ended = explained(&scratch, &["lost.pcapng", "many.pcap", "--json"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    let objects: Vec<Value> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON object"))
        .collect();
    let counts: Vec<_> = objects
        .iter()
        .map(|object| object["conversations"].as_array().expect("a list").len())
        .collect();
    assert_eq!(counts, [1, 15]);
    let lost = &objects[0]["conversations"][0];
    assert_eq!(lost["again"]["syn-timer"], 1);
    assert_eq!(lost["wireshark"]["retransmission"], 1);
    assert_eq!(lost["initial_rtt_ms"], 150.0);
    assert_eq!(lost["account"]["connect-again"], 1000.0);
    assert_eq!(objects[0]["others"]["ARP"], 2);
}

#[test]
fn one_conversation_can_be_chosen_and_drawn() {
    let scratch = desk("chosen");
    let before = scratch.tree();
    let ended = explained(
        &scratch,
        &["many.pcap", "--conversation", "12", "--out", "pictures"],
    );
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    assert!(ended.stdout.contains("conversation 12: 127.0.0.1:35912"));
    let mut after = scratch.tree();
    after.retain(|path| !before.contains(path));
    assert_eq!(
        after,
        [
            "pictures",
            "pictures/many-12-sequence.svg",
            "pictures/many-12.svg"
        ]
    );
    let ended = explained(&scratch, &["many.pcap", "--conversation", "16"]);
    assert_eq!(ended.status, 2);
    assert!(
        ended
            .stderr
            .contains("many.pcap has 15 conversations of TCP, and none with number 16")
    );
}

#[test]
fn quiet_prints_one_line_for_each_conversation() {
    let scratch = desk("quiet");
    let ended = explained(&scratch, &["many.pcap", "-q"]);
    assert_eq!((ended.status, ended.stdout.lines().count()), (0, 15));
    assert!(
        ended
            .stdout
            .lines()
            .all(|line| line.contains(": the constraint is"))
    );
}

#[test]
fn a_capture_that_is_cut_off_is_explained_with_a_warning() {
    let scratch = desk("cut");
    let mut bytes = fs::read(scratch.path().join("whois.pcap")).expect("there");
    bytes.truncate(bytes.len() - 3);
    fs::write(scratch.path().join("cut.pcap"), &bytes).expect("writable");
    let ended = explained(&scratch, &["cut.pcap"]);
    assert_eq!(ended.status, 0);
    assert!(ended.stdout.starts_with("cut.pcap: 10 packets"));
    assert!(
        ended
            .stderr
            .starts_with("wirelab: cut.pcap: packet 11 at byte")
    );
}

#[test]
fn a_damaged_capture_is_explained_up_to_the_damage_and_fails() {
    let scratch = desk("damaged");
    let mut bytes = fs::read(scratch.path().join("whois.pcap")).expect("there");
    bytes.extend([0xee; 40]);
    fs::write(scratch.path().join("bad.pcap"), &bytes).expect("writable");
    let ended = explained(&scratch, &["bad.pcap", "lost.pcapng", "-q"]);
    assert_eq!(ended.status, 2);
    assert_eq!(ended.stdout.lines().count(), 2);
    assert!(
        ended
            .stderr
            .contains("bad.pcap: packet 12 at byte 1084 claims 4008636142 captured bytes")
    );
}

#[test]
fn what_is_no_capture_does_not_keep_the_others_from_being_explained() {
    let scratch = desk("others");
    fs::write(scratch.path().join("notes.txt"), "hello").expect("writable");
    let ended = explained(
        &scratch,
        &["notes.txt", "missing.pcap", "lost.pcapng", "-q"],
    );
    assert_eq!(ended.status, 2);
    assert_eq!(ended.stdout.lines().count(), 1);
    for word in [
        "notes.txt: the file begins with 68 65 6c 6c",
        "cannot read missing.pcap",
    ] {
        assert!(ended.stderr.contains(word), "{}", ended.stderr);
    }
    let ended = explained(&scratch, &[]);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("<FILE>"));
}
