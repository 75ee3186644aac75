//! How entries are kept: as they are, or a received frame as a patch of the sent one.

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::event::{Event, HostId};
use crate::record::recording::Entry;
use crate::units::SimTime;
use crate::wire::{Frame, FrameId};

/// Differences that are closer than this are one run: a run costs about three bytes of its own.
const GAP: usize = 4;

/// An entry to be written.
#[derive(Debug, Serialize)]
pub(super) enum Stored<'a> {
    Plain(&'a Entry),
    Patched(Patched),
}

/// An entry that was read; the same encoding as [`Stored`].
#[derive(Debug, Deserialize)]
enum Loaded {
    Plain(Entry),
    Patched(Patched),
}

/// A received frame, as long as the sent one, that differs from it in a few runs of bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Patched {
    at: SimTime,
    host: HostId,
    id: FrameId,
    corrupted: bool,
    runs: Vec<(u32, Bytes)>,
}

/// The frames that were sent within the block. Never iterated.
#[derive(Debug, Default)]
pub(super) struct Sent(FxHashMap<FrameId, Bytes>);

impl Sent {
    /// The next entry of the block, as it is to be written.
    pub(super) fn store<'a>(&mut self, entry: &'a Entry) -> Stored<'a> {
        if let Event::FrameReceived { host, frame } = &entry.event
            && let Some(runs) = self.patch(frame)
        {
            return Stored::Patched(Patched {
                at: entry.at,
                host: *host,
                id: frame.id,
                corrupted: frame.corrupted,
                runs,
            });
        }
        self.remember(entry);
        Stored::Plain(entry)
    }

    /// The next entry of the block, from its bytes, and the bytes after it; `None` if they are damaged.
    pub(super) fn load<'b>(&mut self, body: &'b [u8]) -> Option<(Entry, &'b [u8])> {
        let (loaded, rest) = postcard::take_from_bytes(body).ok()?;
        let entry = match loaded {
            Loaded::Plain(entry) => entry,
            Loaded::Patched(patched) => self.unpatch(patched)?,
        };
        self.remember(&entry);
        Some((entry, rest))
    }

    fn remember(&mut self, entry: &Entry) {
        if let Event::FrameSent { frame, .. } = &entry.event {
            self.0.insert(frame.id, frame.bytes.clone());
        }
    }

    fn patch(&self, frame: &Frame) -> Option<Vec<(u32, Bytes)>> {
        let sent = self.0.get(&frame.id)?;
        (sent.len() == frame.bytes.len() && u32::try_from(sent.len()).is_ok())
            .then(|| differences(sent, &frame.bytes))
    }

    fn unpatch(&self, patched: Patched) -> Option<Entry> {
        let Patched {
            at,
            host,
            id,
            corrupted,
            runs,
        } = patched;
        let mut bytes = BytesMut::from(&self.0.get(&id)?[..]);
        for (start, run) in runs {
            let start = usize::try_from(start).ok()?;
            bytes
                .get_mut(start..start.checked_add(run.len())?)?
                .copy_from_slice(&run);
        }
        let frame = Frame {
            id,
            bytes: bytes.freeze(),
            corrupted,
        };
        Some(Entry {
            at,
            event: Event::FrameReceived { host, frame },
        })
    }
}

/// The runs in which `new` differs from `old`, both of the same length.
fn differences(old: &Bytes, new: &Bytes) -> Vec<(u32, Bytes)> {
    const CHUNK: usize = 64;
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (chunk, (a, b)) in old.chunks(CHUNK).zip(new.chunks(CHUNK)).enumerate() {
        if a == b {
            continue; // nearly all of them: what routers change is in the first
        }
        for at in (0..a.len()).filter(|at| a[*at] != b[*at]) {
            extend(&mut runs, chunk * CHUNK + at);
        }
    }
    let place = |at| u32::try_from(at).expect("the caller has checked the length");
    runs.into_iter()
        .map(|run| (place(run.start), new.slice(run)))
        .collect()
}

/// Takes the byte at `at` into the last run, or begins another one.
fn extend(runs: &mut Vec<Range<usize>>, at: usize) {
    match runs.last_mut() {
        Some(run) if at < run.end + GAP => run.end = at + 1,
        _ => runs.push(at..at + 1),
    }
}
