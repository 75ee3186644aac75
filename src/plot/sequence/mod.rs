//! The time-sequence graph of the busiest direction of a recording, in the manner of tcptrace: what was sent against
//! time, the line of acknowledgments below it, the edge of the window above it, and the windows in a panel of their own.

use std::collections::BTreeSet;

use super::figure::{Align, Figure, MARGIN, Point};
use super::font::{self, SMALL};
use super::scale::{Ruler, spoken, spoken_bytes};
use super::steps::{self, put_steps};
use super::theme::Ink;
use crate::event::Mechanism;
use crate::measure::account::Class;
use crate::measure::conversation::Conversation;
use crate::measure::{Piece, Sequence, Unit};
use crate::record::Recording;
use crate::units::{SimTime, Span};

mod legend;
#[cfg(test)]
mod tests;

use legend::Key;

/// Width of the panels in pixels.
const WIDTH: i32 = 780;
/// Height of the panel of what was sent.
const UPPER: i32 = 400;
/// Height of the panel of windows.
const LOWER: i32 = 150;
/// Pixels between the panels.
const GAP: i32 = 34;
/// Width of the numbers at the left.
const NUMBERS: i32 = 74;

/// Draws the busiest direction of a recording under `title`; nothing if nobody sent data.
pub fn sequence(recording: &Recording, title: &str) -> Option<Figure> {
    let sequence = Sequence::busiest(recording)?;
    drawn(&sequence, &subtitle(&sequence, recording), title, "left")
}

/// Draws one direction of a conversation of a foreign capture, that of the end which sent more, under `title`; nothing
/// if nobody sent data. `source` names the capture.
pub fn conversation_sequence(
    conversation: &Conversation,
    source: &str,
    title: &str,
) -> Option<Figure> {
    let sequence = conversation.sequence(conversation.sender());
    let (sender, receiver) = &sequence.hosts;
    let subtitle = format!(
        "{source} · conversation {} · {sender} to {receiver} · as one tap saw it",
        conversation.number
    );
    drawn(&sequence, &subtitle, title, "was seen")
}

/// `began` is what is known of the moment of the first data: it left, or was seen.
fn drawn(sequence: &Sequence, subtitle: &str, title: &str, began: &str) -> Option<Figure> {
    let frame = Frame::of(sequence)?;
    let width = MARGIN + NUMBERS + WIDTH + MARGIN;
    let mut figure = Figure::new(title);
    figure.description = description(sequence);
    let top = figure.put_heading(subtitle, width) + 18;
    let upper = Panel {
        top,
        height: UPPER,
        ruler: frame.upper,
        time: frame.time,
        from: frame.from,
        until: frame.until,
    };
    let lower = Panel {
        top: top + UPPER + GAP,
        height: LOWER,
        ruler: frame.lower,
        ..upper
    };
    upper.put_grid(&mut figure, unit_name(sequence.unit), |value| {
        number(sequence.unit, value)
    });
    lower.put_grid(&mut figure, "windows", spoken_bytes);
    let mut keys = BTreeSet::new();
    put_upper(&mut figure, sequence, &upper, &mut keys);
    put_lower(&mut figure, sequence, &lower, &mut keys);
    put_times(&mut figure, &lower, began);
    let end = legend::put(&mut figure, &keys, lower.bottom() + 50, width);
    figure.size = (width, end + MARGIN);
    Some(figure)
}

/// What the panels span.
struct Frame {
    from: SimTime,
    until: SimTime,
    time: Ruler,
    upper: Ruler,
    lower: Ruler,
}

impl Frame {
    fn of(sequence: &Sequence) -> Option<Self> {
        let (from, until) = sequence.span()?;
        let highest = sequence.sent.iter().map(|piece| piece.end).max()?;
        let windows = sequence.cwnd.iter().chain(&sequence.in_flight);
        let within = windows
            .filter(|(at, _)| *at <= until)
            .map(|(_, value)| *value);
        Some(Self {
            from,
            until,
            time: Ruler::of(until.since(from).as_nanos()),
            upper: Ruler::of(highest),
            lower: Ruler::of(within.max().unwrap_or(1)),
        })
    }
}

