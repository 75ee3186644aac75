//! `wirelab diagnose`: its text, its JSON, its status.

use serde_json::Value;

use super::program::wirelab;
use super::scratch::Scratch;

#[test]
fn the_answer_names_the_constraint_and_prints_each_relief_with_its_account() {
    let scratch = Scratch::new("diagnose-text");
    let arguments = [
        "diagnose",
        "image-page/origin-h1-serial",
        "--set",
        "objects=20",
        "--target",
        "300ms",
        "--out",
        "out",
    ];
    let ended = wirelab(scratch.path(), &arguments);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ended.stdout, @r"
    the constraint is requests that wait for one another over distance (of 3.15 s 3 s are propagation, 150 ms are connect); an edge 5ms away (L3) makes it 105 ms, multiplexing (HTTP/2) (L7) makes it 750 ms, independent streams (HTTP/3 over QUIC) (L4) makes it 933.7 ms, an edge 5ms away with multiplexing (HTTP/2) 30 ms; after an edge 5ms away the next constraint is requests that wait for one another

    image-page/origin-h1-serial objects=20: 3.15 s; 36 runs, seed 1

    relief                                  layer      page  gain  next constraint
    an edge 5ms away                        L3       105 ms  97 %  requests that wait for one another
    multiplexing (HTTP/2)                   L7       750 ms  76 %  distance
    independent streams (HTTP/3 over QUIC)  L4     933.7 ms  70 %  distance
    no gain: ACKs without delay, a shortest timeout of 5ms, a first congestion window without limit, a large receive buffer, a large send buffer

    pairs worth it                                                       page
    multiplexing (HTTP/2) + an edge 5ms away                            30 ms
    independent streams (HTTP/3 over QUIC) + an edge 5ms away        31.51 ms
    a first congestion window without limit + multiplexing (HTTP/2)    600 ms
    not both at once: multiplexing (HTTP/2) and independent streams (HTTP/3 over QUIC)

    target 300 ms: cheapest is an edge 5ms away, which makes it 105 ms

    account            as it is  an edge 5ms away  multiplexing (HTTP/2) + an edge 5ms away
    connect              150 ms              5 ms                                      5 ms
    propagation             3 s            100 ms                                      5 ms
    congestion window                                                                 20 ms

    Files below out:
      plots/image-page/origin-h1-serial-diagnosis.svg
    ");
}

#[test]
fn the_map_of_losses_names_the_frames_that_own_the_tail() {
    let scratch = Scratch::new("diagnose-losses");
    let arguments = ["diagnose", "handshake/open", "--losses", "--out", "out"];
    let ended = wirelab(scratch.path(), &arguments);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ended.stdout, @r"
    the constraint is distance: 2.0 round trips (of 300 ms 150 ms are connect, 150 ms are propagation); an edge 5ms away (L3) makes it 10 ms; after that no relief gains anything more

    handshake/open: 300 ms; 29 runs, seed 1

    relief            layer   page  gain  next constraint
    an edge 5ms away  L3     10 ms  97 %  –
    no gain: Nagle off, ACKs without delay, a shortest timeout of 5ms, a first congestion window without limit, a large receive buffer, a large send buffer

    account      as it is  an edge 5ms away
    connect        150 ms              5 ms
    propagation    150 ms              5 ms

    losses: each of 10 frames lost once
      3 by nothing sent again, at most 0 ms
      5 by loss probe, at most 450 ms
      2 by timeout, at most 1 s
    the tail   frame          at    cost  repaired by
    SYN        client 3     0 ms     1 s  timeout
    SYN,ACK    server 4    75 ms     1 s  timeout
    data 0-37  client 6   150 ms  450 ms  loss probe
    data 0-40  server 8   225 ms  450 ms  loss probe
    ACK 1      client 5   150 ms    0 ms  nothing sent again
    ACK 38     server 7   225 ms    0 ms  nothing sent again
    ACK 41     client 9   300 ms    0 ms  nothing sent again
    FIN,ACK    client 10  300 ms    0 ms  loss probe
    FIN,ACK    server 11  375 ms    0 ms  loss probe
    ACK 42     client 12  450 ms    0 ms  loss probe

    Files below out:
      plots/handshake/open-diagnosis.svg
      plots/handshake/open-losses.svg
    ");
}

#[test]
fn a_target_that_nothing_meets_is_status_1_and_json_says_what_is_fastest() {
    let scratch = Scratch::new("diagnose-json");
    let arguments = [
        "diagnose",
        "image-page/edge-h2",
        "--set",
        "objects=20",
        "--target",
        "1ms",
        "--json",
    ];
    let ended = wirelab(scratch.path(), &arguments);
    assert_eq!((ended.status, ended.stderr.as_str()), (1, ""));
    let answer: Value = serde_json::from_str(&ended.stdout).expect("one object");
    assert_eq!(answer["target"]["met_by"], Value::Null);
    let fastest = answer["target"]["fastest"]["total_ms"]
        .as_f64()
        .expect("it is a time");
    assert!(fastest > 1.0 && fastest < answer["total_ms"].as_f64().expect("it is a time"));
}
