//! A place in a tape and the world there, forward and back at the price of a chunk or two.

use std::hash::{BuildHasher, Hash, Hasher};
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use super::contents::Contents;
use super::kind::Kind;
use super::tape::{Chunk, Tape};
use super::view::View;
use crate::record::Entry;
use crate::record::events_file::EventsFileError;
use crate::units::SimTime;

/// Worlds that are kept on the way, at most.
const CHECKPOINTS: usize = 192;

/// A place in a tape: so many of its entries have happened, and this is the world.
#[derive(Clone, Debug)]
pub struct Player {
    tape: Tape,
    contents: Rc<Contents>,
    marks: Rc<Marks>,
    place: Place,
}

/// A position and the world there.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// So many entries have happened.
    pub position: usize,
    /// The world.
    pub view: View,
}

/// Where chunks begin, and the world at some of these places.
#[derive(Debug, Default)]
struct Marks {
    /// Position and time of each chunk's first entry.
    chunks: Vec<(usize, SimTime)>,
    /// In order of their positions; the first is the beginning.
    checkpoints: Vec<Place>,
}

impl Player {
    /// Reads a tape once, from its beginning to its end, and stands at the beginning.
    pub fn open(tape: Tape) -> Result<Self, EventsFileError> {
        let mut contents = Contents::default();
        let mut marks = Marks::default();
        let mut place = Place::default();
        let mut every = 1;
        for number in 0..tape.chunks() {
            if number % every == 0 {
                marks.checkpoints.push(place.clone());
            }
            if marks.checkpoints.len() > CHECKPOINTS {
                every *= 2;
                let mut even = (0..).map(|at: usize| at.is_multiple_of(2));
                marks
                    .checkpoints
                    .retain(|_| even.next().unwrap_or_default());
            }
            let chunk = tape.chunk(number)?;
            let at = chunk.first().map_or(place.view.now(), |entry| entry.at);
            marks.chunks.push((place.position, at));
            for entry in chunk.iter() {
                contents.note(entry);
                place.advance(entry);
            }
        }
        contents.finish();
        Ok(Self {
            tape,
            contents: Rc::new(contents),
            marks: Rc::new(marks),
            place: Place::default(),
        })
    }

    /// The tape.
    pub const fn tape(&self) -> &Tape {
        &self.tape
    }

    /// What the tape holds.
    pub fn contents(&self) -> &Rc<Contents> {
        &self.contents
    }

    /// How many entries have happened.
    pub const fn position(&self) -> usize {
        self.place.position
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.contents.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The world here.
    pub const fn view(&self) -> &View {
        &self.place.view
    }

    /// The time of the entry that happened last.
    pub const fn now(&self) -> SimTime {
        self.place.view.now()
    }

    /// The place, to be gone on from elsewhere.
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// An entry.
    pub fn entry(&self, position: usize) -> Result<Option<Entry>, EventsFileError> {
        if position >= self.len() {
            return Ok(None);
        }
        let (start, chunk) = self.chunk(position)?;
        Ok(Some(chunk[position - start].clone()))
    }

    /// The entry that happened last.
    pub fn current(&self) -> Result<Option<Entry>, EventsFileError> {
        match self.position().checked_sub(1) {
            Some(last) => self.entry(last),
            None => Ok(None),
        }
    }

    /// The chunk that has an entry, and the position of its first.
    pub(super) fn chunk(&self, position: usize) -> Result<(usize, Chunk), EventsFileError> {
        let number = self
            .marks
            .chunks
            .partition_point(|(start, _)| *start <= position)
            .saturating_sub(1);
        let start = self.marks.chunks.get(number).map_or(0, |(start, _)| *start);
        Ok((start, self.tape.chunk(number)?))
    }

    /// The nearest kept world at or before a position.
    pub(super) fn checkpoint(&self, position: usize) -> Place {
        let kept = &self.marks.checkpoints;
        let before = kept.partition_point(|place| place.position <= position);
        let place = before.checked_sub(1).map(|last| kept[last].clone());
        place.unwrap_or_default()
    }

    /// Goes to where so many entries have happened, or to the end.
    pub fn to_position(&mut self, position: usize) -> Result<(), EventsFileError> {
        let position = position.min(self.len());
        let kept = self.checkpoint(position);
        let here = self.place.position;
        if position < here || kept.position > here {
            // Until all of it has been read, we stay where we are.
            let mut place = kept;
            self.replay(&mut place, position)?;
            self.place = place;
        } else {
            let mut place = std::mem::take(&mut self.place);
            let read = self.replay(&mut place, position);
            self.place = place;
            read?;
        }
        Ok(())
    }

    fn replay(&self, place: &mut Place, until: usize) -> Result<(), EventsFileError> {
        while place.position < until {
            let (start, chunk) = self.chunk(place.position)?;
            let from = place.position - start;
            let to = chunk.len().min(until - start);
            for entry in &chunk[from..to] {
                place.advance(entry);
            }
        }
        Ok(())
    }

    /// So many events forward or, if negative, back.
    pub fn by(&mut self, events: isize) -> Result<(), EventsFileError> {
        self.to_position(self.position().saturating_add_signed(events))
    }

    /// Goes to where everything up to and at `at` has happened.
    pub fn to_time(&mut self, at: SimTime) -> Result<(), EventsFileError> {
        let chunks = &self.marks.chunks;
        let number = chunks.partition_point(|(_, first)| *first <= at);
        let Some(number) = number.checked_sub(1) else {
            return self.to_position(0);
        };
        let (start, chunk) = self.chunk(chunks[number].0)?;
        self.to_position(start + chunk.partition_point(|entry| entry.at <= at))
    }

    /// Goes to where a frame, by its number, has passed a tap for the first time; `false` if there is none.
    pub fn to_frame(&mut self, number: usize) -> Result<bool, EventsFileError> {
        match self.contents.frame_at(number) {
            Some(position) => self.to_position(position + 1).map(|()| true),
            None => Ok(false),
        }
    }

    /// So many frames forward or, if negative, back; to the first or the last if there are not so many.
    pub fn by_frames(&mut self, frames: isize) -> Result<(), EventsFileError> {
        let here = self.contents.frames_before(self.position());
        let count = self.contents.frame_count();
        let number = here.saturating_add_signed(frames).min(count);
        if frames > 0 && number == here {
            return Ok(());
        }
        match self.contents.frame_at(number) {
            Some(position) => self.to_position(position + 1),
            None => self.to_position(0),
        }
    }

    /// Goes to the next event of a kind; `false` if there is none.
    pub fn next(&mut self, kind: Kind) -> Result<bool, EventsFileError> {
        self.jump(self.contents.next(kind, self.position()))
    }

    /// Goes to the previous event of a kind; `false` if there is none.
    pub fn previous(&mut self, kind: Kind) -> Result<bool, EventsFileError> {
        self.jump(self.contents.previous(kind, self.position()))
    }

    fn jump(&mut self, place: Option<usize>) -> Result<bool, EventsFileError> {
        match place {
            Some(position) => self.to_position(position).map(|()| true),
            None => Ok(false),
        }
    }
}

impl Place {
    /// Lets the next entry happen.
    pub fn advance(&mut self, entry: &Entry) {
        self.view.advance(entry);
        self.position += 1;
    }

    /// A number that is the same for the same world, and almost certainly another for another.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = FxBuildHasher.build_hasher();
        self.position.hash(&mut hasher);
        format!("{:?}", self.view).hash(&mut hasher);
        hasher.finish()
    }
}
