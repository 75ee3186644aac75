//! Reading an events file, whole or from a moment on.

use std::io::{Read, Seek, SeekFrom};

use super::block::{Block, Kind, fill};
use super::error::EventsFileError;
use super::stored::Sent;
use super::{END_MAGIC, HEADER_LEN, MAGIC, TRAILER_LEN, TimeIndex, VERSION};
use crate::record::recording::{Entry, Recording, RunInfo};
use crate::units::SimTime;

/// Reads a whole recording, also from a `&[u8]`. The file must end where it says.
pub fn read(mut input: impl Read) -> Result<Recording, EventsFileError> {
    header(&mut input)?;
    let run = Block::read(&mut input, HEADER_LEN)?;
    let mut offset = HEADER_LEN + run.len();
    let run = run_info(&run)?;
    let mut entries = Vec::new();
    loop {
        let block = Block::read(&mut input, offset)?;
        match block.kind {
            Kind::Entries => entries_of(&block, &mut entries)?,
            Kind::Index => {
                let end = offset + block.len();
                let place = trailer(&mut input, end)?;
                at_end(&mut input, end)?;
                return if place == offset {
                    Ok(Recording { run, entries })
                } else {
                    Err(EventsFileError::Damaged {
                        at: place,
                        what: "the index is not there",
                    })
                };
            }
            Kind::Run => return Err(block.damaged("a second description of the run")),
        }
        offset += block.len();
    }
}

/// Reads the entries at or after `from`, and those before that name hosts and links. Blocks that lie wholly
/// before are skipped.
pub fn read_from(mut input: impl Read + Seek, from: SimTime) -> Result<Recording, EventsFileError> {
    header(&mut input)?;
    let run = run_info(&Block::read(&mut input, HEADER_LEN)?)?;
    let index = index(&mut input)?;
    let mut entries = index.scenery;
    entries.retain(|entry| entry.at < from);
    let first = index
        .blocks
        .partition_point(|block| block.first < from)
        .saturating_sub(1);
    for place in &index.blocks[first..] {
        input.seek(SeekFrom::Start(place.offset))?;
        let block = Block::read(&mut input, place.offset)?;
        let mut found = Vec::new();
        entries_of(&block, &mut found)?;
        entries.extend(found.into_iter().filter(|entry| entry.at >= from));
    }
    Ok(Recording { run, entries })
}

pub(super) fn header(input: &mut impl Read) -> Result<(), EventsFileError> {
    let mut magic = [0; 8];
    fill(input, &mut magic, 0, "the header")?;
    if magic != MAGIC {
        return Err(EventsFileError::Foreign);
    }
    let mut version = [0; 4];
    fill(input, &mut version, 8, "the header")?;
    match u32::from_le_bytes(version) {
        VERSION => Ok(()),
        found => Err(EventsFileError::Version { found }),
    }
}

pub(super) fn run_info(block: &Block) -> Result<RunInfo, EventsFileError> {
    if block.kind == Kind::Run {
        block.value()
    } else {
        Err(block.damaged("the description of the run is missing"))
    }
}

pub(super) fn entries_of(block: &Block, entries: &mut Vec<Entry>) -> Result<(), EventsFileError> {
    if block.kind != Kind::Entries {
        return Err(block.damaged("there are no entries"));
    }
    let mut sent = Sent::default();
    let mut rest = &block.body[..];
    while !rest.is_empty() {
        let loaded = sent
            .load(rest)
            .ok_or_else(|| block.damaged("an entry cannot be decoded"))?;
        if entries.last().is_some_and(|last| last.at > loaded.0.at) {
            return Err(block.damaged("an entry is earlier than the one before"));
        }
        entries.push(loaded.0);
        rest = loaded.1;
    }
    Ok(())
}

/// The index, found from the end of the file.
pub(super) fn index(input: &mut (impl Read + Seek)) -> Result<TimeIndex, EventsFileError> {
    let length = input.seek(SeekFrom::End(0))?;
    let end = length.saturating_sub(TRAILER_LEN);
    input.seek(SeekFrom::Start(end))?;
    let place = trailer(input, end)?;
    input.seek(SeekFrom::Start(place))?;
    let block = Block::read(input, place)?;
    if block.kind == Kind::Index {
        block.value()
    } else {
        Err(block.damaged("the index is not there"))
    }
}

/// The place of the index, from the trailer at offset `at`.
fn trailer(input: &mut impl Read, at: u64) -> Result<u64, EventsFileError> {
    let mut place = [0; 8];
    let mut magic = [0; 8];
    fill(input, &mut place, at, "the trailer")?;
    fill(input, &mut magic, at + 8, "the trailer")?;
    if magic == END_MAGIC {
        Ok(u64::from_le_bytes(place))
    } else {
        Err(EventsFileError::Truncated {
            at: at + TRAILER_LEN,
            part: "its blocks: the end mark is missing",
        })
    }
}

fn at_end(input: &mut impl Read, end: u64) -> Result<(), EventsFileError> {
    match input.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(EventsFileError::Damaged {
            at: end,
            what: "bytes after the end mark",
        }),
    }
}
