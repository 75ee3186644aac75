//! How long a stack goes on retransmitting to a peer that does not answer any more.

use crate::host::{Profile, Stack};
use crate::units::Span;

/// The shortest retransmission timeout of RFC 6298 (section 2.4), and smoltcp's longest.
const SHORTEST_RTO: Span = Span::from_secs(1);
const LONGEST_RTO: Span = Span::from_secs(60);

/// The same of Linux (`TCP_RTO_MIN`, `TCP_RTO_MAX`).
const LINUX_SHORTEST: Span = Span::from_millis(200);
const LINUX_LONGEST: Span = Span::from_secs(120);

/// From a write that nobody answers to the error.
#[derive(Debug)]
pub(super) struct Patience {
    /// Retransmissions by timeout on the way.
    pub(super) retries: u32,
    /// How long it takes.
    pub(super) span: Span,
    /// The rule in words.
    pub(super) rule: String,
}

impl Patience {
    /// The patience of `profile` with a segment written over a path of `rtt` that was quiet and without loss
    /// before. `None` where the timeout is not known without running.
    pub(super) fn of(profile: &Profile, rtt: Span) -> Option<Self> {
        match profile.stack {
            Stack::Linux => (!rtt.is_zero()).then(|| Self::linux(profile.data_retries, rtt)),
            Stack::Smoltcp => {
                (rtt * 3 <= SHORTEST_RTO).then(|| Self::smoltcp(profile.data_retries))
            }
        }
    }

    fn smoltcp(retries: u32) -> Self {
        let waits = (0..=retries).map(|doublings| SHORTEST_RTO * (1 << doublings.min(6)));
        Self {
            retries,
            span: waits.map(|wait| wait.min(LONGEST_RTO)).sum(),
            rule: format!(
                "{} waits for an answer: 1, 2, 4, ... 60 s (RFC 6298 section 5.5)",
                retries + 1
            ),
        }
    }

    /// A loss probe first (RFC 8985 section 7.2); then timeouts that double, until the first retransmission is
    /// longer ago than `retries` timeouts of the shortest length would take (`tcp_retries2`).
    fn linux(retries: u32, rtt: Span) -> Self {
        let rtt = Span::from_micros(rtt.as_nanos() / 1_000); // its clock
        let rto = rtt + (rtt * 2).max(LINUX_SHORTEST); // RFC 6298 section 2.2, with a variance of at least 200 ms
        let first = (rtt * 2 + LINUX_SHORTEST).min(rto) + rto;
        let mut limit = Span::ZERO;
        let mut shortest = LINUX_SHORTEST;
        for _ in 0..=retries {
            limit += shortest;
            shortest = (shortest * 2).min(LINUX_LONGEST);
        }
        let (mut count, mut elapsed, mut wait) = (1, rto * 2, rto * 2);
        while elapsed < limit {
            count += 1;
            wait = (wait * 2).min(LINUX_LONGEST);
            elapsed += wait;
        }
        Self {
            retries: count,
            span: first + elapsed,
            rule: format!(
                "a loss probe after min(2 RTT + 200 ms, RTO), RTO = RTT + max(2 RTT, 200 ms), then {count} timeouts \
                 that double up to 120 s, until {limit} have passed since the first (tcp_retries2 = {retries})"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linux_gives_up_after_924_600_ms_at_the_earliest() {
        let patience = Patience::of(&Profile::linux(), Span::from_millis(50)).unwrap();
        // The probe at 250 ms, the first timeout at 500 ms, then 0.5, 1, ... 64, and 120 s.
        let doubling: Span = (0..8).map(|n| Span::from_millis(500) * (1 << n)).sum();
        let rest = Span::from_secs(120) * 7;
        assert_eq!(patience.span, Span::from_millis(500) + doubling + rest);
        assert_eq!(patience.retries, 15);
    }

    #[test]
    fn smoltcp_counts_sixteen_waits() {
        let patience = Patience::of(&Profile::smoltcp(), Span::ZERO).unwrap();
        assert_eq!(patience.span, Span::from_secs(663));
    }
}