/// A panel: values against time.
#[derive(Clone, Copy)]
pub(super) struct Panel {
    top: i32,
    height: i32,
    ruler: Ruler,
    time: Ruler,
    from: SimTime,
    until: SimTime,
}

impl Panel {
    const fn left() -> i32 {
        MARGIN + NUMBERS
    }

    const fn right() -> i32 {
        Self::left() + WIDTH
    }

    const fn bottom(&self) -> i32 {
        self.top + self.height
    }

    fn x(&self, at: SimTime) -> i32 {
        let x = self.time.position(at.since(self.from).as_nanos(), WIDTH);
        Self::left() + x.min(WIDTH)
    }

    /// The pixel row of a value, at the top for what is beyond.
    fn y(&self, value: u64) -> i32 {
        self.bottom() - self.ruler.position(value, self.height).min(self.height)
    }

    /// The column at which everything ends.
    fn end(&self) -> i32 {
        self.x(self.until)
    }

    /// Points of a series up to the end; those before the beginning are at the left edge.
    fn points(&self, series: &[(SimTime, u64)]) -> Vec<Point> {
        let point = |(at, value): &(SimTime, u64)| (self.x(*at), self.y(*value));
        let within = series.iter().filter(|(at, _)| *at <= self.until);
        within.map(point).collect()
    }

    fn put_grid(&self, figure: &mut Figure, name: &str, number: impl Fn(u64) -> String) {
        for tick in self.ruler.ticks() {
            let y = self.y(tick);
            figure.put_line((Self::left(), y), (Self::right(), y), Ink::Rule, 1);
            let at = (Self::left() - 8, y + 4);
            figure.put_label(at, &number(tick), SMALL, Ink::Muted, Align::End);
        }
        let at = (Self::left(), self.top - 10);
        figure.put_label(at, name, SMALL, Ink::Muted, Align::Start);
    }
}

fn put_upper(figure: &mut Figure, sequence: &Sequence, panel: &Panel, keys: &mut BTreeSet<Key>) {
    if !sequence.edge.is_empty() {
        // What lies beyond the panel is not drawn as a line along its edge.
        let visible: Vec<_> = panel.points(&sequence.edge);
        if visible.iter().any(|(_, y)| *y > panel.top) {
            put_steps(figure, &visible, panel.end(), Ink::Pause, Some(panel.top));
            keys.insert(Key::Edge);
        }
    }
    let mut seen = BTreeSet::new();
    for (at, start, end) in &sequence.selected {
        let (x, top, bottom) = (panel.x(*at), panel.y(*end), panel.y(*start));
        if seen.insert((x, top, bottom)) {
            figure.put_box((x, top), (x + 2, bottom.max(top + 2)), Ink::Remark);
            keys.insert(Key::Selected);
        }
    }
    let mut seen = BTreeSet::new();
    for piece in &sequence.sent {
        put_piece(figure, piece, panel, &mut seen, keys);
    }
    put_steps(
        figure,
        &panel.points(&sequence.acked),
        panel.end(),
        Ink::Remark,
        None,
    );
    if !sequence.acked.is_empty() {
        keys.insert(Key::Acked);
    }
}

/// Draws a transmission, unless the same pixels show one already.
fn put_piece(
    figure: &mut Figure,
    piece: &Piece,
    panel: &Panel,
    seen: &mut BTreeSet<(i32, i32, i32, Ink)>,
    keys: &mut BTreeSet<Key>,
) {
    let (x, top, bottom) = (panel.x(piece.at), panel.y(piece.end), panel.y(piece.start));
    let (ink, key, width) = match piece.again {
        None => (Ink::Data, Key::Sent, 2),
        Some(mechanism) => {
            let ink = ink_of(mechanism);
            (ink, Key::Again(ink), 4)
        }
    };
    keys.insert(key);
    if seen.insert((x, top, bottom, ink)) {
        figure.put_box((x, top), (x + width, bottom.max(top + 2)), ink);
    }
    if piece.lost && seen.insert((x, top, bottom, Ink::Lost)) {
        figure.put_cross((x + 1, i32::midpoint(top, bottom)), Ink::Lost);
        keys.insert(Key::Lost);
    }
}

