//! Which 4-tuples a host may use, and when again.

use wirelab::event::{HostId, SocketError, TcpState};
use wirelab::host::{EPHEMERAL, ListenOptions, TcpOptions};
use wirelab::rt::TcpStream;
use wirelab::units::Span;

use super::rest;
use crate::support::{Lab, Pair};

/// Options that bind port 5000 before connecting.
fn bound(timestamps: bool) -> TcpOptions {
    TcpOptions {
        source_port: Some(5_000),
        timestamps: Some(timestamps),
        ..TcpOptions::default()
    }
}

/// Closes `first`, then `second` when it has seen that.
fn close(lab: &mut Lab, first: TcpStream, mut second: TcpStream) {
    drop(first);
    lab.drive(async move { rest(&mut second).await }).unwrap();
    lab.pass(Span::from_millis(100));
}

/// Connects to port 80 once more; how long it took.
fn reconnect(lab: &mut Lab, options: TcpOptions) -> Result<Span, SocketError> {
    let (client, server) = lab.nets();
    lab.drive(async move {
        let listener = server.listen(80, ListenOptions::default()).unwrap();
        let before = client.clock().now();
        let stream = client.connect(server.endpoint(80), &options).await;
        let took = client.clock().now() - before;
        drop(listener);
        stream.map(|_| took)
    })
}

fn waits(lab: &Lab, host: HostId) -> bool {
    lab.states(host) == [TcpState::TimeWait]
}

#[test]
fn a_bound_port_in_time_wait_is_not_available() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, server) = lab.connection(bound(false), bound(false));
    close(&mut lab, client, server);
    assert!(waits(&lab, lab.client));
    lab.pass(Span::from_secs(10));
    assert_eq!(
        reconnect(&mut lab, bound(false)),
        Err(SocketError::AddressNotAvailable)
    );
    lab.pass(Span::from_secs(51));
    assert_eq!(reconnect(&mut lab, bound(false)), Ok(Span::from_millis(20)));
}

#[test]
fn with_timestamps_a_bound_port_is_available_after_a_second() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, server) = lab.connection(bound(true), bound(true));
    close(&mut lab, client, server);
    assert_eq!(
        reconnect(&mut lab, bound(true)),
        Err(SocketError::AddressNotAvailable)
    );
    lab.pass(Span::from_secs(1));
    assert_eq!(reconnect(&mut lab, bound(true)), Ok(Span::from_millis(20)));
}

#[test]
fn a_server_in_time_wait_accepts_a_later_syn_in_one_round_trip() {
    let mut lab = Pair::new(1).delay(10).build();
    let (client, server) = lab.connection(bound(false), bound(false));
    close(&mut lab, server, client);
    assert!(waits(&lab, lab.server));
    assert_eq!(lab.states(lab.client), []);
    assert_eq!(reconnect(&mut lab, bound(false)), Ok(Span::from_millis(20)));
    let syns: Vec<_> = lab
        .sent_by(lab.client)
        .into_iter()
        .filter(|sent| sent.has("SYN"))
        .collect();
    let distance = syns[1].seq.wrapping_sub(syns[0].seq);
    assert!(
        distance < 1 << 31,
        "initial sequence numbers rise: {distance}"
    );
}

#[test]
fn an_endpoint_takes_28_232_connections_and_no_more() {
    let lab = Pair::new(1).unrecorded().build();
    let (client, server) = lab.nets();
    let options = TcpOptions {
        send_buffer: Some(64),
        recv_buffer: Some(64),
        ..TcpOptions::default()
    };
    let now = lab.world.now();
    let host = lab.world.host(lab.client);
    let open = || {
        host.borrow_mut()
            .connect(now, server.endpoint(80), &options)
    };
    for _ in EPHEMERAL {
        open().unwrap();
    }
    assert_eq!(open(), Err(SocketError::AddressNotAvailable));
    let elsewhere = client
        .host_ref()
        .borrow_mut()
        .connect(now, server.endpoint(81), &options);
    elsewhere.unwrap();
    lab.world
        .host(lab.client)
        .borrow_mut()
        .outbox()
        .frames
        .clear();
}
