//! Closed forms: what a textbook says of an experiment, where it says anything. All in milliseconds.

use super::reference::Experiment;
use crate::case::transfer::{INITIAL_WINDOW, MSS, slow_start_rounds};
use crate::measure::accuracy::Kind;
use crate::units::{BitRate, Span};

/// Ethernet, IPv4 and TCP headers of a data segment without options, in bytes.
const HEADERS: u64 = 54;

/// First interval of the SYN and SYN-ACK timers (RFC 6298 section 2.1).
const FIRST_TIMEOUT: Span = Span::from_secs(1);

/// Linux's shortest delayed ACK (`TCP_DELACK_MIN`).
const DELAYED_ACK: Span = Span::from_millis(40);

/// Seconds at which Linux sends its SYNs when none is answered: four linear retries, then doubling.
const SYNS: [u64; 11] = [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67];

/// When it gives up.
const SYN_TIMEOUT: Span = Span::from_secs(131);

/// Twice the maximum segment lifetime, as Linux has it (`TCP_TIMEWAIT_LEN`).
const TIME_WAIT: Span = Span::from_secs(60);

/// The closed form of a metric.
pub(super) fn formula(experiment: &Experiment, metric: &str) -> Option<f64> {
    if experiment.is_clean() && experiment.kind() != Kind::Timer {
        match metric {
            "data_segs" => return Some(segments(experiment)),
            "data_retx" => return Some(0.0),
            _ => {}
        }
    }
    let rounds = slow_start_rounds(experiment.bytes, INITIAL_WINDOW * MSS);
    let clean = Transfer {
        connect: experiment.rtt,
        first: experiment.rtt,
        answer: Some(experiment.rtt * rounds),
    };
    let transfer = match experiment.kind() {
        Kind::Clean => clean,
        Kind::Rate => bottleneck(experiment, rounds),
        Kind::Drop if experiment.is_clean() => clean,
        Kind::Drop | Kind::Loss => lossy(experiment, clean)?,
        Kind::Ack => return acknowledged(experiment, metric).map(Span::as_millis_f64),
        Kind::Timer => return timer(experiment, metric).map(Span::as_millis_f64),
    };
    transfer.metric(metric).map(Span::as_millis_f64)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of segments are far below 2^53"
)]
fn segments(experiment: &Experiment) -> f64 {
    experiment.bytes.div_ceil(MSS) as f64
}

/// Closed forms of a transfer's times.
#[derive(Clone, Copy)]
struct Transfer {
    /// From the SYN to its answer.
    connect: Span,
    /// From the request to the first data.
    first: Span,
    /// From the request to the last byte.
    answer: Option<Span>,
}

impl Transfer {
    fn metric(self, name: &str) -> Option<Span> {
        match name {
            "syn_synack_ms" => Some(self.connect),
            "req_first_byte_ms" => Some(self.first),
            "req_last_byte_ms" => self.answer,
            "fct_ms" => self.answer.map(|answer| self.connect + answer),
            _ => None,
        }
    }
}

/// Either slow start is what takes the time, and the last round is serialized, or all data follows each other
/// through the bottleneck.
fn bottleneck(experiment: &Experiment, rounds: u64) -> Transfer {
    let rtt = experiment.rtt;
    let rate = experiment.rate.unwrap_or(1);
    let rate = BitRate::from_bits_per_second(rate * 1_000_000).expect("a bottleneck has a rate");
    let line = |bytes: u64| {
        let frames = bytes + bytes.div_ceil(MSS) * HEADERS;
        rate.serialization(usize::try_from(frames).unwrap_or(usize::MAX))
    };
    let before = (0..rounds - 1)
        .map(|round| (INITIAL_WINDOW * MSS) << round)
        .sum();
    let last = experiment.bytes.saturating_sub(before);
    let slow_start = rtt * rounds + line(last);
    let serialized = rtt + line(experiment.bytes);
    Transfer {
        connect: rtt,
        first: rtt + line(MSS.min(experiment.bytes)),
        answer: Some(slow_start.max(serialized)),
    }
}

/// A lost SYN or SYN-ACK costs the first timeout, a lost last ACK nothing; what other losses cost depends on
/// more than a formula holds.
fn lossy(experiment: &Experiment, clean: Transfer) -> Option<Transfer> {
    let late = Transfer {
        connect: FIRST_TIMEOUT + clean.connect,
        ..clean
    };
    let unknown = Transfer {
        answer: None,
        ..clean
    };
    match experiment.case.as_str() {
        "drop_lastack" => Some(clean),
        "drop_syn" | "drop_synack" => Some(late),
        "drop_request" => None,
        _ => Some(unknown),
    }
}

/// A fresh connection acknowledges at once. Once requests and answers alternate with pauses, data waits for the
/// next request, and the last for the delayed ACK.
fn acknowledged(experiment: &Experiment, metric: &str) -> Option<Span> {
    let data = metric.strip_prefix("client_ack_delay_data");
    let number: Option<u64> = data.and_then(|rest| rest.strip_suffix("_ms")?.parse().ok());
    let pauses = experiment.case == "delack_20req_gap10_5ms";
    match number {
        Some(20) if pauses => Some(DELAYED_ACK),
        Some(2..) if pauses => Some(Span::from_millis(10)),
        Some(_) => Some(Span::ZERO),
        None => Some(Span::ZERO).filter(|_| metric.ends_with("_delay_ms")),
    }
}

/// Timers of a connection's life.
fn timer(experiment: &Experiment, metric: &str) -> Option<Span> {
    let numbered = |prefix: &str| -> Option<usize> {
        let number = metric.strip_prefix(prefix)?.strip_suffix("_at_ms")?;
        number.parse().ok()
    };
    if let Some(number) = numbered("syn_tx") {
        return SYNS.get(number - 1).map(|at| Span::from_secs(*at));
    }
    if let Some(number) = numbered("probe_or_rst") {
        return Some(Span::from_secs(4 + number as u64));
    }
    match metric {
        "time_wait_last_seen_ms" | "time_wait_gone_by_ms" => Some(TIME_WAIT),
        "app_error_after_ms" if experiment.family() == "syn" => Some(SYN_TIMEOUT),
        // With the RST that follows the third fruitless probe.
        "app_error_after_ms" => Some(Span::from_secs(8)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::accuracy::reference::experiments;

    fn of(case: &str, metric: &str) -> Option<f64> {
        let experiments = experiments();
        let one = experiments.iter().find(|one| one.case == case).unwrap();
        formula(one, metric)
    }

    #[test]
    fn a_clean_transfer_takes_a_round_trip_more_than_slow_start() {
        assert_eq!(of("fct_1000000_150ms", "fct_ms"), Some(1_200.0));
        assert_eq!(of("fct_100000_80ms", "req_last_byte_ms"), Some(240.0));
        assert_eq!(of("drop_none", "fct_ms"), Some(320.0));
    }

    #[test]
    fn a_bottleneck_is_bound_by_slow_start_or_by_its_line() {
        let serialized = of("rate10_1000000_30ms_q20", "fct_ms").unwrap();
        assert!((serialized - 889.6).abs() < 0.1, "{serialized}");
        let slow_start = of("rate10_100000_150ms_q100", "fct_ms").unwrap();
        assert!((slow_start - 646.7).abs() < 1.0, "{slow_start}");
    }

    #[test]
    fn losses_that_no_formula_holds_have_none() {
        assert_eq!(of("drop_data5", "fct_ms"), None);
        assert_eq!(of("drop_syn", "fct_ms"), Some(1_320.0));
        assert_eq!(of("drop_data5", "syn_synack_ms"), Some(80.0));
    }
}
