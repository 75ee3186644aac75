//! Values that hold until the next one, thinned to what pixels can show.

use super::figure::{Figure, Point};
use super::theme::Ink;

/// Draws points as steps up to the column `right`. Of several values in one column, a vertical line shows the least and
/// the greatest. Where a value is at the row `hidden`, which stands for all that is beyond the panel, nothing is drawn.
pub(super) fn put_steps(
    figure: &mut Figure,
    points: &[Point],
    right: i32,
    ink: Ink,
    hidden: Option<i32>,
) {
    for (from, to) in lines(points, right) {
        let is_level = from.1 == to.1;
        if !(is_level && hidden == Some(from.1)) {
            figure.put_line(from, to, ink, if is_level { 2 } else { 1 });
        }
    }
}

/// The lines of such steps, at most two for each column.
fn lines(points: &[Point], right: i32) -> Vec<(Point, Point)> {
    let mut lines = Vec::new();
    let Some(&(first, mut y)) = points.first() else {
        return lines;
    };
    let mut begun = first; // where the level line of the present value begins
    let mut rest = points;
    while let Some(&(x, _)) = rest.first() {
        let count = rest.iter().take_while(|point| point.0 == x).count();
        let (here, later) = rest.split_at(count);
        rest = later;
        let rows = here.iter().map(|point| point.1).chain([y]);
        let (top, bottom) = (rows.clone().min().unwrap_or(y), rows.max().unwrap_or(y));
        if top == bottom {
            continue;
        }
        if begun < x {
            lines.push(((begun, y), (x, y)));
        }
        lines.push(((x, top), (x, bottom)));
        (begun, y) = (x, here[count - 1].1);
    }
    if begun < right {
        lines.push(((begun, y), (right, y)));
    }
    lines
}

/// Areas below such steps: from column, to column, and the topmost row of what was there.
pub(super) fn columns(points: &[Point], right: i32) -> Vec<(i32, i32, i32)> {
    let mut columns: Vec<(i32, i32, i32)> = Vec::new();
    let mut put = |from: i32, until: i32, y: i32| match columns.last_mut() {
        _ if from >= until => {}
        Some(last) if last.1 == from && last.2 == y => last.1 = until,
        _ => columns.push((from, until, y)),
    };
    let mut rest = points;
    while let Some(&(x, _)) = rest.first() {
        let count = rest.iter().take_while(|point| point.0 == x).count();
        let (here, later) = rest.split_at(count);
        rest = later;
        let top = here.iter().map(|point| point.1).min().unwrap_or(0);
        let next = rest.first().map_or(right, |point| point.0);
        put(x, x + 1, top);
        put(x + 1, next, here[count - 1].1);
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one_line_and_a_change_is_a_step() {
        let lines = lines(&[(0, 9), (3, 9), (5, 4), (7, 4)], 10);
        assert_eq!(
            lines,
            [((0, 9), (5, 9)), ((5, 4), (5, 9)), ((5, 4), (10, 4))]
        );
    }

    #[test]
    fn many_values_in_one_column_are_one_vertical_line() {
        let points: Vec<_> = (0..100).map(|index| (5, index)).collect();
        assert_eq!(lines(&points, 6), [((5, 0), (5, 99)), ((5, 99), (6, 99))]);
        assert_eq!(columns(&points, 8), [(5, 6, 0), (6, 8, 99)]);
    }
}
