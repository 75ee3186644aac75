//! The bottleneck: a FIFO in front of a line of a given rate, or one that follows a trace. It drops from its tail when
//! it is full.

use std::collections::VecDeque;
use std::fmt;
use std::str::FromStr;

use super::config::{LinkConfig, ParseConfigError};
use super::trace::Cursor;
use crate::units::{BitRate, Bytes, SimTime};

/// How much a queue holds, the frame being sent included. A frame that would exceed it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueLimit {
    /// So many frames.
    Packets(u32),
    /// So many bytes of frames, counted without FCS.
    Bytes(Bytes),
}

/// The frames that wait or are being sent, and when the line is free again.
#[derive(Debug)]
pub(super) struct Queue {
    line: Line,
    limit: Option<QueueLimit>,
    /// When each frame's last bit is on the line, and its length in bytes.
    frames: VecDeque<(SimTime, usize)>,
    bytes: u64,
    free_at: SimTime,
    departed: u64,
}

/// What the frames of a queue go out on.
#[derive(Debug)]
enum Line {
    /// One that takes no time.
    Unlimited,
    /// So many bits a second.
    Rate(BitRate),
    /// The moments of a trace.
    Trace(Cursor),
}

/// A frame's turn on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    /// Frames in the queue with this one.
    pub(super) packets: u32,
    /// When its first bit goes on the line; on one that follows a trace, when no frame is before it any more.
    pub(super) starts: SimTime,
    /// When its last bit is on the line.
    pub(super) departs: SimTime,
}

impl Queue {
    /// The empty queue of a link. With neither rate nor trace every frame departs at once, and there is nothing to limit.
    pub(super) fn new(config: &LinkConfig) -> Self {
        Self {
            line: match (&config.trace, config.rate) {
                (Some(trace), _) => Line::Trace(Cursor::new(trace.clone())),
                (None, Some(rate)) => Line::Rate(rate),
                (None, None) => Line::Unlimited,
            },
            limit: config.limit,
            frames: VecDeque::new(),
            bytes: 0,
            free_at: SimTime::ZERO,
            departed: 0,
        }
    }

    /// The turn of a frame of `len` bytes that comes at `now` and may not go on before `from`, or `None` if the queue is
    /// full. Neither moment decreases from call to call.
    pub(super) fn enqueue(&mut self, now: SimTime, from: SimTime, len: usize) -> Option<Turn> {
        self.settle(now);
        let from = from.max(now);
        let is_free = from == now && self.frames.is_empty();
        if is_free && matches!(self.line, Line::Unlimited) {
            self.departed += 1;
            return Some(Turn {
                packets: 1,
                starts: now,
                departs: now,
            });
        }
        if self.is_full_for(len) {
            return None;
        }
        let starts = self.free_at.max(from);
        let departs = match &mut self.line {
            Line::Unlimited => starts,
            Line::Rate(rate) => starts + rate.serialization(len),
            Line::Trace(cursor) => cursor.deliver(from, len),
        };
        self.free_at = departs;
        self.bytes += len as u64;
        self.frames.push_back((departs, len));
        Some(Turn {
            packets: self.packets(),
            starts,
            departs,
        })
    }

    /// Lets go of the frames whose last bit is on the line at `now`.
    pub(super) fn settle(&mut self, now: SimTime) {
        while let Some((departs, len)) = self.frames.front()
            && *departs <= now
        {
            self.bytes -= *len as u64;
            self.frames.pop_front();
            self.departed += 1;
        }
    }

    /// Frames in the queue, the one being sent included, as of the last call of [`Self::settle`].
    pub(super) fn packets(&self) -> u32 {
        u32::try_from(self.frames.len()).unwrap_or(u32::MAX)
    }

    /// Frames that have left the queue, as of the last call of [`Self::settle`].
    pub(super) const fn departed(&self) -> u64 {
        self.departed
    }

    fn is_full_for(&self, len: usize) -> bool {
        match self.limit {
            None => false,
            Some(QueueLimit::Packets(packets)) => self.packets() >= packets,
            Some(QueueLimit::Bytes(bytes)) => self.bytes + len as u64 > bytes.0,
        }
    }
}

impl fmt::Display for QueueLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packets(packets) => write!(f, "{packets}p"),
            Self::Bytes(bytes) => write!(f, "{bytes}"),
        }
    }
}

impl FromStr for QueueLimit {
    type Err = ParseConfigError;

    /// `100p` for packets; `64KiB`, `150kB` or `9000B` for bytes. A bare number could mean either and is
    /// refused, as is a queue that holds nothing.
    fn from_str(text: &str) -> Result<Self, ParseConfigError> {
        let refuse = || ParseConfigError::Limit(text.to_owned());
        if let Some(packets) = text.strip_suffix('p') {
            let packets = packets.parse().ok().filter(|packets| *packets > 0);
            return packets.map(Self::Packets).ok_or_else(refuse);
        }
        if text.ends_with(|c: char| c.is_ascii_digit()) {
            return Err(refuse());
        }
        let bytes: Bytes = text.parse().map_err(|_| refuse())?;
        if bytes.0 > 0 {
            Ok(Self::Bytes(bytes))
        } else {
            Err(refuse())
        }
    }
}
