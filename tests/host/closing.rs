//! How connections end.

use futures::AsyncReadExt;
use wirelab::event::{Event, SocketError, TcpState};
use wirelab::units::Span;
use wirelab::wire::Frame;
use wirelab::wire::packet::TcpView;

use super::{plain, rest, write};
use crate::support::{Lab, Pair};

#[test]
fn the_end_that_closes_first_waits_60_seconds() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, mut server) = lab.connection(plain(), plain());
    drop(client);
    assert_eq!(lab.drive(async move { rest(&mut server).await }), Ok(0));
    lab.pass(Span::from_secs(1));
    assert_eq!(lab.states(lab.client), [TcpState::TimeWait]);
    assert_eq!(lab.states(lab.server), []);
    lab.come_to_rest();
    // The client closes at 30 ms, when both ends are connected, and has the server's FIN a round trip later.
    assert_eq!(lab.world.now().as_nanos(), 60_050_000_000);
}

#[test]
fn ends_that_close_at_once_both_wait() {
    let mut lab = Pair::new(1).delay(10).build();
    drop(lab.connection(plain(), plain()));
    lab.pass(Span::from_secs(1));
    assert_eq!(lab.states(lab.client), [TcpState::TimeWait]);
    assert_eq!(lab.states(lab.server), [TcpState::TimeWait]);
    lab.come_to_rest();
}

#[test]
fn a_fin_that_comes_again_is_acknowledged_from_time_wait_and_begins_it_anew() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, mut server) = lab.connection(plain(), plain());
    drop(client);
    lab.drive(async move { rest(&mut server).await }).unwrap();
    lab.pass(Span::from_secs(30));
    let before = lab.sent_by(lab.client).len();
    let fin = last_fin(&lab);
    let now = lab.world.now();
    lab.world.host(lab.client).borrow_mut().receive(now, fin);
    let sent = lab.sent_by(lab.client);
    assert_eq!(
        (sent.len(), sent[before].flags.as_str()),
        (before + 1, "ACK")
    );
    assert_eq!(
        (sent[before].seq, sent[before].ack),
        (sent[before - 1].seq, sent[before - 1].ack)
    );
    let row = lab.world.sockets(lab.client).remove(0);
    assert_eq!(row.timer.unwrap().left, Span::from_secs(60));
}

/// The last FIN that the client has received.
fn last_fin(lab: &Lab) -> Frame {
    let frames = lab
        .entries()
        .into_iter()
        .filter_map(|entry| match entry.event {
            Event::FrameReceived { host, frame } if host == lab.client => Some(frame),
            _ => None,
        });
    let is_fin = |frame: &Frame| TcpView::of(&frame.bytes).is_some_and(|view| view.header.fin());
    frames.filter(is_fin).last().expect("the server has closed")
}

#[test]
fn an_end_that_has_closed_its_half_still_reads() {
    let mut lab = Pair::new(1).delay(10).build();
    let (mut client, mut server) = lab.connection(plain(), plain());
    let read = lab.drive(async move {
        client.shutdown().unwrap();
        let answer = async {
            assert_eq!(rest(&mut server).await, Ok(0));
            write(&mut server, 50_000).await.unwrap();
            drop(server);
        };
        futures::join!(rest(&mut client), answer).0
    });
    assert_eq!(read, Ok(50_000));
    lab.come_to_rest();
}

#[test]
fn writing_after_the_half_is_closed_breaks_the_pipe() {
    let mut lab = Pair::new(1).build();
    let (mut client, server) = lab.connection(plain(), plain());
    client.shutdown().unwrap();
    let error = lab.drive(async move { write(&mut client, 1).await });
    assert_eq!(error, Err(SocketError::BrokenPipe));
    drop(server);
}

#[test]
fn linger_0_resets_and_the_peer_is_told() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, mut server) = lab.connection(plain(), plain());
    client.abort();
    let error = lab.drive(async move { rest(&mut server).await });
    assert_eq!(error, Err(SocketError::Reset));
    assert_eq!(lab.sent_by(lab.client).last().unwrap().flags, "RST,ACK");
    lab.come_to_rest();
}

#[test]
fn a_close_with_unread_data_resets() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, mut server) = lab.connection(plain(), plain());
    lab.drive(async move { write(&mut server, 100).await.map(|()| server) })
        .unwrap();
    lab.pass(Span::from_secs(1));
    drop(client);
    lab.pass(Span::from_secs(1));
    assert_eq!(lab.sent_by(lab.client).last().unwrap().flags, "RST,ACK");
    lab.come_to_rest();
}

#[test]
fn data_that_came_before_a_reset_is_read_and_then_the_reset_is_told() {
    let mut lab = Pair::new(1).delay(10).build();
    let (mut client, mut server) = lab.connection(plain(), plain());
    let clock = lab.world.clock().clone();
    lab.drive(async move {
        write(&mut client, 100).await.unwrap();
        clock.sleep(Span::from_secs(1)).await;
        client.abort();
    });
    lab.pass(Span::from_secs(1));
    let told = lab.drive(async move {
        let mut bytes = [0; 100];
        server.read_exact(&mut bytes).await.unwrap();
        rest(&mut server).await
    });
    assert_eq!(told, Err(SocketError::Reset));
    lab.come_to_rest();
}

#[test]
fn fin_wait_2_of_a_socket_that_nobody_holds_ends_after_60_seconds() {
    let mut lab = Pair::new(1).build();
    let (client, server) = lab.connection(plain(), plain());
    drop(client);
    lab.pass(Span::from_secs(59));
    assert_eq!(lab.states(lab.client), [TcpState::FinWait2]);
    lab.pass(Span::from_secs(2));
    assert_eq!(lab.states(lab.client), []);
    drop(server);
}
