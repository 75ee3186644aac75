//! A world with many connections between two hosts, some of them at work.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;

use futures::stream::FuturesUnordered;
use futures::{AsyncReadExt, AsyncWrite, FutureExt, StreamExt};
use wirelab::event::Probe;
use wirelab::host::{ListenOptions, Profile, TcpOptions};
use wirelab::link::LinkConfig;
use wirelab::rt::{Net, Spawner, TcpStream};
use wirelab::sim::{Access, PathConfig, World};
use wirelab::units::Span;

/// Send and receive buffers of every socket, in bytes.
const BUFFER: usize = 4 << 10;
/// Connections that one source address opens at most: Linux has 28,232 ephemeral ports.
const PER_ADDRESS: usize = 28_000;
/// One message, in bytes.
const MESSAGE: usize = 200;
/// Time between two messages of all connections together.
const PACE: Span = Span::from_micros(20);
/// Time after the last message in which everything is acknowledged.
const QUIET: Span = Span::from_millis(100);
/// Time after the last open in which the timers of all handshakes run out: they are part of opening.
const HANDSHAKE_TIMERS: Span = Span::from_secs(2);
/// Time between two opens.
const OPEN_PACE: Span = Span::from_micros(10);

/// Two hosts and the client's ends of the connections between them.
pub(crate) struct Crowd {
    world: World,
    streams: Rc<RefCell<Vec<TcpStream>>>,
}

impl Crowd {
    /// Opens `count` connections, one after another; the server reads from each whatever comes.
    pub(crate) fn open(count: usize) -> Self {
        let mut world = World::new(1, Probe::silent());
        let client = world.add_host_with("client", Profile::linux(), 2, Access::default());
        let server = world.add_host("server", Profile::linux());
        let link = LinkConfig {
            delay: Span::from_millis(5),
            ..LinkConfig::default()
        };
        world.join(client, server, PathConfig::symmetric(link));
        let (from, to) = (world.net(client), world.net(server));
        let spawner = world.spawner();
        world.spawner().spawn("server", serve(to.clone(), spawner));
        let opened = world.run(connect(from, to, count));
        let streams = Rc::new(RefCell::new(opened.expect("the server accepts all")));
        Self { world, streams }
    }

    /// Sends `messages` messages on the first `active` connections in turn, waits until all are acknowledged,
    /// and returns how many frames that took.
    pub(crate) fn work(&mut self, active: usize, messages: usize) -> u64 {
        let before = self.frames();
        let streams = Rc::clone(&self.streams);
        let clock = self.world.clock().clone();
        let sent = self.world.run(async move {
            for message in 0..messages {
                // Neighbours in memory do not follow each other; 7,919 is prime to the numbers measured.
                let index = message * 7_919 % active;
                poll_fn(|context| {
                    let stream = &mut streams.borrow_mut()[index];
                    AsyncWrite::poll_write(Pin::new(stream), context, &[7; MESSAGE])
                })
                .await
                .expect("the server keeps it open");
                clock.sleep(PACE).await;
            }
            clock.sleep(QUIET).await;
        });
        sent.expect("the world goes on");
        self.frames() - before
    }

    /// Frames that the links have carried so far.
    fn frames(&mut self) -> u64 {
        let links = self.world.link_stats();
        links.iter().map(|link| link.offered).sum()
    }
}

/// Opens `count` connections to `to`.
async fn connect(from: Net, to: Net, count: usize) -> Vec<TcpStream> {
    let sources = from.host_ref().borrow().info().addresses.clone();
    let mut opening = FuturesUnordered::new();
    let mut streams = Vec::with_capacity(count);
    for index in 0..count {
        let options = TcpOptions {
            source: Some(sources[index / PER_ADDRESS]),
            ..options()
        };
        let (net, remote) = (from.clone(), to.endpoint(80));
        opening.push(async move { net.connect(remote, &options).await });
        while let Some(opened) = opening.next().now_or_never().flatten() {
            streams.push(opened.expect("there are ports enough"));
        }
        from.clock().sleep(OPEN_PACE).await;
    }
    while let Some(opened) = opening.next().await {
        streams.push(opened.expect("there are ports enough"));
    }
    from.clock().sleep(HANDSHAKE_TIMERS).await;
    streams
}

/// Accepts connections and reads from each whatever comes.
async fn serve(net: Net, spawner: Spawner) {
    let options = ListenOptions {
        tcp: options(),
        ..ListenOptions::default()
    };
    let listener = net.listen(80, options).expect("the port is free");
    let name: Rc<str> = "reader".into();
    loop {
        let mut stream = listener.accept().await;
        spawner.spawn(Rc::clone(&name), async move {
            let mut scratch = [0; MESSAGE];
            while stream.read(&mut scratch).await.is_ok_and(|read| read > 0) {}
        });
    }
}

fn options() -> TcpOptions {
    TcpOptions {
        send_buffer: Some(BUFFER),
        recv_buffer: Some(BUFFER),
        ..TcpOptions::without_nagle()
    }
}
