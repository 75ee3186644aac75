//! How times spread while a knob is turned: for each value the middle half of the runs as a box, most of them as a
//! line, the median as a dot.

use super::figure::{Align, Figure, MARGIN, Point};
use super::font::{self, BODY, SMALL};
use super::scale::{Axis, spoken};
use super::theme::Ink;
use crate::measure::{Bands, Distribution};
use crate::units::Span;

#[cfg(test)]
mod tests;

/// Height of the plot in pixels.
const HEIGHT: i32 = 320;
/// Least and greatest distance of two values.
const PITCH: (i32, i32) = (14, 84);
/// Width that the plot has if the distances allow it.
const WIDTH: i32 = 620;
/// Room around a label of a value.
const GAP: i32 = 10;

/// Draws the spread under `title`; `subtitle` says of which runs. The axis is logarithmic where times differ fiftyfold
/// or more.
pub fn bands(bands: &Bands, title: &str, subtitle: &str) -> Figure {
    let spreads: Vec<_> = bands
        .times
        .iter()
        .map(|times| times.as_ref().map(Spread::of))
        .collect();
    let mut frame = Frame::of(&spreads);
    let width = (frame.right() + MARGIN).max(560);
    let mut figure = Figure::new(title);
    figure.description = description(bands, &spreads);
    frame.bottom = figure.put_heading(subtitle, width) + 28 + HEIGHT;
    frame.put_times(&mut figure);
    frame.put_spreads(&mut figure, &spreads);
    frame.put_values(&mut figure, &bands.scale.values);
    let baseline = frame.bottom + 40;
    let middle = i32::midpoint(frame.left, frame.right());
    let knob = &bands.scale.knob;
    figure.put_label((middle, baseline), knob, BODY, Ink::Muted, Align::Middle);
    let is_told = spreads.iter().flatten().all(|spread| spread.is_told);
    put_legend(&mut figure, frame.left, baseline + 30, is_told);
    figure.size = (width, baseline + 42 + MARGIN);
    figure
}

/// Where values and times are.
struct Frame {
    axis: Axis,
    left: i32,
    bottom: i32,
    /// Pixels from value to value.
    pitch: i32,
    count: i32,
}

impl Frame {
    fn of(spreads: &[Option<Spread>]) -> Self {
        let count = i32::try_from(spreads.len()).unwrap_or(i32::MAX).max(1);
        let ends = spreads
            .iter()
            .flatten()
            .flat_map(|spread| [spread.low, spread.high]);
        let axis = Axis::of(ends);
        let ticks = axis.ticks().into_iter();
        let numbers = ticks.map(|tick| font::width(&spoken(tick), SMALL)).max();
        Self {
            axis,
            left: MARGIN + numbers.unwrap_or(0) + 10,
            bottom: 0,
            pitch: (WIDTH / count).clamp(PITCH.0, PITCH.1),
            count,
        }
    }

    const fn right(&self) -> i32 {
        self.left + self.pitch * self.count
    }

    /// The middle of a value's column.
    const fn x(&self, value: i32) -> i32 {
        self.left + value * self.pitch + self.pitch / 2
    }

    fn y(&self, time: Span) -> i32 {
        self.bottom - self.axis.position(time, HEIGHT)
    }

    fn put_times(&self, figure: &mut Figure) {
        let head = (self.left, self.bottom - HEIGHT - 14);
        figure.put_label(head, "time", SMALL, Ink::Muted, Align::Start);
        for tick in self.axis.ticks() {
            let y = self.y(tick);
            figure.put_line((self.left, y), (self.right(), y), Ink::Rule, 1);
            let place = (self.left - 8, y + 4);
            figure.put_label(place, &spoken(tick), SMALL, Ink::Muted, Align::End);
        }
    }

    /// Lines and boxes first, then the medians, so that nothing hides them.
    fn put_spreads(&self, figure: &mut Figure, spreads: &[Option<Spread>]) {
        let reach = (self.pitch / 2 - 2).min(16);
        for (value, spread) in (0..).zip(spreads) {
            let Some(spread) = spread else { continue };
            let x = self.x(value);
            let (low, high) = (self.y(spread.low), self.y(spread.high));
            figure.put_line((x, low), (x, high), Ink::Data, 2);
            let from = self.y(spread.three_quarters);
            let to = self.y(spread.quarter).max(from + 2);
            figure.put_box((x - reach, from), (x + reach, to), Ink::Data);
        }
        let mut before: Option<Point> = None;
        for (value, spread) in (0..).zip(spreads) {
            let median = spread
                .as_ref()
                .map(|spread| (self.x(value), self.y(spread.median)));
            if let Some((before, median)) = before.zip(median) {
                figure.put_line(before, median, Ink::Text, 1);
            }
            if let Some(median) = median {
                figure.put_dot(median, 3, Ink::Text);
            }
            before = median;
        }
    }

    /// The values below the plot, as many as have room.
    fn put_values(&self, figure: &mut Figure, values: &[String]) {
        let widest = values.iter().map(|value| font::width(value, SMALL)).max();
        let every = (widest.unwrap_or(0) + GAP) / self.pitch + 1;
        for (at, value) in (0..).zip(values) {
            if at % every == 0 {
                let (x, bottom) = (self.x(at), self.bottom);
                figure.put_line((x, bottom), (x, bottom + 5), Ink::Rule, 1);
                let place = (x, bottom + 18);
                figure.put_label(place, value, SMALL, Ink::Muted, Align::Middle);
            }
        }
    }
}

/// Where the runs with one value lie.
struct Spread {
    low: Span,
    quarter: Span,
    median: Span,
    three_quarters: Span,
    high: Span,
    /// Whether there are runs enough for `low` and `high` to be percentiles; else they are the extremes.
    is_told: bool,
}

impl Spread {
    fn of(times: &Distribution) -> Self {
        let all = times.times();
        let at = |permille| times.percentile(permille);
        let least = all.first().copied().unwrap_or_default();
        let told = at(50).zip(at(950));
        let (low, high) = told.unwrap_or((least, times.max()));
        Self {
            low,
            quarter: at(250).unwrap_or(least),
            median: times.median(),
            three_quarters: at(750).unwrap_or_else(|| times.max()),
            high,
            is_told: told.is_some(),
        }
    }
}

fn put_legend(figure: &mut Figure, left: i32, middle: i32, is_told: bool) {
    let line = if is_told {
        "5 % to 95 %"
    } else {
        "fastest to slowest"
    };
    let mut x = left;
    let word = |figure: &mut Figure, x: &mut i32, text: &str| {
        figure.put_label((*x + 30, middle + 4), text, SMALL, Ink::Muted, Align::Start);
        *x += 30 + font::width(text, SMALL) + 24;
    };
    figure.put_dot((x + 12, middle), 3, Ink::Text);
    word(figure, &mut x, "median");
    figure.put_box((x, middle - 5), (x + 24, middle + 5), Ink::Data);
    word(figure, &mut x, "middle half of the runs");
    figure.put_line((x, middle), (x + 24, middle), Ink::Data, 2);
    word(figure, &mut x, line);
}

fn description(bands: &Bands, spreads: &[Option<Spread>]) -> String {
    let values = bands.scale.values.iter().zip(spreads);
    let told = values.map(|(value, spread)| match spread {
        Some(spread) => format!("{value}: {}", spoken(spread.median)),
        None => format!("{value}: no run ended"),
    });
    let told: Vec<_> = told.collect();
    format!("Medians by {}: {}.", bands.scale.knob, told.join(", "))
}
