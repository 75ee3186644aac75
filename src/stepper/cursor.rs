//! A place between two events of a recording.

use super::contents::Contents;
use super::filter::{Filter, Moment};
use super::view::View;
use crate::event::Event;
use crate::record::{Entry, Recording};
use crate::units::SimTime;
use crate::wire::FrameId;

/// A place in a recording: so many of its entries have happened.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    recording: &'a Recording,
    position: usize,
}

impl<'a> Cursor<'a> {
    /// Before the first event.
    pub const fn start(recording: &'a Recording) -> Self {
        Self {
            recording,
            position: 0,
        }
    }

    /// How many entries have happened.
    pub const fn position(&self) -> usize {
        self.position
    }

    /// The entry that happened last; none at the start.
    pub fn current(&self) -> Option<&'a Entry> {
        self.position
            .checked_sub(1)
            .map(|last| &self.recording.entries[last])
    }

    /// The time of the entry that happened last.
    pub fn at(&self) -> SimTime {
        self.current().map_or(SimTime::ZERO, |entry| entry.at)
    }

    /// Lets the next entry happen and returns it; none at the end.
    pub fn forward(&mut self) -> Option<&'a Entry> {
        let entry = self.recording.entries.get(self.position)?;
        self.position += 1;
        Some(entry)
    }

    /// Takes the last entry back and returns it; none at the start.
    pub fn back(&mut self) -> Option<&'a Entry> {
        let entry = self.current()?;
        self.position -= 1;
        Some(entry)
    }

    /// Goes forward until an entry that `wanted` accepts has happened; stays if there is none.
    pub fn next_where(&mut self, wanted: impl FnMut(&Entry) -> bool) -> Option<&'a Entry> {
        let ahead = &self.recording.entries[self.position..];
        self.position += ahead.iter().position(wanted)? + 1;
        self.current()
    }

    /// Goes forward until an event has happened of which `filter` holds; stays if there is none. Reads the
    /// recording once to know what becomes of its frames.
    pub fn until(&mut self, filter: &Filter) -> Option<&'a Entry> {
        let mut contents = Contents::default();
        for entry in &self.recording.entries {
            contents.note(entry);
        }
        contents.finish();
        let mut view = self.view();
        let ahead = self.recording.entries.iter().enumerate();
        for (position, entry) in ahead.skip(self.position) {
            view.advance(entry);
            let moment = Moment {
                contents: &contents,
                position,
                entry,
                view: &view,
            };
            if filter.holds(&moment) {
                self.position = position + 1;
                return self.current();
            }
        }
        None
    }

    /// Goes back until the entry that happened last is an earlier one that `wanted` accepts; stays if there
    /// is none.
    pub fn previous_where(&mut self, wanted: impl FnMut(&Entry) -> bool) -> Option<&'a Entry> {
        let behind = &self.recording.entries[..self.position.saturating_sub(1)];
        self.position = behind.iter().rposition(wanted)? + 1;
        self.current()
    }

    /// Goes to where everything up to and at `at` has happened.
    pub fn to_time(&mut self, at: SimTime) {
        self.position = self
            .recording
            .entries
            .partition_point(|entry| entry.at <= at);
    }

    /// Goes to where so many entries have happened, or to the end.
    pub fn to_position(&mut self, position: usize) {
        self.position = position.min(self.recording.entries.len());
    }

    /// Goes to where a frame has passed a tap for the first time; stays if it never did.
    pub fn to_frame(&mut self, id: FrameId) -> Option<&'a Entry> {
        let passes = |entry: &Entry| match &entry.event {
            Event::FrameSent { frame, .. } | Event::FrameReceived { frame, .. } => frame.id == id,
            _ => false,
        };
        self.position = self.recording.entries.iter().position(passes)? + 1;
        self.current()
    }

    /// The world here. It is made by replaying everything before: whoever only goes forward had better
    /// [`View::advance`] one view.
    pub fn view(&self) -> View {
        let mut view = View::default();
        for entry in &self.recording.entries[..self.position] {
            view.advance(entry);
        }
        view
    }
}
