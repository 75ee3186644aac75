//! Heat maps of known times.

use super::*;
use crate::plot::figure::Shape;

fn scale(knob: &str, values: &[&str]) -> Scale {
    Scale {
        knob: knob.to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

fn grid(cells: &[&[u64]]) -> Grid {
    let row = |times: &&[u64]| times.iter().map(|ms| Span::from_millis(*ms)).collect();
    Grid {
        columns: scale("rtt", &["5ms", "150ms"]),
        rows: Some(scale("congestion_control", &["0%", "1%"][..cells.len()])),
        cells: cells.iter().map(row).collect(),
    }
}

/// The inks of the cells, row by row.
fn inks(figure: &Figure) -> Vec<Ink> {
    let boxes = figure.shapes.iter().filter_map(|shape| match shape {
        Shape::Box {
            corner,
            opposite,
            ink,
        } => (opposite.1 - corner.1 == CELL - 1).then_some(*ink),
        _ => None,
    });
    boxes.collect()
}

#[test]
fn the_shortest_time_is_darkest_and_the_longest_lightest() {
    let figure = heat_map(&grid(&[&[20, 300], &[40, 900]]), "title", "seed 1");
    let inks = inks(&figure);
    assert_eq!(inks[0], Ink::Heat(0));
    assert_eq!(inks[3], Ink::Heat(HEAT_STEPS - 1));
    assert!(inks[0] <= inks[2] && inks[2] < inks[1] && inks[1] < inks[3]);
    assert_eq!(figure.overlaps(), []);
}

#[test]
fn every_cell_has_its_number_also_where_all_are_equal() {
    let figure = heat_map(&grid(&[&[75, 75]]), "title", "seed 1");
    let numbers = figure
        .labels()
        .filter(|label| label.text == "75 ms")
        .count();
    assert_eq!(numbers, 2 + 2, "with the ends of the legend");
    assert_eq!(figure.overlaps(), []);
}
