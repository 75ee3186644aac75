//! A laid out picture: shapes with integer coordinates, ready to be drawn on any backend.
//!
//! It knows neither frames nor results: whoever lays out a picture puts shapes here, and tests measure the
//! [`Label`]s.

use std::collections::{BTreeMap, BTreeSet};

use super::font;
use super::theme::Ink;

/// Pixels from the picture's edge to anything drawn.
pub(super) const MARGIN: i32 = 28;

/// A picture before it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    pub(super) size: Point,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) shapes: Vec<Shape>,
    /// What labels that were cut say in full, by their places.
    pub(super) whole: BTreeMap<Point, String>,
}

/// Pixels from the left and from the top.
pub(super) type Point = (i32, i32);

/// Something to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Line {
        from: Point,
        to: Point,
        ink: Ink,
        width: u32,
    },
    Polygon {
        corners: Vec<Point>,
        ink: Ink,
    },
    Box {
        corner: Point,
        opposite: Point,
        ink: Ink,
    },
    Dot {
        centre: Point,
        radius: u32,
        ink: Ink,
    },
    Label(Label),
}

/// A line of text. `at` is on its baseline, at the end that `align` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) at: Point,
    pub(super) text: String,
    pub(super) size: i32,
    pub(super) ink: Ink,
    pub(super) align: Align,
}

/// Which part of a label is at its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Start,
    Middle,
    End,
}

/// A rectangle; the right and the bottom edge are outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) left: i32,
    pub(super) top: i32,
    pub(super) right: i32,
    pub(super) bottom: i32,
}

impl Bounds {
    /// With `pixels` more above and below.
    pub(super) const fn padded(self, pixels: i32) -> Self {
        Self {
            top: self.top - pixels,
            bottom: self.bottom + pixels,
            ..self
        }
    }

    /// Whether the two share a pixel.
    pub(super) const fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

impl Label {
    /// The pixels that its text covers, from the top of capitals to the bottom of descenders.
    pub(super) fn bounds(&self) -> Bounds {
        let (x, y) = self.at;
        let width = font::width(&self.text, self.size);
        let left = match self.align {
            Align::Start => x,
            Align::Middle => x - width / 2,
            Align::End => x - width,
        };
        Bounds {
            left,
            top: y - self.size * 3 / 4,
            right: left + width,
            bottom: y + self.size / 4,
        }
    }
}

impl Figure {
    /// An empty picture that says at its top what it shows.
    pub(super) fn new(title: &str) -> Self {
        Self {
            size: (0, 0),
            title: title.to_owned(),
            description: String::new(),
            shapes: Vec::new(),
            whole: BTreeMap::new(),
        }
    }

    /// The inks that it is drawn with.
    pub(super) fn inks(&self) -> BTreeSet<Ink> {
        let ink = |shape: &Shape| match shape {
            Shape::Line { ink, .. }
            | Shape::Polygon { ink, .. }
            | Shape::Box { ink, .. }
            | Shape::Dot { ink, .. } => *ink,
            Shape::Label(label) => label.ink,
        };
        self.shapes.iter().map(ink).collect()
    }

    /// Writes title and subtitle and returns the first free pixel row below them.
    pub(super) fn put_heading(&mut self, subtitle: &str, width: i32) -> i32 {
        let room = width - 2 * MARGIN;
        let mut y = MARGIN;
        let title = self.title.clone();
        for line in font::wrapped(&title, font::TITLE, room) {
            self.put_label(
                (MARGIN, y + font::TITLE * 3 / 4),
                &line,
                font::TITLE,
                Ink::Text,
                Align::Start,
            );
            y += font::TITLE * 4 / 3;
        }
        for line in font::wrapped(subtitle, font::BODY, room) {
            self.put_label(
                (MARGIN, y + font::BODY),
                &line,
                font::BODY,
                Ink::Muted,
                Align::Start,
            );
            y += font::BODY * 3 / 2;
        }
        y + font::BODY
    }

    pub(super) fn put_line(&mut self, from: Point, to: Point, ink: Ink, width: u32) {
        self.shapes.push(Shape::Line {
            from,
            to,
            ink,
            width,
        });
    }

    /// A line with a head at `to`.
    pub(super) fn put_arrow(&mut self, from: Point, to: Point, ink: Ink) {
        self.put_line(from, to, ink, 1);
        self.shapes.push(Shape::Polygon {
            corners: head(from, to).to_vec(),
            ink,
        });
    }

