//! One direction of a link: what becomes of a frame between the moment it is offered and its arrival.
//!
//! A [`Link`] is pure: time is an argument, arrivals go to the caller, events to a [`Probe`]. It decides in
//! this order: held or lost by its [`Valve`], injected drop, outage, MTU, flow memory, drop script, loss; then corruption, the queue of the
//! bottleneck (drop-tail), where a frame may be held, serialization at its rate or at the moments of a [`Trace`], and after that the delay
//! with jitter or reordering.
//! Each effect draws from a stream of its own, and only where it is configured, so that turning one on never
//! shifts another's dice.
//!
//! A wire does not know machines: there are no hosts, routes or headers rewritten here, and no answers.
//! Whoever moves the frames sends the ICMP error that [`Outcome::TooBig`] asks for.

mod chance;
mod config;
mod distribution;
mod episode;
mod fault;
mod flows;
mod jitter;
mod loss;
mod outage;
mod outcome;
mod queue;
mod script;
mod stats;
mod trace;
mod valve;
mod words;

pub use config::{Late, LinkConfig, ParseConfigError};
pub use episode::{Episode, Trouble};
pub use fault::{Reorder, Verdict};
pub use flows::FlowMemory;
pub use jitter::Distribution;
pub use loss::{GilbertElliott, Loss};
pub use outage::{Outage, Windows};
pub use outcome::{Arrival, Outcome};
pub use queue::QueueLimit;
pub use script::{Direction, DropScript, DropScripts, Kind, Ordinals, ParseScriptError, Selector};
pub use stats::LinkStats;
pub use trace::{MAX_TRACE, OPPORTUNITY, Trace, TraceError, TraceProblem};
pub use valve::{Turned, Valve};

use crate::event::{DropCause, Event, LinkId, Probe};
use crate::rng::Dice;
use crate::units::{SimTime, Span};
use crate::wire::packet::Ipv4View;
use crate::wire::{ETHERNET_HEADER, Frame, FrameId};
use episode::Affliction;
use fault::{Chances, Fate, Gap};
use jitter::Propagation;
use queue::Queue;
use script::Watch;

/// One direction of a link.
#[derive(Debug)]
pub struct Link {
    id: LinkId,
    config: LinkConfig,
    queue: Queue,
    propagation: Propagation,
    gap: Gap,
    chances: Chances,
    watch: Watch,
    late: Option<(Watch, Span)>,
    memory: Option<FlowMemory>,
    /// What befalls it for a while.
    afflictions: Vec<Affliction>,
    injected: Option<Verdict>,
    valve: Option<Valve>,
    /// Whether anything beyond rate, queue and delay is configured.
    meddles: bool,
    counts: LinkStats,
}

impl Link {
    /// The link `id`, called `name` (as in [`LinkInfo`](crate::event::LinkInfo)): its dice depend on the name.
    pub fn new(id: LinkId, name: &str, config: LinkConfig, dice: Dice) -> Self {
        Self {
            id,
            queue: Queue::new(&config),
            propagation: Propagation::new(&config, dice, name),
            gap: Gap::new(config.reorder),
            chances: Chances::new(&config, dice, name),
            watch: Watch::new(&config.drops),
            late: config
                .late
                .as_ref()
                .map(|late| (Watch::new(&late.frames), late.by)),
            memory: None,
            afflictions: Vec::new(),
            injected: None,
            valve: None,
            meddles: config.meddles(),
            counts: LinkStats::default(),
            config,
        }
    }

    /// The link with a memory of flows, which the opposite direction shares.
    #[must_use]
    pub fn with_flow_memory(mut self, memory: FlowMemory) -> Self {
        self.memory = Some(memory);
        self.meddles = true;
        self
    }

    /// The handle with which the link is turned while the world runs; `dice` are the world's, and `name` the link's.
    pub fn valve(&mut self, name: &str, dice: Dice) -> Valve {
        self.meddles = true;
        let new = || Valve::new(dice.stream(&format!("link/{name}/valve")));
        self.valve.get_or_insert_with(new).clone()
    }

