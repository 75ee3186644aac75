//! The world at the pace of the clock on the wall.

use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::ahead::Ahead;
use super::error::AttachError;
use super::namespace::Namespace;
use super::punctuality::Punctuality;
use super::wire::Buffer;
use super::writer::{Pace, Writer};
use crate::event::HostId;
use crate::sim::World;
use crate::units::{SimTime, Span};

/// How often whoever may end it is asked, at least.
const GLANCE: Span = Span::from_millis(20);

/// How often at most: that may take a call of the system, for which a burst has no time. Nor is anything else done for
/// longer without a look at everything: a world that is too slow for its clock can be ended all the same.
const SPARED: Span = Span::from_millis(1);

/// A host of a world, and the namespace whose stack is its own.
#[derive(Debug)]
pub struct Attached {
    /// The host.
    pub host: HostId,
    /// Where its stack is.
    pub namespace: Namespace,
}

/// Lets the world go on in real time, from its present moment, for as long as `goes_on` says so, which is asked every
/// 1 to 20 ms, with the moment that the clock shows: a world that is too slow is behind it. Meanwhile the calling thread runs ahead of others, if it may. Returns how punctual it was, and the reason
/// why it ended early, if it did: [`AttachError::Io`] if a device is gone, [`AttachError::World`] if the world cannot go
/// on, or what `goes_on` says.
pub fn attend(
    world: &mut World,
    attached: &[Attached],
    mut goes_on: impl FnMut(&mut World, SimTime) -> Result<bool, AttachError>,
) -> (Punctuality, Result<(), AttachError>) {
    for one in attached {
        world.hand_over(one.host);
    }
    let _ahead = Ahead::of_others();
    let pace = Pace::from(world.now());
    thread::scope(|scope| {
        let wires = attached.iter().map(|one| one.namespace.wire());
        let writers = wires.map(|wire| Writer::start(scope, wire, pace));
        let mut pacer = Pacer {
            looked: world.now(),
            longest_turn: Span::ZERO,
            buffer: Buffer::new(),
            writers: writers.collect(),
            world,
            attached,
            pace,
        };
        let ended = pacer.run(&mut goes_on);
        (pacer.end(), ended)
    })
}

struct Pacer<'a> {
    world: &'a mut World,
    attached: &'a [Attached],
    /// One for each of them.
    writers: Vec<Writer<'a>>,
    pace: Pace,
    looked: SimTime,
    longest_turn: Span,
    buffer: Buffer,
}

impl Pacer<'_> {
    fn run(
        &mut self,
        goes_on: &mut impl FnMut(&mut World, SimTime) -> Result<bool, AttachError>,
    ) -> Result<(), AttachError> {
        let mut asked = None;
        loop {
            let now = self.pace.now();
            if asked.is_none_or(|asked| now.since(asked) >= SPARED) {
                asked = Some(now);
                if !goes_on(self.world, now)? {
                    return Ok(());
                }
            }
            self.sleep()?;
            // Frames that leave a device while the world is behind wait there: they are sent when they are read.
            if self.catch_up()? {
                self.look()?;
            }
        }
    }

    /// Waits until something is due, or a device has a frame.
    fn sleep(&mut self) -> Result<(), AttachError> {
        let now = self.pace.now();
        let due = self.world.next_at().unwrap_or(SimTime::MAX);
        if due <= now {
            return Ok(());
        }
        self.turn();
        let wait = due.since(now).min(GLANCE);
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: i64::try_from(wait.as_nanos()).expect("a glance is short"),
        };
        let wires = self.attached.iter().map(|one| one.namespace.wire());
        let mut polled: Vec<_> = wires.map(|wire| PollFd::new(wire, PollFlags::IN)).collect();
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(AttachError::io("poll")(error.into())),
        }
        self.looked = self.pace.now();
        Ok(())
    }

    /// Takes note of a look at the devices.
    fn turn(&mut self) {
        let now = self.pace.now();
        self.longest_turn = self.longest_turn.max(now.since(self.looked));
        self.looked = now;
    }

    /// Takes what the devices have, each for a while.
    fn look(&mut self) -> Result<(), AttachError> {
        self.turn();
        for one in self.attached {
            let begun = self.pace.now();
            while self.pace.now().since(begun) < SPARED {
                let read = one.namespace.wire().read(&mut self.buffer);
                let failed = AttachError::io(format!("the TAP device in {}", one.namespace.name()));
                let Some(frame) = read.map_err(failed)? else {
                    break;
                };
                self.world.step_until(self.pace.now())?;
                self.world.sent_outside(one.host, frame);
                if !self.catch_up()? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Lets everything happen that is due, each at its moment, and gives what arrives to the devices at once. Whether
    /// the world has caught up with the clock; it is left where it is if that takes too long.
    fn catch_up(&mut self) -> Result<bool, AttachError> {
        let begun = self.pace.now();
        while self.is_behind() {
            if self.pace.now().since(begun) >= SPARED {
                return Ok(false);
            }
            self.world.step()?;
            let is_burst = self.is_behind();
            self.hand_out(is_burst);
        }
        self.world.step_until(self.pace.now())?;
        self.hand_out(false);
        Ok(true)
    }

    /// Whether something is due already.
    fn is_behind(&self) -> bool {
        let due = self.world.next_at();
        due.is_some_and(|at| at <= self.pace.now())
    }

    fn hand_out(&mut self, is_burst: bool) {
        while let Some(delivery) = self.world.take_delivery() {
            let host = delivery.host;
            let position = self.attached.iter().position(|one| one.host == host);
            if let Some(position) = position {
                self.writers[position].write(delivery, is_burst);
            }
        }
    }

    /// Lets the writers come to their ends; how punctual they were.
    fn end(self) -> Punctuality {
        let mut all = Punctuality::default();
        all.turned(self.longest_turn);
        for writer in self.writers {
            all.join(writer.finish());
        }
        all
    }
}
