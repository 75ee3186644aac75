//! How a host notices that its peer is gone.

use futures::AsyncReadExt;
use wirelab::event::{Mechanism, SocketError};
use wirelab::host::{KeepAlive, Profile, TcpOptions};
use wirelab::units::Span;

use super::{plain, rest, write};
use crate::support::{Pair, Sent};

/// Keep-alive after 5 s, three probes, one a second.
fn lively() -> TcpOptions {
    TcpOptions {
        keep_alive: Some(KeepAlive {
            idle: Span::from_secs(5),
            interval: Span::from_secs(1),
            count: 3,
        }),
        ..TcpOptions::default()
    }
}

#[test]
fn keep_alive_probes_leave_at_5_6_and_7_seconds_and_the_connection_times_out_at_8() {
    let mut lab = Pair::new(1).build();
    let (mut client, server) = lab.connection(lively(), plain());
    lab.nets().1.power_off();
    let before = lab.sent_by(lab.client);
    let next = before.last().unwrap().seq;
    let error = lab.drive(async move { rest(&mut client).await });
    assert_eq!(error, Err(SocketError::TimedOut));
    assert_eq!(lab.world.now().as_nanos(), 8_000_000_000);
    let sent = lab.sent_by(lab.client).split_off(before.len());
    let told: Vec<_> = sent
        .iter()
        .map(|sent| (sent.millis(), sent.flags.as_str(), sent.seq))
        .collect();
    let probe = next.wrapping_sub(1);
    assert_eq!(
        told,
        [
            (5_000, "ACK", probe),
            (6_000, "ACK", probe),
            (7_000, "ACK", probe),
            (8_000, "RST,ACK", next)
        ]
    );
    drop(server);
}

#[test]
fn a_probe_that_is_answered_begins_the_idle_time_anew() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, server) = lab.connection(lively(), plain());
    let before = lab.sent_by(lab.client).len();
    lab.pass(Span::from_secs(16));
    let sent = lab.sent_by(lab.client).split_off(before);
    let times: Vec<_> = sent.iter().map(Sent::millis).collect();
    // Idle times count from the last segment received: the SYN-ACK at 20 ms, then each answer.
    assert_eq!(times, [5_020, 10_040, 15_060]);
    drop((client, server));
}

#[test]
fn an_end_that_has_closed_its_half_notices_a_dead_peer_too() {
    let mut lab = Pair::new(1).build();
    let (mut client, server) = lab.connection(lively(), plain());
    client.shutdown().unwrap();
    lab.pass(Span::from_secs(1));
    lab.nets().1.power_off();
    let error = lab.drive(async move { rest(&mut client).await });
    assert_eq!(error, Err(SocketError::TimedOut));
    drop(server);
}

#[test]
fn data_without_answer_times_out_and_no_rst_leaves() {
    let profile = Profile {
        data_retries: 3,
        ..Profile::linux()
    };
    let mut lab = Pair::new(1).profiles(profile, Profile::linux()).build();
    let (mut client, server) = lab.connection(plain(), plain());
    lab.nets().1.power_off();
    let error = lab.drive(async move {
        write(&mut client, 100).await.unwrap();
        rest(&mut client).await
    });
    assert_eq!(error, Err(SocketError::TimedOut));
    lab.pass(Span::from_secs(60));
    let sent = lab.sent_by(lab.client);
    // At 0, the loss probe at 0.2 s, and timeouts at 0.4, 0.8, 1.6 and 3.2 s; at 6.4 s the first is longer ago than
    // three doubling timeouts from 0.2 s would take, 3 s (`tcp_retries2`).
    assert_eq!(sent.iter().filter(|sent| sent.len > 0).count(), 6);
    assert!(sent.iter().all(|sent| !sent.has("RST")));
    drop(server);
}

#[test]
fn a_time_out_with_unread_data_sends_no_rst_and_is_told_after_the_data() {
    let profile = Profile {
        data_retries: 1,
        ..Profile::linux()
    };
    let mut lab = Pair::new(1).profiles(profile, Profile::linux()).build();
    let (mut client, mut server) = lab.connection(plain(), plain());
    let (_server, mut client) = lab.drive(async move {
        write(&mut server, 10).await.unwrap();
        write(&mut client, 10).await.unwrap();
        (server, client)
    });
    lab.pass(Span::from_secs(1));
    lab.nets().1.power_off();
    let mut client = lab.drive(async move {
        write(&mut client, 10).await.unwrap();
        client
    });
    lab.pass(Span::from_secs(60));
    let sent = lab.sent_by(lab.client);
    assert!(sent.iter().all(|sent| !sent.has("RST")));
    let told = lab.drive(async move {
        let mut bytes = [0; 10];
        client.read_exact(&mut bytes).await.unwrap();
        rest(&mut client).await
    });
    assert_eq!(told, Err(SocketError::TimedOut));
}

#[test]
fn a_closed_window_is_probed_until_it_opens() {
    for profile in [Profile::smoltcp(), Profile::linux()] {
        probes_a_closed_window(profile);
    }
}

fn probes_a_closed_window(profile: Profile) {
    let mut lab = Pair::new(1)
        .delay(10)
        .profiles(profile.clone(), profile)
        .build();
    let small = TcpOptions {
        recv_buffer: Some(2_000),
        ..plain()
    };
    let (mut client, mut server) = lab.connection(plain(), small);
    drop(
        lab.world
            .spawner()
            .spawn("write", async move { write(&mut client, 10_000).await }),
    );
    lab.pass(Span::from_secs(100));
    let probes = lab.sent_again(lab.client, Mechanism::WindowProbe);
    assert!((4..12).contains(&probes), "{probes} probes");
    assert_eq!(
        lab.drive(async move { rest(&mut server).await }),
        Ok(10_000)
    );
    lab.come_to_rest();
}

#[test]
fn a_user_timeout_ends_retransmission_and_probing_early() {
    let patient = TcpOptions {
        user_timeout: Some(Span::from_secs(5)),
        ..plain()
    };
    let probing = TcpOptions {
        keep_alive: Some(KeepAlive {
            idle: Span::from_secs(2),
            interval: Span::from_secs(1),
            count: 100,
        }),
        ..patient.clone()
    };
    for (options, bytes) in [(patient, 100), (probing, 0)] {
        let mut lab = Pair::new(1).delay(10).build();
        let (mut client, server) = lab.connection(options, plain());
        let begin = lab.world.now();
        lab.nets().1.power_off();
        let error = lab.drive(async move {
            write(&mut client, bytes).await.unwrap();
            rest(&mut client).await
        });
        assert_eq!(error, Err(SocketError::TimedOut));
        let took = lab.world.now() - begin;
        // Probing counts from the last segment that came, 10 ms earlier; a timeout that begins within the limit
        // is cut where it ends, counted from the first retransmission.
        let nominal = Span::from_secs(5);
        assert!(
            nominal <= took + Span::from_millis(10) && took < nominal + Span::from_millis(500),
            "{bytes} bytes: {took}"
        );
        drop(server);
    }
}