    /// Lets an episode befall the link, whose chance is called `name`; episodes that begin at one moment have dice of
    /// their own all the same.
    pub fn afflict(&mut self, episode: &Episode, dice: Dice, name: &str) {
        let known = self.afflictions.iter();
        let name = match known.filter(|one| one.tosses_from(episode.from)).count() {
            0 => name.to_owned(),
            others => format!("{name}/{others}"),
        };
        self.afflictions.push(Affliction::new(episode, dice, &name));
        self.meddles = true;
    }

    /// Which link this is.
    pub const fn id(&self) -> LinkId {
        self.id
    }

    /// What the link was told to do.
    pub const fn config(&self) -> &LinkConfig {
        &self.config
    }

    /// The configuration in netem's words, and the idle timeout of the flow memory, if it has one.
    pub fn description(&self) -> String {
        match &self.memory {
            None => self.config.to_string(),
            Some(memory) if self.config == LinkConfig::default() => {
                format!("idle-timeout {}", memory.idle())
            }
            Some(memory) => format!("{} idle-timeout {}", self.config, memory.idle()),
        }
    }

    /// Whether a frame offered now would arrive at once and unchanged, so that it need not be offered.
    /// A frame that is not offered is not counted.
    pub fn is_ideal(&self) -> bool {
        !self.meddles && !self.config.takes_time() && self.injected.is_none()
    }

    /// Whether its valve holds whatever is offered.
    pub fn holds(&self) -> bool {
        self.valve.as_ref().is_some_and(Valve::holds)
    }

    /// Decides what becomes of the next frame offered; a second call before that replaces the first.
    pub fn inject(&mut self, verdict: Verdict) {
        self.injected = Some(verdict);
    }

    /// The counts at `now`, which is not before the last frame was offered.
    pub fn stats(&mut self, now: SimTime) -> LinkStats {
        self.queue.settle(now);
        LinkStats {
            queued: u64::from(self.queue.packets()),
            departed: self.queue.departed(),
            ..self.counts.clone()
        }
    }

    /// Takes `frame` at `now`, which never decreases from call to call. Its arrival, and that of a copy, is
    /// added to `out`; `next_id` names a copy.
    pub fn offer(
        &mut self,
        now: SimTime,
        frame: Frame,
        probe: &Probe,
        next_id: &mut dyn FnMut() -> FrameId,
        out: &mut Vec<Arrival>,
    ) -> Outcome {
        let frame = match &self.valve {
            None => frame,
            Some(valve) => match valve.admit(frame) {
                Some(frame) => frame,
                None => return Outcome::Held,
            },
        };
        self.counts.offered += 1;
        let delay = self.propagation.draw();
        let fate = self.fate(now, &frame);
        if let Some(cause) = fate.dropped {
            self.drop_frame(now, frame.id, cause, probe);
            return self.refusal(cause, frame);
        }
        let delay = if self.gap.lets_overtake(fate.reordered) {
            Span::ZERO
        } else {
            delay
        } + fate.longer;
        let original = fate.duplicated.then(|| frame.clone());
        let name = frame.id;
        let frame = self.corrupt(now, frame, &fate, probe);
        let from = fate.held.max(now);
        if !self.carry((now, from), frame, delay, probe, out) {
            return Outcome::Dropped(DropCause::QueueFull);
        }
        if let Some(original) = original {
            let copy = Frame {
                id: next_id(),
                ..original
            };
            self.counts.duplicated += 1;
            probe.emit(now, || Event::FrameDuplicated {
                link: self.id,
                frame: name,
                copy: copy.id,
            });
            self.carry((now, from), copy, delay, probe, out);
        }
        Outcome::Carried
    }

