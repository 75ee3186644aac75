//! A link from the outside: frames offered at chosen times, and what came of them.

mod chance;
mod frames;
mod obstacles;
mod properties;
mod timing;
mod words;

use std::cell::RefCell;
use std::rc::Rc;

use super::*;
use crate::event::Observer;
use crate::units::Percent;

pub(super) use frames::Segment;

/// Events as they were emitted.
#[derive(Default)]
struct Log(Vec<Event>);

impl Observer for Log {
    fn observe(&mut self, _: SimTime, event: Event) {
        self.0.push(event);
    }
}

/// A link on a bench: names frames, keeps arrivals and events.
struct Bench {
    link: Link,
    arrivals: Vec<Arrival>,
    log: Rc<RefCell<Log>>,
    probe: Probe,
    names: u64,
}

impl Bench {
    fn new(config: LinkConfig) -> Self {
        Self::seeded(1, config)
    }

    fn seeded(seed: u64, config: LinkConfig) -> Self {
        Self::of(Link::new(
            LinkId(0),
            "client->server",
            config,
            Dice::new(seed),
        ))
    }

    fn of(link: Link) -> Self {
        let log = Rc::new(RefCell::new(Log::default()));
        let probe = Probe::new(log.clone());
        Self {
            link,
            arrivals: Vec::new(),
            log,
            probe,
            names: 0,
        }
    }

    fn offer(&mut self, now: SimTime, bytes: Vec<u8>) -> Outcome {
        let frame = Frame::new(FrameId(self.names), bytes.into());
        self.names += 1;
        let names = &mut self.names;
        let mut next_id = || {
            *names += 1;
            FrameId(*names - 1)
        };
        self.link
            .offer(now, frame, &self.probe, &mut next_id, &mut self.arrivals)
    }

    /// Offers `count` frames of `len` bytes, one each millisecond.
    fn offer_many(&mut self, count: u64, len: usize) {
        for ms in 0..count {
            self.offer(at_ms(ms), vec![0; len]);
        }
    }

    /// Names of the frames that arrived, in the order in which they were decided.
    fn arrived(&self) -> Vec<u64> {
        self.arrivals
            .iter()
            .map(|arrival| arrival.frame.id.0)
            .collect()
    }

    /// Arrival times in ns, in the same order.
    fn times(&self) -> Vec<u64> {
        self.arrivals
            .iter()
            .map(|arrival| arrival.at.as_nanos())
            .collect()
    }

    fn drops_of(&mut self, cause: DropCause) -> u64 {
        let stats = self.link.stats(SimTime::MAX);
        stats.dropped.get(&cause).copied().unwrap_or(0)
    }

    fn events(&self) -> Vec<Event> {
        self.log.borrow().0.clone()
    }
}

fn at_ms(ms: u64) -> SimTime {
    SimTime::ZERO + Span::from_millis(ms)
}

fn percent(text: &str) -> Percent {
    text.parse().unwrap()
}
