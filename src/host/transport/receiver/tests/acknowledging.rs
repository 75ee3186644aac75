//! When ACKs leave.

use super::*;

#[test]
fn a_connection_acks_each_segment_at_first_and_later_every_second_one() {
    let (linux, ours) = both(SLOW);
    let acknowledged = |acks: &[Ack]| acks.iter().map(|ack| ack.number).collect::<Vec<_>>();
    assert_eq!(acknowledged(&ours), acknowledged(&linux));
    assert_eq!(ours[23].number, 24 * MSS, "24 quick ACKs");
    assert_eq!(ours[24].number, 26 * MSS);
}

#[test]
fn answers_are_acked_by_the_next_request_and_the_last_one_after_40_ms() {
    let lines = packets(REQUESTS);
    let (client, with_data) = play(&lines);
    let requests = lines
        .iter()
        .filter(|line| line.from_client && line.data.is_some());
    let linux: Vec<Ack> = requests.map(|line| line.ack.clone()).collect();
    assert_eq!(with_data, linux);
    let last = lines.iter().rfind(|line| !line.from_client);
    let [first, second] = &client.sent[..] else {
        panic!("{:?}", client.sent)
    };
    assert_eq!((first.1.number, second.1.number), (1_000, 20_000));
    let waited = second.0.since(last.unwrap().at);
    assert_eq!(waited, Span::from_millis(40));
}

#[test]
fn an_answer_of_two_segments_is_acked_at_its_end() {
    let mut client = client();
    for round in 0..20 {
        let start = round * 2_000;
        let now = at(u64::from(60 + 5 * round));
        client.write(now);
        client.arrive(now, (start, start + MSS), false);
        client.sent.clear();
        client.arrive(now, (start + MSS, start + 2_000), true);
        let acks: Vec<u32> = client.sent.iter().map(|(_, ack)| ack.number).collect();
        assert_eq!(acks, [start + 2_000], "round {round}");
    }
}

#[test]
fn answers_back_to_back_ride_on_the_requests() {
    let mut client = client();
    for round in 0..20 {
        let now = at(60 + 5 * u64::from(round));
        client.write(now);
        client.arrive(now, (round * 1_000, round * 1_000 + 1_000), true);
    }
    let early: Vec<u32> = client.sent.iter().map(|(_, ack)| ack.number).collect();
    assert_eq!(early, [1_000]);
    let (timer, due) = client.receiver.deadline().unwrap();
    assert_eq!((timer, due), (Timer::DelayedAck, at(60 + 95 + 40)));
}

#[test]
fn a_server_acks_the_first_request_at_once_and_later_ones_with_the_answer() {
    let mut server = client();
    server.arrive(at(60), (0, 9), true);
    assert_eq!(server.sent.len(), 1);
    server.write(at(60));
    server.arrive(at(80), (9, 18), true);
    assert_eq!(server.sent.len(), 1);
    let answer = server.write(at(80));
    assert_eq!(answer.number, 18);
    assert_eq!(server.receiver.deadline(), None);
}

#[test]
fn a_delayed_ack_that_no_answer_overtook_ends_the_interactive_mode() {
    let mut server = client();
    server.arrive(at(60), (0, 9), true);
    server.write(at(60));
    server.arrive(at(80), (9, 18), true);
    server.wait_until(at(200));
    assert_eq!(server.sent.last().unwrap().0, at(120));
    server.arrive(at(200), (18, 27), true);
    assert_eq!(
        server.sent.last().unwrap().0,
        at(200),
        "quick ACKs are left"
    );
}

#[test]
fn three_duplicate_acks_leave_at_once_and_the_others_together() {
    // A buffer that does not grow: soon there are no quick ACKs left.
    let mut client = Client::with(at(50), Span::from_millis(50), |setup| Setup {
        limit: 65_536,
        fixed_buffer: true,
        ..setup
    });
    client.send();
    for index in 0..60 {
        client.arrive(at(60 + u64::from(index)), segment(index), false);
    }
    client.srtt = Span::from_millis(10);
    let now = at(200);
    client.wait_until(now);
    let mut behind = (61..).map(segment);
    let mut offer = |client: &mut Client| {
        let acknowledge = client.take(now, behind.next().unwrap(), false);
        if acknowledge == Acknowledge::Now {
            client.send();
        }
        acknowledge
    };
    // The first one grows the window once more, and is not counted.
    for _ in 0..4 {
        assert_eq!(offer(&mut client), Acknowledge::Now);
    }
    for _ in 0..44 {
        assert_eq!(offer(&mut client), Acknowledge::Later);
    }
    let due = now + Span::from_micros(500); // 5 % of 10 ms
    assert_eq!(client.receiver.deadline(), Some((Timer::DelayedAck, due)));
    assert_eq!(offer(&mut client), Acknowledge::Now, "44 wait at most");
    assert_eq!(client.receiver.deadline(), None);
    assert_eq!(offer(&mut client), Acknowledge::Later);
    assert!(client.receiver.fired(due, Span::from_millis(200)));
    assert_eq!(client.receiver.deadline(), None);
}

#[test]
fn segments_without_data_out_of_the_window_are_answered_twice_a_second() {
    let mut receiver = client().receiver;
    let mut probe = |ms| receiver.duplicate(at(ms), 0, 0, 100);
    assert_eq!(probe(1_000), Acknowledge::Now);
    assert_eq!(probe(1_499), Acknowledge::Nothing);
    assert_eq!(probe(1_500), Acknowledge::Now);
    for _ in 0..3 {
        let repeated = receiver.duplicate(at(1_501), 0, 50, 100);
        assert_eq!(repeated, Acknowledge::Now, "data is not limited");
    }
}

#[test]
fn a_fin_waits_for_the_answer_of_the_application() {
    let mut client = client();
    client.arrive(at(60), segment(0), true);
    client.receiver.enter_pingpong();
    let fin = Arrival {
        now: at(70),
        seq: MSS,
        data: 0,
        fin: true,
        push: false,
        before: MSS,
        after: MSS + 1,
        unread: 0,
        rto: Span::from_millis(250),
        srtt: Some(Span::from_millis(50)),
        rtt: None,
    };
    assert_eq!(client.receiver.arrived(&fin), Acknowledge::Later);
    let due = (Timer::DelayedAck, at(110));
    assert_eq!(client.receiver.deadline(), Some(due));
}
