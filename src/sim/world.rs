//! The loop over time.

use std::fmt;
use std::future::Future;
use std::net::Ipv4Addr;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::agenda::Agenda;
use super::error::WorldError;
use super::gateway;
use super::topology::{Access, PathConfig, Route, host_info};
use crate::event::{Event, HostId, LinkId, LinkInfo, LinkRole, Probe};
use crate::host::{
    DEFAULT_MTU, FrameNames, Host, HostSetup, HostTimer, Outbox, Profile, SocketRow, SpareFrames,
    Stirred,
};
use crate::link::{Arrival, Link, LinkConfig, LinkStats, Outcome};
use crate::rng::Dice;
use crate::rt::{Clock, Executor, HostRef, Net, Spawner, TimerId};
use crate::units::{SimTime, Span};
use crate::wire::Frame;

/// Steps at one moment after which time is held to stand still.
const STEPS_AT_ONE_MOMENT: u64 = 10_000_000;

/// Hosts, links, applications and the moment.
pub struct World {
    clock: Clock,
    executor: Executor,
    dice: Dice,
    probe: Probe,
    hosts: Vec<HostRef>,
    links: Vec<Link>,
    access: Vec<[LinkId; 2]>,
    routes: Vec<Route>,
    /// From a host and an address to the route between them.
    table: FxHashMap<(HostId, Ipv4Addr), usize>,
    agenda: Agenda<Entry>,
    names: FrameNames,
    stirred: Stirred,
    spare_frames: SpareFrames,
    arrivals: Vec<Arrival>,
    /// Empty; its allocations change places with those of hosts.
    outbox: Outbox,
    steps_here: u64,
}

/// Something that will happen.
#[derive(Debug)]
enum Entry {
    /// A frame is at the end of a leg of its route.
    Arrival {
        route: usize,
        leg: usize,
        frame: Frame,
    },
    /// A host wants to be called.
    Host(HostId, HostTimer),
    /// A task wants to be woken.
    Wake(TimerId),
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It took an entry of the agenda, at this moment.
    Taken(SimTime),
    /// There was none; nothing will happen until somebody acts from outside.
    Quiet,
}

impl World {
    /// A world without hosts.
    pub fn new(seed: u64, probe: Probe) -> Self {
        Self {
            clock: Clock::default(),
            executor: Executor::default(),
            dice: Dice::new(seed),
            probe,
            hosts: Vec::new(),
            links: Vec::new(),
            access: Vec::new(),
            routes: Vec::new(),
            table: FxHashMap::default(),
            agenda: Agenda::default(),
            names: FrameNames::default(),
            stirred: Stirred::default(),
            spare_frames: SpareFrames::default(),
            arrivals: Vec::new(),
            outbox: Outbox::default(),
            steps_here: 0,
        }
    }

    /// Adds a host with one address and an unlimited access link.
    pub fn add_host(&mut self, name: &str, profile: Profile) -> HostId {
        self.add_host_with(name, profile, 1, Access::default())
    }

    /// Adds a host with `addresses` addresses (up to eight) and an access link.
    ///
    /// # Panics
    /// With more than 512 hosts or eight addresses.
    pub fn add_host_with(
        &mut self,
        name: &str,
        profile: Profile,
        addresses: u8,
        access: Access,
    ) -> HostId {
        let index = u16::try_from(self.hosts.len()).expect("at most 512 hosts");
        let id = HostId(index);
        let info = host_info(index, name, &profile, addresses);
        self.probe
            .emit(self.now(), || Event::Host(id, Box::new(info.clone())));
        let setup = HostSetup {
            id,
            info,
            profile,
            mtu: DEFAULT_MTU,
            dice: self.dice,
            probe: self.probe.clone(),
            names: self.names.clone(),
            stirred: self.stirred.clone(),
            spare_frames: self.spare_frames.clone(),
        };
        self.hosts
            .push(Rc::new(std::cell::RefCell::new(Host::new(setup))));
        let up = self.add_link(
            LinkRole::AccessUp,
            id,
            id,
            format!("{name}->gateway"),
            access.up,
            None,
        );
        let down = self.add_link(
            LinkRole::AccessDown,
            id,
            id,
            format!("gateway->{name}"),
            access.down,
            None,
        );
        self.access.push([up, down]);
        id
    }

    /// Joins two hosts; the links are called after them, for example `client->server`.
    pub fn join(&mut self, a: HostId, b: HostId, path: PathConfig) {
        let name = |from: HostId, to: HostId| {
            format!(
                "{}->{}",
                self.host(from).borrow().info().name,
                self.host(to).borrow().info().name
            )
        };
        let (there, back) = (name(a, b), name(b, a));
        let memory = path.memory;
        let forward = self.add_link(LinkRole::Core, a, b, there, path.forward, memory.clone());
        let backward = self.add_link(LinkRole::Core, b, a, back, path.backward, memory);
        self.add_route(a, b, forward);
        self.add_route(b, a, backward);
    }

