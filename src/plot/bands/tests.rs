//! Claims about the picture of a spread.

use super::*;
use crate::measure::Scale;

fn picture(values: u64, runs: u64) -> Figure {
    let times = |value: u64| {
        let times = (1..=runs).map(|run| Span::from_millis(value * 10 + run));
        Distribution::new("runs", times)
    };
    let scale = Scale {
        knob: "rtt".to_owned(),
        values: (1..=values)
            .map(|value| format!("{value}00.25ms"))
            .collect(),
    };
    let spread = Bands {
        scale,
        times: (1..=values).map(times).collect(),
    };
    bands(&spread, "transfer/download", "seeds 1 to 40")
}

#[test]
fn values_that_have_no_room_are_left_out_and_nothing_overlaps() {
    for values in [1, 3, 12, 60] {
        let figure = picture(values, 40);
        assert_eq!(figure.overlaps(), [], "{values} values");
        let inside = figure.labels().all(|label| {
            let bounds = label.bounds();
            bounds.right <= figure.size.0 && bounds.bottom <= figure.size.1
        });
        assert!(inside, "{values} values");
    }
}

#[test]
fn few_runs_have_extremes_and_no_percentiles() {
    let has = |figure: &Figure, text: &str| figure.labels().any(|label| label.text == text);
    assert!(has(&picture(3, 40), "5 % to 95 %"));
    assert!(has(&picture(3, 5), "fastest to slowest"));
    assert!(picture(2, 5).description.contains("100.25ms: 13 ms"));
}
