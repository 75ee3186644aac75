//! The events of a recording in chunks: in memory, or read from a file when they are needed.

use std::cell::RefCell;
use std::ops::{Deref, Range};
use std::rc::Rc;

use crate::record::events_file::{Blocks, EventsFileError};
use crate::record::{Entry, Recording, RunInfo};

/// Entries in a chunk of a recording in memory.
const CHUNK: usize = 4_096;
/// Chunks of a file that are kept in memory, a megabyte or two each.
const KEPT: usize = 12;

/// All events of a run. A clone is another handle of the same.
#[derive(Clone, Debug)]
pub enum Tape {
    /// In memory.
    Memory(Rc<Recording>),
    /// In a file.
    File(Rc<Film>),
}

/// An events file and those of its blocks that were looked at last.
#[derive(Debug)]
pub struct Film {
    blocks: Blocks,
    /// The latest at the end.
    kept: RefCell<Vec<(usize, Rc<Vec<Entry>>)>>,
}

/// Entries that follow each other.
#[derive(Clone, Debug)]
pub struct Chunk {
    held: Held,
    range: Range<usize>,
}

#[derive(Clone, Debug)]
enum Held {
    Recording(Rc<Recording>),
    Block(Rc<Vec<Entry>>),
}

impl Tape {
    /// A recording in memory.
    pub fn of(recording: Recording) -> Self {
        Self::Memory(Rc::new(recording))
    }

    /// A recording in a file.
    pub fn film(blocks: Blocks) -> Self {
        Self::File(Rc::new(Film {
            blocks,
            kept: RefCell::default(),
        }))
    }

    /// What was run.
    pub fn run(&self) -> &RunInfo {
        match self {
            Self::Memory(recording) => &recording.run,
            Self::File(film) => film.blocks.run(),
        }
    }

    /// The recording, if it is in memory.
    pub fn recording(&self) -> Option<&Rc<Recording>> {
        match self {
            Self::Memory(recording) => Some(recording),
            Self::File(_) => None,
        }
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> usize {
        match self {
            Self::Memory(recording) => recording.entries.len().div_ceil(CHUNK),
            Self::File(film) => film.blocks.count(),
        }
    }

    /// A chunk.
    pub fn chunk(&self, number: usize) -> Result<Chunk, EventsFileError> {
        match self {
            Self::Memory(recording) => {
                let start = number * CHUNK;
                let end = (start + CHUNK).min(recording.entries.len());
                Ok(Chunk {
                    range: start..end,
                    held: Held::Recording(Rc::clone(recording)),
                })
            }
            Self::File(film) => film.chunk(number),
        }
    }
}

impl Film {
    fn chunk(&self, number: usize) -> Result<Chunk, EventsFileError> {
        let mut kept = self.kept.borrow_mut();
        let known = kept.iter().position(|(held, _)| *held == number);
        let block = match known {
            Some(place) => kept.remove(place).1,
            None => Rc::new(self.blocks.entries(number)?),
        };
        kept.push((number, Rc::clone(&block)));
        if kept.len() > KEPT {
            kept.remove(0);
        }
        Ok(Chunk {
            range: 0..block.len(),
            held: Held::Block(block),
        })
    }
}

impl Deref for Chunk {
    type Target = [Entry];

    fn deref(&self) -> &[Entry] {
        match &self.held {
            Held::Recording(recording) => &recording.entries[self.range.clone()],
            Held::Block(block) => block,
        }
    }
}
