//! Which rows a waterfall keeps, and waterfalls of real runs.

use super::rows::chosen;
use super::*;
use crate::case::{Plan, Run};
use crate::plot::Theme;
use crate::plot::figure::Label;

fn drawn(case: &str, variant: &str, knobs: &[(&str, &str)]) -> (Figure, Recording) {
    let plan = Plan::new(case, variant, 1, knobs.iter().copied()).expect("it is valid");
    let finished = Run::start(&plan).finish().expect("the world ends");
    let pages = Page::all(&finished.recording, finished.result.window);
    let figure = waterfall(&finished.recording, &pages, "title").expect("there are requests");
    (figure, finished.recording)
}

#[test]
fn every_request_of_a_page_has_its_row_and_nothing_overlaps() {
    for (case, variant) in [
        ("head-of-line", "h2-lost"),
        ("image-page", "origin-h1-six-tls"),
    ] {
        let (figure, recording) = drawn(case, variant, &[]);
        for exchange in crate::measure::Exchange::all(&recording) {
            let path = exchange.path();
            let rows = figure.labels().filter(|label| label.text == path).count();
            assert_eq!(rows, 1, "{case}/{variant} {path}");
        }
        assert_eq!(figure.overlaps(), [], "{case}/{variant}");
    }
}

#[test]
fn no_label_of_a_row_is_struck_through_by_the_end() {
    // Answers that end a little before the last one.
    let (figure, _) = drawn("image-page", "origin-h1-six-tls", &[]);
    let is_end = |shape: &Shape| {
        matches!(
            shape,
            Shape::Line {
                ink: Ink::Lost,
                width: 2,
                ..
            }
        )
    };
    let end = figure.shapes.iter().position(is_end).expect("it ends");
    let Shape::Line { from, to, .. } = figure.shapes[end] else {
        unreachable!("it is a line");
    };
    let line = Bounds {
        left: from.0 - 1,
        top: from.1,
        right: to.0 + 1,
        bottom: to.1,
    };
    let crossed: Vec<_> = figure.labels().map(Label::bounds).collect();
    let crossed: Vec<_> = crossed
        .iter()
        .filter(|label| label.overlaps(&line))
        .collect();
    assert!(!crossed.is_empty(), "nothing is near the end");
    for label in crossed {
        let hides = |shape: &Shape| {
            matches!(shape, Shape::Box { corner, opposite, ink: Ink::Canvas }
                if corner.0 < label.left && label.right < opposite.0
                    && corner.1 < label.top && label.bottom < opposite.1)
        };
        assert!(figure.shapes[end..].iter().any(hides), "{label:?}");
    }
}

#[test]
fn of_many_requests_it_says_how_many_it_shows() {
    let sizes = ["1kB"; 300].join(",");
    let (figure, _) = drawn("image-page", "origin-h1-six", &[("sizes", &sizes)]);
    let told = figure.labels().any(|label| label.text.contains("300"));
    assert!(
        told,
        "{:?}",
        figure.labels().map(|label| &label.text).collect::<Vec<_>>()
    );
    assert_eq!(figure.overlaps(), []);
    assert!(figure.size.1 < 2_400, "{:?}", figure.size);
    assert!(figure.svg(Theme::Adaptive).len() < 500_000);
}

#[test]
fn all_important_rows_are_kept_and_the_others_are_spread() {
    let important: Vec<bool> = (0..500).map(|position| position % 50 == 7).collect();
    let kept = chosen(&important, 100);
    assert_eq!(kept.len(), 100);
    assert!(kept.is_sorted());
    assert!((0..10).all(|ordinal| kept.contains(&(ordinal * 50 + 7))));
    let widest = kept.windows(2).map(|pair| pair[1] - pair[0]).max();
    assert!(widest <= Some(7), "{widest:?}");
}

#[test]
fn few_rows_are_all_kept() {
    assert_eq!(chosen(&[false, true, false], 100), [0, 1, 2]);
}
