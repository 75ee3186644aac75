//! Frames of any form come to a host that has a listener and an open connection.

use std::net::Ipv4Addr;

use bytes::Bytes;
use etherparse::PacketBuilder;
use futures::io::{AsyncReadExt, AsyncWriteExt};
use wirelab::event::{Event, SocketEvent};
use wirelab::harness::{Host, Lab};
use wirelab::units::Span;
use wirelab::wire::checksum;

/// Bytes that a fuzzer found, taken from the front.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = usize::from(self.byte()?).min(self.0.len());
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        Some(taken)
    }
}

/// The open connection, as its server sees it.
struct Connection {
    macs: ([u8; 6], [u8; 6]),
    addresses: (Ipv4Addr, Ipv4Addr),
    ports: (u16, u16),
    next: (u32, u32),
}

/// Nobody panics, and the world comes to rest.
pub(super) fn run(data: &[u8]) {
    let mut lab = Lab::new(1);
    let (client, server) = (lab.host("client"), lab.host("server"));
    let _path = lab.join(&client, &server, "delay 5ms").unwrap();
    serve(&lab, &server);
    let asking = client.clone();
    let answering = server.clone();
    lab.spawn("client", async move {
        let Ok(mut stream) = asking.connect(&answering, 80).await else {
            return;
        };
        let mut bytes = [0; 1_000];
        // Until somebody closes or resets it.
        while stream.write_all(&bytes).await.is_ok() {
            if !matches!(stream.read(&mut bytes).await, Ok(1..)) {
                return;
            }
            asking.clock().sleep(Span::from_millis(50)).await;
        }
    });
    lab.pass(Span::from_millis(100));
    let connection = connection(&lab, &client, &server);
    let mut input = Input(data);
    while let Some(frame) = next(&mut input, &connection) {
        lab.world().deliver(server.id(), Bytes::from(frame));
        lab.pass(Span::from_millis(7));
    }
    lab.pass(Span::from_secs(5));
}

fn serve(lab: &Lab, server: &Host) {
    let listener = server.listen(80).unwrap();
    let spawner = lab.spawner();
    lab.spawn("server", async move {
        loop {
            let mut stream = listener.accept().await;
            spawner.spawn("echo", async move {
                let mut bytes = [0; 1_000];
                while let Ok(count @ 1..) = stream.read(&mut bytes).await {
                    if stream.write_all(&bytes[..count]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
}

/// What an attacker on the path knows of the connection.
fn connection(lab: &Lab, client: &Host, server: &Host) -> Connection {
    let recording = lab.recording();
    let received = recording
        .entries
        .iter()
        .filter_map(|entry| match &entry.event {
            Event::FrameReceived { host, frame } if *host == server.id() => {
                wirelab::wire::packet::TcpView::of(&frame.bytes).map(|tcp| {
                    (
                        frame,
                        tcp.header.source_port(),
                        tcp.header.sequence_number(),
                        tcp.header.acknowledgment_number(),
                    )
                })
            }
            _ => None,
        });
    let (frame, port, seq, ack) = received.last().expect("the connection is open");
    assert!(
        recording
            .entries
            .iter()
            .any(|entry| matches!(&entry.event, Event::Socket(_, SocketEvent::Opened(_))))
    );
    let mac = |at: usize| frame.bytes[at..at + 6].try_into().unwrap();
    Connection {
        macs: (mac(6), mac(0)),
        addresses: (client.address(), server.address()),
        ports: (port, 80),
        next: (seq, ack),
    }
}

/// The next frame: as it is, addressed to the host, or a segment of the connection.
fn next(input: &mut Input<'_>, connection: &Connection) -> Option<Vec<u8>> {
    let kind = input.byte()?;
    if kind & 1 == 0 {
        let mut frame = [
            &connection.macs.1[..],
            &connection.macs.0[..],
            input.bytes()?,
        ]
        .concat();
        if kind & 2 == 0 {
            checksum::fill(&mut frame);
        }
        return Some(frame);
    }
    let flags = input.byte()?;
    let (seq, ack) = (input.number()?, input.number()?);
    let window = input.number()?;
    let options = input.bytes()?;
    let payload = input.bytes()?;
    let around =
        |middle: u32, offset: u16| middle.wrapping_add(u32::from(offset)).wrapping_sub(1 << 15);
    let (from, to) = connection.addresses;
    let builder = PacketBuilder::ethernet2(connection.macs.0, connection.macs.1).ipv4(
        from.octets(),
        to.octets(),
        64,
    );
    let mut builder = builder.tcp(
        connection.ports.0,
        connection.ports.1,
        around(connection.next.0, seq),
        window,
    );
    if flags & 0x10 != 0 {
        builder = builder.ack(around(connection.next.1, ack));
    }
    for (bit, set) in [(1, 0), (2, 1), (4, 2), (8, 3)] {
        if flags & bit != 0 {
            builder = match set {
                0 => builder.fin(),
                1 => builder.syn(),
                2 => builder.rst(),
                _ => builder.psh(),
            };
        }
    }
    let padded = options.len().min(40).next_multiple_of(4).min(40);
    let mut raw = options[..options.len().min(40)].to_vec();
    raw.resize(padded, 0);
    let builder = builder.options_raw(&raw).ok()?;
    let mut frame = Vec::with_capacity(builder.size(payload.len()));
    builder.write(&mut frame, payload).ok()?;
    Some(frame)
}
