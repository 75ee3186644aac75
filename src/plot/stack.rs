//! Time as areas side by side: a colour and two letters for each class, and the legend that names them.

use std::collections::BTreeSet;

use super::figure::{Align, Figure};
use super::font::{self, SMALL};
use super::theme::Ink;
use crate::measure::account::Class;

/// An area from one pixel column to just before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) class: Class,
    pub(super) from: i32,
    pub(super) until: i32,
}

/// Height of an area with letters.
pub(super) const HEIGHT: i32 = 14;
/// Height of a line of the legend.
const LINE: i32 = 20;
/// Width of a sample in the legend.
const SAMPLE: i32 = 24;

/// What is left of areas in whole pixels: those without a column are left out, neighbours of a class joined.
pub(super) fn joined(areas: impl IntoIterator<Item = Area>) -> Vec<Area> {
    let mut joined: Vec<Area> = Vec::new();
    for area in areas {
        match joined.last_mut() {
            _ if area.from >= area.until => {}
            Some(last) if last.class == area.class && last.until == area.from => {
                last.until = area.until;
            }
            _ => joined.push(area),
        }
    }
    joined
}

/// Draws areas in a row, with their letters where there is room.
pub(super) fn put(figure: &mut Figure, areas: &[Area], top: i32, height: i32) {
    for area in areas {
        let (corner, opposite) = ((area.from, top), (area.until, top + height));
        figure.put_box(corner, opposite, Ink::Time(area.class));
        let room = area.until - area.from;
        if room >= font::width(letters(area.class), SMALL) + 4 {
            put_letters(figure, area.class, (area.from + room / 2, top + height / 2));
        }
    }
}

fn put_letters(figure: &mut Figure, class: Class, (x, middle): (i32, i32)) {
    let at = (x, middle + 4);
    figure.put_label(at, letters(class), SMALL, Ink::Text, Align::Middle);
}

/// Names these classes in lines of at most `width` pixels below `top`; returns where the legend ends.
pub(super) fn put_legend(
    figure: &mut Figure,
    classes: &BTreeSet<Class>,
    (left, top): (i32, i32),
    width: i32,
) -> i32 {
    let (mut x, mut y) = (left, top);
    for class in Class::ALL
        .into_iter()
        .filter(|class| classes.contains(class))
    {
        let name = class.to_string();
        let needed = SAMPLE + 6 + font::width(&name, SMALL) + 16;
        if x > left && x + needed - 16 > left + width {
            (x, y) = (left, y + LINE);
        }
        figure.put_box((x, y), (x + SAMPLE, y + HEIGHT), Ink::Time(class));
        put_letters(figure, class, (x + SAMPLE / 2, y + HEIGHT / 2));
        let at = (x + SAMPLE + 6, y + HEIGHT / 2 + 4);
        figure.put_label(at, &name, SMALL, Ink::Muted, Align::Start);
        x += needed;
    }
    if classes.is_empty() { top } else { y + LINE }
}

/// Two letters that tell a class where its colour does not.
const fn letters(class: Class) -> &'static str {
    match class {
        Class::Client => "Cl",
        Class::Pool => "Po",
        Class::Dns => "Dn",
        Class::Connect => "Co",
        Class::Tls => "TL",
        Class::Send => "Se",
        Class::Propagation => "Pr",
        Class::Serialization => "Sr",
        Class::Queueing => "Qu",
        Class::EarlierResponse => "Er",
        Class::Think => "Th",
        Class::CongestionWindow => "Cw",
        Class::ReceiveWindow => "Rw",
        Class::SendBuffer => "Sb",
        Class::Http2FlowControl => "H2",
        Class::QuicFlowControl => "Qf",
        Class::Nagle => "Na",
        Class::DelayedAck => "Da",
        Class::FastRetransmit => "Fr",
        Class::RackTimer => "Ra",
        Class::Tlp => "Tp",
        Class::Rto => "RT",
        Class::HeadOfLine => "Hl",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_letters_of_its_own() {
        let all: BTreeSet<_> = Class::ALL.into_iter().map(letters).collect();
        assert_eq!(all.len(), Class::ALL.len());
    }

    #[test]
    fn areas_below_a_pixel_vanish_and_neighbours_are_joined() {
        let area = |class, from, until| Area { class, from, until };
        let joined = joined([
            area(Class::Propagation, 0, 10),
            area(Class::Think, 10, 10),
            area(Class::Propagation, 10, 20),
            area(Class::Rto, 20, 21),
        ]);
        assert_eq!(
            joined,
            [area(Class::Propagation, 0, 20), area(Class::Rto, 20, 21)]
        );
    }

    #[test]
    fn a_legend_of_all_classes_overlaps_nowhere() {
        let mut figure = Figure::new("all");
        let bottom = put_legend(&mut figure, &Class::ALL.into(), (28, 28), 500);
        figure.size = (560, bottom + 28);
        assert_eq!(figure.overlaps(), []);
    }
}
