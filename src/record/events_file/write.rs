//! Writing an events file.

use std::io::Write;

use super::block::{self, Kind};
use super::error::EventsFileError;
use super::stored::Sent;
use super::{BlockPlace, END_MAGIC, HEADER_LEN, MAGIC, TimeIndex, VERSION};
use crate::event::Event;
use crate::record::recording::Recording;
use crate::units::SimTime;

/// An entry block is finished once its body is this long, in bytes.
const BLOCK_LEN: usize = 1 << 20;

/// Where the next block goes.
struct File<W> {
    out: W,
    offset: u64,
    index: TimeIndex,
}

/// Writes `recording`. Writes are large; `out` need not be buffered.
pub fn write(recording: &Recording, mut out: impl Write) -> Result<(), EventsFileError> {
    out.write_all(&MAGIC)?;
    out.write_all(&VERSION.to_le_bytes())?;
    let mut file = File {
        out,
        offset: HEADER_LEN,
        index: TimeIndex::default(),
    };
    file.block(Kind::Run, &block::encode(Vec::new(), &recording.run)?)?;
    file.entries(recording)?;
    let place = file.offset;
    let index = block::encode(Vec::new(), &file.index)?;
    file.block(Kind::Index, &index)?;
    file.out.write_all(&place.to_le_bytes())?;
    file.out.write_all(&END_MAGIC)?;
    file.out.flush()?;
    Ok(())
}

impl<W: Write> File<W> {
    fn block(&mut self, kind: Kind, body: &[u8]) -> Result<(), EventsFileError> {
        self.offset += block::write(&mut self.out, kind, body)?;
        Ok(())
    }

    fn entries(&mut self, recording: &Recording) -> Result<(), EventsFileError> {
        let mut body = Vec::new();
        let mut sent = Sent::default();
        let mut first = SimTime::ZERO;
        for entry in &recording.entries {
            if let Event::Host(..) | Event::Link(..) = entry.event {
                self.index.scenery.push(entry.clone());
            }
            if body.is_empty() {
                first = entry.at;
            }
            body = block::encode(body, &sent.store(entry))?;
            if body.len() >= BLOCK_LEN {
                self.finish(first, &body)?;
                body.clear();
                sent = Sent::default();
            }
        }
        if body.is_empty() {
            Ok(())
        } else {
            self.finish(first, &body)
        }
    }

    fn finish(&mut self, first: SimTime, body: &[u8]) -> Result<(), EventsFileError> {
        self.index.blocks.push(BlockPlace {
            first,
            offset: self.offset,
        });
        self.block(Kind::Entries, body)
    }
}
