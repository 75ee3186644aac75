//! A case under way: started, stepped, looked at, and finished.

use std::cell::RefCell;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::rc::Rc;

use super::error::nearest_of;
use super::{CaseError, Main, Offers, Plan, Stage};
use crate::event::{Event, HostId, HostInfo, Probe};
use crate::host::SocketRow;
use crate::link::Verdict;
use crate::measure::CaseResult;
use crate::record::{Entry, Recorder, Recording, RunInfo};
use crate::rt::JoinHandle;
use crate::sim::{Step, World, WorldError};
use crate::units::{SimTime, Span};
use crate::wire::{FrameId, annotate};

/// A case under way.
///
/// ```
/// use wirelab::case::{Plan, Run};
/// use wirelab::event::{Event, TcpState};
///
/// let plan = Plan::new("handshake", "open", 1, [("rtt", "100ms")])?;
/// let mut run = Run::start(&plan);
/// // Step until the first frame reaches the server, and look at both ends.
/// run.run_until(|entry| matches!(&entry.event, Event::FrameReceived { host, .. } if host.0 == 1))?;
/// assert_eq!(run.now().as_millis_f64(), 50.0);
/// assert_eq!(run.sockets("client")[0].state, TcpState::SynSent);
/// let finished = run.finish()?;
/// assert!(finished.result.checks.iter().all(|check| check.holds));
/// # Ok::<(), wirelab::case::CaseError>(())
/// ```
pub struct Run {
    plan: Plan,
    world: World,
    recorder: Rc<RefCell<Recorder>>,
    /// Nothing if somebody outside does what it would.
    main: Option<JoinHandle<()>>,
    linger: Span,
    seen: usize,
    ended: bool,
}

/// A case that has run to its end.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Everything that happened.
    pub recording: Recording,
    /// Measurement beside formula.
    pub result: CaseResult,
}

impl Run {
    /// Builds the world of a plan and starts its applications; no time has passed yet.
    pub fn start(plan: &Plan) -> Self {
        Self::start_with(plan, Recorder::new())
    }

    /// The same with a recorder of the caller's.
    pub fn start_with(plan: &Plan, recorder: Recorder) -> Self {
        let (mut run, main, _) = Self::build(plan, recorder, false);
        run.main = Some(run.world.spawner().spawn("main", main));
        run
    }

    /// The world of a plan for programs outside that play the hosts of these names, and what it offers to them. The main
    /// task, which plays the first host of every case, begins after `delay`, and not at all if that host is played
    /// outside.
    ///
    /// # Errors
    /// [`CaseError::UnknownHost`] if there is no host of one of the names.
    pub fn attach(plan: &Plan, outside: &[&str], delay: Span) -> Result<(Self, Offers), CaseError> {
        let (mut run, main, offers) = Self::build(plan, Recorder::new(), true);
        let hosts = run.hosts();
        for name in outside {
            if hosts.iter().all(|host| host != name) {
                return Err(CaseError::UnknownHost {
                    run: format!("{}/{}", plan.case().name(), plan.variant()),
                    name: (*name).to_owned(),
                    near: nearest_of(name, hosts.iter().map(String::as_str)),
                    known: hosts.join(", "),
                });
            }
        }
        if hosts
            .first()
            .is_some_and(|first| !outside.contains(&first.as_str()))
        {
            let clock = run.world.clock().clone();
            let main = async move {
                clock.sleep(delay).await;
                main.await;
            };
            run.main = Some(run.world.spawner().spawn("main", main));
        }
        Ok((run, offers))
    }

    fn build(plan: &Plan, recorder: Recorder, is_attached: bool) -> (Self, Main, Offers) {
        let recorder = Rc::new(RefCell::new(recorder));
        let mut world = World::new(plan.seed(), Probe::new(recorder.clone()));
        let mut stage = Stage::new(&mut world);
        stage.is_attached = is_attached;
        let main = plan.case().build(plan, &mut stage);
        let (linger, keep, offers) = (stage.linger, stage.keep_flows, stage.offers);
        if let Some(flows) = keep {
            recorder.borrow_mut().keep_flows(flows);
        }
        let run = Self {
            plan: plan.clone(),
            world,
            recorder,
            main: None,
            linger,
            seen: 0,
            ended: false,
        };
        (run, main, offers)
    }

    /// The world, for whoever keeps its pace, and whether the main task has ended by now.
    pub fn parts(&mut self) -> (&mut World, impl FnMut() -> bool) {
        let (main, ended) = (&mut self.main, &mut self.ended);
        (&mut self.world, move || has_ended(main.as_mut(), ended))
    }

    /// What is known of a host.
    ///
    /// # Panics
    /// If no host has that name.
    pub fn host_info(&self, name: &str) -> (HostId, HostInfo) {
        let id = self.host(name);
        (id, self.world.host(id).borrow().info().clone())
    }

    /// The address of a host.
    pub fn address(&self, host: HostId) -> Ipv4Addr {
        self.world.host(host).borrow().address()
    }

    /// Whether the main task is a part of it.
    pub const fn plays_main(&self) -> bool {
        self.main.is_some()
    }

    /// The names of the hosts that the world of a plan has.
    pub fn hosts_of(plan: &Plan) -> Vec<String> {
        let (run, ..) = Self::build(plan, Recorder::new(), false);
        run.hosts()
    }

    /// Ends it where it is; what happened while programs outside played these hosts, and nothing made of it.
    pub fn stop(self, outside: &[String]) -> Recording {
        let run = RunInfo {
            outside: outside.to_vec(),
            ..self.plan.run_info()
        };
        self.recorder.borrow_mut().take(run)
    }

