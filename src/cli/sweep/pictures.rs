//! The pictures of a sweep: a distribution where only seeds differ, the spread along one knob, a heat map of two.

use anyhow::Result;

use super::super::artefacts::write_figure;
use super::super::output::Staging;
use super::files::name;
use crate::measure::{Bands, Grid, Scale};
use crate::plot::{bands, distribution, heat_map};
use crate::sweep::{Axis, Cell, Header};

/// Draws what can be drawn of a sweep; returns the names of the files.
pub(super) fn draw(
    header: &Header,
    cells: &[Cell],
    png: bool,
    staging: &Staging,
) -> Result<Vec<String>> {
    let title = format!("{}/{}", header.case, header.variant);
    let words = subtitle(header);
    let path = format!("plots/{}/{}", header.case, name(header));
    let mut files = Vec::new();
    match header.axes.as_slice() {
        [] => {
            if let Some(times) = &cells[0].times {
                let figure = distribution(times, &title, &words);
                files.extend(write_figure(
                    &figure,
                    &format!("{path}-seeds"),
                    png,
                    staging,
                )?);
            }
        }
        [axis] if header.seeds > 1 => {
            let spread = Bands {
                scale: scale(axis),
                times: cells.iter().map(|cell| cell.times.clone()).collect(),
            };
            files.extend(write_figure(
                &bands(&spread, &title, &words),
                &path,
                png,
                staging,
            )?);
        }
        [columns] => files.extend(grid(
            &[columns],
            cells,
            (&title, &words),
            &path,
            png,
            staging,
        )?),
        [rows, columns] => {
            files.extend(grid(
                &[rows, columns],
                cells,
                (&title, &words),
                &path,
                png,
                staging,
            )?);
        }
        // Three axes and more are for the tables.
        _ => {}
    }
    Ok(files)
}

/// The medians of one or two knobs, the second of which changes from column to column; nothing where a cell has none.
fn grid(
    axes: &[&Axis],
    cells: &[Cell],
    (title, words): (&str, &str),
    path: &str,
    png: bool,
    staging: &Staging,
) -> Result<Vec<String>> {
    let medians: Option<Vec<_>> = cells
        .iter()
        .map(|cell| Some(cell.times.as_ref()?.median()))
        .collect();
    let (Some(medians), Some(columns)) = (medians, axes.last()) else {
        return Ok(Vec::new());
    };
    let grid = Grid {
        columns: scale(columns),
        rows: (axes.len() > 1).then(|| scale(axes[0])),
        cells: medians
            .chunks(columns.values.len())
            .map(<[_]>::to_vec)
            .collect(),
    };
    let words = format!("{words} · from the first frame to the last byte");
    write_figure(&heat_map(&grid, title, &words), path, png, staging)
}

fn scale(axis: &Axis) -> Scale {
    Scale {
        knob: axis.knob.clone(),
        values: axis.values.clone(),
    }
}

/// What was run, in a line.
fn subtitle(header: &Header) -> String {
    let (first, last) = (header.first_seed, header.first_seed + header.seeds - 1);
    let seeds = match (header.seeds, header.axes.len()) {
        (1, _) => format!("seed {first}"),
        (_, 2) => format!("medians of seeds {first} to {last}"),
        _ => format!("seeds {first} to {last}"),
    };
    let set = header
        .set
        .iter()
        .map(|(knob, value)| format!("{knob}={value}"));
    let parts: Vec<_> = std::iter::once(seeds).chain(set).collect();
    parts.join(" · ")
}
