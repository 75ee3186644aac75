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
/// Height of a line of such a label.
const LINE: i32 = 14;

/// Draws the spread under `title`; `subtitle` says of which runs. The axis is logarithmic where times differ fiftyfold
/// or more.
pub fn bands(bands: &Bands, title: &str, subtitle: &str) -> Figure {
    let spreads: Vec<_> = bands
        .times
        .iter()
        .map(|times| times.as_ref().map(Spread::of))
        .collect();
    let names = Names::of(&bands.scale.values);
    let mut frame = Frame::of(&spreads, &names);
    let width = (frame.right() + MARGIN).max(560);
    let mut figure = Figure::new(title);
    figure.description = description(bands, &spreads);
    frame.bottom = figure.put_heading(subtitle, width) + 28 + HEIGHT;
    frame.put_times(&mut figure);
    frame.put_spreads(&mut figure, &spreads, &names);
    frame.put_values(&mut figure, &names);
    let baseline = frame.bottom + 40 + (names.lines - 1) * LINE;
    let middle = i32::midpoint(frame.left, frame.right());
    let knob = &bands.scale.knob;
    figure.put_label((middle, baseline), knob, BODY, Ink::Muted, Align::Middle);
    let is_told = spreads.iter().flatten().all(|spread| spread.is_told);
    put_legend(&mut figure, frame.left, baseline + 30, is_told);
    figure.size = (width, baseline + 42 + MARGIN);
    figure
}

/// The values as they are written below the plot.
struct Names {
    /// The lines of each.
    texts: Vec<Vec<String>>,
    /// Which of them are quantities. Between others there is nothing, and none of them can be told from its neighbours.
    quantities: Vec<bool>,
    /// The most lines.
    lines: i32,
    /// The widest line.
    widest: i32,
}

impl Names {
    /// Where all are quantities they stand on one line each. Words, such as names of protocols, are broken.
    fn of(values: &[String]) -> Self {
        let quantities: Vec<_> = values.iter().map(|value| is_quantity(value)).collect();
        let is_told = quantities.contains(&false);
        let broken = |value: &String| {
            if is_told {
                broken(value, PITCH.1 - GAP)
            } else {
                vec![value.clone()]
            }
        };
        let texts: Vec<_> = values.iter().map(broken).collect();
        let lines = texts.iter().map(Vec::len).max().unwrap_or(0).max(1);
        let widths = texts.iter().flatten().map(|line| font::width(line, SMALL));
        Self {
            lines: i32::try_from(lines).unwrap_or(1),
            widest: widths.max().unwrap_or(0),
            texts,
            quantities,
        }
    }

    /// Whether each is told, however little room there is.
    fn are_all_told(&self) -> bool {
        self.quantities.contains(&false)
    }
}

/// Whether a value is a number, with a unit perhaps; names of files may begin like one, and windows of time do.
fn is_quantity(value: &str) -> bool {
    let value = value.strip_prefix('x').unwrap_or(value);
    let unit = value.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    unit.len() < value.len()
        && unit
            .chars()
            .all(|letter| letter.is_alphabetic() || letter == '%')
}

/// A value in lines of at most `most` pixels, broken behind what joins its words; a longer word has a line of its own.
fn broken(value: &str, most: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in value.split_inclusive(['-', ',', ' ', ':', '/', '_']) {
        match lines.last_mut() {
            Some(line) if font::width(&format!("{line}{word}"), SMALL) <= most => {
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
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
    fn of(spreads: &[Option<Spread>], names: &Names) -> Self {
        let count = i32::try_from(spreads.len()).unwrap_or(i32::MAX).max(1);
        let ends = spreads
            .iter()
            .flatten()
            .flat_map(|spread| [spread.low, spread.high]);
        let axis = Axis::of(ends);
        let ticks = axis.ticks().into_iter();
        let numbers = ticks.map(|tick| font::width(&spoken(tick), SMALL)).max();
        let needed = if names.are_all_told() {
            names.widest + GAP
        } else {
            0
        };
        Self {
            axis,
            left: MARGIN + numbers.unwrap_or(0) + 10,
            bottom: 0,
            pitch: (WIDTH / count).clamp(PITCH.0, PITCH.1).max(needed),
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
    fn put_spreads(&self, figure: &mut Figure, spreads: &[Option<Spread>], names: &Names) {
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
        for ((value, spread), &is_quantity) in (0..).zip(spreads).zip(&names.quantities) {
            let median = spread
                .as_ref()
                .map(|spread| (self.x(value), self.y(spread.median)));
            before = before.filter(|_| is_quantity);
            if let Some((before, median)) = before.zip(median) {
                figure.put_line(before, median, Ink::Text, 1);
            }
            if let Some(median) = median {
                figure.put_dot(median, 3, Ink::Text);
            }
            before = median.filter(|_| is_quantity);
        }
    }

    /// The values below the plot: of quantities as many as have room.
    fn put_values(&self, figure: &mut Figure, names: &Names) {
        let every = if names.are_all_told() {
            1
        } else {
            (names.widest + GAP) / self.pitch + 1
        };
        for (at, lines) in (0..).zip(&names.texts) {
            if at % every == 0 {
                let (x, bottom) = (self.x(at), self.bottom);
                figure.put_line((x, bottom), (x, bottom + 5), Ink::Rule, 1);
                for (line, text) in (0..).zip(lines) {
                    let place = (x, bottom + 18 + line * LINE);
                    figure.put_label(place, text, SMALL, Ink::Muted, Align::Middle);
                }
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
