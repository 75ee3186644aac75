//! The closed forms: how long each message takes, from when it came to be.

use std::collections::BTreeMap;

use super::seen::Fate;
use super::variants::Carrier;
use crate::case::Plan;
use crate::link::Direction;
use crate::units::{SimTime, Span};

/// One-way delays of a path, and what a carrier makes of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub(super) carrier: Carrier,
    /// From the client to the server.
    pub(super) up: Span,
    /// From the server to the client.
    pub(super) down: Span,
}

impl Path {
    pub(super) fn of(plan: &Plan) -> Self {
        Self {
            carrier: Carrier::of(plan.variant()),
            up: plan.link(Direction::ClientToServer).delay,
            down: plan.link(Direction::ServerToClient).delay,
        }
    }

    /// The round trip.
    pub(super) fn rtt(self) -> Span {
        self.up + self.down
    }

    /// What an exchange waits for before its request can leave, if a connection has to be opened for it.
    pub(super) fn connect(self) -> Span {
        if self.carrier.keeps_connections() {
            Span::ZERO
        } else {
            self.rtt()
        }
    }

    /// From an answer to the next poll: the answer's way, a handshake if there is one, the poll's way. A message that
    /// comes in this time finds no poll that waits. Zero where nobody polls.
    pub(super) fn gap(self) -> Span {
        if self.carrier.polls() {
            self.rtt() + self.connect()
        } else {
            Span::ZERO
        }
    }

    /// How long each of the server's messages takes, in the order in which they came to be.
    pub(super) fn down(self, fates: &[Fate]) -> Vec<Span> {
        let mut answered: BTreeMap<u32, SimTime> = BTreeMap::new();
        let latency = |fate: &Fate| {
            let last = answered.entry(fate.client).or_insert(fate.accepted);
            // Whatever came since the last answer, and up to the moment of this one, is in this one.
            if *last < fate.accepted {
                *last = fate.accepted.max(*last + self.gap());
            }
            *last - fate.accepted + self.down
        };
        fates.iter().map(latency).collect()
    }

    /// How long each of the clients' own messages takes. Posts of a client go one after another over one connection,
    /// which is opened for the first of them, or for each; frames need not wait for anything.
    pub(super) fn up(self, fates: &[Fate]) -> Vec<Span> {
        if self.carrier == Carrier::WebSocket {
            return vec![self.up; fates.len()];
        }
        let mut free: BTreeMap<u32, SimTime> = BTreeMap::new();
        let latency = |fate: &Fate| {
            let known = free.get(&fate.client);
            let begins = known.map_or(fate.accepted, |free| fate.accepted.max(*free));
            let connect = known.map_or(self.rtt(), |_| self.connect());
            let arrives = begins + connect + self.up;
            free.insert(fate.client, arrives + self.down);
            arrives - fate.accepted
        };
        fates.iter().map(latency).collect()
    }

    /// How long the second message takes that follows the first, which found a poll waiting, after `follow`.
    pub(super) fn second(self, follow: Span) -> Span {
        if follow.is_zero() {
            return self.down; // both are in the same answer
        }
        self.gap().saturating_sub(follow) + self.down
    }

    /// The slowest delivery in words.
    pub(super) fn words(self, follow: Span) -> String {
        match self.carrier {
            Carrier::LongPolling { keep_alive: true } => format!(
                "slowest delivery: 1 RTT until the next poll - {follow} + 1 delay (three transits, RFC 6202)"
            ),
            Carrier::LongPolling { keep_alive: false } => format!(
                "slowest delivery: 2 RTT until the next poll, a handshake with it, - {follow} + 1 delay"
            ),
            Carrier::Sse | Carrier::WebSocket => "slowest delivery: 1 delay".to_owned(),
        }
    }
}

/// Of messages that come at `rate` per second and client as a Poisson process, the share that find no poll waiting,
/// and the answers that each takes. After an answer the gap passes; if something came in it, another answer follows
/// at once and with it another gap; if not, the next message is answered when it comes.
pub(super) fn in_gap(gap: Span, rate: f64) -> (f64, f64) {
    let inside = rate * gap.as_secs_f64();
    let each_gap = inside + (-inside).exp();
    (inside / each_gap, 1.0 / each_gap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::MessageId;

    fn path(carrier: Carrier) -> Path {
        Path {
            carrier,
            up: Span::from_millis(40),
            down: Span::from_millis(60),
        }
    }

    fn fates(client_and_ms: &[(u32, u64)]) -> Vec<Fate> {
        let fate = |(ordinal, (client, ms)): (u32, &(u32, u64))| Fate {
            id: MessageId(ordinal),
            client: *client,
            bytes: 100,
            accepted: SimTime::ZERO + Span::from_millis(*ms),
            delivered: Vec::new(),
        };
        (0..).zip(client_and_ms).map(fate).collect()
    }

    fn millis(spans: Vec<Span>) -> Vec<u64> {
        spans
            .into_iter()
            .map(|span| span.as_nanos() / 1_000_000)
            .collect()
    }

    const POLLS: Carrier = Carrier::LongPolling { keep_alive: true };
    const RECONNECTS: Carrier = Carrier::LongPolling { keep_alive: false };

    #[test]
    fn a_message_in_the_gap_waits_for_the_next_poll() {
        // The gap is 100 ms: the second waits 99, the third is in the answer at 1100 with it, the fourth finds a
        // gap that began then, the fifth finds a poll.
        let fates = fates(&[(0, 1_000), (0, 1_001), (0, 1_080), (0, 1_150), (0, 1_300)]);
        assert_eq!(millis(path(POLLS).down(&fates)), [60, 159, 80, 110, 60]);
        assert_eq!(
            millis(path(RECONNECTS).down(&fates)),
            [60, 259, 180, 110, 160]
        );
        assert_eq!(millis(path(Carrier::Sse).down(&fates)), [60; 5]);
    }

    #[test]
    fn clients_do_not_wait_for_each_other() {
        let fates = fates(&[(0, 1_000), (1, 1_001)]);
        assert_eq!(millis(path(POLLS).down(&fates)), [60, 60]);
    }

    #[test]
    fn posts_wait_for_the_connection_and_for_each_other() {
        let fates = fates(&[(0, 0), (0, 10), (0, 500)]);
        assert_eq!(millis(path(Carrier::Sse).up(&fates)), [140, 230, 40]);
        assert_eq!(millis(path(RECONNECTS).up(&fates)), [140, 330, 140]);
        assert_eq!(millis(path(Carrier::WebSocket).up(&fates)), [40; 3]);
    }

    #[test]
    fn the_worst_case_of_long_polling_is_three_transits() {
        let follow = Span::from_nanos(1);
        let transits = Span::from_millis(60 + 40 + 60);
        assert_eq!(path(POLLS).second(follow) + follow, transits);
        assert_eq!(path(Carrier::Sse).second(follow), Span::from_millis(60));
    }

    #[test]
    fn rare_messages_find_a_poll_and_frequent_ones_do_not() {
        let gap = Span::from_millis(100);
        let (share, answers) = in_gap(gap, 0.001);
        assert!(share < 0.001 && answers > 0.999);
        let (share, answers) = in_gap(gap, 1_000.0);
        assert!(share > 0.999 && (answers - 0.01).abs() < 1e-6);
    }
}