    /// The present moment.
    pub fn now(&self) -> SimTime {
        self.world.now()
    }

    /// Takes the next entry of the agenda. Returns `false` once the main task has ended.
    ///
    /// # Errors
    /// [`CaseError::World`] if the world cannot go on.
    pub fn step(&mut self) -> Result<bool, CaseError> {
        if self.has_ended() {
            return Ok(false);
        }
        match self.world.step() {
            Ok(Step::Taken(_)) => Ok(true),
            Ok(Step::Quiet) if self.has_ended() => Ok(false),
            Ok(Step::Quiet) => {
                let (at, waiting) = (self.now(), self.world.waiting());
                Err(self.failed(WorldError::Deadlock { at, waiting }))
            }
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Steps until something happens for which `predicate` holds, and returns that. Everything that happens in
    /// the same step has then happened too. `None` if the run ends first.
    ///
    /// # Errors
    /// [`CaseError::World`] if the world cannot go on.
    pub fn run_until(
        &mut self,
        mut predicate: impl FnMut(&Entry) -> bool,
    ) -> Result<Option<Entry>, CaseError> {
        loop {
            let found = {
                let recorder = self.recorder.borrow();
                let news = &recorder.entries()[self.seen..];
                let position = news.iter().position(&mut predicate);
                self.seen += position.map_or(news.len(), |position| position + 1);
                position.map(|position| news[position].clone())
            };
            if found.is_some() {
                return Ok(found);
            }
            if !self.step()? {
                return Ok(None);
            }
        }
    }

    /// A host's sockets as `ss -tan` prints them.
    ///
    /// # Panics
    /// If no host has that name.
    pub fn sockets(&self, host: &str) -> Vec<SocketRow> {
        self.world.sockets(self.host(host))
    }

    /// A frame that was sent, field by field.
    pub fn frame(&self, id: FrameId) -> Option<Vec<annotate::Field>> {
        self.recorder
            .borrow()
            .entries()
            .iter()
            .find_map(|entry| match &entry.event {
                Event::FrameSent { frame, .. } if frame.id == id => {
                    Some(annotate::annotate(&frame.bytes))
                }
                _ => None,
            })
    }

    /// Decides what becomes of the next frame on the core path between two hosts.
    ///
    /// # Panics
    /// If no host has one of the names, or no path joins them.
    pub fn inject(&mut self, from: &str, to: &str, verdict: Verdict) {
        let (from, to) = (self.host(from), self.host(to));
        self.world
            .core_link(from, to)
            .expect("a path joins the hosts")
            .inject(verdict);
    }

    /// Decides what becomes of the frame of that name on its core path; another run of the same plan has told the
    /// name. Up to then both runs are the same.
    pub fn inject_into(&mut self, frame: FrameId, verdict: Verdict) {
        self.world.inject_into(frame, verdict);
    }

    /// Drops the frame of that name, as [`Run::inject_into`].
    pub fn lose(&mut self, frame: FrameId) {
        self.inject_into(frame, Verdict::Drop);
    }

    /// The names of the hosts.
    pub fn hosts(&self) -> Vec<String> {
        let name = |id| self.world.host(id).borrow().info().name.clone();
        self.world.host_ids().map(name).collect()
    }

    /// What has happened so far.
    pub fn entries(&self) -> Vec<Entry> {
        self.recorder.borrow().entries().to_vec()
    }

    /// The address of a host's port.
    ///
    /// # Panics
    /// If no host has that name.
    pub fn endpoint(&self, host: &str, port: u16) -> SocketAddrV4 {
        self.world.host(self.host(host)).borrow().endpoint(port)
    }

    /// Runs to the end, lets connections close in order, and holds the recording against the formula.
    ///
    /// # Errors
    /// [`CaseError::World`] if the world cannot go on.
    pub fn finish(mut self) -> Result<Finished, CaseError> {
        while self.step()? {}
        self.world
            .run_until_quiet(self.linger)
            .map_err(|source| self.failed(source))?;
        let recording = self.recorder.borrow_mut().take(self.plan.run_info());
        let judgement = self.plan.case().judge(&self.plan, &recording);
        let result = judgement.result(&self.plan, &recording);
        Ok(Finished { recording, result })
    }

    /// Runs to the end of the main task; what happened, and nothing made of it.
    ///
    /// # Errors
    /// [`CaseError::World`] if the world cannot go on.
    pub fn record(mut self) -> Result<Recording, CaseError> {
        while self.step()? {}
        Ok(self.recorder.borrow_mut().take(self.plan.run_info()))
    }

    fn has_ended(&mut self) -> bool {
        has_ended(self.main.as_mut(), &mut self.ended)
    }

    fn host(&self, name: &str) -> HostId {
        self.world
            .host_ids()
            .find(|id| self.world.host(*id).borrow().info().name == name)
            .unwrap_or_else(|| panic!("no host is called `{name}`"))
    }

    fn failed(&self, source: WorldError) -> CaseError {
        CaseError::World {
            case: self.plan.case().name().to_owned(),
            variant: self.plan.variant().to_owned(),
            source,
        }
    }
}

fn has_ended(main: Option<&mut JoinHandle<()>>, ended: &mut bool) -> bool {
    if let Some(main) = main.filter(|_| !*ended) {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        *ended = Future::poll(std::pin::Pin::new(main), &mut context).is_ready();
    }
    *ended
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("plan", &self.plan)
            .field("world", &self.world)
            .finish_non_exhaustive()
    }
}
