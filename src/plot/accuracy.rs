//! The estimates against Linux: every time of the comparison on logarithmic axes, and below it the same as
//! ratios, where a few per cent can be seen.

use std::collections::BTreeSet;

use super::figure::{Align, Figure, MARGIN, Point};
use super::font::{self, BODY, SMALL};
use super::scale::{Axis, from_millis, spoken};
use super::theme::Ink;
use crate::measure::accuracy::{Accuracy, Errors, Estimator};
use crate::units::Span;

#[cfg(test)]
mod tests;

/// Width of both panels in pixels.
const WIDTH: i32 = 640;
/// Height of the panel of times.
const TIMES: i32 = 420;
/// Height of the panel of ratios.
const RATIOS: i32 = 240;
/// From the picture's margin to the panels: numbers of the vertical axes.
const NUMBERS: i32 = 58;
/// Pixels between the panels: the numbers of the upper one and the title of the lower one.
const BETWEEN: i32 = 78;
/// Height of a line of the legend.
const LINE: i32 = 22;

/// In which order marks are drawn; the lab lies on top.
const ORDER: [Estimator; 3] = [Estimator::Smoltcp, Estimator::Formula, Estimator::Lab];

/// Draws every time that is compared.
pub fn accuracy(accuracy: &Accuracy) -> Figure {
    let marks = marks(accuracy);
    let mut figure = Figure::new("The lab against Linux");
    figure.description = description(accuracy);
    let left = MARGIN + NUMBERS;
    let width = left + WIDTH + MARGIN;
    let rows = accuracy.rows.len();
    let subtitle = format!(
        "{rows} experiments on Linux 6.18, every time of at least 1 ms: estimate against measured median"
    );
    let mut top = figure.put_heading(&subtitle, width);
    for estimator in Estimator::ALL {
        put_legend(&mut figure, (left, top), estimator, accuracy);
        top += LINE;
    }
    let times = Panel {
        corner: (left, top + 32),
        height: TIMES,
        across: time_axis(&marks, |mark| mark.linux),
        up: time_axis(&marks, |mark| mark.estimate),
    };
    times.put(&mut figure, "estimate", spoken);
    times.put_diagonal(&mut figure);
    times.put_marks(&mut figure, &marks, |mark| mark.estimate);
    let ratios = Panel {
        corner: (left, times.bottom() + BETWEEN),
        height: RATIOS,
        across: times.across,
        up: ratio_axis(&marks),
    };
    ratios.put(&mut figure, "estimate over Linux", |ratio| {
        spoken_ratio(ratio.as_nanos())
    });
    ratios.put_level(&mut figure, ONE);
    ratios.put_marks(&mut figure, &marks, |mark| Span::from_nanos(mark.ratio()));
    let middle = left + WIDTH / 2;
    let foot = ratios.bottom() + 40;
    let words = "Linux, measured; both axes logarithmic";
    figure.put_label((middle, foot), words, SMALL, Ink::Muted, Align::Middle);
    figure.size = (width, foot + MARGIN);
    figure
}

/// One estimate of one time.
#[derive(Clone, Copy, Debug)]
struct Mark {
    estimator: Estimator,
    linux: Span,
    estimate: Span,
}

/// The ratio one, in parts per thousand.
const ONE: u64 = 1_000;

impl Mark {
    /// Estimate over Linux in parts per thousand.
    fn ratio(self) -> u64 {
        let (estimate, linux) = (self.estimate.as_nanos(), self.linux.as_nanos().max(1));
        u64::try_from(u128::from(estimate) * u128::from(ONE) / u128::from(linux))
            .unwrap_or(u64::MAX)
    }
}

fn marks(accuracy: &Accuracy) -> Vec<Mark> {
    let metrics = accuracy.rows.iter().flat_map(|row| &row.metrics);
    let compared = metrics.filter(|metric| metric.is_compared());
    let mut marks = Vec::new();
    for metric in compared {
        for estimator in ORDER {
            // An estimate of nothing has no place on a logarithmic axis.
            if let Some(estimate) = metric.estimates.of(estimator).filter(|ms| *ms > 0.0) {
                marks.push(Mark {
                    estimator,
                    linux: from_millis(metric.linux.median),
                    estimate: from_millis(estimate),
                });
            }
        }
    }
    marks
}

/// A logarithmic axis that holds these times with a little room at both ends.
fn time_axis(marks: &[Mark], of: impl Fn(&Mark) -> Span) -> Axis {
    let all = || marks.iter().map(|mark| of(mark).as_nanos());
    Axis::Logarithmic {
        from: all().min().unwrap_or(1_000_000) * 7 / 10,
        to: all().max().unwrap_or(1_000_000_000) * 14 / 10,
    }
}

/// A logarithmic axis that holds all ratios, and a factor of two in both directions.
fn ratio_axis(marks: &[Mark]) -> Axis {
    let all = || marks.iter().map(|mark| mark.ratio());
    Axis::Logarithmic {
        from: all().min().unwrap_or(ONE).clamp(1, ONE / 2) * 9 / 10,
        to: all().max().unwrap_or(ONE).max(ONE * 2) * 11 / 10,
    }
}

/// Axes with room for marks.
struct Panel {
    /// Its upper left corner.
    corner: Point,
    height: i32,
    across: Axis,
    up: Axis,
}

impl Panel {
    const fn bottom(&self) -> i32 {
        self.corner.1 + self.height
    }

