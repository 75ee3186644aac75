//! The closed forms: when each object ends.

use super::CONNECTIONS;
use crate::case::Plan;
use crate::case::transfer::MSS;
use crate::units::Span;

/// An upper bound of what a response of the lab's servers has besides its body, in bytes.
const HEAD: u64 = 64;

/// Times that differ by less are the same: the transport counts microseconds.
pub(super) const TOLERANCE: Span = Span::from_micros(1);

/// When the objects of a page with one slow object end, counted from the page's beginning.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    variant: String,
    objects: usize,
    /// Position of the slow one, counted from 0.
    slow: usize,
    rtt: Span,
    think: Span,
    bytes: u64,
    /// The server's first congestion window in bytes: what fits it needs no second round.
    first_window: u64,
}

/// How many objects the slow one delays, itself not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Delayed {
    /// By its whole think time or more.
    pub(super) wholly: usize,
    /// By anything.
    pub(super) at_all: usize,
}

impl Schedule {
    pub(super) fn of(plan: &Plan) -> Self {
        let count = |key| usize::try_from(plan.count(key)).expect("the knob's range is small");
        Self {
            variant: plan.variant().to_owned(),
            objects: count("objects"),
            slow: count("object") - 1,
            rtt: plan.span("rtt"),
            think: plan.span("think"),
            bytes: plan.bytes("bytes"),
            first_window: plan.server().first_window(MSS),
        }
    }

    /// Whether all that a connection carries at once fits the first window, so that the closed form is exact.
    pub(super) fn is_exact(&self) -> bool {
        let at_once = match self.variant.as_str() {
            "h1-serial" | "h1-six" => 1,
            _ => self.objects as u64,
        };
        at_once * (self.bytes + HEAD) <= self.first_window
    }

    /// When each object ends.
    pub(super) fn ends(&self) -> Vec<Span> {
        match self.variant.as_str() {
            "h1-serial" => self.queued(1),
            "h1-six" => self.queued(CONNECTIONS),
            "h1-pipelined" => self.at_once(|object| object >= self.slow),
            _ => self.at_once(|object| object == self.slow),
        }
    }

    /// One queue for so many connections: each is open after one round trip, and takes the next object whenever
    /// it has carried one, which takes another.
    fn queued(&self, connections: usize) -> Vec<Span> {
        let mut free = vec![self.rtt; connections];
        (0..self.objects)
            .map(|object| {
                let next = free.iter_mut().min().expect("there is a connection");
                *next += self.rtt + self.think_of(object == self.slow);
                *next
            })
            .collect()
    }

    /// All requests at once; some objects end later by the think time.
    fn at_once(&self, is_late: impl Fn(usize) -> bool) -> Vec<Span> {
        (0..self.objects)
            .map(|object| self.rtt * 2 + self.think_of(is_late(object)))
            .collect()
    }

    const fn think_of(&self, slow: bool) -> Span {
        if slow { self.think } else { Span::ZERO }
    }

    /// When the last object ends.
    pub(super) fn total(&self) -> Span {
        let last = self.ends().into_iter().max();
        last.expect("a page has an object")
    }

    /// The closed form in words.
    pub(super) fn text(&self) -> String {
        let objects = self.objects;
        match self.variant.as_str() {
            "h1-serial" => format!("1 RTT (connect) + {objects} RTT + think"),
            "h1-pipelined" => "1 RTT (connect) + 1 RTT + think".to_owned(),
            "h1-six" => format!(
                "1 RTT (connect) + {objects} objects from one queue over {CONNECTIONS} connections, each 1 RTT, \
                 the slow one think longer"
            ),
            _ => "1 RTT (connect) + 1 RTT + think, which only the slow object waits for".to_owned(),
        }
    }

    /// How many objects with these ends are later than they would be if none were slow.
    pub(super) fn delayed(&self, ends: &[Option<Span>]) -> Delayed {
        let quick = Self {
            think: Span::ZERO,
            ..self.clone()
        };
        let delays: Vec<_> = std::iter::zip(quick.ends(), ends)
            .enumerate()
            .filter(|(object, _)| *object != self.slow)
            .filter_map(|(_, (quick, end))| Some((*end)?.saturating_sub(quick)))
            .filter(|delay| *delay >= TOLERANCE)
            .collect();
        Delayed {
            wholly: delays
                .iter()
                .filter(|delay| **delay + TOLERANCE > self.think)
                .count(),
            at_all: delays.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(variant: &'static str, objects: usize, think: u64) -> Schedule {
        Schedule {
            variant: variant.to_owned(),
            objects,
            slow: 2,
            rtt: Span::from_millis(150),
            think: Span::from_millis(think),
            bytes: 100,
            first_window: 14_600,
        }
    }

    fn total_and_delayed(variant: &'static str) -> (Span, Delayed) {
        let schedule = schedule(variant, 12, 500);
        (
            schedule.total(),
            schedule.delayed(&schedule.ends().into_iter().map(Some).collect::<Vec<_>>()),
        )
    }

    #[test]
    fn eighty_objects_over_one_connection_take_12_15_s() {
        let total = schedule("h1-serial", 80, 0).total();
        assert_eq!(total, Span::from_millis(12_150));
    }

    #[test]
    fn eighty_objects_over_six_connections_take_2_25_s() {
        let total = schedule("h1-six", 80, 0).total();
        assert_eq!(total, Span::from_millis(2_250));
    }

    #[test]
    fn one_connection_delays_every_later_object_by_the_whole_think_time() {
        let delayed = Delayed {
            wholly: 9,
            at_all: 9,
        };
        assert_eq!(
            total_and_delayed("h1-serial"),
            (Span::from_millis(2_450), delayed)
        );
        assert_eq!(
            total_and_delayed("h1-pipelined"),
            (Span::from_millis(800), delayed)
        );
    }

    #[test]
    fn with_six_connections_only_the_room_of_one_is_missing() {
        let delayed = Delayed {
            wholly: 0,
            at_all: 1,
        };
        assert_eq!(
            total_and_delayed("h1-six"),
            (Span::from_millis(800), delayed)
        );
    }

    #[test]
    fn http2_delays_nobody() {
        let delayed = Delayed {
            wholly: 0,
            at_all: 0,
        };
        assert_eq!(
            total_and_delayed("h2-slow"),
            (Span::from_millis(800), delayed)
        );
    }
}
