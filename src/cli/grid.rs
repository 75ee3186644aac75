//! `wirelab plot --vary` and `--seeds`: a variant run many times, and one picture of all its times.

use anyhow::{Result, bail};
use rayon::prelude::*;

use super::args::{PlotArgs, Settings};
use super::artefacts::write_figure;
use super::output::Staging;
use super::selection;
use crate::case::{Plan, Run};
use crate::measure::{Distribution, Grid, Scale};
use crate::plot::{Figure, distribution, heat_map};
use crate::units::Span;

/// A knob that is turned, and its values.
type Vary<'a> = (&'a str, Vec<&'a str>);

/// Runs what was asked for and draws it; returns the names of the files.
pub(super) fn draw(args: &PlotArgs, staging: &Staging) -> Result<Vec<String>> {
    let [name] = args.targets.as_slice() else {
        bail!(
            "--vary and --seeds run one variant: write for example `wirelab plot transfer/download --seeds 100`"
        );
    };
    let name = name.to_string_lossy();
    let plan = selection::single(&name, &args.settings)?;
    let vary: Vec<Vary<'_>> = args
        .vary
        .iter()
        .map(|(knob, values)| (knob.as_str(), values.split(',').collect()))
        .collect();
    let seeds = (plan.seed(), args.seeds.unwrap_or(1));
    let (suffix, figure) = match vary.as_slice() {
        [] => ("seeds".to_owned(), of_seeds(args, &name, seeds)?),
        [columns] => (
            columns.0.to_owned(),
            of_grid(args, &name, columns, None, seeds)?,
        ),
        [columns, rows] if columns.0 == rows.0 => {
            bail!(
                "`--vary {}` comes twice: give two knobs, or one with all values",
                rows.0
            )
        }
        [columns, rows] => {
            let figure = of_grid(args, &name, columns, Some(rows), seeds)?;
            (format!("{}-{}", columns.0, rows.0), figure)
        }
        _ => bail!("a picture has two axes: give --vary once or twice"),
    };
    let path = format!("plots/{}/{}-{suffix}", plan.case().name(), plan.variant());
    write_figure(&figure, &path, args.png, staging)
}

/// The distribution of the time over seeds.
fn of_seeds(args: &PlotArgs, name: &str, (first, seeds): (u64, u64)) -> Result<Figure> {
    let times = times(&plans(&args.settings, name, &[], seeds)?)?;
    let Some(times) = Distribution::new("runs, from the first frame to the last byte", times)
    else {
        bail!("--seeds 0 runs nothing");
    };
    Ok(distribution(&times, name, &words(args, first, seeds)))
}

/// The time, or the median over several seeds, for each pair of values.
fn of_grid(
    args: &PlotArgs,
    name: &str,
    columns: &Vary<'_>,
    rows: Option<&Vary<'_>>,
    (first, seeds): (u64, u64),
) -> Result<Figure> {
    let mut all = Vec::new();
    for row in rows.map_or(&[""][..], |rows| &rows.1) {
        for column in &columns.1 {
            let mut knobs = vec![(columns.0, *column)];
            knobs.extend(rows.map(|rows| (rows.0, *row)));
            all.extend(plans(&args.settings, name, &knobs, seeds)?);
        }
    }
    let times = times(&all)?;
    let each = usize::try_from(seeds)?;
    let medians = times.chunks(each).filter_map(|times| {
        let times = Distribution::new("runs", times.iter().copied())?;
        Some(times.median())
    });
    let medians: Vec<_> = medians.collect();
    let scale = |(knob, values): &Vary<'_>| Scale {
        knob: (*knob).to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    let grid = Grid {
        columns: scale(columns),
        rows: rows.map(scale),
        cells: medians.chunks(columns.1.len()).map(<[_]>::to_vec).collect(),
    };
    let words = words(args, first, seeds) + " · from the first frame to the last byte";
    Ok(heat_map(&grid, name, &words))
}

/// The variant with these knobs, once for each seed from the one that was typed on.
fn plans(typed: &Settings, name: &str, knobs: &[(&str, &str)], seeds: u64) -> Result<Vec<Plan>> {
    let plan = |seed| {
        let mut settings = typed.clone();
        settings.seed = Some(seed);
        let turned = knobs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        settings.knobs.extend(turned);
        selection::single(name, &settings)
    };
    let first = selection::single(name, typed)?.seed();
    (first..first.saturating_add(seeds)).map(plan).collect()
}

/// How long each run took, in the order of the plans.
fn times(plans: &[Plan]) -> Result<Vec<Span>> {
    plans
        .par_iter()
        .map(|plan| Ok(time(Run::start(plan).finish()?.result.total_ms)))
        .collect()
}

/// A result's time, to the nanosecond.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time is not negative, and shorter than centuries"
)]
fn time(ms: f64) -> Span {
    Span::from_nanos((ms * 1e6).round() as u64)
}

/// What was run, in a line.
fn words(args: &PlotArgs, first: u64, seeds: u64) -> String {
    let seeds = match seeds {
        1 => format!("seed {first}"),
        _ if args.vary.is_empty() => format!("seeds {first} to {}", first + seeds - 1),
        _ => format!("median of seeds {first} to {}", first + seeds - 1),
    };
    let knobs = args
        .settings
        .knobs
        .iter()
        .map(|(key, value)| format!("{key}={value}"));
    let stack = args
        .settings
        .stack
        .iter()
        .map(|stack| format!("stack {stack}"));
    let parts: Vec<_> = std::iter::once(seeds).chain(knobs).chain(stack).collect();
    parts.join(" · ")
}