    #[inline]
    fn fate(&mut self, now: SimTime, frame: &Frame) -> Fate {
        if !self.meddles && self.injected.is_none() {
            return Fate::default();
        }
        let mut fate = self.chances.draw();
        if self.watch.names(&frame.bytes) {
            fate.dropped = Some(DropCause::Script);
        }
        if let Some((watch, by)) = &mut self.late
            && watch.names(&frame.bytes)
        {
            fate.longer = *by;
        }
        fate.held = self.released(now);
        for affliction in &mut self.afflictions {
            affliction.befall(now, frame, &mut fate);
        }
        if let Some(verdict) = self.injected.take() {
            let held = fate.held;
            fate = self.chances.obey(verdict);
            fate.held = held;
        }
        if fate.dropped != Some(DropCause::Injected) {
            fate.dropped = self.obstacle(now, frame).or(fate.dropped);
        }
        let refused = self.valve.as_ref().and_then(Valve::refuses);
        fate.dropped = refused.or(fate.dropped);
        fate
    }

    /// When what is offered now may go on.
    fn released(&self, now: SimTime) -> SimTime {
        let holds = self.config.holds.iter();
        let holds = holds.filter_map(|hold| hold.ends(now));
        let episodes = self.afflictions.iter();
        let episodes = episodes.filter_map(|episode| episode.holds(now));
        holds.chain(episodes).fold(now, Ord::max)
    }

    /// What stands in the way of `frame`, whatever chance may say.
    fn obstacle(&self, now: SimTime, frame: &Frame) -> Option<DropCause> {
        if self.config.outages.iter().any(|outage| outage.covers(now)) {
            return Some(DropCause::Outage);
        }
        if self
            .config
            .mtu
            .is_some_and(|mtu| exceeds(mtu, &frame.bytes))
        {
            return Some(DropCause::TooBig);
        }
        let forgotten = self
            .memory
            .as_ref()
            .is_some_and(|memory| !memory.admits(now, &frame.bytes));
        forgotten.then_some(DropCause::FlowForgotten)
    }

    fn corrupt(&mut self, now: SimTime, frame: Frame, fate: &Fate, probe: &Probe) -> Frame {
        let Some(place) = fate.corrupted.filter(|_| !frame.corrupted) else {
            return frame;
        };
        let (frame, bit) = fault::corrupted(frame, place);
        self.counts.corrupted += 1;
        probe.emit(now, || Event::FrameCorrupted {
            link: self.id,
            frame: frame.id,
            bit,
        });
        frame
    }

    /// Sends `frame`, which comes now and may go on from a moment on, through queue and delay; `false` if the queue was
    /// full.
    #[inline]
    fn carry(
        &mut self,
        (now, from): (SimTime, SimTime),
        frame: Frame,
        delay: Span,
        probe: &Probe,
        out: &mut Vec<Arrival>,
    ) -> bool {
        let Some(turn) = self.queue.enqueue(now, from, frame.len()) else {
            self.drop_frame(now, frame.id, DropCause::QueueFull, probe);
            return false;
        };
        let arrives = self.propagation.arrival(turn.departs, delay);
        probe.emit(now, || Event::FrameQueued {
            link: self.id,
            frame: frame.id,
            packets: turn.packets,
            starts: turn.starts,
            departs: turn.departs,
            arrives,
        });
        out.push(Arrival { at: arrives, frame });
        true
    }

    fn drop_frame(&mut self, now: SimTime, frame: FrameId, cause: DropCause, probe: &Probe) {
        *self.counts.dropped.entry(cause).or_default() += 1;
        probe.emit(now, || Event::FrameDropped {
            link: self.id,
            frame,
            cause,
        });
    }

    fn refusal(&self, cause: DropCause, frame: Frame) -> Outcome {
        match (cause, self.config.mtu) {
            (DropCause::TooBig, Some(mtu)) => Outcome::TooBig { mtu, frame },
            _ => Outcome::Dropped(cause),
        }
    }
}

/// Whether a frame holds an IPv4 packet longer than `mtu` bytes that may not be fragmented.
fn exceeds(mtu: u16, frame: &[u8]) -> bool {
    frame.len() > ETHERNET_HEADER + usize::from(mtu)
        && Ipv4View::of(frame)
            .is_some_and(|ip| ip.header.dont_fragment() && ip.header.total_len() > mtu)
}

#[cfg(test)]
mod tests;
