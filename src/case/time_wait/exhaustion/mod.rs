//! `port-exhaustion`: opening and closing at a constant rate until no port is left, and what relieves it.
//!
//! Here is the arithmetic; [`load`] has the applications and [`checks`] what the recording must show.

mod checks;
mod load;

use crate::case::Plan;
use crate::host::EPHEMERAL;
use crate::units::Span;

pub(super) use checks::judge;
pub(super) use load::start;

/// Connections that the recording keeps whole: enough to see what each of them does.
pub(super) const KEPT_FLOWS: usize = 3;

/// Age from which `tcp_tw_reuse` takes a tuple.
const REUSE_AGE: Span = Span::from_secs(1);

/// What is done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relief {
    None,
    Pool,
    SecondAddress,
    TwReuse,
}

impl Relief {
    /// The relief of a variant, if it is one of `port-exhaustion`.
    pub(super) fn of(variant: &str) -> Option<Self> {
        match variant {
            "port-exhaustion" => Some(Self::None),
            "port-exhaustion-pool" => Some(Self::Pool),
            "port-exhaustion-second-address" => Some(Self::SecondAddress),
            "port-exhaustion-tw-reuse" => Some(Self::TwReuse),
            _ => None,
        }
    }

    /// Ports that there are towards one endpoint.
    fn ports(self) -> u64 {
        let ports = EPHEMERAL.count() as u64;
        match self {
            Self::SecondAddress => ports * 2,
            _ => ports,
        }
    }
}

/// The arithmetic of a plan.
#[derive(Clone, Copy, Debug)]
struct Schedule {
    relief: Relief,
    /// Attempts each second.
    rate: u64,
    rtt: Span,
    /// TIME-WAIT as far as it keeps a port from being taken.
    wait: Span,
    /// When the last attempt is due.
    end: Span,
}

impl Schedule {
    fn of(plan: &Plan, relief: Relief) -> Self {
        let (rtt, two_msl) = (plan.span("rtt"), plan.client().time_wait);
        Self {
            relief,
            rate: plan.count("opens"),
            rtt,
            wait: match relief {
                Relief::TwReuse => REUSE_AGE,
                _ => two_msl,
            },
            // A second longer than the first port is held.
            end: two_msl + rtt * 2 + Span::from_secs(1),
        }
    }

    /// When an attempt is due; the first has ordinal 0.
    fn at(self, attempt: u64) -> Span {
        let nanos = u128::from(attempt) * 1_000_000_000 / u128::from(self.rate);
        Span::from_nanos(u64::try_from(nanos).expect("a run is shorter than 500 years"))
    }

    fn attempts(self) -> u64 {
        self.at_or_after(self.end)
    }

    /// The first attempt that is due at `moment` or later.
    fn at_or_after(self, moment: Span) -> u64 {
        let nanos = u128::from(moment.as_nanos()) * u128::from(self.rate);
        u64::try_from(nanos.div_ceil(1_000_000_000)).expect("a run has fewer attempts")
    }

    /// How long a port is held: from the SYN over one round trip until the client closes and another until the
    /// server's FIN comes, and then in TIME-WAIT.
    fn held(self) -> Span {
        self.wait + self.rtt * 2
    }

    /// When an attempt is refused first, if any is.
    fn refusal(self) -> Option<Span> {
        let first = self.at(self.relief.ports());
        (self.relief != Relief::Pool && first < self.held() && first < self.end).then_some(first)
    }

    /// After how long the first port is taken again: at the first attempt after it was given back.
    fn period(self) -> Span {
        self.at(self.at_or_after(self.held()))
    }
}

/// The closed form, in words and as a value.
fn formula(schedule: Schedule) -> (String, Span) {
    let (ports, rate) = (schedule.relief.ports(), schedule.rate);
    if let Some(first) = schedule.refusal() {
        let text = format!("{ports} ports / {rate} per second until the first EADDRNOTAVAIL");
        return (text, first);
    }
    let last = schedule.attempts() - 1;
    let text = format!("{last} intervals of 1/{rate} s + 2 RTT: no attempt is refused");
    (text, schedule.at(last) + schedule.rtt * 2)
}

/// A rate with three decimals.
fn per_second(count: u64, time: Span) -> String {
    format!("{:.3}", rate(count, time).unwrap_or_default())
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn rate(count: u64, time: Span) -> Option<f64> {
    (!time.is_zero()).then(|| count as f64 / time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(variant: &str, settings: &[(&str, &str)]) -> Schedule {
        let plan = Plan::new("time-wait", variant, 1, settings.iter().copied()).unwrap();
        Schedule::of(&plan, Relief::of(variant).unwrap())
    }

    #[test]
    fn five_hundred_opens_a_second_use_up_the_ports_in_56_464_s() {
        let schedule = schedule("port-exhaustion", &[]);
        assert_eq!(schedule.refusal(), Some(Span::from_millis(56_464)));
    }

    #[test]
    fn a_path_without_delay_sustains_470_5_opens_a_second() {
        let near = schedule("port-exhaustion", &[("rtt", "0")]);
        assert_eq!(per_second(near.relief.ports(), near.held()), "470.533");
        let slower = schedule("port-exhaustion", &[("rtt", "0"), ("opens", "470")]);
        assert_eq!(slower.refusal(), None);
        let faster = schedule("port-exhaustion", &[("rtt", "0"), ("opens", "471")]);
        assert!(faster.refusal().is_some());
    }

    #[test]
    fn smoltcp_s_short_time_wait_sustains_six_times_as_many() {
        let stack = [("stack", "smoltcp"), ("rtt", "0")];
        let short = schedule("port-exhaustion", &stack);
        assert_eq!(short.refusal(), None);
        assert_eq!(per_second(short.relief.ports(), short.held()), "2823.200");
    }

    #[test]
    fn every_relief_admits_the_default_rate() {
        for relief in ["pool", "second-address", "tw-reuse"] {
            let schedule = schedule(&format!("port-exhaustion-{relief}"), &[]);
            assert_eq!(schedule.refusal(), None, "{relief}");
        }
    }
}