/// The ink of a retransmission.
const fn ink_of(mechanism: Option<Mechanism>) -> Ink {
    match mechanism {
        Some(Mechanism::Rto) => Ink::Time(Class::Rto),
        Some(Mechanism::FastRetransmit) => Ink::Time(Class::FastRetransmit),
        Some(Mechanism::RackTimer) => Ink::Time(Class::RackTimer),
        Some(Mechanism::Tlp) => Ink::Time(Class::Tlp),
        _ => Ink::Again,
    }
}

fn put_lower(figure: &mut Figure, sequence: &Sequence, panel: &Panel, keys: &mut BTreeSet<Key>) {
    let flight = Ink::Time(Class::Queueing);
    for (from, until, y) in steps::columns(&panel.points(&sequence.in_flight), panel.end()) {
        if y < panel.bottom() {
            figure.put_box((from, y), (until, panel.bottom()), flight);
            keys.insert(Key::InFlight);
        }
    }
    let threshold = panel.points(&sequence.ssthresh);
    if threshold.iter().any(|(_, y)| *y > panel.top) {
        put_steps(figure, &threshold, panel.end(), Ink::Again, Some(panel.top));
        keys.insert(Key::Threshold);
    }
    if !sequence.cwnd.is_empty() {
        put_steps(
            figure,
            &panel.points(&sequence.cwnd),
            panel.end(),
            Ink::Text,
            None,
        );
        keys.insert(Key::Congestion);
    }
}

fn put_times(figure: &mut Figure, panel: &Panel, began: &str) {
    for tick in panel.time.ticks() {
        let x = Panel::left() + panel.time.position(tick, WIDTH);
        figure.put_line((x, panel.bottom()), (x, panel.bottom() + 5), Ink::Rule, 1);
        let number = spoken(Span::from_nanos(tick));
        // The last one would stand in the margin.
        let align = if x + font::width(&number, SMALL) / 2 > Panel::left() + WIDTH {
            Align::End
        } else {
            Align::Middle
        };
        figure.put_label((x, panel.bottom() + 18), &number, SMALL, Ink::Muted, align);
    }
    let words = format!(
        "time since the first data, which {began} at {}",
        spoken(panel.from.since(SimTime::ZERO))
    );
    let at = (Panel::left() + WIDTH / 2, panel.bottom() + 36);
    figure.put_label(at, &words, SMALL, Ink::Muted, Align::Middle);
}

const fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Bytes => "bytes of the stream",
        Unit::Packets => "packet number (1-RTT)",
    }
}

fn number(unit: Unit, value: u64) -> String {
    match unit {
        Unit::Bytes => spoken_bytes(value),
        Unit::Packets => value.to_string(),
    }
}

fn subtitle(sequence: &Sequence, recording: &Recording) -> String {
    let run = &recording.run;
    let (sender, receiver) = &sequence.hosts;
    let mut parts = vec![
        format!("{sender} to {receiver}, the busiest direction"),
        sequence.connection.clone(),
        format!("seed {}", run.seed),
    ];
    parts.extend(
        run.params
            .iter()
            .map(|(knob, value)| format!("{knob}={value}")),
    );
    parts.join(" · ")
}

fn description(sequence: &Sequence) -> String {
    let again = sequence
        .sent
        .iter()
        .filter(|piece| piece.again.is_some())
        .count();
    let lost = sequence.sent.iter().filter(|piece| piece.lost).count();
    let highest = sequence
        .sent
        .iter()
        .map(|piece| piece.end)
        .max()
        .unwrap_or(0);
    format!(
        "Time-sequence graph from {} to {}: {} in {} transmissions, {again} of them again, {lost} lost.",
        sequence.hosts.0,
        sequence.hosts.1,
        match sequence.unit {
            Unit::Bytes => spoken_bytes(highest),
            Unit::Packets => format!("packets up to number {}", highest.saturating_sub(1)),
        },
        sequence.sent.len(),
    )
}

/// Width of text in the legend.
fn text_width(text: &str) -> i32 {
    font::width(text, SMALL)
}
