//! Blocks: bytes with a kind, a length and a checksum.

use std::io::{ErrorKind, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::EventsFileError;

/// Length of what comes before a block's body.
const HEAD_LEN: usize = 13;

/// What a block holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Run = 1,
    Entries = 2,
    Index = 3,
}

/// A block that was read and whose checksum is right.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) kind: Kind,
    /// Its offset in the file.
    pub(super) at: u64,
    pub(super) body: Vec<u8>,
}

impl Block {
    /// Length in the file.
    pub(super) const fn len(&self) -> u64 {
        (HEAD_LEN + self.body.len()) as u64
    }

    /// Reads the block that begins at offset `at`.
    pub(super) fn read(input: &mut impl Read, at: u64) -> Result<Self, EventsFileError> {
        let mut head = [0; HEAD_LEN];
        fill(input, &mut head, at, "the head of a block")?;
        let [kind, l0, l1, l2, l3, sum @ ..] = head;
        let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
        let kind = Kind::from_byte(kind).ok_or(EventsFileError::Damaged {
            at,
            what: "unknown kind",
        })?;
        let mut body = Vec::new();
        // grows with what is there, so that a damaged length cannot ask for memory
        input.take(length).read_to_end(&mut body)?;
        if (body.len() as u64) < length {
            let end = at + (HEAD_LEN + body.len()) as u64;
            return Err(EventsFileError::Truncated {
                at: end,
                part: kind.name(),
            });
        }
        if checksum(&body) != u64::from_le_bytes(sum) {
            return Err(EventsFileError::Damaged {
                at,
                what: "the checksum is wrong",
            });
        }
        Ok(Self { kind, at, body })
    }

    /// The body as one value.
    pub(super) fn value<T: DeserializeOwned>(&self) -> Result<T, EventsFileError> {
        match postcard::take_from_bytes(&self.body) {
            Ok((value, [])) => Ok(value),
            Ok(_) => Err(self.damaged("there is more than was expected")),
            Err(_) => Err(self.damaged("the body cannot be decoded")),
        }
    }

    pub(super) const fn damaged(&self, what: &'static str) -> EventsFileError {
        EventsFileError::Damaged { at: self.at, what }
    }
}

impl Kind {
    const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Run,
            2 => Self::Entries,
            3 => Self::Index,
            _ => return None,
        })
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Run => "the description of the run",
            Self::Entries => "a block of entries",
            Self::Index => "the index",
        }
    }
}

/// Writes a block and returns its length in the file.
pub(super) fn write(out: &mut impl Write, kind: Kind, body: &[u8]) -> Result<u64, EventsFileError> {
    let length =
        u32::try_from(body.len()).map_err(|_| EventsFileError::TooLong { bytes: body.len() })?;
    out.write_all(&[kind as u8])?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&checksum(body).to_le_bytes())?;
    out.write_all(body)?;
    Ok((HEAD_LEN + body.len()) as u64)
}

/// Appends `value` to a body.
pub(super) fn encode(body: Vec<u8>, value: &impl Serialize) -> Result<Vec<u8>, EventsFileError> {
    postcard::to_extend(value, body).map_err(EventsFileError::Encode)
}

/// Fills `buffer` from offset `at`; a file that ends before says so.
pub(super) fn fill(
    input: &mut impl Read,
    buffer: &mut [u8],
    at: u64,
    part: &'static str,
) -> Result<(), EventsFileError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => {
                return Err(EventsFileError::Truncated {
                    at: at + filled as u64,
                    part,
                });
            }
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// FNV-1a over little-endian words of eight bytes, the last one filled up with zeros. Every step is a
/// bijection, so a change within one word is always noticed.
fn checksum(body: &[u8]) -> u64 {
    let (words, rest) = body.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    words
        .iter()
        .chain(std::iter::once(&last))
        .fold(0xcbf2_9ce4_8422_2325, |hash, word| {
            (hash ^ u64::from_le_bytes(*word)).wrapping_mul(0x0000_0100_0000_01b3)
        })
}
