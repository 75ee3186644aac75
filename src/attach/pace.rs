//! The world at the pace of the clock on the wall.

use std::num::NonZeroU64;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

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

/// How often at most: that may take a call of the system, for which a burst has no time.
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
/// 1 to 20 ms.
///
/// # Errors
/// [`AttachError::Io`] if a device is gone, [`AttachError::World`] if the world cannot go on.
pub fn attend(
    world: &mut World,
    attached: &[Attached],
    mut goes_on: impl FnMut(&mut World) -> Result<bool, AttachError>,
) -> Result<Punctuality, AttachError> {
    for one in attached {
        world.hand_over(one.host);
    }
    ahead_of_others();
    // The kernel may put off a sleeper by 50 µs to wake several at once. It need not, for the only one that it has.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
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
        let mut asked = None;
        loop {
            if asked.is_none_or(|asked| pacer.looked.since(asked) >= SPARED) {
                asked = Some(pacer.looked);
                if !goes_on(pacer.world)? {
                    break;
                }
            }
            pacer.sleep()?;
            pacer.look()?;
        }
        Ok(pacer.end())
    })
}

/// Lets this thread run ahead of others: a link in the kernel would not wait for programs either. Where that is not
/// allowed frames are later, which is told.
pub(super) fn ahead_of_others() {
    let _ = rustix::process::setpriority_process(None, -20);
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
    /// Waits until something is due, or a device has a frame.
    fn sleep(&mut self) -> Result<(), AttachError> {
        let now = self.pace.now();
        self.longest_turn = self.longest_turn.max(now.since(self.looked));
        let due = self.world.next_at().unwrap_or(SimTime::MAX);
        let wait = if due <= now {
            Span::ZERO
        } else {
            due.since(now).min(GLANCE)
        };
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

    /// Takes what the devices have, lets happen what is due, and gives them what has arrived.
    fn look(&mut self) -> Result<(), AttachError> {
        self.catch_up()?;
        for one in self.attached {
            loop {
                let read = one.namespace.wire().read(&mut self.buffer);
                let failed = AttachError::io(format!("the TAP device in {}", one.namespace.name()));
                let Some(frame) = read.map_err(failed)? else {
                    break;
                };
                self.world.step_until(self.pace.now())?;
                self.world.sent_outside(one.host, frame);
                self.catch_up()?;
            }
        }
        Ok(())
    }

    /// Lets everything happen that is due, each at its moment, and gives what arrives to the devices at once.
    fn catch_up(&mut self) -> Result<(), AttachError> {
        while self.is_behind() {
            self.world.step()?;
            let is_burst = self.is_behind();
            self.hand_out(is_burst);
        }
        self.world.step_until(self.pace.now())?;
        self.hand_out(false);
        Ok(())
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
