//! Reading an events file block by block, for recordings that are larger than memory should be.

use std::cell::RefCell;
use std::fmt;
use std::io::{Read, Seek, SeekFrom};

use super::block::Block;
use super::error::EventsFileError;
use super::read::{entries_of, header, index, run_info};
use super::{BlockPlace, HEADER_LEN};
use crate::record::recording::{Entry, RunInfo};

/// What an events file can be read from.
pub trait Input: Read + Seek {}

impl<T: Read + Seek> Input for T {}

/// An events file whose blocks are read when they are asked for.
pub struct Blocks {
    run: RunInfo,
    places: Vec<BlockPlace>,
    input: RefCell<Box<dyn Input>>,
}

impl Blocks {
    /// Reads the head and the index of a file.
    pub fn open(mut input: Box<dyn Input>) -> Result<Self, EventsFileError> {
        header(&mut input)?;
        let run = run_info(&Block::read(&mut input, HEADER_LEN)?)?;
        let places = index(&mut input)?.blocks;
        Ok(Self {
            run,
            places,
            input: RefCell::new(input),
        })
    }

    /// What was run.
    pub const fn run(&self) -> &RunInfo {
        &self.run
    }

    /// How many blocks of entries there are.
    pub const fn count(&self) -> usize {
        self.places.len()
    }

    /// The entries of one block.
    ///
    /// # Panics
    /// If there are not so many blocks.
    pub fn entries(&self, block: usize) -> Result<Vec<Entry>, EventsFileError> {
        let offset = self.places[block].offset;
        let mut input = self.input.borrow_mut();
        input.seek(SeekFrom::Start(offset))?;
        let block = Block::read(&mut *input, offset)?;
        let mut entries = Vec::new();
        entries_of(&block, &mut entries)?;
        Ok(entries)
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocks")
            .field("run", &self.run)
            .field("blocks", &self.places.len())
            .finish_non_exhaustive()
    }
}