    /// A cross with arms of four pixels.
    pub(super) fn put_cross(&mut self, (x, y): Point, ink: Ink) {
        self.put_line((x - 4, y - 4), (x + 4, y + 4), ink, 2);
        self.put_line((x - 4, y + 4), (x + 4, y - 4), ink, 2);
    }

    pub(super) fn put_dot(&mut self, centre: Point, radius: u32, ink: Ink) {
        self.shapes.push(Shape::Dot {
            centre,
            radius,
            ink,
        });
    }

    pub(super) fn put_box(&mut self, corner: Point, opposite: Point, ink: Ink) {
        self.shapes.push(Shape::Box {
            corner,
            opposite,
            ink,
        });
    }

    /// A diamond of half width `reach` that shows the canvas inside.
    pub(super) fn put_diamond(&mut self, (x, y): Point, reach: i32, ink: Ink) {
        let corners = vec![
            (x, y - reach),
            (x + reach, y),
            (x, y + reach),
            (x - reach, y),
        ];
        self.shapes.push(Shape::Polygon {
            corners: corners.clone(),
            ink: Ink::Canvas,
        });
        for (index, &from) in corners.iter().enumerate() {
            self.put_line(from, corners[(index + 1) % corners.len()], ink, 2);
        }
    }

    pub(super) fn put_label(&mut self, at: Point, text: &str, size: i32, ink: Ink, align: Align) {
        self.shapes.push(Shape::Label(Label {
            at,
            text: text.to_owned(),
            size,
            ink,
            align,
        }));
    }
}

impl Figure {
    /// A label of at most `most` pixels; what is cut is told where a picture can say more than it shows.
    pub(super) fn put_elided(
        &mut self,
        at: Point,
        text: &str,
        (size, most): (i32, i32),
        ink: Ink,
        align: Align,
    ) {
        let shown = font::elided(text, size, most);
        if shown != text {
            self.whole.insert(at, text.to_owned());
        }
        self.put_label(at, &shown, size, ink, align);
    }
}

/// The corners of the head of an arrow: the tip and the two ends of its barbs.
fn head(from: Point, tip: Point) -> [Point; 3] {
    const LENGTH: i32 = 9;
    const HALF_WIDTH: i32 = 4;
    let back = step(from, tip, LENGTH);
    let side = step(from, tip, HALF_WIDTH);
    let back = (tip.0 - back.0, tip.1 - back.1);
    [
        tip,
        (back.0 - side.1, back.1 + side.0),
        (back.0 + side.1, back.1 - side.0),
    ]
}

/// So many pixels in the direction of a line, each coordinate rounded to the nearest integer.
fn step(from: Point, to: Point, pixels: i32) -> Point {
    let length = length(from, to);
    let rounded = |distance: i32| {
        let twice = 2 * i64::from(pixels) * i64::from(distance);
        let rounded = (twice + length).div_euclid(2 * length);
        i32::try_from(rounded).expect("it is at most `pixels`")
    };
    (rounded(to.0 - from.0), rounded(to.1 - from.1))
}

/// The length of a line in pixels, 1 at least. Ladders of hundreds of hosts are so wide that its square has more than 32
/// bits.
pub(super) fn length(from: Point, to: Point) -> i64 {
    let (dx, dy) = (i64::from(to.0 - from.0), i64::from(to.1 - from.1));
    (dx * dx + dy * dy).isqrt().max(1)
}

#[cfg(test)]
impl Figure {
    /// All labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = &Label> {
        self.shapes.iter().filter_map(|shape| match shape {
            Shape::Label(label) => Some(label),
            _ => None,
        })
    }

    /// Texts of labels that share a pixel with another one or with the picture's margin.
    pub(super) fn overlaps(&self) -> Vec<(String, String)> {
        let labels: Vec<&Label> = self.labels().collect();
        let (width, height) = self.size;
        let inside = |b: Bounds| {
            b.left >= MARGIN
                && b.right <= width - MARGIN + 1
                && b.top >= MARGIN
                && b.bottom < height
        };
        let mut found = Vec::new();
        for (index, label) in labels.iter().enumerate() {
            if !inside(label.bounds()) {
                found.push((label.text.clone(), "margin".to_owned()));
            }
            let later = labels[index + 1..]
                .iter()
                .filter(|other| other.bounds().overlaps(&label.bounds()));
            found.extend(later.map(|other| (label.text.clone(), other.text.clone())));
        }
        found
    }
}
