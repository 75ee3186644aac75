//! Classes that no case is about, in worlds of their own: a queue, Nagle, a zero window, a small send buffer.

use futures::{AsyncReadExt, AsyncWriteExt};
use wirelab::event::Probe;
use wirelab::host::{ListenOptions, Profile, TcpOptions};
use wirelab::link::LinkConfig;
use wirelab::measure::account::{Account, Class, PageAccount};
use wirelab::record::{Recorder, Recording, RunInfo};
use wirelab::rt::Net;
use wirelab::sim::{Access, PathConfig, World};
use wirelab::units::{BitRate, Span};

use super::{client_window, ms, window_of};
use crate::support::{Lab, Pair};

fn account(lab: &Lab) -> Account {
    let (recording, window) = client_window(lab);
    PageAccount::of(&recording, window).page
}

#[test]
fn a_small_write_waits_for_an_acknowledgment_that_is_delayed() {
    let mut lab = Pair::new(1).delay(50).build();
    let clock = lab.world.clock().clone();
    let (mut client, mut server) = lab.connection(TcpOptions::default(), TcpOptions::default());
    lab.drive(async move {
        let asks = async {
            // Out of the quick acknowledgments that a new connection gets.
            for _ in 0..20 {
                client.write_all(b"warm").await.unwrap();
                client.read_exact(&mut [0; 4]).await.unwrap();
            }
            client.write_all(b"head").await.unwrap();
            clock.sleep(ms(1)).await;
            client.write_all(b"body").await.unwrap();
            client.read_exact(&mut [0; 4]).await.unwrap();
            client
        };
        let answers = async {
            for _ in 0..20 {
                server.read_exact(&mut [0; 4]).await.unwrap();
                server.write_all(b"warm").await.unwrap();
            }
            server.read_exact(&mut [0; 8]).await.unwrap();
            server.write_all(b"done").await.unwrap();
            server
        };
        futures::join!(asks, answers)
    });
    let account = account(&lab);
    // The second write, 1 ms later, leaves when the first is acknowledged: after a round trip and the timer, 40 ms.
    assert_eq!(account.of(Class::Nagle), ms(99), "{:#?}", account.slices());
    assert_eq!(account.of(Class::DelayedAck), ms(40));
    // Connection, twenty exchanges, and the last one.
    assert_eq!(account.of(Class::Connect), ms(100));
    assert_eq!(account.of(Class::Propagation), ms(20 * 100 + 100));
    // The lab hands over both ends when the server has accepted, half a round trip after the client connected.
    assert_eq!(account.of(Class::Client), ms(50 + 1));
}

#[test]
fn a_reader_that_does_not_read_closes_the_window() {
    let small = TcpOptions {
        recv_buffer: Some(8_192),
        ..TcpOptions::without_nagle()
    };
    let mut lab = Pair::new(1).delay(10).build();
    let clock = lab.world.clock().clone();
    let (mut client, mut server) = lab.connection(small, TcpOptions::without_nagle());
    lab.drive(async move {
        let reads = async {
            clock.sleep(ms(3_000)).await;
            client.read_exact(&mut vec![0; 40_000]).await.unwrap();
            client
        };
        let writes = async {
            server.write_all(&vec![7; 40_000]).await.unwrap();
            server
        };
        futures::join!(reads, writes)
    });
    let account = account(&lab);
    // Whatever was not in the buffer waited for the window until the client read, and a few rounds more.
    let window = account.of(Class::ReceiveWindow);
    assert!(
        ms(2_900) < window && window < ms(3_200),
        "{:#?}",
        account.slices()
    );
    assert_eq!(account.of(Class::CongestionWindow), Span::ZERO);
}

#[test]
fn a_small_send_buffer() {
    let small = TcpOptions {
        send_buffer: Some(5_840),
        ..TcpOptions::without_nagle()
    };
    let mut lab = Pair::new(1).delay(50).build();
    let (mut client, mut server) = lab.connection(TcpOptions::without_nagle(), small);
    lab.drive(async move {
        let reads = async {
            client.read_exact(&mut vec![0; 5_840 * 4]).await.unwrap();
            client
        };
        let writes = async {
            server.write_all(&vec![7; 5_840 * 4]).await.unwrap();
            server
        };
        futures::join!(reads, writes)
    });
    let account = account(&lab);
    // Four segments at once, then each time after a round trip.
    assert_eq!(
        account.of(Class::SendBuffer),
        ms(300),
        "{:#?}",
        account.slices()
    );
}

/// Two clients behind one line; the second's answer queues behind the first's.
#[test]
fn a_queue_of_somebody_elses_frames() {
    let recorder = std::rc::Rc::new(std::cell::RefCell::new(Recorder::new()));
    let mut world = World::new(1, Probe::new(recorder.clone()));
    let line = LinkConfig {
        rate: BitRate::from_bits_per_second(1_000_000),
        ..LinkConfig::default()
    };
    let access = Access {
        up: line,
        down: LinkConfig::default(),
    };
    let server = world.add_host_with("server", Profile::linux(), 1, access);
    let clients = ["greedy", "client"].map(|name| world.add_host(name, Profile::linux()));
    let delay = LinkConfig {
        delay: ms(10),
        ..LinkConfig::default()
    };
    for client in clients {
        world.join(client, server, PathConfig::symmetric(delay.clone()));
    }
    let far = world.net(server);
    let nets = clients.map(|client| world.net(client));
    let clock = world.clock().clone();
    world
        .run(async move {
            let listener = far.listen(80, ListenOptions::default()).unwrap();
            let serve = async {
                for bytes in [14_600, 100] {
                    let mut stream = listener.accept().await;
                    stream.read_exact(&mut [0; 4]).await.unwrap();
                    stream.write_all(&vec![7; bytes]).await.unwrap();
                }
            };
            let greedy = fetch(&nets[0], far.endpoint(80), 14_600);
            let late = async {
                clock.sleep(ms(1)).await;
                fetch(&nets[1], far.endpoint(80), 100).await;
            };
            futures::join!(serve, greedy, late);
        })
        .unwrap();
    let recording = Recording {
        run: RunInfo::default(),
        entries: recorder.borrow().entries().to_vec(),
    };
    let window = window_of(&recording, clients[1]);
    let account = PageAccount::of(&recording, window).page;
    // Ten segments of 1,514 B take 121.12 ms. The client's answer is 1 ms later and has waited for the rest of them,
    // less what its own SYN-ACK was on the line before.
    let queued = account.of(Class::Queueing);
    assert!(
        ms(118) < queued && queued < ms(122),
        "{:#?}",
        account.slices()
    );
    assert_eq!(
        account.of(Class::Propagation) + account.of(Class::Connect),
        ms(40)
    );
}

async fn fetch(net: &Net, remote: std::net::SocketAddrV4, bytes: usize) {
    let mut stream = net.connect(remote, &TcpOptions::default()).await.unwrap();
    stream.write_all(b"give").await.unwrap();
    stream.read_exact(&mut vec![0; bytes]).await.unwrap();
}
