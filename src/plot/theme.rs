//! Colours: one ink per meaning, each with a light and a dark value.
//!
//! Hues are Okabe and Ito's, told apart with every kind of colour vision; where a hue is too pale for text it
//! is darkened (light) or lightened (dark) until its contrast with the canvas is at least 4.5. A meaning never
//! rests on colour alone: retransmissions are dashed, drops are crossed, classes of time have a letter.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::measure::account::Class;

/// Which colours an SVG has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Light, or dark where the reader prefers it (`prefers-color-scheme`).
    #[default]
    Adaptive,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// What a mark means, and with it how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ink {
    /// What everything is drawn on.
    Canvas,
    /// Titles, names, and whatever is to be read first.
    Text,
    /// Secondary text.
    Muted,
    /// Lifelines, axes and grids.
    Rule,
    /// A lifeline where time is skipped; dashed.
    Pause,
    /// Frames without data: SYN, ACK, FIN, ARP.
    Control,
    /// Frames with data; measured values.
    Data,
    /// Retransmissions; dashed.
    Again,
    /// What was lost, refused or failed.
    Lost,
    /// Remarks of hosts and applications.
    Remark,
    /// What time was spent on, as areas.
    Time(Class),
    /// A step of a sequential scale from 0 to [`HEAT_STEPS`] - 1, as areas.
    Heat(u8),
}

/// Steps of the sequential scale.
pub(super) const HEAT_STEPS: u8 = 9;

impl Ink {
    /// Those of lines and text, which every picture may use.
    const COMMON: [Self; 10] = [
        Self::Canvas,
        Self::Text,
        Self::Muted,
        Self::Rule,
        Self::Pause,
        Self::Control,
        Self::Data,
        Self::Again,
        Self::Lost,
        Self::Remark,
    ];

    /// All of them.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let times = Class::ALL.into_iter().map(Self::Time);
        let heats = (0..HEAT_STEPS).map(Self::Heat);
        Self::COMMON.into_iter().chain(times).chain(heats)
    }

    /// Whether it fills areas only, and has a rule in a style sheet only where it is used.
    const fn is_area(self) -> bool {
        matches!(self, Self::Time(_) | Self::Heat(_))
    }

    /// Its CSS class.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Canvas => "canvas",
            Self::Text => "text",
            Self::Muted => "muted",
            Self::Rule => "rule",
            Self::Pause => "pause",
            Self::Control => "control",
            Self::Data => "data",
            Self::Again => "again",
            Self::Lost => "lost",
            Self::Remark => "remark",
            Self::Time(class) => class.key(),
            Self::Heat(step) => heat(step).0,
        }
    }

    /// Its colour on a light canvas. No two inks share one: drawn SVG is told apart by it.
    pub(super) const fn light(self) -> [u8; 3] {
        match self {
            Self::Canvas => [0xff, 0xff, 0xff],
            Self::Text => [0x1b, 0x1f, 0x24],
            Self::Muted => [0x5b, 0x64, 0x70],
            Self::Rule => [0xb4, 0xbc, 0xc6],
            Self::Pause => [0x9a, 0xa3, 0xae],
            Self::Control => [0x3d, 0x46, 0x50],
            Self::Data => [0x00, 0x72, 0xb2],
            Self::Again => [0xa0, 0x40, 0x7c],
            Self::Lost => [0xc4, 0x4e, 0x00],
            Self::Remark => [0x00, 0x7a, 0x5a],
            Self::Time(class) => time(class).0,
            Self::Heat(step) => heat(step).1,
        }
    }

    /// Its colour on a dark canvas.
    pub(super) const fn dark(self) -> [u8; 3] {
        match self {
            Self::Canvas => [0x15, 0x19, 0x1e],
            Self::Text => [0xec, 0xee, 0xf0],
            Self::Muted => [0xa6, 0xaf, 0xba],
            Self::Rule => [0x4a, 0x53, 0x5e],
            Self::Pause => [0x6a, 0x74, 0x80],
            Self::Control => [0xc6, 0xcc, 0xd3],
            Self::Data => [0x5c, 0xb8, 0xec],
            Self::Again => [0xe6, 0x9c, 0xca],
            Self::Lost => [0xff, 0x8f, 0x4d],
            Self::Remark => [0x3c, 0xc9, 0x9e],
            Self::Time(class) => time(class).1,
            Self::Heat(step) => heat(step).1,
        }
    }

    /// Lengths of dash and gap of its lines, if they are dashed.
    pub(super) const fn dash(self) -> Option<(i32, i32)> {
        match self {
            Self::Again => Some((7, 4)),
            Self::Pause => Some((2, 4)),
            _ => None,
        }
    }
}

