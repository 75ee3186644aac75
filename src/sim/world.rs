//! The world and its topology.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::net::Ipv4Addr;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::agenda::Agenda;
use super::port::Delivery;
use super::topology::{Access, CORE, PathConfig, Route, host_info};
use crate::event::{Event, HostId, LinkId, LinkInfo, LinkRole, Probe};
use crate::host::{
    DEFAULT_MTU, FrameNames, Host, HostSetup, HostTimer, Outbox, Profile, SocketRow, SpareFrames,
    Stirred,
};
use crate::link::{Arrival, Episode, Link, LinkConfig, LinkStats, Valve, Verdict};
use crate::rng::Dice;
use crate::rt::{Clock, Executor, HostRef, Net, Spawner, TimerId};
use crate::units::SimTime;
use crate::wire::{Frame, FrameId};

/// Hosts, links, applications and the moment.
pub struct World {
    pub(super) clock: Clock,
    pub(super) executor: Executor,
    pub(super) dice: Dice,
    pub(super) probe: Probe,
    pub(super) hosts: Vec<HostRef>,
    pub(super) links: Vec<Link>,
    pub(super) access: Vec<[LinkId; 2]>,
    pub(super) routes: Vec<Route>,
    /// From a host and an address to the route between them.
    pub(super) table: FxHashMap<(HostId, Ipv4Addr), usize>,
    pub(super) agenda: Agenda<Entry>,
    pub(super) names: FrameNames,
    pub(super) stirred: Stirred,
    pub(super) spare_frames: SpareFrames,
    pub(super) arrivals: Vec<Arrival>,
    /// Empty; its allocations change places with those of hosts.
    pub(super) outbox: Outbox,
    pub(super) steps_here: u64,
    /// What can be turned at core paths, by their routes.
    pub(super) valves: Vec<(usize, Valve)>,
    /// What is to become of frames that have not come to their core path yet.
    pub(super) verdicts: BTreeMap<FrameId, Verdict>,
    /// Hosts whose stack is outside.
    pub(super) outside: Vec<HostId>,
    /// What has arrived for them.
    pub(super) deliveries: VecDeque<Delivery>,
}

/// Something that will happen.
#[derive(Debug)]
pub(super) enum Entry {
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
            valves: Vec::new(),
            verdicts: BTreeMap::new(),
            outside: Vec::new(),
            deliveries: VecDeque::new(),
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

    /// Joins two hosts, by another path than before if they were joined; the links are called after them, for example `client->server`.
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
        let (config, trace) = (link.description(), link.config().trace.clone());
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
        if let Some(trace) = trace {
            self.probe.emit(self.now(), || {
                Event::Schedule(id, Box::new(trace.schedule()))
            });
        }
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
    ///
    /// # Panics
    /// Never: [`World::add_host`] refuses more hosts than there are ids.
    pub fn host_ids(&self) -> impl Iterator<Item = HostId> + use<> {
        (0..self.hosts.len()).map(|index| HostId(u16::try_from(index).expect("at most 512 hosts")))
    }

    /// A host's sockets as `ss -tan` prints them.
    pub fn sockets(&self, host: HostId) -> Vec<SocketRow> {
        self.host(host).borrow().sockets(self.now())
    }

    /// The link that carries frames from `from` to `to` between their gateways.
    pub fn core_link(&mut self, from: HostId, to: HostId) -> Option<&mut Link> {
        // Of hosts that were joined again, the last path is the one that frames take.
        let mut routes = self.routes.iter();
        let route = routes.rfind(|route| route.from == from && route.to == to)?;
        self.links.get_mut(usize::from(route.legs[CORE].0))
    }

    /// Lets an episode befall the link that carries frames from `from` to `to`, if a path joins them.
    pub fn afflict(&mut self, from: HostId, to: HostId, episode: &Episode) {
        let dice = self.dice;
        let name = |id: HostId| self.host(id).borrow().info().name.clone();
        let chance = format!("episode/{}->{}/{}", name(from), name(to), episode.from);
        if let Some(link) = self.core_link(from, to) {
            link.afflict(episode, dice, &chance);
        }
    }

    /// What can be turned at the core path from one host to another while the world runs, also by its own tasks;
    /// nothing if no path joins them. Frames that an application causes at the moment of turning meet it already.
    pub fn valve(&mut self, from: HostId, to: HostId) -> Option<Valve> {
        let is_wanted = |route: &Route| route.from == from && route.to == to;
        let number = self.routes.iter().rposition(is_wanted)?;
        let name = |host: HostId| self.host(host).borrow().info().name.clone();
        let name = format!("{}->{}", name(from), name(to));
        let link = usize::from(self.routes[number].legs[CORE].0);
        let valve = self.links[link].valve(&name, self.dice);
        if self.valves.iter().all(|(known, _)| *known != number) {
            self.valves.push((number, valve.clone()));
        }
        Some(valve)
    }

    /// Decides what becomes of one frame on its core path, whenever it comes there; one that never does is not
    /// touched. Everything before is as it would be without.
    pub fn inject_into(&mut self, frame: FrameId, verdict: Verdict) {
        self.verdicts.insert(frame, verdict);
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