    fn add_link(
        &mut self,
        role: LinkRole,
        from: HostId,
        to: HostId,
        name: String,
        config: LinkConfig,
        memory: Option<crate::link::FlowMemory>,
    ) -> LinkId {
        let id = LinkId(u16::try_from(self.links.len()).expect("fewer than 65,536 links"));
        let mut link = Link::new(id, &name, config, self.dice);
        if let Some(memory) = memory {
            link = link.with_flow_memory(memory);
        }
        let config = link.description();
        self.probe.emit(self.now(), || {
            Event::Link(
                id,
                Box::new(LinkInfo {
                    name,
                    role,
                    from,
                    to,
                    config,
                }),
            )
        });
        self.links.push(link);
        id
    }

    fn add_route(&mut self, from: HostId, to: HostId, core: LinkId) {
        let legs = [
            self.access[usize::from(from.0)][0],
            core,
            self.access[usize::from(to.0)][1],
        ];
        let route = self.routes.len();
        self.routes.push(Route { from, to, legs });
        let addresses = self.host(to).borrow().info().addresses.clone();
        for address in addresses {
            self.table.insert((from, address), route);
        }
    }

    /// The network of a host, for its applications.
    pub fn net(&self, host: HostId) -> Net {
        Net::new(
            Rc::clone(self.host(host)),
            self.clock.clone(),
            self.probe.clone(),
        )
    }

    /// A host.
    pub fn host(&self, host: HostId) -> &HostRef {
        &self.hosts[usize::from(host.0)]
    }

    /// The hosts, in order of their ids.
    pub fn host_ids(&self) -> impl Iterator<Item = HostId> + use<> {
        (0..self.hosts.len()).map(|index| HostId(u16::try_from(index).expect("at most 512 hosts")))
    }

    /// A host's sockets as `ss -tan` prints them.
    pub fn sockets(&self, host: HostId) -> Vec<SocketRow> {
        self.host(host).borrow().sockets(self.now())
    }

    /// The link that carries frames from `from` to `to` between their gateways.
    pub fn core_link(&mut self, from: HostId, to: HostId) -> Option<&mut Link> {
        let route = self
            .routes
            .iter()
            .find(|route| route.from == from && route.to == to)?;
        self.links.get_mut(usize::from(route.legs[1].0))
    }

    /// What every link has done so far, in order of their ids.
    pub fn link_stats(&mut self) -> Vec<LinkStats> {
        let now = self.now();
        self.links.iter_mut().map(|link| link.stats(now)).collect()
    }

    /// The clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The present moment.
    pub fn now(&self) -> SimTime {
        self.clock.now()
    }

    /// Starts tasks in this world.
    pub fn spawner(&self) -> Spawner {
        self.executor.spawner()
    }

    /// The dice of the world, for applications that need streams of their own.
    pub const fn dice(&self) -> Dice {
        self.dice
    }

    /// Where events go.
    pub const fn probe(&self) -> &Probe {
        &self.probe
    }

    /// The names of the tasks that have not ended.
    pub fn waiting(&self) -> Vec<String> {
        self.executor.waiting()
    }

