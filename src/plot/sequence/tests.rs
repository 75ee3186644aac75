//! Sequences of real runs.

use super::*;
use crate::case::{Plan, Run};
use crate::plot::Theme;
use crate::plot::figure::Shape;

fn recording(case: &str, variant: &str, knobs: &[(&str, &str)]) -> Recording {
    let plan = Plan::new(case, variant, 1, knobs.iter().copied()).expect("it is valid");
    Run::start(&plan)
        .finish()
        .expect("the world ends")
        .recording
}

fn boxes(figure: &Figure, ink: Ink, width: i32) -> usize {
    let shapes = figure.shapes.iter();
    shapes
        .filter(|shape| {
            matches!(shape, Shape::Box { corner, opposite, ink: own }
                if *own == ink && opposite.0 - corner.0 == width)
        })
        .count()
}

#[test]
fn a_repair_is_named_by_its_mechanism_and_the_loss_is_crossed() {
    let recording = recording("transfer", "download", &[("drop", "s2c:data:20")]);
    let busiest = Sequence::busiest(&recording).expect("there is data");
    let lost = busiest.sent.iter().filter(|piece| piece.lost).count();
    let again: Vec<_> = busiest
        .sent
        .iter()
        .filter_map(|piece| piece.again)
        .collect();
    assert_eq!((lost, again.len()), (1, 1));
    assert!(!busiest.selected.is_empty(), "SACK tells of the gap");
    let figure = sequence(&recording, "title").expect("there is data");
    assert_eq!(
        boxes(&figure, ink_of(again[0]), 4),
        1 + 1,
        "with the legend's"
    );
    assert_eq!(figure.overlaps(), []);
}

#[test]
fn acknowledgments_reach_what_was_sent_and_never_go_back() {
    for (case, variant) in [("transfer", "download"), ("head-of-line", "h3-lost")] {
        let recording = recording(case, variant, &[]);
        let busiest = Sequence::busiest(&recording).expect("there is data");
        let acked: Vec<_> = busiest.acked.iter().map(|(_, acked)| *acked).collect();
        assert!(acked.is_sorted(), "{case}");
        let sent = busiest.sent.iter().map(|piece| piece.end).max();
        assert!(acked.last().copied() <= sent, "{case}");
        let flight = busiest.in_flight.iter().map(|(_, bytes)| *bytes).max();
        assert!(flight > Some(10_000), "{case}: {flight:?}");
    }
}

#[test]
fn all_bytes_of_a_download_are_sent_and_acknowledged() {
    let recording = recording("transfer", "download", &[("bytes", "300kB")]);
    let busiest = Sequence::busiest(&recording).expect("there is data");
    let sent = busiest.sent.last().map(|piece| piece.end);
    assert_eq!(sent, Some(300_000));
    assert_eq!(busiest.acked.last().map(|(_, acked)| *acked), sent);
    assert_eq!(busiest.in_flight.last().map(|(_, bytes)| *bytes), Some(0));
}

#[test]
fn a_long_transfer_is_still_a_small_file() {
    let recording = recording(
        "transfer",
        "download",
        &[("bytes", "10MB"), ("rate", "100mbit")],
    );
    let svg = sequence(&recording, "title")
        .expect("there is data")
        .svg(Theme::Adaptive);
    assert!(svg.len() < 500_000, "{}", svg.len());
}
