//! The world at the pace of the clock on the wall.

use std::num::NonZeroU64;
use std::time::Instant;

use bytes::BytesMut;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::error::AttachError;
use super::namespace::Namespace;
use super::punctuality::Punctuality;
use crate::event::HostId;
use crate::sim::World;
use crate::units::{SimTime, Span};

/// How often whoever may end it is asked, at least.
const GLANCE: Span = Span::from_millis(20);

/// A host of a world, and the namespace whose stack is its own.
#[derive(Debug)]
pub struct Attached {
    /// The host.
    pub host: HostId,
    /// Where its stack is.
    pub namespace: Namespace,
}

/// Lets the world go on in real time, from its present moment, for as long as `goes_on` says so. It is asked after
/// whatever happens, and every 20 ms.
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
    // The kernel may put off a sleeper by 50 µs to wake several at once. It need not, for the only one that it has.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    // A link in the kernel would not wait for programs either. Whoever may not do this is later.
    let _ = rustix::process::setpriority_process(None, -20);
    let mut pacer = Pacer::new(world, attached);
    while goes_on(pacer.world)? {
        pacer.sleep()?;
        pacer.look()?;
    }
    Ok(pacer.punctuality)
}

struct Pacer<'a> {
    world: &'a mut World,
    attached: &'a [Attached],
    begun: Instant,
    /// The world's moment at which it began.
    from: SimTime,
    looked: SimTime,
    buffer: BytesMut,
    punctuality: Punctuality,
}

impl<'a> Pacer<'a> {
    #[expect(
        clippy::disallowed_methods,
        reason = "here, and only here, time is real"
    )]
    fn new(world: &'a mut World, attached: &'a [Attached]) -> Self {
        let from = world.now();
        Self {
            world,
            attached,
            begun: Instant::now(),
            from,
            looked: from,
            buffer: BytesMut::new(),
            punctuality: Punctuality::default(),
        }
    }

    /// The world's moment that it is now.
    fn now(&self) -> SimTime {
        let elapsed = u64::try_from(self.begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.from + Span::from_nanos(elapsed)
    }

    /// Waits until something is due, or a device has a frame.
    fn sleep(&mut self) -> Result<(), AttachError> {
        let now = self.now();
        self.punctuality.turned(now.since(self.looked));
        let due = self.world.next_at().unwrap_or(SimTime::MAX);
        let wait = if due <= now {
            Span::ZERO
        } else {
            due.since(now).min(GLANCE)
        };
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: i64::try_from(wait.as_nanos())
                .expect("a glance is short")
                .into(),
        };
        let wires = self.attached.iter().map(|one| one.namespace.wire());
        let mut polled: Vec<_> = wires.map(|wire| PollFd::new(wire, PollFlags::IN)).collect();
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(AttachError::io("poll")(error.into())),
        }
        self.looked = self.now();
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
                self.world.step_until(self.now())?;
                self.world.sent_outside(one.host, frame);
                self.catch_up()?;
            }
        }
        Ok(())
    }

    /// Lets everything happen that is due, each at its moment, and gives what arrives to the devices at once.
    fn catch_up(&mut self) -> Result<(), AttachError> {
        while self.world.next_at().is_some_and(|at| at <= self.now()) {
            self.world.step()?;
            self.hand_out();
        }
        self.world.step_until(self.now())?;
        self.hand_out();
        Ok(())
    }

    fn hand_out(&mut self) {
        while let Some(delivery) = self.world.take_delivery() {
            let mut to = self.attached.iter();
            let Some(one) = to.find(|one| one.host == delivery.host) else {
                continue;
            };
            if one.namespace.wire().write(&delivery.bytes).is_ok() {
                let late = self.now().since(delivery.at);
                self.punctuality.written(delivery.at, late);
            } else {
                self.punctuality.refuse();
            }
        }
    }
}
