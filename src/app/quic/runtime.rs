//! quinn's runtime: virtual time, and the tasks of the world.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use hyper::rt::{Sleep, Timer};
use quinn::{AsyncTimer, AsyncUdpSocket, Runtime, TimeSource};
use send_wrapper::SendWrapper;

use crate::rt::{Clock, HyperTimer, Net, Spawner};
use crate::units::EPOCH;

/// A world as quinn sees it. quinn demands `Send + Sync`; a world lives on one thread, so the wrapper's check never
/// fails.
#[derive(Debug)]
pub(super) struct WorldRuntime {
    timer: HyperTimer,
    spawner: SendWrapper<Spawner>,
}

/// An alarm that can be set anew.
struct Alarm {
    timer: HyperTimer,
    sleep: Pin<Box<dyn Sleep>>,
}

impl WorldRuntime {
    pub(super) fn new(net: &Net, spawner: &Spawner) -> Self {
        Self {
            timer: HyperTimer::new(net.clock().clone()),
            spawner: SendWrapper::new(spawner.clone()),
        }
    }
}

impl Runtime for WorldRuntime {
    fn new_timer(&self, at: Instant) -> Pin<Box<dyn AsyncTimer>> {
        Box::pin(Alarm {
            timer: self.timer.clone(),
            sleep: self.timer.sleep_until(at),
        })
    }

    fn spawn(&self, future: Pin<Box<dyn Future<Output = ()> + Send>>) {
        drop(self.spawner.spawn("quic", future));
    }

    fn wrap_udp_socket(&self, _: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        Err(io::ErrorKind::Unsupported.into()) // the lab has sockets of its own
    }

    fn now(&self) -> Instant {
        self.timer.now()
    }
}

impl AsyncTimer for Alarm {
    fn reset(mut self: Pin<&mut Self>, at: Instant) {
        self.sleep = self.timer.sleep_until(at);
    }

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.sleep.as_mut().poll(context)
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm").finish_non_exhaustive()
    }
}

/// Virtual time as tokens count it (RFC 9000 section 8.1.3).
pub(super) struct WorldTime(SendWrapper<Clock>);

impl WorldTime {
    pub(super) fn of(net: &Net) -> Self {
        Self(SendWrapper::new(net.clock().clone()))
    }
}

impl TimeSource for WorldTime {
    fn now(&self) -> SystemTime {
        let since_1970 = Duration::from(EPOCH) + Duration::from_nanos(self.0.now().as_nanos());
        SystemTime::UNIX_EPOCH + since_1970
    }
}
