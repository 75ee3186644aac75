//! In which band of Linux's measurements the lab must be: the acceptance gate, rule by rule.

use super::expected;
use super::reference::Experiment;
use crate::event::Mechanism;
use crate::measure::accuracy::{Estimates, Kind, Spread, Verdict};

/// Milliseconds that a real host may need on top of what the wire takes.
const HOST_TIME: f64 = 2.5;

/// Milliseconds by which the kernel's tick may delay a retransmission timer.
const TICK: f64 = 35.0;

/// Below this two instants are the same: less than a nanosecond, in ms.
const SAME: f64 = 1e-6;

/// Where an estimate must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Band {
    /// Anywhere: it is shown, not judged.
    Reported,
    /// Within so many per cent of Linux's median.
    Percent(f64),
    /// Within 1 % of Linux's median, or so close as a host's own time allows.
    Close,
    /// Within so many per cent of Linux's median, or in its range.
    Outcome(f64),
    /// Within so many per cent of a quantile of Linux's, or in the interval of that quantile.
    Quantile(f64),
    /// Close to Linux's median, or earlier by at most the kernel's tick.
    Ticked,
    /// The same count as Linux's median.
    Equal,
    /// A count that differs from Linux's median by at most this.
    Around(f64),
    /// The nominal instant exactly, which Linux keeps within its tick.
    Nominal,
}

impl Band {
    /// The band of a metric.
    pub(super) fn of(experiment: &Experiment, metric: &str) -> Self {
        if metric == "client_acks" {
            // Linux's own count differs from run to run.
            return Self::Reported;
        }
        let whole = matches!(metric, "fct_ms" | "req_last_byte_ms");
        let count = matches!(metric, "data_segs" | "data_retx");
        match experiment.kind() {
            Kind::Ack | Kind::Timer => Self::Nominal,
            Kind::Rate if count && experiment.metric("data_retx").is_some_and(lossy) => {
                // A quarter of Linux's 44 drops.
                Self::Around(11.0)
            }
            Kind::Loss if metric.starts_with("fct_") => Self::Quantile(15.0),
            Kind::Loss if whole || count => Self::Reported,
            _ if count => Self::Equal,
            Kind::Rate if whole => Self::Percent(3.0),
            Kind::Drop if !experiment.is_clean() => scripted(experiment, metric),
            _ => Self::Close,
        }
    }

    /// Whether the lab is in it.
    pub(super) fn verdict(self, linux: Spread, estimates: Estimates) -> Verdict {
        let judged = match self {
            Self::Reported => return Verdict::Reported,
            _ => estimates
                .lab
                .is_some_and(|lab| self.holds(linux, lab, estimates.formula)),
        };
        if judged {
            Verdict::Inside
        } else {
            Verdict::Outside
        }
    }

    fn holds(self, linux: Spread, lab: f64, nominal: Option<f64>) -> bool {
        let off = (lab - linux.median).abs();
        let within = |percent: f64| off <= linux.median * percent / 100.0;
        match self {
            Self::Reported => true,
            Self::Percent(percent) => within(percent),
            Self::Close => within(1.0) || off <= HOST_TIME,
            Self::Outcome(percent) | Self::Quantile(percent) => {
                within(percent) || (linux.low..=linux.high).contains(&lab)
            }
            Self::Ticked => {
                Self::Close.holds(linux, lab, nominal)
                    || (0.0..=TICK).contains(&(linux.median - lab))
            }
            Self::Equal => off < SAME,
            Self::Around(slack) => off <= slack,
            Self::Nominal => nominal.is_some_and(|nominal| {
                (lab - nominal).abs() < SAME
                    && (nominal - 1.0..=nominal * 1.05 + 50.0).contains(&linux.median)
            }),
        }
    }

    /// The band in words.
    pub(super) fn words(self, nominal: Option<f64>) -> String {
        match self {
            Self::Reported => "reported, not judged".to_owned(),
            Self::Percent(percent) => format!("within {percent} %"),
            Self::Close => format!("within 1 % or {HOST_TIME} ms"),
            Self::Outcome(percent) => format!("within {percent} % or in Linux's range"),
            Self::Quantile(percent) => {
                format!("within {percent} % or in Linux's 95 % interval")
            }
            Self::Ticked => {
                format!(
                    "within 1 % or {HOST_TIME} ms, or up to {TICK} ms before Linux, whose timers tick"
                )
            }
            Self::Equal => "equal".to_owned(),
            Self::Around(slack) => format!("within {slack}"),
            Self::Nominal => nominal.map_or_else(
                || "a nominal instant".to_owned(),
                |nominal| format!("{nominal} ms exactly"),
            ),
        }
    }
}

fn lossy(retransmissions: Spread) -> bool {
    retransmissions.median > 0.0
}

/// The band of a time of a transfer that loses named segments.
fn scripted(experiment: &Experiment, metric: &str) -> Band {
    let case = experiment.case.as_str();
    let handshake = matches!(case, "drop_syn" | "drop_synack");
    let number = metric
        .strip_prefix("retx")
        .and_then(|rest| rest.strip_suffix("_after_prev_tx_ms")?.parse().ok());
    match (metric, number) {
        ("fct_ms" | "req_last_byte_ms", _) => Band::Outcome(10.0),
        ("syn_synack_ms", _) if handshake => Band::Ticked,
        ("req_first_byte_ms", _) if case == "drop_request" => Band::Ticked,
        (_, Some(number)) if waits_for_timer(experiment, number) => Band::Ticked,
        _ => Band::Close,
    }
}

/// Whether a timer decides when the retransmission of that number leaves: its own, or one before it.
fn waits_for_timer(experiment: &Experiment, number: usize) -> bool {
    let server = expected::retransmissions(&experiment.case).server;
    server
        .iter()
        .take(number)
        .any(|mechanism| *mechanism != Mechanism::FastRetransmit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(band: Band, lab: f64) -> bool {
        let linux = Spread {
            median: 100.0,
            low: 80.0,
            high: 200.0,
        };
        band.holds(linux, lab, Some(99.5))
    }

    #[test]
    fn each_band_has_its_edges() {
        for (band, inside, outside) in [
            (Band::Percent(3.0), 97.0, 96.9),
            (Band::Close, 102.5, 102.6),
            (Band::Outcome(10.0), 199.0, 201.0),
            (Band::Ticked, 65.0, 64.9),
            (Band::Ticked, 102.0, 103.0),
            (Band::Equal, 100.0, 101.0),
            (Band::Around(11.0), 111.0, 112.0),
            (Band::Nominal, 99.5, 99.501),
        ] {
            assert!(judged(band, inside), "{band:?} {inside}");
            assert!(!judged(band, outside), "{band:?} {outside}");
        }
    }

    #[test]
    fn a_nominal_instant_must_be_linuxs_too() {
        let linux = Spread {
            median: 98.0,
            ..Spread::default()
        };
        assert!(!Band::Nominal.holds(linux, 100.0, Some(100.0)));
    }
}
