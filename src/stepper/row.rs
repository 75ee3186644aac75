//! A frame as a row of a list: number, time, way, summary, remarks.

use super::contents::Contents;
use super::player::Player;
use crate::event::Event;
use crate::record::Direction;
use crate::record::events_file::EventsFileError;
use crate::units::SimTime;
use crate::wire::{Frame, FrameId, summary};

/// A frame where it passes a tap for the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number, from 1.
    pub number: usize,
    /// Its name.
    pub frame: FrameId,
    /// The position of its entry.
    pub position: usize,
    /// When.
    pub at: SimTime,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// In the words of Wireshark.
    pub summary: String,
    /// In a few words, without what differs from run to run.
    pub label: String,
    /// What is unusual about it.
    pub remarks: String,
    /// Whether a link drops it.
    pub dropped: bool,
    /// Whether its data had left before.
    pub again: bool,
}

impl Row {
    /// The row of a frame, by its number.
    pub fn of(player: &Player, number: usize) -> Result<Option<Self>, EventsFileError> {
        let contents = player.contents();
        let Some(position) = contents.frame_at(number) else {
            return Ok(None);
        };
        let entry = player.entry(position)?;
        Ok(entry.and_then(|entry| {
            let (frame, direction) = match &entry.event {
                Event::FrameSent { frame, .. } => (frame, Direction::Out),
                Event::FrameReceived { frame, .. } => (frame, Direction::In),
                _ => return None,
            };
            let (from, to) = way(contents, &entry.event)?;
            let isns = contents.isns(&frame.bytes, position);
            Some(Self {
                number,
                frame: frame.id,
                position,
                at: entry.at,
                from,
                to,
                summary: summary::line(&frame.bytes, isns),
                label: summary::label(&frame.bytes, isns),
                remarks: contents.remarks.on(frame.id, direction).join("; "),
                dropped: contents.dropped(frame.id).is_some(),
                again: contents.again(frame.id).is_some(),
            })
        }))
    }
}

/// From whom to whom a frame goes that passes a tap.
fn way(contents: &Contents, event: &Event) -> Option<(String, String)> {
    let name = |host| contents.host(host).to_owned();
    let is_ip = |frame: &Frame| frame.bytes.get(12..14) == Some(&[0x08, 0x00]);
    match event {
        Event::FrameSent { host, frame } => {
            let to = contents.destination(&frame.bytes).filter(|_| is_ip(frame));
            Some((name(*host), to.map_or_else(|| "gateway".to_owned(), name)))
        }
        Event::FrameReceived { host, frame } => {
            let from = contents.source(&frame.bytes).filter(|_| is_ip(frame));
            Some((from.map_or_else(|| "gateway".to_owned(), name), name(*host)))
        }
        _ => None,
    }
}
