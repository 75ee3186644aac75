//! The closed form of each variant, and what must come of it.

use super::knobs;
use crate::app::payment::Policy;
use crate::case::Plan;
use crate::host::Stack;
use crate::units::Span;

/// The shortest retransmission timeout of Linux, which is also what a loss probe of a single segment allows the
/// delayed ACK (`tcp_schedule_loss_probe`).
const MINIMUM: Span = Span::from_millis(200);

/// What a variant must come to on a path without chance and rate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    /// The closed form in words.
    pub(super) text: String,
    /// Its value.
    pub(super) total: Span,
    /// Status of each attempt in the order in which they end; 0 where there is no answer.
    pub(super) statuses: Vec<u16>,
    /// Charges in the ledger.
    pub(super) charges: u64,
}

/// The times of a plan.
struct Times {
    rtt: Span,
    think: Span,
    finish: Span,
    restart: Span,
    policy: Policy,
}

/// What a plan must come to; `None` where its knobs make another story of the variant.
pub(super) fn expected(plan: &Plan) -> Option<Expected> {
    let times = Times {
        rtt: plan.span("rtt"),
        think: knobs::think(plan),
        finish: plan.span("finish"),
        restart: plan.span("restart"),
        policy: knobs::policy(plan),
    };
    if !knobs::is_itself(plan) {
        return None;
    }
    match plan.variant() {
        "plain" => times.once("2 RTT + think + finish", times.whole(), 201, 1),
        "lost-packet" => {
            let probe = probe_timeout(plan)?;
            let text = "2 RTT + think + finish + PTO = min(2 RTT + 200 ms, RTO), RTO = RTT + max(2 RTT, 200 ms)";
            times.once(text, times.whole() + probe, 201, 1)
        }
        "missing-key" => times.once("2 RTT", times.rtt * 2, 400, 0),
        "no-key" => times.again(
            "timeout + backoff + 2 RTT + think + finish",
            times.whole(),
            201,
            2,
        ),
        "key-expired" => {
            let text = "timeout + lifetime + backoff + 2 RTT + think + finish";
            times.again(text, times.whole(), 201, 2)
        }
        "idempotency-key" => times.again("timeout + backoff + 2 RTT", times.rtt * 2, 201, 1),
        "read-only" => times.again("timeout + backoff + 2 RTT", times.rtt * 2, 200, 0),
        "key-reused-other-body" => times.reused(),
        "in-progress" => times.in_progress(),
        "key-check-then-insert" => times.overlapping(),
        "crash-before-commit" => times.crashed("2 RTT + think + finish", times.whole(), 1),
        "crash-after-commit" => times.crashed("2 RTT", times.rtt * 2, 1),
        "crash-after-commit-apart" => times.crashed("2 RTT + think + finish", times.whole(), 2),
        _ => None,
    }
}

/// When a single segment without an answer leaves again: the tail loss probe (RFC 8985 section 7.2), which Linux
/// lets come no later than the retransmission timeout. `None` where the stack has none.
fn probe_timeout(plan: &Plan) -> Option<Span> {
    let rtt = Span::from_micros(plan.span("rtt").as_nanos() / 1_000); // the kernel's clock
    let is_linux = plan.server().stack == Stack::Linux && !rtt.is_zero();
    let timeout = rtt + (rtt * 2).max(MINIMUM);
    is_linux.then(|| (rtt * 2 + MINIMUM).min(timeout))
}

impl Times {
    /// Connect, ask, let the server work, hear the answer.
    fn whole(&self) -> Span {
        self.rtt * 2 + self.think + self.finish
    }

    /// One attempt that is answered.
    fn once(&self, text: &str, total: Span, status: u16, charges: u64) -> Option<Expected> {
        (total < self.policy.timeout).then(|| Expected {
            text: text.to_owned(),
            total,
            statuses: vec![status],
            charges,
        })
    }

    /// An attempt that times out after the server has done its work, and one of length `second` that is answered.
    fn again(&self, text: &str, second: Span, status: u16, charges: u64) -> Option<Expected> {
        let fits = self.whole() < self.policy.timeout && self.policy.attempts > 1;
        fits.then(|| Expected {
            text: text.to_owned(),
            total: self.policy.timeout + self.policy.pause(2) + second,
            statuses: vec![0, status],
            charges,
        })
    }

    /// A charge, and another with its key.
    fn reused(&self) -> Option<Expected> {
        let total = self.whole() + self.rtt * 2;
        (self.whole() < self.policy.timeout).then(|| Expected {
            text: "2 RTT + think + finish, and 2 RTT for the refusal".to_owned(),
            total,
            statuses: vec![201, 422],
            charges: 1,
        })
    }

