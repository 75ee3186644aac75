//! A client and a server with a path between them.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;

use wirelab::event::{Event, HostId, Mechanism, Probe, SocketEvent, TcpState};
use wirelab::host::{ListenOptions, Profile, TcpOptions};
use wirelab::link::{FlowMemory, LinkConfig};
use wirelab::record::{Entry, Recorder};
use wirelab::rt::{Net, TcpStream};
use wirelab::sim::{PathConfig, Step, World};
use wirelab::units::Span;

use super::capture::{self, Sent, sent_by};

/// Virtual time within which every test world must come to an end.
const PATIENCE: Span = Span::from_secs(4 * 3_600);

/// Steps within which it must: a world that crawls from microsecond to microsecond is as good as hung.
const STEPS: u64 = 3_000_000;

/// How a pair of hosts is to be built.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    seed: u64,
    path: PathConfig,
    profiles: (Profile, Profile),
    recorded: bool,
}

/// Two hosts in their world.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) world: World,
    pub(crate) client: HostId,
    pub(crate) server: HostId,
    pub(crate) recorder: Option<Rc<RefCell<Recorder>>>,
    seed: u64,
    steps: u64,
}

impl Pair {
    /// Two Linux hosts on an ideal path, recorded.
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            seed,
            path: PathConfig::default(),
            profiles: (Profile::linux(), Profile::linux()),
            recorded: true,
        }
    }

    /// The same link in both directions.
    pub(crate) fn link(self, config: LinkConfig) -> Self {
        self.links(config.clone(), config)
    }

    /// One link from the client to the server, one back.
    pub(crate) fn links(mut self, forward: LinkConfig, backward: LinkConfig) -> Self {
        (self.path.forward, self.path.backward) = (forward, backward);
        self
    }

    /// This one-way delay in both directions.
    pub(crate) fn delay(self, millis: u64) -> Self {
        self.link(LinkConfig {
            delay: Span::from_millis(millis),
            ..LinkConfig::default()
        })
    }

    /// A NAT on the path that forgets a flow once it has been idle so long.
    pub(crate) fn nat(mut self, idle: Span) -> Self {
        self.path.memory = Some(FlowMemory::new(idle));
        self
    }

    /// How the client's and the server's TCP behave.
    pub(crate) fn profiles(mut self, client: Profile, server: Profile) -> Self {
        self.profiles = (client, server);
        self
    }

    /// Keeps no recording unless somebody asks for captures.
    pub(crate) fn unrecorded(mut self) -> Self {
        self.recorded = false;
        self
    }

    /// The world.
    pub(crate) fn build(self) -> Lab {
        let recorder =
            (self.recorded || capture::wanted()).then(|| Rc::new(RefCell::new(Recorder::new())));
        let probe = recorder
            .clone()
            .map_or_else(Probe::silent, |recorder| Probe::new(recorder));
        let mut world = World::new(self.seed, probe);
        let client = world.add_host("client", self.profiles.0);
        let server = world.add_host("server", self.profiles.1);
        world.join(client, server, self.path);
        Lab {
            world,
            client,
            server,
            recorder,
            seed: self.seed,
            steps: 0,
        }
    }
}

impl Lab {
    /// The client's network and the server's.
    pub(crate) fn nets(&self) -> (Net, Net) {
        (self.world.net(self.client), self.world.net(self.server))
    }

    /// A connection from the client to port 80 of the server, both ends, client first.
    ///
    /// # Panics
    /// If it cannot be made.
    pub(crate) fn connection(
        &mut self,
        client: TcpOptions,
        server: TcpOptions,
    ) -> (TcpStream, TcpStream) {
        let (near, far) = self.nets();
        self.drive(async move {
            let options = ListenOptions {
                tcp: server,
                ..ListenOptions::default()
            };
            let listener = far.listen(80, options).expect("nobody else listens");
            let connect = near.connect(far.endpoint(80), &client);
            let (stream, accepted) = futures::join!(connect, listener.accept());
            (stream.expect("the server listens"), accepted)
        })
    }

    /// Lets `span` pass.
    ///
    /// # Panics
    /// If time stands still meanwhile.
    pub(crate) fn pass(&mut self, span: Span) {
        let until = self.world.now() + span;
        self.world.step_until(until).expect("time passes");
    }

