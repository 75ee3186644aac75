//! The hand-made transfer, stepped through.

use std::fmt::Write;

use super::*;
use crate::event::{Event, HostId, SocketEvent, TcpState};
use crate::record::Direction;
use crate::record::sample::{self, CLIENT_SOCKET, SERVER_SOCKET};
use crate::units::{SimTime, Span};
use crate::wire::FrameId;

const fn ms(ms: u64) -> SimTime {
    SimTime::from_nanos(ms * 1_000_000)
}

/// The sockets of both hosts and the frames in flight after everything at these milliseconds.
fn worlds(times: &[u64]) -> String {
    let recording = sample::transfer();
    let mut cursor = Cursor::start(&recording);
    let mut text = String::new();
    for time in times {
        cursor.to_time(ms(*time));
        let view = cursor.view();
        writeln!(text, "at {time} ms").unwrap();
        for host in [0, 1] {
            text.push_str(&text::sockets(&view, HostId(host)));
        }
        text.push_str(&text::in_flight(&view));
    }
    text
}

#[test]
fn every_event_is_a_line() {
    let recording = sample::transfer();
    let lines: Vec<_> = text::Lines::of(&recording).iter().collect();
    assert_eq!(lines.len(), recording.entries.len());
    let (scenery, loss) = (
        &lines[..12],
        &lines[recording.position(ms(225))..recording.position(ms(601))],
    );
    insta::assert_snapshot!(scenery.join("\n"), @r"
    0.000000000  client            host at 198.18.0.2, linux stack
    0.000000000  server            host at 198.18.1.2, linux stack
    0.000000000  client == server  link client->server: delay 75ms
    0.000000000  server == client  link server->client: delay 75ms
    0.000000000  client            h0s0 opened: TCP 198.18.0.2:40000 to 198.18.1.2:80
    0.000000000  client            h0s0 UNCONN becomes SYN-SENT
    0.000000000  client            TLS secret of h0s0: CLIENT_RANDOM
    0.000000000  client ->         #0 ARP who has 198.18.0.1? tell 198.18.0.2
    0.000000000  client ->         #1 40000 > 80 [SYN] seq=0 win=64240 len=0 MSS=1460 SACK_PERM WS=128
    0.000000000  client            h0s0 made #1: 0 bytes at 0
    0.000000000  client .. server  #1 on client->server: 1 in the queue, starts 0.000000000, departs 0.000000000, arrives 0.075000000
    0.075000000         -> server  #1 40000 > 80 [SYN] seq=0 win=64240 len=0 MSS=1460 SACK_PERM WS=128
    ");
    insta::assert_snapshot!(loss.join("\n"), @r"
    0.225000000         -> server  #3 40000 > 80 [ACK] seq=1 ack=1 win=64240 len=0
    0.225000000  server            h1s0 SYN-RECV becomes ESTAB
    0.225000000         -> server  #4 40000 > 80 [PSH,ACK] seq=1 ack=1 win=64240 len=11
    0.225000000  server            h1s0 readable up to 11
    0.225000000  server            h1s0 application reads 11 bytes at 0
    0.225000000  server            h1s0 application writes 2920 bytes at 0
    0.225000000  server ->         #5 80 > 40000 [ACK] seq=1 ack=12 win=64240 len=1460  [dropped by server->client: drop script]
    0.225000000  server            h1s0 made #5: 1460 bytes at 0
    0.225000000  server -x client  #5 dropped by server->client: drop script
    0.225000000  server ->         #6 80 > 40000 [PSH,ACK] seq=1461 ack=12 win=64240 len=1460
    0.225000000  server            h1s0 made #6: 1460 bytes at 1460
    0.225000000  server            h1s0 RTO timer set for 0.525000000
    0.225000000  server .. client  #6 on server->client: 1 in the queue, starts 0.225000000, departs 0.225000000, arrives 0.300000000
    0.300000000         -> client  #6 80 > 40000 [PSH,ACK] seq=1461 ack=12 win=64240 len=1460
    0.300000000  client ->         #7 40000 > 80 [ACK] seq=12 ack=1 win=64240 len=0 SACK=1461-2921
    0.300000000  client            h0s0 made #7: 0 bytes at 11
    0.300000000  client .. server  #7 on client->server: 1 in the queue, starts 0.300000000, departs 0.300000000, arrives 0.375000000
    0.375000000         -> server  #7 40000 > 80 [ACK] seq=12 ack=1 win=64240 len=0 SACK=1461-2921
    0.525000000  server            h1s0 RTO timer fired
    0.525000000  server ->         #8 80 > 40000 [ACK] seq=1 ack=12 win=64240 len=1460  [retransmission: RTO; the RTO timer fired; corrupted by server->client: bit 800 flipped]
    0.525000000  server            h1s0 made #8: 1460 bytes at 0, again: RTO
    0.525000000  server -! client  #8 corrupted by server->client: bit 800
    0.525000000  server .. client  #8 on server->client: 1 in the queue, starts 0.525000000, departs 0.525000000, arrives 0.600000000
    0.600000000         -> client  #8 80 > 40000 [ACK] seq=1 ack=12 win=64240 len=1460  [retransmission: RTO; corrupted by server->client: bit 800 flipped; discarded by the host: bad checksum]
    0.600000000  client            #8 discarded: bad checksum
    ");
}

#[test]
fn sockets_look_as_ss_prints_them() {
    insta::assert_snapshot!(worlds(&[0, 150, 225, 825, 900, 1_050]), @r"
    at 0 ms
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    SYN-SENT         0      1 198.18.0.2:40000      198.18.1.2:80
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    #0 ARP request on the tap, sent 0.000000000
    #1 SYN on client->server, sent 0.000000000, arrives 0.075000000
    at 150 ms
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    ESTAB            0     11 198.18.0.2:40000      198.18.1.2:80
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    SYN-RECV         0      0 198.18.1.2:80         198.18.0.2:40000
    #3 ACK 1 on client->server, sent 0.150000000, arrives 0.225000000
    #4 PSH,ACK seq 1 len 11 on client->server, sent 0.150000000, arrives 0.225000000
    at 225 ms
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    ESTAB            0     11 198.18.0.2:40000      198.18.1.2:80
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    ESTAB            0   2920 198.18.1.2:80         198.18.0.2:40000      timer:(on,300ms,0)
    #6 PSH,ACK seq 1461 len 1460 on server->client, sent 0.225000000, arrives 0.300000000
    at 825 ms
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    ESTAB         2920      0 198.18.0.2:40000      198.18.1.2:80
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    ESTAB            0   2920 198.18.1.2:80         198.18.0.2:40000
    #10 ACK 2921 on client->server, sent 0.825000000, arrives 0.900000000
    at 900 ms
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    ESTAB            0      0 198.18.0.2:40000      198.18.1.2:80
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    FIN-WAIT-1       0      1 198.18.1.2:80         198.18.0.2:40000
    #11 FIN,ACK on server->client, sent 0.900000000, arrives 0.975000000
    #12 FIN,ACK on server->client, sent 0.900000000
    at 1050 ms
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    LAST-ACK         0      1 198.18.0.2:40000      198.18.1.2:80
    State       Recv-Q Send-Q Local Address:Port    Peer Address:Port     Timer
    TIME-WAIT        0      0 198.18.1.2:80         198.18.0.2:40000      timer:(timewait,60s,0)
    #14 ACK 13 on server->client, sent 1.050000000, arrives 1.125000000
    ");
}

#[test]
fn stepping_back_undoes_stepping_forward() {
    let recording = sample::transfer();
    let mut cursor = Cursor::start(&recording);
    while let Some(entry) = cursor.forward() {
        assert_eq!(cursor.current(), Some(entry));
    }
    assert_eq!(
        (cursor.position(), cursor.at()),
        (recording.entries.len(), recording.end())
    );
    while cursor.back().is_some() {}
    assert_eq!((cursor.position(), cursor.current()), (0, None));
}

#[test]
fn the_cursor_finds_events_frames_and_times() {
    let recording = sample::transfer();
    let mut cursor = Cursor::start(&recording);
    let dropped = |entry: &crate::record::Entry| matches!(entry.event, Event::FrameDropped { .. });
    cursor.next_where(dropped).unwrap();
    assert_eq!(cursor.at(), ms(225));
    let here = cursor.position();
    assert!(cursor.next_where(dropped).is_none());
    assert!(
        cursor.previous_where(dropped).is_none(),
        "the one we are at is not an earlier one"
    );
    assert_eq!(cursor.position(), here);
    cursor.to_frame(FrameId(9)).unwrap();
    assert_eq!(cursor.at(), ms(750));
    assert!(cursor.to_frame(FrameId(999)).is_none());
    cursor
        .previous_where(|entry| matches!(&entry.event, Event::Socket(_, SocketEvent::State { .. })))
        .unwrap();
    assert_eq!(cursor.at(), ms(225));
    cursor.to_time(SimTime::MAX);
    assert_eq!(cursor.position(), recording.entries.len());
}

#[test]
fn a_view_that_advances_is_the_view_that_is_replayed() {
    let recording = sample::transfer();
    let mut cursor = Cursor::start(&recording);
    let mut view = View::default();
    while let Some(entry) = cursor.forward() {
        view.advance(entry);
        for host in [0, 1] {
            assert_eq!(
                text::sockets(&view, HostId(host)),
                text::sockets(&cursor.view(), HostId(host))
            );
        }
    }
}

#[test]
fn the_last_frame_is_explained_with_relative_numbers() {
    let recording = sample::transfer();
    let mut cursor = Cursor::start(&recording);
    cursor.to_time(ms(225));
    let view = cursor.view();
    let last = view.last_frame().unwrap();
    assert_eq!(
        (last.host, last.direction),
        (SERVER_SOCKET.host, Direction::Out)
    );
    assert_eq!(
        last.summary(),
        "80 > 40000 [PSH,ACK] seq=1461 ack=12 win=64240 len=1460"
    );
    let fields = last.fields();
    assert!(
        fields
            .iter()
            .any(|field| field.name == "tcp.seq" && field.value == "1461")
    );
}

#[test]
fn queues_count_what_is_written_and_not_acknowledged() {
    let recording = sample::transfer();
    let mut cursor = Cursor::start(&recording);
    cursor.to_time(SimTime::ZERO + Span::from_millis(225));
    let view = cursor.view();
    let server = view.sockets(SERVER_SOCKET.host).next().unwrap();
    assert_eq!(
        (server.state, server.send_q(), server.recv_q()),
        (TcpState::Established, 2_920, 0)
    );
    cursor.to_time(SimTime::MAX);
    assert!(
        cursor.view().sockets(CLIENT_SOCKET.host).next().is_none(),
        "it is gone"
    );
}

/// The hand-made transfer, again and again, so long that it takes several chunks.
fn long() -> crate::record::Recording {
    let once = sample::transfer();
    let mut all = once.clone();
    for round in 1..60_u64 {
        let later = Span::from_millis(2_000 * round);
        all.entries.extend(once.entries.iter().map(|entry| {
            let mut entry = entry.clone();
            entry.at += later;
            if let Event::FrameSent { frame, .. } | Event::FrameReceived { frame, .. } =
                &mut entry.event
            {
                frame.id = FrameId(frame.id.0 + 100 * round);
            }
            entry
        }));
    }
    all
}

/// The same recording in memory and from a file.
fn tapes() -> [Tape; 2] {
    let recording = long();
    let mut file = Vec::new();
    crate::record::events_file::write(&recording, &mut file).unwrap();
    let input = Box::new(std::io::Cursor::new(file));
    let blocks = crate::record::events_file::Blocks::open(input).unwrap();
    [Tape::of(recording), Tape::film(blocks)]
}

#[test]
fn going_back_restores_the_world_exactly() {
    let [memory, film] = tapes();
    let mut ahead = Player::open(memory).unwrap();
    assert!(ahead.tape().chunks() > 1, "more than one chunk");
    let mut prints = vec![ahead.place().fingerprint()];
    while ahead.position() < ahead.len() {
        ahead.by(1).unwrap();
        prints.push(ahead.place().fingerprint());
    }
    let distinct: std::collections::BTreeSet<_> = prints.iter().collect();
    assert_eq!(
        distinct.len(),
        prints.len(),
        "every world has its own fingerprint"
    );
    let lazy = Player::open(film).unwrap();
    assert_eq!(lazy.len(), ahead.len());
    let trials = proptest::prelude::ProptestConfig::with_cases(32);
    proptest::proptest!(trials, |(places in proptest::collection::vec(0..prints.len(), 1..12))| {
        let mut players = [ahead.clone(), lazy.clone()];
        for place in places {
            for player in &mut players {
                player.to_position(place).unwrap();
                proptest::prop_assert_eq!(player.place().fingerprint(), prints[place]);
            }
        }
    });
}
