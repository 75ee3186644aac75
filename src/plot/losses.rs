//! What the loss of each frame would cost, over the time at which it left.

use super::figure::{Align, Bounds, Figure, Label, MARGIN, Point, Shape};
use super::font::{self, BODY, SMALL};
use super::scale::{Axis, from_millis, spoken};
use super::theme::Ink;
use crate::measure::diagnosis::{Diagnosis, LossMap, Lost, Repair};
use crate::units::Span;

/// Width and height of the field of points in pixels.
const FIELD: Point = (680, 300);
/// Room for the numbers of the axis of costs.
const NUMBERS: i32 = 72;
/// Height of a line of the list below.
const LINE: i32 = 17;
/// Frames that are named.
const NAMED: usize = 8;
/// Steps that a number may be away from its point, and pixels of each.
const NUMBERED: i32 = 16;
const STEP: i32 = 13;
/// Pixels from a point up to the baseline of a number beside it.
const ABOVE: i32 = 5;

/// The field and its axes.
struct Field {
    left: i32,
    bottom: i32,
    time: Axis,
    cost: Axis,
}

/// Draws a loss map. Costs are on a logarithmic axis where they differ fiftyfold; what costs nothing lies on the axis.
pub fn losses(diagnosis: &Diagnosis, map: &LossMap) -> Figure {
    let mut figure = Figure::new(&title(map));
    figure.description = description(map);
    let width = MARGIN + NUMBERS + FIELD.0 + 20 + MARGIN;
    let top = figure.put_heading(&subtitle(diagnosis, map), width) + 12;
    let costs = map.tried.iter().map(cost);
    let times = map.tried.iter().map(|lost| from_millis(lost.at_ms));
    let longest = times.max().unwrap_or_default();
    let field = Field {
        left: MARGIN + NUMBERS,
        bottom: top + FIELD.1,
        time: Axis::of([longest].into_iter()),
        cost: Axis::of(costs),
    };
    field.put_axes(&mut figure);
    let worst = worst(map);
    // The dear ones last, so that they are on top.
    let mut lost: Vec<_> = map.tried.iter().collect();
    lost.sort_by(|one, other| one.cost_ms.total_cmp(&other.cost_ms));
    for lost in lost {
        put_mark(&mut figure, field.place(lost), lost.repair);
    }
    field.put_ordinals(&mut figure, &worst);
    let legend = put_legend(&mut figure, map, field.bottom + 62);
    let end = put_list(&mut figure, &worst, legend + 10, width);
    figure.size = (width, end + MARGIN);
    figure
}

impl Field {
    fn place(&self, lost: &Lost) -> Point {
        let x = self.left + self.time.position(from_millis(lost.at_ms), FIELD.0);
        (x, self.bottom - self.height(cost(lost)))
    }

    /// What costs nothing lies on the axis, below the least that a logarithmic one shows.
    fn height(&self, cost: Span) -> i32 {
        if cost.is_zero() {
            return 0;
        }
        self.cost.position(cost, FIELD.1)
    }

    fn put_axes(&self, figure: &mut Figure) {
        let (left, bottom) = (self.left, self.bottom);
        for tick in self.cost.ticks() {
            let y = bottom - self.cost.position(tick, FIELD.1);
            figure.put_line((left - 6, y), (left + FIELD.0, y), Ink::Rule, 1);
            figure.put_label(
                (left - 12, y + 4),
                &spoken(tick),
                SMALL,
                Ink::Muted,
                Align::End,
            );
        }
        for tick in self.time.ticks() {
            let x = left + self.time.position(tick, FIELD.0);
            figure.put_line((x, bottom), (x, bottom + 6), Ink::Rule, 1);
            figure.put_label(
                (x, bottom + 20),
                &spoken(tick),
                SMALL,
                Ink::Muted,
                Align::Middle,
            );
        }
        let scale = if self.cost.is_logarithmic() {
            ", logarithmic; on the lowest line: nothing"
        } else {
            ""
        };
        let words =
            format!("across: when the frame left without a loss; up: what its loss costs{scale}");
        figure.put_label((left, bottom + 40), &words, SMALL, Ink::Muted, Align::Start);
    }