/// A class of time on a light and on a dark canvas: one hue for each group. Dark ones are lightened for a dark canvas
/// until their contrast with it is at least 3.
const fn time(class: Class) -> ([u8; 3], [u8; 3]) {
    match class {
        Class::Client => ([0x99, 0x99, 0x99], [0x99, 0x99, 0x99]),
        Class::Pool => ([0xe6, 0x9f, 0x00], [0xe6, 0x9f, 0x00]),
        Class::Dns => ([0xf0, 0xe4, 0x42], [0xf0, 0xe4, 0x42]),
        Class::Connect => ([0x00, 0x9e, 0x73], [0x00, 0x9e, 0x73]),
        Class::Tls => ([0x66, 0xc2, 0xa5], [0x66, 0xc2, 0xa5]),
        Class::Send => ([0xb2, 0xb2, 0xb2], [0xb2, 0xb2, 0xb2]),
        Class::Propagation => ([0x01, 0x73, 0xb2], [0x01, 0x73, 0xb2]),
        Class::Serialization => ([0x56, 0xb4, 0xe9], [0x56, 0xb4, 0xe9]),
        Class::Queueing => ([0xa6, 0xce, 0xe3], [0xa6, 0xce, 0xe3]),
        Class::EarlierResponse => ([0xcc, 0x79, 0xa7], [0xcc, 0x79, 0xa7]),
        Class::Think => ([0xd5, 0x5e, 0x00], [0xd5, 0x5e, 0x00]),
        Class::CongestionWindow => ([0x8c, 0x51, 0x0a], [0x8e, 0x54, 0x0f]),
        Class::ReceiveWindow => ([0xbf, 0x81, 0x2d], [0xbf, 0x81, 0x2d]),
        Class::SendBuffer => ([0xdf, 0xc2, 0x7d], [0xdf, 0xc2, 0x7d]),
        Class::Http2FlowControl => ([0x80, 0x64, 0x1c], [0x80, 0x64, 0x1c]),
        Class::QuicFlowControl => ([0xa0, 0x80, 0x40], [0xa0, 0x80, 0x40]),
        Class::Nagle => ([0xc5, 0x1b, 0x7d], [0xc5, 0x1b, 0x7d]),
        Class::DelayedAck => ([0xe9, 0xa3, 0xc9], [0xe9, 0xa3, 0xc9]),
        Class::FastRetransmit => ([0xb2, 0x18, 0x2b], [0xb9, 0x2d, 0x3e]),
        Class::RackTimer => ([0xd6, 0x60, 0x4d], [0xd6, 0x60, 0x4d]),
        Class::Tlp => ([0xf4, 0xa5, 0x82], [0xf4, 0xa5, 0x82]),
        Class::Rto => ([0x67, 0x00, 0x1f], [0x95, 0x4d, 0x62]),
        Class::HeadOfLine => ([0x76, 0x2a, 0x83], [0x8b, 0x4a, 0x96]),
    }
}

/// A step of the sequential scale: its CSS class and its colour on any canvas. From blue to yellow with a lightness
/// that rises evenly, so that it reads the same with every kind of colour vision and in grey.
const fn heat(step: u8) -> (&'static str, [u8; 3]) {
    match step {
        0 => ("heat-0", [0x00, 0x20, 0x51]),
        1 => ("heat-1", [0x11, 0x36, 0x6c]),
        2 => ("heat-2", [0x3c, 0x4d, 0x6e]),
        3 => ("heat-3", [0x62, 0x64, 0x6f]),
        4 => ("heat-4", [0x7f, 0x7c, 0x75]),
        5 => ("heat-5", [0x9a, 0x94, 0x78]),
        6 => ("heat-6", [0xbb, 0xaf, 0x71]),
        7 => ("heat-7", [0xe2, 0xcb, 0x5c]),
        _ => ("heat-8", [0xfd, 0xea, 0x45]),
    }
}

impl Theme {
    /// The style sheet of an SVG with these inks, without the `<style>` around it.
    pub(super) fn style_sheet(self, used: &BTreeSet<Ink>) -> String {
        let inks: Vec<_> = Ink::all()
            .filter(|ink| !ink.is_area() || used.contains(ink))
            .collect();
        match self {
            Self::Adaptive => {
                let dark = colours(&inks, Ink::dark);
                format!(
                    "{}{}@media(prefers-color-scheme:dark){{{dark}}}",
                    fixed(),
                    colours(&inks, Ink::light)
                )
            }
            Self::Light => fixed() + &colours(&inks, Ink::light),
            Self::Dark => fixed() + &colours(&inks, Ink::dark),
        }
    }
}

/// Rules that no theme changes: dashes, and the strip of canvas behind text that keeps lines off the letters.
fn fixed() -> String {
    let mut rules = "text{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}".to_owned();
    for ink in Ink::COMMON {
        if let Some((dash, gap)) = ink.dash() {
            write!(
                rules,
                "line.{}{{stroke-dasharray:{dash} {gap}}}",
                ink.class()
            )
            .expect(INFALLIBLE);
        }
    }
    rules
}

fn colours(inks: &[Ink], value: fn(Ink) -> [u8; 3]) -> String {
    let mut rules = format!("text{{stroke:{}}}", hex(value(Ink::Canvas)));
    for &ink in inks {
        let (class, colour) = (ink.class(), hex(value(ink)));
        write!(rules, ".{class}{{fill:{colour}}}").expect(INFALLIBLE);
        if !ink.is_area() {
            write!(rules, "line.{class}{{stroke:{colour}}}").expect(INFALLIBLE);
        }
    }
    rules
}

/// A colour as plotters writes it.
pub(super) fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

const INFALLIBLE: &str = "writing to a string cannot fail";
