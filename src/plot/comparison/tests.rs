//! Comparisons of hand-made results.

use super::*;
use crate::plot::Theme;
use crate::plot::figure::Shape;

fn result(variant: &str, total_ms: f64, formula: Option<(&str, f64)>) -> CaseResult {
    CaseResult {
        case: "image-page".into(),
        variant: variant.into(),
        seed: 1,
        stack: "linux".into(),
        changed: [("rtt".to_owned(), "150ms".to_owned())].into(),
        total_ms,
        round_trips: Some(total_ms / 150.0),
        frames: 412,
        formula: formula.map(|(text, _)| text.to_owned()),
        formula_ms: formula.map(|(_, ms)| ms),
        residual_ms: formula.map(|(_, ms)| total_ms - ms),
        residual_cause: Some("serialization of requests".into()),
        ..CaseResult::default()
    }
}

fn page() -> Figure {
    let results = [
        result(
            "origin/h1-serial",
            12_151.2,
            Some(("80 × RTT + connect", 12_150.0)),
        ),
        result("origin/h1-six", 2_251.9, Some(("(1 + 14) × RTT", 2_250.0))),
        result("origin/h2", 301.4, Some(("2 × RTT", 300.0))),
        result("edge/h2", 10.04, Some(("2 × edge RTT", 10.0))),
        result("edge-miss", 172.3, None),
    ];
    comparison(
        "image-page",
        "Which relief helps a page of 80 small images at 150 ms?",
        &results,
    )
}

#[test]
fn each_variant_has_one_bar_and_each_formula_one_diamond() {
    let figure = page();
    let bars = figure
        .shapes
        .iter()
        .filter(|shape| matches!(shape, Shape::Box { .. }))
        .count();
    let diamonds = figure
        .shapes
        .iter()
        .filter(|shape| matches!(shape, Shape::Polygon { .. }))
        .count();
    assert_eq!(
        (bars, diamonds),
        (5 + 1, 4 + 1),
        "with one of each in the legend"
    );
}

#[test]
fn no_two_labels_of_a_comparison_overlap() {
    assert_eq!(page().overlaps(), Vec::<(String, String)>::new());
}

#[test]
fn an_expectation_that_does_not_hold_replaces_the_formula() {
    let mut broken = result("open", 300.0, Some(("2 × RTT", 150.0)));
    let claim = "two round trips".to_owned();
    broken.checks.push(crate::measure::Check {
        claim,
        ..Default::default()
    });
    let svg = comparison("handshake", "How long?", &[broken]).svg(Theme::Light);
    assert!(svg.contains("✗ not kept: two round trips"));
}

#[test]
fn no_result_at_all_is_still_a_picture() {
    assert!(
        comparison("none", "Nothing?", &[])
            .svg(Theme::Light)
            .ends_with("</svg>\n")
    );
}