    /// The numbers of the list, each beside its point or, where others are, at the end of a line that leads to it.
    fn put_ordinals(&self, figure: &mut Figure, worst: &[&Lost]) {
        let mark = |lost: &&Lost| {
            let (x, y) = self.place(lost);
            Bounds {
                left: x - 5,
                top: y - 5,
                right: x + 5,
                bottom: y + 5,
            }
        };
        let mut taken: Vec<Bounds> = worst.iter().map(mark).collect();
        for (ordinal, lost) in (1..).zip(worst) {
            let point = self.place(lost);
            let is_free = |label: &Label| {
                let bounds = label.bounds();
                taken.iter().all(|other| !other.overlaps(&bounds))
            };
            let Some(label) = self.beside(point, ordinal).find(is_free) else {
                continue;
            };
            if label.at.1 != point.1 - ABOVE {
                let gap = if label.align == Align::End { 2 } else { -2 };
                let end = (label.at.0 + gap, label.at.1 - 4);
                figure.put_line(point, end, Ink::Muted, 1);
            }
            taken.push(label.bounds());
            figure.shapes.push(Shape::Label(label));
        }
    }

    /// Places for a number, the best first: right of its point, further down there, since cheaper frames lie lower,
    /// further up, and the same to the left. All but the first are in the field.
    fn beside(&self, (x, y): Point, ordinal: usize) -> impl Iterator<Item = Label> {
        let text = ordinal.to_string();
        let inside = Bounds {
            left: self.left,
            top: self.bottom - FIELD.1 - 12,
            right: self.left + FIELD.0 + 20,
            bottom: self.bottom + 4,
        };
        let sides = [(8, Align::Start), (-8, Align::End)];
        let steps = || (0..=NUMBERED).chain((1..=NUMBERED).map(|step| -step));
        let places = sides
            .into_iter()
            .flat_map(move |side| steps().map(move |step| (side, step)));
        let labels = places.map(move |((aside, align), step)| Label {
            at: (x + aside, y - ABOVE + step * STEP),
            text: text.clone(),
            size: BODY,
            ink: Ink::Text,
            align,
        });
        labels.enumerate().filter_map(move |(rank, label)| {
            let bounds = label.bounds();
            let is_inside = bounds.left >= inside.left
                && bounds.right <= inside.right
                && bounds.top >= inside.top
                && bounds.bottom <= inside.bottom;
            (rank == 0 || is_inside).then_some(label)
        })
    }
}

fn cost(lost: &Lost) -> Span {
    from_millis(lost.cost_ms)
}

/// The dearest frames, the dearest first.
fn worst(map: &LossMap) -> Vec<&Lost> {
    let mut worst: Vec<_> = map
        .tried
        .iter()
        .filter(|lost| !cost(lost).is_zero())
        .collect();
    worst.sort_by(|one, other| other.cost_ms.total_cmp(&one.cost_ms));
    worst.truncate(NAMED);
    worst
}

fn put_mark(figure: &mut Figure, (x, y): Point, repair: Repair) {
    match repair {
        Repair::None => figure.put_dot((x, y), 2, Ink::Muted),
        Repair::FastRetransmit => figure.put_dot((x, y), 4, Ink::Data),
        Repair::RackTimer => figure.put_box((x - 4, y - 4), (x + 4, y + 4), Ink::Control),
        Repair::Probe => figure.put_diamond((x, y), 5, Ink::Again),
        Repair::Timer => figure.put_cross((x, y), Ink::Lost),
        Repair::Application => figure.shapes.push(Shape::Polygon {
            corners: vec![(x, y - 5), (x + 5, y + 4), (x - 5, y + 4)],
            ink: Ink::Remark,
        }),
    }
}

/// The marks that occur, side by side; returns where the legend ends.
fn put_legend(figure: &mut Figure, map: &LossMap, top: i32) -> i32 {
    let mut x = MARGIN + NUMBERS;
    for repair in Repair::ALL {
        let count = map
            .tried
            .iter()
            .filter(|lost| lost.repair == repair)
            .count();
        if count == 0 {
            continue;
        }
        put_mark(figure, (x + 5, top), repair);
        let words = format!("{repair} ({count})");
        figure.put_label((x + 16, top + 4), &words, SMALL, Ink::Muted, Align::Start);
        x += 16 + font::width(&words, SMALL) + 22;
    }
    top + 10
}

