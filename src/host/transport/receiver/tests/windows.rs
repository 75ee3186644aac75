//! Which windows are offered.

use super::*;

#[test]
fn the_window_stops_at_85_kib_until_one_window_has_come_and_then_grows_on() {
    let (linux, ours) = both(SLOW);
    assert_eq!(ours, linux);
    let windows: Vec<u16> = ours.iter().map(|ack| ack.window).collect();
    assert_eq!(windows[..9], [66, 69, 72, 75, 78, 81, 83, 85, 85]);
    let capped = ours.iter().take_while(|ack| ack.window <= 85);
    assert_eq!(capped.last().unwrap().number, 46 * MSS);
    assert_eq!(windows.last(), Some(&150));
}

#[test]
fn what_the_application_has_not_read_leaves_less_room_to_grow() {
    let mut client = client();
    let mut windows = Vec::new();
    for index in [0, 1, 2, 3, 7, 8, 9] {
        assert_eq!(client.take(at(60), segment(index), false), Acknowledge::Now);
        windows.push(client.send().window);
    }
    // Linux 6.18 where segments 5 to 7 are lost and the reader is slow to wake.
    assert_eq!(windows, [66, 69, 72, 75, 78, 78, 78]);
    client.read(at(61));
    client.arrive(at(140), segment(10), false);
    assert_eq!(client.sent.last().unwrap().1.window, 81);
}

#[test]
fn the_window_of_a_syn_is_whole_segments() {
    assert_eq!(Receiver::syn_window(1460, 4 << 20), 64_240);
    assert_eq!(Receiver::syn_window(1448, 4 << 20), 65_160);
    assert_eq!(Receiver::syn_window(1460, 10_000), 8_760);
    assert_eq!(Receiver::syn_window(1_024, 4 << 20), 65_535);
}

/// Fills a client that does not read, as far as its window allows.
fn fill(client: &mut Client) -> Vec<u32> {
    let mut edges = vec![client.edge()];
    loop {
        let end = (client.rcv_nxt + MSS).min(*edges.last().unwrap());
        if end == client.rcv_nxt {
            return edges;
        }
        client.take(at(60), (client.rcv_nxt, end), false);
        client.send();
        edges.push(client.edge());
        assert!(edges.len() < 10_000, "the window closes");
    }
}

#[test]
fn a_window_closes_without_being_taken_back_and_opens_when_there_is_room() {
    let mut client = client();
    let edges = fill(&mut client);
    assert!(edges.is_sorted(), "no edge moves back");
    assert_eq!(client.edge(), client.rcv_nxt);
    client.sent.clear();
    client.read(at(100));
    let update = &client.sent[0].1;
    assert_eq!(update.number, client.rcv_nxt);
    assert!(update.window > 60, "{update:?}");
}

#[test]
fn a_fixed_buffer_offers_no_more_than_its_size() {
    let limit = 16_384;
    let mut client = Client::with(at(50), Span::from_millis(50), |setup| Setup {
        limit,
        window: u32::from(Receiver::syn_window(MSS, limit)),
        fixed_buffer: true,
        ..setup
    });
    client.send();
    for index in 0..500 {
        client.arrive(at(60 + u64::from(index)), segment(index), false);
        assert!(client.edge() - client.rcv_nxt <= limit);
    }
    let edges = fill(&mut client);
    let stored = edges.last().unwrap() - 500 * MSS;
    assert!((limit / 2..=limit).contains(&stored), "{stored}");
}

#[test]
fn auto_tuning_ends_at_the_limit() {
    let limit = 200_000;
    let mut client = Client::with(at(50), Span::from_millis(50), |setup| Setup {
        limit,
        ..setup
    });
    client.send();
    for index in 0..3_000 {
        client.arrive(at(60 + u64::from(index)), segment(index), false);
    }
    let window = client.edge() - client.rcv_nxt;
    assert!((190_000..=limit).contains(&window), "{window}");
}

#[test]
fn a_round_trip_from_timestamps_tunes_without_waiting_for_a_window() {
    let mut receiver = client().receiver;
    receiver.tuning.sample(Span::from_millis(20), true);
    assert_eq!(receiver.tuning.round_trip(), Span::from_millis(20));
    receiver.tuning.sample(Span::from_millis(28), true);
    assert_eq!(receiver.tuning.round_trip(), Span::from_millis(21));
    receiver.tuning.sample(Span::from_millis(90), false);
    assert_eq!(receiver.tuning.round_trip(), Span::from_millis(21));
    receiver.tuning.sample(Span::from_millis(10), false);
    assert_eq!(receiver.tuning.round_trip(), Span::from_millis(10));
}
