//! How connections begin, or do not.

use wirelab::event::{DiscardCause, Event, SocketError};
use wirelab::host::{ListenOptions, Profile, TcpOptions};
use wirelab::link::{Late, LinkConfig, Loss};
use wirelab::units::{Percent, SimTime, Span};

use super::{plain, rest, write};
use crate::support::{Lab, Pair, Sent};

/// A path that loses everything.
fn black_hole() -> LinkConfig {
    LinkConfig {
        loss: Some(Loss::Random(Percent::HUNDRED)),
        ..LinkConfig::default()
    }
}

/// When SYNs left, in seconds, what the application was told, and when.
fn attempt(profile: Profile) -> (Vec<u64>, SocketError, u64) {
    let mut lab = Pair::new(1)
        .link(black_hole())
        .profiles(profile, Profile::linux())
        .build();
    let (client, server) = lab.nets();
    let error = lab.drive(async move {
        let stream = client.connect(server.endpoint(80), &plain()).await;
        stream.expect_err("nobody hears it")
    });
    let at = lab.world.now().as_nanos() / 1_000_000_000;
    let syns = lab.sent_by(lab.client);
    (
        syns.iter().map(|syn| syn.millis() / 1_000).collect(),
        error,
        at,
    )
}

#[test]
fn syns_leave_as_linux_sends_them_and_the_attempt_times_out_after_131_seconds() {
    assert_eq!(
        attempt(Profile::linux()),
        (
            vec![0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67],
            SocketError::TimedOut,
            131
        )
    );
}

#[test]
fn without_linear_timeouts_syns_leave_as_rfc_6298_has_it() {
    let profile = Profile {
        syn_linear_timeouts: 0,
        ..Profile::linux()
    };
    let expected = (vec![0, 1, 3, 7, 15, 31, 63], SocketError::TimedOut, 127);
    assert_eq!(attempt(profile), expected);
}

#[test]
fn a_syn_ack_without_answer_leaves_six_times_and_the_connection_is_forgotten() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, server) = lab.nets();
    let endpoint = server.endpoint(80);
    let listener = server.listen(80, ListenOptions::default()).unwrap();
    let dead = client.clone();
    drop(lab.world.spawner().spawn("connect", async move {
        drop(client.connect(endpoint, &plain()).await);
    }));
    lab.pass(Span::from_millis(5));
    dead.power_off();
    lab.pass(Span::from_secs(60));
    let times: Vec<_> = lab.sent_by(lab.server).iter().map(Sent::millis).collect();
    assert_eq!(times, [10, 1_010, 3_010, 7_010, 15_010, 31_010]);
    assert_eq!(lab.states(lab.server).len(), 1);
    lab.pass(Span::from_secs(4));
    assert_eq!(lab.states(lab.server), []);
    drop(listener);
}

#[test]
fn a_syn_that_comes_again_is_answered_at_once() {
    let config = LinkConfig {
        drops: "s2c:synack:1".parse().unwrap(),
        ..LinkConfig::default()
    };
    let mut lab = Pair::new(1).links(LinkConfig::default(), config).build();
    drop(lab.connection(plain(), plain()));
    let answers: Vec<_> = lab.sent_by(lab.server);
    let times: Vec<_> = answers
        .iter()
        .filter(|sent| sent.has("SYN"))
        .map(Sent::millis)
        .collect();
    assert_eq!(times[..2], [0, 1_000]);
    assert_eq!(lab.world.now().as_nanos(), 1_000_000_000);
}

#[test]
fn a_syn_for_a_full_backlog_is_dropped_and_comes_again() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, server) = lab.nets();
    let done = lab.drive(async move {
        let options = ListenOptions {
            backlog: 1,
            ..ListenOptions::default()
        };
        let listener = server.listen(80, options).unwrap();
        let first = client.connect(server.endpoint(80), &plain()).await.unwrap();
        let second = async {
            let stream = client.connect(server.endpoint(80), &plain()).await.unwrap();
            (client.clock().now().as_nanos() / 1_000_000, stream)
        };
        let accept = async {
            client.clock().sleep(Span::from_millis(500)).await;
            let accepted = listener.accept().await;
            (accepted, listener.accept().await)
        };
        let ((at, second), accepted) = futures::join!(second, accept);
        drop((first, second, accepted));
        at
    });
    // The first takes a round trip; the second's SYN leaves at 20 ms, and again one second later.
    assert_eq!(done, 1_040);
    let dropped = lab.entries().into_iter().filter(|entry| {
        matches!(
            entry.event,
            Event::FrameDiscarded {
                cause: DiscardCause::BacklogFull,
                ..
            }
        )
    });
    assert_eq!(dropped.count(), 1);
}

#[test]
fn a_port_where_nobody_listens_refuses_after_one_round_trip() {
    let mut lab: Lab = Pair::new(1).delay(75).build();
    let (client, server) = lab.nets();
    let error = lab.drive(async move {
        client
            .connect(server.endpoint(81), &plain())
            .await
            .map(drop)
    });
    assert_eq!(error, Err(SocketError::Refused));
    assert_eq!(lab.world.now().as_nanos(), 150_000_000);
    assert_eq!(lab.sent_by(lab.server)[0].flags, "RST,ACK");
}

#[test]
fn a_listener_that_goes_forgets_whom_it_has_not_accepted() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, server) = lab.nets();
    let endpoint = server.endpoint(80);
    let listener = server.listen(80, ListenOptions::default()).unwrap();
    let connected = lab.world.spawner().spawn("connect", async move {
        let mut stream = client.connect(endpoint, &plain()).await?;
        rest(&mut stream).await
    });
    lab.pass(Span::from_millis(15)); // the SYN-ACK is on its way
    drop(listener);
    let again = server.listen(80, ListenOptions::default()).unwrap();
    assert_eq!(lab.states(lab.server), []);
    assert_eq!(lab.drive(connected), Err(SocketError::Reset));
    drop(again);
}

#[test]
fn an_ack_of_an_earlier_connection_on_the_tuple_does_not_end_the_new_one() {
    let delay = Span::from_millis(50);
    let forward = LinkConfig {
        delay,
        ..LinkConfig::default()
    };
    let backward = LinkConfig {
        delay,
        late: Some(Late {
            frames: "s2c:ack:1".parse().expect("the script is well-formed"),
            by: Span::from_secs(3),
        }),
        ..LinkConfig::default()
    };
    let mut lab = Pair::new(1).links(forward, backward).build();
    let same_port = TcpOptions {
        source_port: Some(40_000),
        ..plain()
    };
    let (mut first, far) = lab.connection(same_port.clone(), plain());
    let first = lab.drive(async move { write(&mut first, 1).await.map(|()| first) });
    lab.pass(Span::from_millis(500));
    first.expect("the connection is open").abort();
    lab.pass(Span::from_millis(500));
    drop(far);
    // The ACK of that byte left after 240 ms and arrives after 3.29 s, while the new SYN is under way.
    lab.world
        .step_until(SimTime::ZERO + Span::from_millis(3_250))
        .expect("time passes");
    let (mut near, mut far) = lab.connection(same_port, plain());
    let read = lab.drive(async move {
        write(&mut near, 1).await?;
        drop(near);
        rest(&mut far).await
    });
    assert_eq!(read, Ok(1));
}