    fn at(&self, across: Span, up: Span) -> Point {
        (
            self.corner.0 + self.across.position(across, WIDTH),
            self.bottom() - self.up.position(up, self.height),
        )
    }

    /// Grid, numbers and the title of the vertical axis.
    fn put(&self, figure: &mut Figure, title: &str, number: impl Fn(Span) -> String) {
        let (left, top) = self.corner;
        let right = left + WIDTH;
        let head = (left, top - 12);
        figure.put_label(head, title, SMALL, Ink::Muted, Align::Start);
        for tick in decades(self.across, &[1]) {
            let x = left + self.across.position(tick, WIDTH);
            figure.put_line((x, top), (x, self.bottom() + 5), Ink::Rule, 1);
            let place = (x, self.bottom() + 18);
            figure.put_label(place, &spoken(tick), SMALL, Ink::Muted, Align::Middle);
        }
        let steps: &[u64] = if self.height == RATIOS {
            &[1, 2, 5]
        } else {
            &[1]
        };
        for tick in decades(self.up, steps) {
            let y = self.bottom() - self.up.position(tick, self.height);
            figure.put_line((left - 5, y), (right, y), Ink::Rule, 1);
            let place = (left - 10, y + 4);
            figure.put_label(place, &number(tick), SMALL, Ink::Muted, Align::End);
        }
    }

    /// Where estimates are right.
    fn put_diagonal(&self, figure: &mut Figure) {
        let (
            Axis::Logarithmic { from, to },
            Axis::Logarithmic {
                from: low,
                to: high,
            },
        ) = (self.across, self.up)
        else {
            return;
        };
        let (start, end) = (
            Span::from_nanos(from.max(low)),
            Span::from_nanos(to.min(high)),
        );
        figure.put_line(self.at(start, start), self.at(end, end), Ink::Muted, 1);
    }

    /// The same for ratios.
    fn put_level(&self, figure: &mut Figure, ratio: u64) {
        let y = self.bottom() - self.up.position(Span::from_nanos(ratio), self.height);
        let left = self.corner.0;
        figure.put_line((left, y), (left + WIDTH, y), Ink::Muted, 2);
    }

    fn put_marks(&self, figure: &mut Figure, marks: &[Mark], of: impl Fn(&Mark) -> Span) {
        for estimator in ORDER {
            // Marks that would cover each other are drawn once.
            let places: BTreeSet<Point> = marks
                .iter()
                .filter(|mark| mark.estimator == estimator)
                .map(|mark| self.at(mark.linux, of(mark)))
                .collect();
            for place in places {
                put_mark(figure, place, estimator);
            }
        }
    }
}

fn put_mark(figure: &mut Figure, place: Point, estimator: Estimator) {
    match estimator {
        Estimator::Lab => figure.put_dot(place, 3, Ink::Data),
        Estimator::Smoltcp => figure.put_cross(place, Ink::Lost),
        Estimator::Formula => figure.put_diamond(place, 6, Ink::Text),
    }
}

/// Round numbers on a logarithmic axis.
fn decades(axis: Axis, steps: &[u64]) -> Vec<Span> {
    let Axis::Logarithmic { from, to } = axis else {
        return axis.ticks();
    };
    let decades = std::iter::successors(Some(1_u64), |tick| tick.checked_mul(10));
    decades
        .take_while(|decade| *decade <= to)
        .flat_map(|decade| steps.iter().map(move |step| decade.saturating_mul(*step)))
        .filter(|tick| (from..=to).contains(tick))
        .map(Span::from_nanos)
        .collect()
}

/// A ratio in parts per thousand as a factor.
fn spoken_ratio(ratio: u64) -> String {
    let text = format!("{}.{:03}", ratio / ONE, ratio % ONE);
    format!("{} ×", text.trim_end_matches('0').trim_end_matches('.'))
}

fn put_legend(figure: &mut Figure, at: Point, estimator: Estimator, accuracy: &Accuracy) {
    let (left, top) = at;
    let middle = top + LINE / 2;
    put_mark(figure, (left + 6, middle), estimator);
    let name = estimator.name();
    let words = (left + 22, middle + 4);
    figure.put_label(words, name, BODY, Ink::Text, Align::Start);
    let column = left + 22 + names() + 18;
    let text = accuracy
        .errors(estimator)
        .map_or_else(|| "no estimates".to_owned(), |errors| spread(&errors));
    figure.put_label((column, middle + 4), &text, BODY, Ink::Muted, Align::Start);
}

/// Width of the longest name.
fn names() -> i32 {
    let widths = Estimator::ALL.map(|one| font::width(one.name(), BODY));
    widths.into_iter().max().unwrap_or(0)
}

fn spread(errors: &Errors) -> String {
    let Errors {
        count,
        median,
        p90,
        max,
        ..
    } = errors;
    format!(
        "off by {median:.1} % (median), {p90:.1} % (p90), {max:.1} % (largest) in {count} times"
    )
}

fn description(accuracy: &Accuracy) -> String {
    let errors = Estimator::ALL.map(|one| {
        let errors = accuracy.errors(one);
        errors.map(|errors| format!("{}: {}", one.name(), spread(&errors)))
    });
    let words: Vec<_> = errors.into_iter().flatten().collect();
    format!(
        "Estimated times against times measured on Linux, and their ratios. {}.",
        words.join("; ")
    )
}