    /// The TCP segments that a host has sent so far.
    pub(crate) fn sent_by(&self, host: HostId) -> Vec<Sent> {
        sent_by(&self.entries(), host)
    }

    /// How many segments a host has sent for the reason given.
    pub(crate) fn sent_again(&self, host: HostId, mechanism: Mechanism) -> usize {
        let entries = self.entries().into_iter();
        entries
            .filter(|entry| {
                matches!(
                    entry.event,
                    Event::Socket(socket, SocketEvent::Segment { again: Some(again), .. })
                        if socket.host == host && again == mechanism
                )
            })
            .count()
    }

    /// The states of a host's sockets, listeners aside.
    pub(crate) fn states(&self, host: HostId) -> Vec<TcpState> {
        let rows = self.world.sockets(host).into_iter().map(|row| row.state);
        rows.filter(|state| *state != TcpState::Listen).collect()
    }

    /// Runs `main` to its end; whatever is still under way then goes on in the next call.
    ///
    /// # Panics
    /// If the world hangs, stands still, crawls, or is not through within [`PATIENCE`].
    pub(crate) fn drive<T: 'static>(&mut self, main: impl Future<Output = T> + 'static) -> T {
        let result = Rc::new(RefCell::new(None));
        let place = Rc::clone(&result);
        drop(self.world.spawner().spawn("main", async move {
            let value = main.await;
            *place.borrow_mut() = Some(value);
        }));
        loop {
            let step = self.world.step().expect("time passes");
            if let Some(value) = result.borrow_mut().take() {
                return value;
            }
            assert!(
                step != Step::Quiet,
                "deadlock at {} s; waiting: {:?}; sockets: {:#?}",
                self.world.now(),
                self.world.waiting(),
                self.rows()
            );
            self.check_pace();
        }
    }

    /// Lets the world go on until nothing is left to happen, and checks that nothing was lost on the way:
    /// every link accounts for every frame, no host holds a connection any more, and the only tasks left are
    /// those that wait for connections, which are called `accept`.
    ///
    /// # Panics
    /// If one of these does not hold, or the world does not come to rest.
    pub(crate) fn come_to_rest(&mut self) {
        while self.world.step().expect("time passes") != Step::Quiet {
            self.check_pace();
        }
        self.check_links();
        let mut tasks = self.world.waiting();
        tasks.retain(|name| name != "accept");
        assert!(
            tasks.is_empty(),
            "nothing happens, and these still wait: {tasks:?}; sockets: {:#?}",
            self.rows()
        );
        for host in self.world.host_ids() {
            let left: Vec<_> = self
                .world
                .sockets(host)
                .into_iter()
                .filter(|row| row.state != TcpState::Listen)
                .map(|row| row.to_string())
                .collect();
            assert!(left.is_empty(), "{host:?} still holds {left:#?}");
        }
    }

    /// Checks that every link accounts for every frame.
    ///
    /// # Panics
    /// If one does not.
    pub(crate) fn check_links(&mut self) {
        for stats in self.world.link_stats() {
            assert!(stats.is_conserved(), "frames unaccounted for: {stats:?}");
        }
    }

    /// What was recorded so far.
    ///
    /// # Panics
    /// If the pair is [`Pair::unrecorded`].
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let recorder = self.recorder.as_ref().expect("the pair is recorded");
        recorder.borrow().entries().to_vec()
    }

    fn check_pace(&mut self) {
        self.steps += 1;
        let now = self.world.now();
        assert!(
            self.steps < STEPS && now < wirelab::units::SimTime::ZERO + PATIENCE,
            "{} steps, and still under way at {now} s; waiting: {:?}; sockets: {:#?}",
            self.steps,
            self.world.waiting(),
            self.rows()
        );
    }

    fn rows(&self) -> Vec<String> {
        let hosts = self.world.host_ids();
        hosts
            .flat_map(|host| self.world.sockets(host))
            .map(|row| row.to_string())
            .collect()
    }
}

/// Leaves what was recorded, if somebody wants it.
impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(recorder) = &self.recorder {
            capture::leave(self.seed, recorder.borrow().entries());
        }
    }
}
