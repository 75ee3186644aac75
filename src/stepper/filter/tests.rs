//! What expressions pick out of the hand-made transfer, and what is said of wrong ones.

use super::*;
use crate::record::sample;
use crate::stepper::{Cursor, Player, Search, Tape};

/// The positions after the events of which an expression holds.
fn picked(text: &str) -> Vec<usize> {
    let filter: Filter = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let mut player = Player::open(Tape::of(sample::transfer())).unwrap();
    let mut found = Vec::new();
    while let Some(position) = Search::forward(&player, vec![filter.clone()])
        .finish(&player)
        .unwrap()
    {
        player.to_position(position).unwrap();
        found.push(position);
    }
    // Backwards the same are found.
    player.to_position(usize::MAX).unwrap();
    let mut back = Vec::new();
    if found.last() == Some(&player.position()) {
        back.push(player.position());
    }
    while let Some(position) = Search::back(&player, vec![filter.clone()])
        .finish(&player)
        .unwrap()
    {
        player.to_position(position).unwrap();
        back.push(position);
    }
    back.reverse();
    assert_eq!(found, back, "{text}");
    found
}

/// The lines of the events of which an expression holds.
fn lines(text: &str) -> Vec<String> {
    let recording = sample::transfer();
    let all: Vec<_> = crate::stepper::text::Lines::of(&recording).iter().collect();
    let found = picked(text);
    found
        .iter()
        .map(|position| all[position - 1].clone())
        .collect()
}

fn refused(text: &str) -> String {
    text.parse::<Filter>().expect_err(text).to_string()
}

#[test]
fn fields_of_frames_are_wiresharks() {
    assert_eq!(
        picked("tcp.flags.syn && !tcp.flags.ack").len(),
        2,
        "sent, and received"
    );
    assert_eq!(
        picked("tcp.flags.syn == 1 and tcp.flags.ack == 1"),
        picked("tcp.seq == 0 && tcp.ack == 1")
    );
    assert_eq!(
        picked("ip.src == 198.18.0.2"),
        picked("ip.src == 198.18.0.2/32")
    );
    assert_eq!(picked("ip.addr == 198.18.0.0/15"), picked("ip"));
    assert!(
        picked("ip.addr != 198.18.0.2 && tcp").is_empty(),
        "one of both always is"
    );
    assert_eq!(picked("frame.number == 1"), picked("arp"));
    assert_eq!(picked("tcp.port == 80"), picked("tcp"));
    assert!(picked("udp || quic || dns || tls || icmp").is_empty());
    assert_eq!(
        picked("tcp.window_size > 0"),
        picked("tcp.window_size_value >= 1")
    );
    let retransmissions = lines("tcp.analysis.retransmission && wirelab.event == \"sent\"");
    assert!(
        retransmissions
            .iter()
            .all(|line| line.contains("[retransmission"))
    );
    assert_eq!(retransmissions.len(), 2);
}

#[test]
fn fields_of_the_lab_know_what_captures_do_not() {
    let drops = lines("wirelab.event == \"drop\" && tcp.len == 1460");
    assert_eq!(drops.len(), 1);
    assert!(drops[0].ends_with("#5 dropped by server->client: drop script"));
    assert_eq!(lines("wirelab.drop.cause == \"drop script\""), drops);
    assert_eq!(
        lines("wirelab.event == drop and wirelab.link contains \"->client\""),
        drops
    );
    assert!(!picked("wirelab.mechanism == \"rto\"").is_empty());
    assert!(!picked("wirelab.state == TIME-WAIT && wirelab.host == \"server\"").is_empty());
    assert!(picked("wirelab.state == TIME-WAIT && wirelab.host == \"client\"").is_empty());
    assert_eq!(
        picked("wirelab.timer == RTO and wirelab.event == timer").len(),
        2
    );
    assert!(!picked("wirelab.text contains \"reads 11 bytes\"").is_empty());
    let late = picked("frame.time_relative >= 825ms");
    assert_eq!(
        late[0],
        sample::transfer().position(crate::units::SimTime::from_nanos(825_000_000)) + 1
    );
}

#[test]
fn and_binds_tighter_than_or() {
    let all = picked("arp || tcp && tcp.flags.syn");
    assert_eq!(all, picked("arp || (tcp && tcp.flags.syn)"));
    assert_ne!(all, picked("(arp || tcp) && tcp.flags.syn"));
    assert_eq!(picked("!(arp) && frame"), picked("ip"));
}

#[test]
fn a_cursor_finds_what_the_search_finds() {
    let recording = sample::transfer();
    let mut cursor = Cursor::start(&recording);
    let filter: Filter = "wirelab.event == \"drop\"".parse().unwrap();
    assert!(cursor.until(&filter).is_some());
    assert_eq!(cursor.position(), picked(filter.text())[0]);
    let here = cursor.position();
    assert!(cursor.until(&filter).is_none());
    assert_eq!(cursor.position(), here);
}

#[test]
fn errors_show_the_place_and_the_nearest_name() {
    insta::assert_snapshot!(refused("tcp.flags.sin && ip"), @r"
    there is no field `tcp.flags.sin` (did you mean `tcp.flags.fin`?)
      tcp.flags.sin && ip
      ^
    ");
    insta::assert_snapshot!(refused("ip.src = 1.2.3.4"), @r"
    `=` is not an operator: write `==`
      ip.src = 1.2.3.4
             ^
    ");
    insta::assert_snapshot!(refused("(tcp || udp"), @r"
    a closing bracket is missing
      (tcp || udp
                 ^
    ");
    insta::assert_snapshot!(refused("wirelab.event == \"dorp\""), @r#"
    `wirelab.event` is never `dorp` (did you mean `drop`?); it is one of: host, link, sent, queued, drop, duplicate, corrupt, received, discard, opened, state, write, read, readable, shutdown, close, segment, timer-set, timer, windows, waits, buffer-full, closed, application, left-out
      wirelab.event == "dorp"
                       ^
    "#);
    insta::assert_snapshot!(refused("tcp.len > \"many\""), @r#"
    `tcp.len` is compared with a number, or a time as `150ms`
      tcp.len > "many"
                ^
    "#);
    for wrong in [
        "",
        "tcp udp",
        "tcp)",
        "tcp == 1",
        "ip.src < 1.2.3.4",
        "tcp.len ==",
        "\"tcp\"",
        "frame contains \"x",
        "tcp.len contains 1",
        "&& tcp",
    ] {
        refused(wrong);
    }
    refused(&"(".repeat(10_000));
    refused(&"!".repeat(10_000));
}

#[test]
fn every_word_that_is_known_is_one_that_events_have() {
    for entry in &sample::transfer().entries {
        let word = eval::event_word(&entry.event);
        assert!(field::EVENTS.contains(&word), "{word}");
    }
    for state in 0..11_u8 {
        let state: crate::event::TcpState = postcard::from_bytes(&[state]).unwrap();
        assert!(
            field::STATES.contains(&state.to_string().as_str()),
            "{state}"
        );
    }
}