fn put_list(figure: &mut Figure, worst: &[&Lost], top: i32, width: i32) -> i32 {
    let mut baseline = top + 4;
    for (ordinal, lost) in (1..).zip(worst) {
        baseline += LINE;
        let Lost {
            host,
            number,
            what,
            repair,
            ..
        } = lost;
        let (cost, at) = (spoken(cost(lost)), spoken(from_millis(lost.at_ms)));
        let by = if lost.whole {
            repair.to_string()
        } else {
            "not repaired".to_owned()
        };
        let words =
            format!("{ordinal}  {what}: {cost}, {by} (frame {number} of {host}, sent at {at})");
        let words = font::elided(&words, SMALL, width - 2 * MARGIN);
        figure.put_label((MARGIN, baseline), &words, SMALL, Ink::Text, Align::Start);
    }
    baseline
}

fn title(map: &LossMap) -> String {
    let Some(worst) = worst(map).first().copied() else {
        return "No frame's loss costs the page anything".to_owned();
    };
    let costly = map
        .tried
        .iter()
        .filter(|lost| cost(lost) * 2 >= cost(worst))
        .count();
    let (most, tried) = (spoken(cost(worst)), map.tried.len());
    format!(
        "Losing one frame costs up to {most}: {costly} of {tried} frames cost at least half of that"
    )
}

fn subtitle(diagnosis: &Diagnosis, map: &LossMap) -> String {
    let mut parts = vec![format!("{}/{}", diagnosis.case, diagnosis.variant)];
    let changed = diagnosis.changed.iter();
    parts.extend(changed.map(|(key, value)| format!("{key}={value}")));
    parts.push(format!(
        "seed {}",
        diagnosis.seeds.first().copied().unwrap_or_default()
    ));
    parts.push(format!(
        "{} without a loss",
        spoken(from_millis(map.total_ms))
    ));
    if map.tried.len() < map.frames {
        parts.push(format!(
            "{} of {} frames tried",
            map.tried.len(),
            map.frames
        ));
    }
    parts.join(" · ")
}

fn description(map: &LossMap) -> String {
    let frames = worst(map)
        .into_iter()
        .map(|lost| format!("{} {}", lost.what, spoken(cost(lost))));
    let frames: Vec<_> = frames.collect();
    format!(
        "Scatter plot of what the loss of each frame costs; the dearest: {}.",
        frames.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::measure::diagnosis::Constraint;

    #[test]
    fn every_loss_of_the_list_has_its_number_in_the_field() {
        let lost = |at_ms, cost_ms| Lost {
            host: "client".to_owned(),
            number: 1,
            at_ms,
            what: "SYN".to_owned(),
            cost_ms,
            whole: true,
            repair: Repair::Timer,
        };
        // All at one place, at both ends of the time, and on a line.
        let places = [[(0.0, 1000.0); 8], [(90.0, 1000.0); 8], [(45.0, 3.0); 8]];
        for places in places {
            let mut tried: Vec<_> = places.map(|(at, cost)| lost(at, cost)).into();
            tried.extend([lost(0.0, 1.0), lost(90.0, 0.0)]);
            let map = LossMap {
                total_ms: 90.0,
                frames: 10,
                tried,
            };
            let figure = losses(&diagnosis(), &map);
            let numbers = figure.labels().filter(|label| label.size == BODY);
            let numbers: Vec<_> = numbers.map(|label| label.text.clone()).collect();
            for number in 1..=8 {
                assert!(
                    numbers.contains(&number.to_string()),
                    "{number}: {numbers:?}"
                );
            }
            assert_eq!(figure.overlaps(), []);
        }
    }

    fn diagnosis() -> Diagnosis {
        Diagnosis {
            fit: None,
            case: "handshake".to_owned(),
            variant: "open".to_owned(),
            changed: BTreeMap::new(),
            seeds: vec![1],
            total_ms: 90.0,
            account: BTreeMap::new(),
            constraint: Constraint {
                sentence: String::new(),
                components: Vec::new(),
                ties: Vec::new(),
                next: None,
            },
            reliefs: Vec::new(),
            idle: Vec::new(),
            pairs: Vec::new(),
            exclusive: Vec::new(),
            runs: 1,
            target: None,
            losses: None,
        }
    }
}
