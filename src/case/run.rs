//! A case under way: started, stepped, looked at, and finished.

use std::cell::RefCell;
use std::fmt;
use std::net::SocketAddrV4;
use std::rc::Rc;

use super::{CaseError, Plan, Stage};
use crate::event::{Event, HostId, Probe};
use crate::host::SocketRow;
use crate::link::Verdict;
use crate::measure::CaseResult;
use crate::record::{Entry, Recorder, Recording};
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
    main: JoinHandle<()>,
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
        let recorder = Rc::new(RefCell::new(recorder));
        let mut world = World::new(plan.seed(), Probe::new(recorder.clone()));
        let mut stage = Stage::new(&mut world);
        let main = plan.case().build(plan, &mut stage);
        let (linger, keep) = (stage.linger, stage.keep_flows);
        if let Some(flows) = keep {
            recorder.borrow_mut().keep_flows(flows);
        }
        let main = world.spawner().spawn("main", main);
        Self {
            plan: plan.clone(),
            world,
            recorder,
            main,
            linger,
            seen: 0,
            ended: false,
        }
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
        if !self.ended {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            self.ended = Future::poll(std::pin::Pin::new(&mut self.main), &mut context).is_ready();
        }
        self.ended
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

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("plan", &self.plan)
            .field("world", &self.world)
            .finish_non_exhaustive()
    }
}