    /// Runs `main` to its end and returns its result. What else is under way stays as it is.
    ///
    /// # Errors
    /// [`WorldError`] if everybody waits for ever, or time stands still.
    pub fn run<T: 'static>(
        &mut self,
        main: impl Future<Output = T> + 'static,
    ) -> Result<T, WorldError> {
        let mut handle = self.spawner().spawn("main", main);
        loop {
            self.settle()?;
            if let Some(result) = handle.try_take() {
                return Ok(result);
            }
            if self.step()? == Step::Quiet {
                return Err(WorldError::Deadlock {
                    at: self.now(),
                    waiting: self.waiting(),
                });
            }
        }
    }

    /// Goes on until nothing is on the agenda any more, or `limit` has passed. Returns whether it is quiet.
    ///
    /// # Errors
    /// [`WorldError::Livelock`] if time stands still.
    pub fn run_until_quiet(&mut self, limit: Span) -> Result<bool, WorldError> {
        let end = self.now() + limit;
        self.settle()?;
        while let Some(at) = self.agenda.next_at() {
            if at > end {
                return Ok(false);
            }
            self.step()?;
        }
        Ok(true)
    }

    /// Takes every entry of the agenda up to `now`, and moves there.
    ///
    /// # Errors
    /// [`WorldError::Livelock`] if time stands still.
    pub fn step_until(&mut self, now: SimTime) -> Result<(), WorldError> {
        self.settle()?;
        while self.agenda.next_at().is_some_and(|at| at <= now) {
            self.step()?;
        }
        self.clock.advance(now);
        Ok(())
    }

    /// Lets every task run until all wait, then takes the next entry of the agenda and lets them run again.
    ///
    /// # Errors
    /// [`WorldError::Livelock`] if time stands still.
    pub fn step(&mut self) -> Result<Step, WorldError> {
        self.settle()?;
        let Some((at, entry)) = self.agenda.pop() else {
            return Ok(Step::Quiet);
        };
        if at > self.now() {
            self.steps_here = 0;
            self.clock.advance(at);
        }
        match entry {
            Entry::Arrival { route, leg, frame } => self.forward(route, leg, frame),
            Entry::Host(host, timer) => {
                let now = self.now();
                self.host(host).borrow_mut().fire(now, timer);
                self.collect(host);
            }
            Entry::Wake(timer) => self.clock.wake(timer),
        }
        self.settle()?;
        Ok(Step::Taken(at))
    }

    /// Runs tasks and flushes hosts until there is nothing left to do at this moment.
    fn settle(&mut self) -> Result<(), WorldError> {
        loop {
            let ran = self.executor.run_until_stalled();
            for (at, timer) in self.clock.wanted() {
                self.agenda.push(at.max(self.now()), Entry::Wake(timer));
            }
            let mut flushed = false;
            while let Some(host) = self.stirred.take() {
                let now = self.now();
                self.host(host).borrow_mut().flush(now);
                self.collect(host);
                flushed = true;
            }
            if !ran && !flushed {
                return Ok(());
            }
            self.steps_here += 1;
            if self.steps_here > STEPS_AT_ONE_MOMENT {
                let (at, steps) = (self.now(), self.steps_here);
                return Err(WorldError::Livelock {
                    at,
                    steps,
                    waiting: self.waiting(),
                });
            }
        }
    }

    /// Takes what a host has put into its outbox.
    fn collect(&mut self, id: HostId) {
        if self.host(id).borrow_mut().outbox().is_empty() {
            return; // as after most frames that arrive: what they cause leaves with the next flush
        }
        let host = Rc::clone(self.host(id));
        let mut taken = std::mem::take(&mut self.outbox);
        loop {
            std::mem::swap(host.borrow_mut().outbox(), &mut taken);
            if taken.is_empty() {
                break;
            }
            for (at, timer) in taken.timers.drain(..) {
                self.agenda.push(at, Entry::Host(id, timer));
            }
            for frame in taken.frames.drain(..) {
                self.send(id, frame);
            }
        }
        self.outbox = taken;
    }

    /// A frame left the tap of a host.
    fn send(&mut self, from: HostId, frame: Frame) {
        if let Some(route) = self.route_of(from, &frame) {
            self.forward(route, 0, frame);
            return;
        }
        let host = Rc::clone(self.host(from));
        let answer = gateway::answer_arp(from.0, host.borrow().info(), &frame);
        if let Some(bytes) = answer {
            let now = self.now();
            host.borrow_mut()
                .receive(now, Frame::new(self.names.next(), bytes));
        }
    }

    /// The route of an IPv4 frame; ARP has none.
    fn route_of(&self, from: HostId, frame: &Frame) -> Option<usize> {
        if frame.bytes.get(12..14)? != [0x08, 0x00] {
            return None;
        }
        let destination: [u8; 4] = frame.bytes.get(30..34)?.try_into().ok()?;
        self.table.get(&(from, destination.into())).copied()
    }

    /// Carries a frame on from the beginning of a leg, as far as it gets at this moment.
    fn forward(&mut self, route: usize, mut leg: usize, mut frame: Frame) {
        let Route { from, to, legs } = self.routes[route];
        while let Some(link) = legs.get(leg).map(|id| usize::from(id.0)) {
            leg += 1;
            if self.links[link].is_ideal() {
                continue;
            }
            let now = self.now();
            let mut arrivals = std::mem::take(&mut self.arrivals);
            let names = &self.names;
            let outcome = self.links[link].offer(
                now,
                frame,
                &self.probe,
                &mut || names.next(),
                &mut arrivals,
            );
            if let Outcome::TooBig { mtu, frame } = outcome {
                self.report_too_big(from, &frame, mtu);
            }
            for Arrival { at, frame } in arrivals.drain(..) {
                self.agenda.push(at, Entry::Arrival { route, leg, frame });
            }
            self.arrivals = arrivals;
            return;
        }
        let host = Rc::clone(self.host(to));
        let now = self.now();
        frame = gateway::route(to.0, host.borrow().info(), frame);
        host.borrow_mut().receive(now, frame);
        drop(host);
        self.collect(to);
    }

    fn report_too_big(&mut self, from: HostId, offender: &Frame, mtu: u16) {
        let host = Rc::clone(self.host(from));
        let frame = gateway::too_big(
            from.0,
            host.borrow().info(),
            offender,
            mtu,
            self.names.next(),
        );
        let now = self.now();
        host.borrow_mut().receive(now, frame);
        drop(host);
        self.collect(from);
    }
}

impl Drop for World {
    /// Ends the tasks while the hosts still live, so that streams that are dropped find their host.
    fn drop(&mut self) {
        self.executor.clear();
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World")
            .field("now", &self.now())
            .field("hosts", &self.hosts.len())
            .field("agenda", &self.agenda.len())
            .field("waiting", &self.waiting())
            .finish_non_exhaustive()
    }
}
