//! Distributions of known times.

use super::*;
use crate::units::Span;

fn drawn(times: impl IntoIterator<Item = u64>) -> Figure {
    let times = times.into_iter().map(Span::from_millis);
    let times = Distribution::new("numbers", times).expect("there are some");
    distribution(&times, "Numbers", "seed 1")
}

fn texts(figure: &Figure) -> Vec<&str> {
    figure.labels().map(|label| label.text.as_str()).collect()
}

#[test]
fn the_table_has_the_percentiles_and_says_which_are_not_told() {
    let figure = drawn(1..=100);
    let texts = texts(&figure);
    for expected in ["50 ms", "90 ms", "95 ms", "99 ms", "100 ms", "too few"] {
        assert!(texts.contains(&expected), "{expected}: {texts:?}");
    }
    assert_eq!(figure.overlaps(), []);
}

#[test]
fn equal_times_and_very_different_ones_are_pictures_too() {
    for figure in [drawn([7; 20]), drawn((0..20).map(|power| 1 << power))] {
        assert_eq!(figure.overlaps(), []);
    }
}