    /// A first attempt that times out, refusals as long as the server works on it, and then the stored answer.
    fn in_progress(&self) -> Option<Expected> {
        let done = self.think + self.finish;
        let begins_late = self.rtt * 2 < self.policy.timeout && self.policy.timeout < self.whole();
        if !begins_late {
            return None;
        }
        let mut statuses = vec![0];
        let mut at = self.policy.timeout;
        for number in 2..=self.policy.attempts {
            at += self.policy.pause(number);
            if at == done {
                return None; // what comes first at one moment is no question of the wire
            }
            if at > done {
                statuses.push(201);
                let refusals = number - 2;
                return Some(Expected {
                    text: format!(
                        "timeout + backoff + {refusals} x (2 RTT for a 409 + a backoff twice as long) + 2 RTT"
                    ),
                    total: at + self.rtt * 2,
                    statuses,
                    charges: 1,
                });
            }
            statuses.push(409);
            at += self.rtt * 2;
        }
        None
    }

    /// Attempts that are left open beside each other: those that come before the first has stored its key charge.
    fn overlapping(&self) -> Option<Expected> {
        let mut begins = vec![Span::ZERO];
        let mut at = Span::ZERO;
        for number in 2..=self.policy.attempts {
            at += self.policy.timeout + self.policy.pause(number);
            begins.push(at);
        }
        if begins.contains(&self.think) || begins.contains(&self.whole()) || begins.len() < 2 {
            return None;
        }
        let before = |end: Span| begins.iter().filter(|begin| **begin < end).count();
        let (charges, begun) = (before(self.think), before(self.whole()));
        let replayed = begun > charges; // a stored answer may then come before the first one
        (charges > 1 && !replayed).then(|| Expected {
            text: "2 RTT + think + finish: the first attempt is answered first".to_owned(),
            total: self.whole(),
            statuses: std::iter::once(201)
                .chain(std::iter::repeat_n(0, begun - 1))
                .collect(),
            charges: charges as u64,
        })
    }

    /// An attempt that ends with the server's process, others that nobody listens for, and one of length `last`.
    fn crashed(&self, words: &str, last: Span, charges: u64) -> Option<Expected> {
        let heard = self.rtt * 2 + self.think;
        if heard >= self.policy.timeout || self.whole() >= self.policy.timeout {
            return None;
        }
        let listens = self.rtt + self.think + self.restart; // so much after the moment at which a SYN arrives
        let (mut at, mut statuses) = (heard, vec![0]);
        for number in 2..=self.policy.attempts {
            at += self.policy.pause(number);
            if at == listens {
                return None;
            }
            if at > listens {
                statuses.push(201);
                let refused = match number - 2 {
                    0 => String::new(),
                    count => {
                        format!(" + {count} x (RTT for ECONNREFUSED + a backoff twice as long)")
                    }
                };
                return Some(Expected {
                    text: format!("2 RTT + think until the FIN + backoff{refused} + {words}"),
                    total: at + last,
                    statuses,
                    charges,
                });
            }
            statuses.push(0);
            at += self.rtt;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variant: &str, settings: &[(&str, &str)]) -> Option<Expected> {
        let plan = Plan::new("payment", variant, 1, settings.iter().copied()).unwrap();
        expected(&plan)
    }

    fn ms(variant: &str, settings: &[(&str, &str)]) -> Option<f64> {
        of(variant, settings).map(|expected| expected.total.as_millis_f64())
    }

    #[test]
    fn a_lost_answer_costs_a_probe_timeout_and_a_lost_client_a_timeout() {
        assert_eq!(ms("plain", &[]), Some(360.0));
        assert_eq!(ms("lost-packet", &[]), Some(810.0));
        assert_eq!(ms("no-key", &[]), Some(1_560.0));
        assert_eq!(ms("idempotency-key", &[]), Some(1_500.0));
    }

    #[test]
    fn the_probe_comes_no_later_than_the_timeout() {
        let plan = |rtt| Plan::new("payment", "lost-packet", 1, [("rtt", rtt)]).unwrap();
        let timeout = |rtt| probe_timeout(&plan(rtt)).map(Span::as_millis_f64);
        assert_eq!(timeout("10ms"), Some(210.0));
        assert_eq!(timeout("100ms"), Some(300.0));
        assert_eq!(timeout("300ms"), Some(800.0));
        assert_eq!(timeout("0"), None);
    }

    #[test]
    fn conflicts_go_on_until_the_first_request_is_done() {
        // At 1.2 s and at 1.9 s it is under way; at 3 s it is done.
        let expected = of("in-progress", &[("slow", "2500ms")]).unwrap();
        assert_eq!(expected.statuses, [0, 409, 409, 201]);
        assert_eq!(expected.total, Span::from_millis(3_300));
        assert_eq!(of("in-progress", &[("timeout", "5s")]), None);
    }

    #[test]
    fn a_server_that_is_not_back_refuses_connections() {
        let slow = of("crash-after-commit", &[("restart", "1s")]).unwrap();
        assert_eq!(slow.statuses, [0, 0, 0, 201]);
        assert_eq!(of("crash-after-commit", &[("restart", "1h")]), None);
    }

    #[test]
    fn another_design_is_another_story() {
        assert_eq!(of("idempotency-key", &[("design", "no-key")]), None);
    }
}
