//! What the index says of the hand-made transfer, and of connections that share a four-tuple.

use super::*;
use crate::event::{Connection, DropCause, Event, Mechanism, SocketEvent, TcpState};
use crate::record::RunInfo;
use crate::record::sample::{self, CLIENT_SOCKET, SERVER_SOCKET, entry};
use crate::units::Span;
use crate::wire::sample::{CLIENT, CLIENT_ISN, SERVER, SERVER_ISN};
use crate::wire::summary::Isns;

#[test]
fn a_frame_knows_who_sent_it_and_what_became_of_it() {
    let recording = sample::transfer();
    let index = Index::of(&recording);
    let dropped: Vec<_> = index
        .frames()
        .iter()
        .filter(|story| story.dropped.is_some())
        .collect();
    let [lost] = dropped[..] else {
        panic!("one frame is dropped")
    };
    assert_eq!(lost.dropped.unwrap().cause, DropCause::Script);
    assert_eq!(lost.sent.unwrap().host, SERVER_SOCKET.host);
    assert!(lost.received.is_none());
    let again: Vec<_> = index
        .frames()
        .iter()
        .filter(|story| story.segment.is_some_and(|segment| segment.again.is_some()))
        .collect();
    assert_eq!(again.len(), 2);
    assert_eq!(again[0].segment.unwrap().again, Some(Mechanism::Rto));
    assert!(again[0].corrupted.is_some() && again[0].discarded.is_some());
    assert_eq!(again[1].transit(), Some(Span::from_millis(75)));
    assert_eq!(
        again[1].isns,
        Isns {
            own: Some(SERVER_ISN),
            peer: Some(CLIENT_ISN)
        }
    );
}

#[test]
fn numbers_in_a_capture_are_those_of_wireshark() {
    let recording = sample::transfer();
    let index = Index::of(&recording);
    for (host, _) in index.hosts() {
        for (position, captured) in index.capture(host).iter().enumerate() {
            let story = index.frame(captured.frame).unwrap();
            let sighting = match captured.direction {
                Direction::Out => story.sent.unwrap(),
                Direction::In => story.received.unwrap(),
            };
            assert_eq!((sighting.host, sighting.number), (host, position + 1));
        }
    }
}

#[test]
fn a_copy_has_no_sender_but_an_original() {
    let recording = sample::transfer();
    let index = Index::of(&recording);
    let copy = index
        .frames()
        .iter()
        .find(|story| story.copy_of.is_some())
        .unwrap();
    assert!(copy.sent.is_none() && copy.received.is_some());
    assert_eq!(copy.isns.own, Some(SERVER_ISN));
}

#[test]
fn sockets_have_states_over_time_and_a_peer() {
    let recording = sample::transfer();
    let index = Index::of(&recording);
    let at = |ms| SimTime::ZERO + Span::from_millis(ms);
    let client = index.socket(CLIENT_SOCKET).unwrap();
    assert_eq!(client.state(at(0)), Some(TcpState::SynSent));
    assert_eq!(client.state(at(150)), Some(TcpState::Established));
    assert_eq!(index.socket(SERVER_SOCKET).unwrap().state(at(74)), None);
    assert_eq!(index.peer(CLIENT_SOCKET), Some(SERVER_SOCKET));
    assert_eq!(index.peer(SERVER_SOCKET), Some(CLIENT_SOCKET));
    assert_eq!(index.conversations().len(), 1);
}

#[test]
fn entries_are_found_by_time() {
    let recording = sample::transfer();
    let index = Index::of(&recording);
    let from = index.entries_from(SimTime::ZERO + Span::from_millis(75));
    assert!(
        from.iter()
            .all(|entry| entry.at >= SimTime::ZERO + Span::from_millis(75))
    );
    assert_eq!(
        from.len(),
        recording
            .entries
            .iter()
            .filter(|entry| entry.at >= from[0].at)
            .count()
    );
    assert!(index.entries_from(SimTime::MAX).is_empty());
}

#[test]
fn a_port_that_is_used_again_is_another_conversation() {
    let open = |ms, host, index, active, isn| {
        let (client, server) = (
            SocketAddrV4::new(CLIENT, 40_000),
            SocketAddrV4::new(SERVER, 80),
        );
        let (local, remote) = if active {
            (client, server)
        } else {
            (server, client)
        };
        let connection = Connection {
            local,
            remote,
            active,
            isn,
            tcp: true,
        };
        let socket = SocketId {
            host: HostId(host),
            index,
        };
        entry(
            ms,
            Event::Socket(socket, SocketEvent::Opened(Box::new(connection))),
        )
    };
    let entries = vec![
        open(0, 0, 0, true, 1),
        open(1, 1, 0, false, 5),
        open(2, 0, 1, true, 2),
        open(3, 1, 1, false, 6),
        open(4, 1, 2, false, 7),
    ];
    let recording = Recording {
        run: RunInfo::default(),
        entries,
    };
    let index = Index::of(&recording);
    let socket = |host, index| SocketId {
        host: HostId(host),
        index,
    };
    assert_eq!(index.peer(socket(0, 0)), Some(socket(1, 0)));
    assert_eq!(index.peer(socket(1, 1)), Some(socket(0, 1)));
    assert_eq!(index.peer(socket(1, 2)), None, "nobody called this one");
}
