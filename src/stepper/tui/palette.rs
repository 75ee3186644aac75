//! Colours, where they are wanted. Whatever a colour says, a word or a sign says too.

use ratatui::style::{Color, Modifier, Style};

use crate::measure::account::Class;

/// Colours, or none (`NO_COLOR`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Whether there are any.
    pub colours: bool,
}

impl Palette {
    fn ink(self, colour: Color) -> Style {
        if self.colours {
            Style::new().fg(colour)
        } else {
            Style::new()
        }
    }

    /// What was lost or is wrong.
    pub(super) fn bad(self) -> Style {
        self.ink(Color::Red)
    }

    /// What left again.
    pub(super) fn again(self) -> Style {
        self.ink(Color::Yellow)
    }

    /// What only another future has.
    pub(super) fn added(self) -> Style {
        self.ink(Color::Green)
    }

    /// What is less important.
    pub(super) fn faint(self) -> Style {
        self.ink(Color::Reset).add_modifier(Modifier::DIM)
    }

    /// Where we are.
    pub(super) fn here(self) -> Style {
        self.ink(Color::Reset).add_modifier(Modifier::REVERSED)
    }

    /// Names of hosts, titles.
    pub(super) fn title(self) -> Style {
        self.ink(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// The colour of a class of the account.
    pub(super) fn class(self, class: Class) -> Style {
        let [red, green, blue] = match class {
            Class::Client => [0x99, 0x99, 0x99],
            Class::Pool => [0xE6, 0x9F, 0x00],
            Class::Dns => [0xF0, 0xE4, 0x42],
            Class::Connect => [0x00, 0x9E, 0x73],
            Class::Tls => [0x66, 0xC2, 0xA5],
            Class::Send => [0xB2, 0xB2, 0xB2],
            Class::Propagation => [0x00, 0x72, 0xB2],
            Class::Serialization => [0x56, 0xB4, 0xE9],
            Class::Queueing => [0xA6, 0xCE, 0xE3],
            Class::EarlierResponse => [0xCC, 0x79, 0xA7],
            Class::Think => [0xD5, 0x5E, 0x00],
            Class::CongestionWindow => [0x8C, 0x51, 0x0A],
            Class::ReceiveWindow => [0xBF, 0x81, 0x2D],
            Class::SendBuffer => [0xDF, 0xC2, 0x7D],
            Class::Http2FlowControl => [0x80, 0x64, 0x1C],
            Class::QuicFlowControl => [0xA0, 0x80, 0x40],
            Class::Nagle => [0xC5, 0x1B, 0x7D],
            Class::DelayedAck => [0xE9, 0xA3, 0xC9],
            Class::FastRetransmit => [0xB2, 0x18, 0x2B],
            Class::RackTimer => [0xD6, 0x60, 0x4D],
            Class::Tlp => [0xF4, 0xA5, 0x82],
            // The palette's #67001F is too dark on a black terminal.
            Class::Rto => [0xA8, 0x20, 0x48],
            Class::HeadOfLine => [0x9A, 0x55, 0xA8],
        };
        self.ink(Color::Rgb(red, green, blue))
    }
}
