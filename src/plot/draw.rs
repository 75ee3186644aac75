//! A figure on a plotters backend. SVG and bitmap differ in how they place text and dash lines; the
//! difference ends here.

use plotters::backend::DrawingBackend;
use plotters::drawing::DrawingAreaErrorKind::{self, BackendError};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

use super::figure::{self, Align, Figure, Label, Point, Shape};
use super::font;
use super::theme::Ink;

/// What kind of backend a pen draws on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Medium {
    /// Text is placed by the reader, dashes come from the style sheet.
    Svg,
    /// Text is placed by plotters, dashes are drawn one by one.
    Bitmap,
}

/// Draws shapes on a backend, magnified.
pub(super) struct Pen<'a, DB: DrawingBackend> {
    backend: &'a mut DB,
    medium: Medium,
    scale: i32,
}

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// plotters divides font sizes by this on their way to SVG.
const SVG_SIZE_DIVISOR: f64 = 1.24;

/// Pixels from the top of a label to its baseline as plotters' SVG has it (`dy="0.76em"`), rounded.
pub(super) const fn svg_ascent(size: i32) -> i32 {
    (size * 76 + 50) / 100
}

impl<'a, DB: DrawingBackend> Pen<'a, DB> {
    /// A pen for `backend` that draws everything `scale` times as large.
    pub(super) fn new(backend: &'a mut DB, medium: Medium, scale: i32) -> Self {
        Self {
            backend,
            medium,
            scale,
        }
    }

    /// Draws the canvas, then marks, then text above them.
    pub(super) fn draw(&mut self, figure: &Figure) -> Drawn<DB> {
        self.fill((0, 0), figure.size, Ink::Canvas)?;
        for shape in figure
            .shapes
            .iter()
            .filter(|shape| !matches!(shape, Shape::Label(_)))
        {
            self.mark(shape)?;
        }
        for shape in &figure.shapes {
            if let Shape::Label(label) = shape {
                self.label(label)?;
            }
        }
        Ok(())
    }

    fn mark(&mut self, shape: &Shape) -> Drawn<DB> {
        match *shape {
            Shape::Line {
                from,
                to,
                ink,
                width,
            } => self.line(from, to, ink, width),
            Shape::Polygon { ref corners, ink } => {
                let corners: Vec<_> = corners.iter().map(|corner| self.at(*corner)).collect();
                self.backend
                    .fill_polygon(corners, &style(ink, 1))
                    .map_err(BackendError)
            }
            Shape::Box {
                corner,
                opposite,
                ink,
            } => self.fill(corner, opposite, ink),
            Shape::Dot {
                centre,
                radius,
                ink,
            } => {
                let radius = radius * self.scale.unsigned_abs();
                let centre = self.at(centre);
                self.backend
                    .draw_circle(centre, radius, &style(ink, 1), true)
                    .map_err(BackendError)
            }
            Shape::Label(_) => Ok(()),
        }
    }

    fn fill(&mut self, corner: Point, opposite: Point, ink: Ink) -> Drawn<DB> {
        let (corner, opposite) = (self.at(corner), self.at(opposite));
        self.backend
            .draw_rect(corner, opposite, &style(ink, 1), true)
            .map_err(BackendError)
    }

    fn line(&mut self, from: Point, to: Point, ink: Ink, width: u32) -> Drawn<DB> {
        match (self.medium, ink.dash()) {
            (Medium::Bitmap, Some(dash)) => {
                dashes(from, to, dash).try_for_each(|(from, to)| self.stroke(from, to, ink, width))
            }
            _ => self.stroke(from, to, ink, width),
        }
    }

    fn stroke(&mut self, from: Point, to: Point, ink: Ink, width: u32) -> Drawn<DB> {
        let style = style(ink, width * self.scale.unsigned_abs());
        let (from, to) = (self.at(from), self.at(to));
        self.backend
            .draw_line(from, to, &style)
            .map_err(BackendError)
    }

    fn label(&mut self, label: &Label) -> Drawn<DB> {
        let size = f64::from(label.size * self.scale);
        let (size, ascent) = match self.medium {
            Medium::Svg => (size * SVG_SIZE_DIVISOR, svg_ascent(label.size)),
            Medium::Bitmap => {
                let bounds = label.bounds();
                self.fill(
                    (bounds.left - 1, bounds.top),
                    (bounds.right + 1, bounds.bottom),
                    Ink::Canvas,
                )?;
                (size * font::line_per_em(), bitmap_ascent(label.size))
            }
        };
        let anchor = match label.align {
            Align::Start => HPos::Left,
            Align::Middle => HPos::Center,
            Align::End => HPos::Right,
        };
        let ink = colour(label.ink);
        let style = TextStyle::from(FontDesc::new(
            FontFamily::Name(font::FAMILY),
            size,
            FontStyle::Normal,
        ))
        .color(&ink)
        .pos(Pos::new(anchor, VPos::Top));
        let at = self.at((label.at.0, label.at.1 - ascent));
        self.backend
            .draw_text(&label.text, &style, at)
            .map_err(BackendError)
    }

    const fn at(&self, (x, y): Point) -> Point {
        (x * self.scale, y * self.scale)
    }
}

/// Pixels from the top of a label to its baseline as plotters' bitmaps have it: half the height of a line.
#[expect(clippy::cast_possible_truncation, reason = "sizes are a few pixels")]
fn bitmap_ascent(size: i32) -> i32 {
    (f64::from(size) * font::line_per_em() / 2.0).round() as i32
}

fn style(ink: Ink, width: u32) -> ShapeStyle {
    colour(ink).filled().stroke_width(width)
}

const fn colour(ink: Ink) -> RGBColor {
    let [red, green, blue] = ink.light();
    RGBColor(red, green, blue)
}

/// The dashes of a line, in its direction.
fn dashes(from: Point, to: Point, (dash, gap): (i32, i32)) -> impl Iterator<Item = (Point, Point)> {
    let length = figure::length(from, to);
    let at = move |from: i32, to: i32, along: i64| {
        let distance = i64::from(to - from) * along / length;
        from + i32::try_from(distance).expect("it is on the line")
    };
    let point = move |along: i64| (at(from.0, to.0, along), at(from.1, to.1, along));
    let (dash, gap) = (i64::from(dash), i64::from(gap));
    let starts = (0..length).step_by(usize::try_from(dash + gap).unwrap_or(1));
    starts.map(move |start| (point(start), point((start + dash).min(length))))
}
