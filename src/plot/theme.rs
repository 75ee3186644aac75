//! Colours: one ink per meaning, each with a light and a dark value.
//!
//! Hues are Okabe and Ito's, told apart with every kind of colour vision; where a hue is too pale for text it
//! is darkened (light) or lightened (dark) until its contrast with the canvas is at least 4.5. A meaning never
//! rests on colour alone: retransmissions are dashed, drops are crossed.

use std::fmt::Write;

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
}

impl Ink {
    /// All of them.
    pub(super) const ALL: [Self; 10] = [
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

impl Theme {
    /// The style sheet of an SVG, without the `<style>` around it.
    pub(super) fn style_sheet(self) -> String {
        match self {
            Self::Adaptive => {
                let dark = colours(Ink::dark);
                format!(
                    "{}{}@media(prefers-color-scheme:dark){{{dark}}}",
                    fixed(),
                    colours(Ink::light)
                )
            }
            Self::Light => fixed() + &colours(Ink::light),
            Self::Dark => fixed() + &colours(Ink::dark),
        }
    }
}

/// Rules that no theme changes: dashes, and the strip of canvas behind text that keeps lines off the letters.
fn fixed() -> String {
    let mut rules = "text{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}".to_owned();
    for ink in Ink::ALL {
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

fn colours(value: fn(Ink) -> [u8; 3]) -> String {
    let mut rules = format!("text{{stroke:{}}}", hex(value(Ink::Canvas)));
    for ink in Ink::ALL {
        let (class, colour) = (ink.class(), hex(value(ink)));
        write!(
            rules,
            ".{class}{{fill:{colour}}}line.{class}{{stroke:{colour}}}"
        )
        .expect(INFALLIBLE);
    }
    rules
}

/// A colour as plotters writes it.
pub(super) fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

const INFALLIBLE: &str = "writing to a string cannot fail";
