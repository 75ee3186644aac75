//! What the picture shows, measured on its layout.

use super::*;
use crate::measure::accuracy::{Estimates, Kind, Metric, Row, Spread, Verdict};
use crate::plot::Theme;

fn metric(name: &str, linux: f64, lab: f64, smoltcp: f64) -> Metric {
    Metric {
        name: name.to_owned(),
        linux: Spread {
            median: linux,
            low: linux,
            high: linux,
        },
        estimates: Estimates {
            lab: Some(lab),
            smoltcp: Some(smoltcp),
            formula: Some(lab),
        },
        band: String::new(),
        verdict: Verdict::Inside,
    }
}

fn compared() -> Accuracy {
    let metrics = vec![
        metric("fct_ms", 10.3, 10.0, 40.0),
        metric("req_last_byte_ms", 320.0, 321.0, 900.0),
        metric("time_wait_gone_by_ms", 61_000.0, 60_000.0, 10_000.0),
        metric("client_ack_delay_ms", 0.02, 0.0, 10.0),
        metric("data_segs", 69.0, 69.0, 69.0),
    ];
    let row = Row {
        case: "fct_1000_5ms".to_owned(),
        kind: Kind::Clean,
        about: String::new(),
        runs: 7,
        main: 0,
        metrics,
        findings: Vec::new(),
        notes: Vec::new(),
    };
    Accuracy {
        seeds: 1,
        rows: vec![row],
    }
}

#[test]
fn labels_do_not_touch() {
    assert_eq!(accuracy(&compared()).overlaps(), []);
}

#[test]
fn counts_and_what_a_machine_blurs_are_not_drawn() {
    assert_eq!(marks(&compared()).len(), 3 * 3);
}

#[test]
fn nothing_to_compare_is_drawn_all_the_same() {
    let figure = accuracy(&Accuracy::default());
    assert!(figure.svg(Theme::Adaptive).contains("no estimates"));
}

#[test]
fn a_ratio_is_a_factor() {
    assert_eq!(
        [500, 1_000, 20_000].map(spoken_ratio),
        ["0.5 ×", "1 ×", "20 ×"]
    );
}
