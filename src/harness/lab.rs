//! A world for one test.

use std::cell::RefCell;
use std::future::Future;
use std::net::SocketAddrV4;
use std::ops::Deref;
use std::rc::Rc;

use super::evidence;
use super::path::Path;
use crate::event::{HostId, Probe, SocketError};
use crate::host::{ListenOptions, Profile, TcpOptions};
use crate::link::{LinkConfig, ParseConfigError};
use crate::measure::Traffic;
use crate::record::{Recorder, Recording, RunInfo};
use crate::rt::{JoinHandle, Net, Spawner, TcpListener, TcpStream};
use crate::sim::{PathConfig, World, WorldError};
use crate::units::{SimTime, Span};

/// A world for one test. What fails while it lives leaves its evidence below `target/wirelab`, or below the directory
/// that `WIRELAB_CAPTURE_DIR` names.
#[derive(Debug)]
pub struct Lab {
    world: World,
    recorder: Rc<RefCell<Recorder>>,
    name: String,
    seed: u64,
    paths: Vec<Path>,
    /// From when to when the last run was.
    last: (SimTime, SimTime),
}

/// A host of a lab: its network, and what it is called.
#[derive(Clone, Debug)]
pub struct Host {
    id: HostId,
    net: Net,
}

impl Lab {
    /// An empty world; every chance in it follows from the seed. It is called after the test that makes it.
    pub fn new(seed: u64) -> Self {
        let recorder = Rc::new(RefCell::new(Recorder::new()));
        let thread = std::thread::current();
        Self {
            world: World::new(seed, Probe::new(recorder.clone())),
            recorder,
            name: thread.name().unwrap_or("test").replace("::", "."),
            seed,
            paths: Vec::new(),
            last: (SimTime::ZERO, SimTime::ZERO),
        }
    }

    /// Adds a host with the TCP of Linux.
    pub fn host(&mut self, name: &str) -> Host {
        self.host_with(name, Profile::linux())
    }

    /// Adds a host with another TCP.
    pub fn host_with(&mut self, name: &str, profile: Profile) -> Host {
        let id = self.world.add_host(name, profile);
        Host {
            id,
            net: self.world.net(id),
        }
    }

    /// Joins two hosts by the same link in both directions, in netem's words: `delay 50ms rate 10mbit loss 1%`. The
    /// delay is one way.
    ///
    /// # Errors
    /// [`ParseConfigError`] if these are no words of a link.
    pub fn join(&mut self, a: &Host, b: &Host, link: &str) -> Result<Path, ParseConfigError> {
        let link: LinkConfig = link.parse()?;
        Ok(self.join_by(a, b, PathConfig::symmetric(link)))
    }

    /// Joins two hosts by a path.
    ///
    /// # Panics
    /// Never: a path that was just made is there.
    pub fn join_by(&mut self, a: &Host, b: &Host, path: PathConfig) -> Path {
        let round_trip = path.forward.delay + path.backward.delay;
        self.world.join(a.id, b.id, path);
        let mut valve = |from: &Host, to: &Host| {
            let valve = self.world.valve(from.id, to.id);
            valve.expect("it was just made")
        };
        let path = Path::new(valve(a, b), valve(b, a), round_trip);
        self.paths.push(path.clone());
        path
    }

    /// Starts a task, whose name says who waits if nothing goes on.
    pub fn spawn<T: 'static>(
        &self,
        name: &str,
        task: impl Future<Output = T> + 'static,
    ) -> JoinHandle<T> {
        self.spawner().spawn(name, task)
    }

    /// Starts tasks of tasks, and is an executor for hyper.
    pub fn spawner(&self) -> Spawner {
        self.world.spawner()
    }

    /// Lets the world go on until `main` has ended, and returns what it returned. Other tasks stay as they are.
    ///
    /// # Panics
    /// If everybody waits for ever, or time stands still: a test has failed then.
    pub fn run<T: 'static>(&mut self, main: impl Future<Output = T> + 'static) -> T {
        match self.try_run(main) {
            Ok(result) => result,
            Err(error) => panic!("{error}"),
        }
    }

    /// The same for tests that expect it to fail.
    ///
    /// # Errors
    /// [`WorldError`] if everybody waits for ever, or time stands still.
    pub fn try_run<T: 'static>(
        &mut self,
        main: impl Future<Output = T> + 'static,
    ) -> Result<T, WorldError> {
        let begun = self.now();
        let result = self.world.run(main);
        self.last = (begun, self.now());
        result
    }

    /// Lets so much time pass.
    ///
    /// # Panics
    /// If time stands still.
    pub fn pass(&mut self, span: Span) {
        let until = self.now() + span;
        if let Err(error) = self.world.step_until(until) {
            panic!("{error}");
        }
    }

    /// The present moment.
    pub fn now(&self) -> SimTime {
        self.world.now()
    }

    /// How long the last run took.
    pub fn elapsed(&self) -> Span {
        self.last.1 - self.last.0
    }

    /// How many round trips of the first path the last run took.
    ///
    /// # Panics
    /// If there is no path, or its round trip takes no time: then the question means nothing.
    pub fn round_trips(&self) -> f64 {
        let path = self
            .paths
            .first()
            .expect("no hosts are joined: there are no round trips");
        let round_trip = path.round_trip();
        assert!(
            !round_trip.is_zero(),
            "a round trip of the first path takes no time"
        );
        self.elapsed().as_millis_f64() / round_trip.as_millis_f64()
    }

    /// Frames, bytes and connections so far.
    pub fn traffic(&self) -> Traffic {
        Traffic::of(&self.recording())
    }

    /// Everything that has happened so far.
    pub fn recording(&self) -> Recording {
        let run = RunInfo {
            case: self.name.clone(),
            seed: self.seed,
            ..RunInfo::default()
        };
        Recording {
            run,
            entries: self.recorder.borrow().entries().to_vec(),
        }
    }

    /// The world itself, for whatever else it can do.
    pub const fn world(&mut self) -> &mut World {
        &mut self.world
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            evidence::leave(&self.recording());
        }
    }
}

impl Host {
    /// Opens a connection to a port of another host, without Nagle's algorithm.
    ///
    /// # Errors
    /// [`SocketError`] if it is refused, or nobody answers.
    pub async fn connect(&self, to: &Self, port: u16) -> Result<TcpStream, SocketError> {
        self.net
            .connect(to.at(port), &TcpOptions::without_nagle())
            .await
    }

    /// Listens on a port.
    ///
    /// # Errors
    /// [`SocketError`] if somebody listens there already.
    pub fn listen(&self, port: u16) -> Result<TcpListener, SocketError> {
        self.net.listen(port, ListenOptions::default())
    }

    /// The address of one of its ports.
    pub fn at(&self, port: u16) -> SocketAddrV4 {
        self.net.endpoint(port)
    }

    /// Which host it is in the recording.
    pub const fn id(&self) -> HostId {
        self.id
    }
}

impl Deref for Host {
    type Target = Net;

    fn deref(&self) -> &Net {
        &self.net
    }
}
