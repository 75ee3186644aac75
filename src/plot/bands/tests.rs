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

#[test]
fn words_are_all_told_and_nothing_joins_them() {
    let protocols = ["new-connection-each", "h1-serial", "h1-six", "h2", "h3"];
    let mut figures = Vec::new();
    for values in [
        &protocols[..],
        &[
            "none",
            "s2c:data:5-7,c2s:syn:1",
            "c2s:ackge:100000",
            "s2c:dataandonelongword:1",
        ],
        &["100p", "200p", "unlimited"],
    ] {
        let times = |value: u64| {
            let times = (1..=5).map(|run| Span::from_millis(value * 10 + run));
            Distribution::new("runs", times)
        };
        let spread = Bands {
            scale: Scale {
                knob: "protocol".to_owned(),
                values: values.iter().map(|value| (*value).to_owned()).collect(),
            },
            times: (1..=values.len() as u64).map(times).collect(),
        };
        let figure = bands(&spread, "image-page/origin-h2", "seeds 1 to 5");
        assert_eq!(figure.overlaps(), [], "{values:?}");
        let texts: String = figure.labels().map(|label| label.text.as_str()).collect();
        for value in values {
            assert!(texts.contains(value), "{value}: {texts}");
        }
        let joined = figure.shapes.iter().filter(|shape| {
            matches!(
                shape,
                crate::plot::figure::Shape::Line { ink: Ink::Text, .. }
            )
        });
        figures.push(joined.count());
    }
    assert_eq!(figures, [0, 0, 1]);
}

#[test]
fn quantities_are_told_from_words() {
    for quantity in ["0", "1.5", "100ms", "10kB", "1%", "x2", "200p"] {
        assert!(is_quantity(quantity), "{quantity}");
    }
    for word in ["h2", "none", "3g.down", "2s..2.5s/10s", "10kB,4kB", "x", ""] {
        assert!(!is_quantity(word), "{word}");
    }
}
