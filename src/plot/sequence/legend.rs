//! What the marks of a time-sequence graph mean.

use std::collections::BTreeSet;

use super::super::figure::{Align, Figure, MARGIN};
use super::super::font::SMALL;
use super::super::theme::Ink;
use super::text_width;
use crate::measure::account::Class;

/// A kind of mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Sent,
    Again(Ink),
    Lost,
    Acked,
    Selected,
    Edge,
    Congestion,
    Threshold,
    InFlight,
}

impl Key {
    fn name(self) -> String {
        match self {
            Self::Sent => "sent".to_owned(),
            Self::Again(Ink::Time(class)) => format!("sent again: {class}"),
            Self::Again(_) => "sent again".to_owned(),
            Self::Lost => "lost".to_owned(),
            Self::Acked => "acknowledged up to here".to_owned(),
            Self::Selected => "acknowledged beyond a gap (SACK)".to_owned(),
            Self::Edge => "edge of the receiver's window".to_owned(),
            Self::Congestion => "congestion window".to_owned(),
            Self::Threshold => "slow start threshold".to_owned(),
            Self::InFlight => "sent and not acknowledged".to_owned(),
        }
    }

    fn put(self, figure: &mut Figure, x: i32, middle: i32) {
        let mut line = |ink| figure.put_line((x, middle), (x + SAMPLE, middle), ink, 2);
        match self {
            Self::Acked => line(Ink::Remark),
            Self::Edge => line(Ink::Pause),
            Self::Congestion => line(Ink::Text),
            Self::Threshold => line(Ink::Again),
            Self::Lost => figure.put_cross((x + SAMPLE / 2, middle), Ink::Lost),
            Self::InFlight => {
                let (corner, opposite) = ((x, middle - 6), (x + SAMPLE, middle + 6));
                figure.put_box(corner, opposite, Ink::Time(Class::Queueing));
            }
            Self::Sent => mark(figure, x, middle, 2, Ink::Data),
            Self::Again(ink) => mark(figure, x, middle, 4, ink),
            Self::Selected => mark(figure, x, middle, 2, Ink::Remark),
        }
    }
}

fn mark(figure: &mut Figure, x: i32, middle: i32, width: i32, ink: Ink) {
    let left = x + (SAMPLE - width) / 2;
    figure.put_box((left, middle - 6), (left + width, middle + 6), ink);
}

/// Width of a sample.
const SAMPLE: i32 = 22;
/// Height of a line.
const LINE: i32 = 20;

/// Names these marks below `top`; returns where the legend ends.
pub(super) fn put(figure: &mut Figure, keys: &BTreeSet<Key>, top: i32, width: i32) -> i32 {
    let (mut x, mut y) = (MARGIN, top);
    for key in keys {
        let name = key.name();
        let needed = SAMPLE + 6 + text_width(&name);
        if x > MARGIN && x + needed > width - MARGIN {
            (x, y) = (MARGIN, y + LINE);
        }
        key.put(figure, x, y + LINE / 2);
        let at = (x + SAMPLE + 6, y + LINE / 2 + 4);
        figure.put_label(at, &name, SMALL, Ink::Muted, Align::Start);
        x += needed + 18;
    }
    y + LINE
}
