//! One host's capture as a pcapng file (draft-ietf-opsawg-pcapng), as Wireshark would have made it at the
//! host's tap, with a comment on every frame that needs explaining.
//!
//! Blocks in order: section header, interface description, name resolution, TLS secrets where there are any,
//! one enhanced packet per frame, interface statistics. Timestamps are nanoseconds from [`EPOCH`]. One file
//! holds one vantage point: two of them in one file would make Wireshark see retransmissions where there are
//! none. A frame that a link dropped is in its sender's file and absent at the receiver.

use std::io::Write;

use pcap_file::pcapng::{PcapNgWriteError, PcapNgWriter};
use thiserror::Error;

use super::recording::{Direction, Recording};
use super::remarks::Remarks;
use crate::event::{AppEvent, Event, HostId, HostInfo};
use crate::units::SimTime;

mod blocks;
mod live;
mod packet;

pub use live::LiveCaptures;

pub use crate::units::EPOCH;

use packet::{Packet, PacketBlock};

/// Why a capture could not be written.
#[derive(Debug, Error)]
pub enum PcapngError {
    /// The recording does not know the host.
    #[error("the recording has no host {}: ask for one of {known:?}", host.0)]
    UnknownHost {
        /// The host that was asked for.
        host: HostId,
        /// The hosts that there are.
        known: Vec<String>,
    },
    /// A block could not be written.
    #[error("cannot write the capture: look at the space and the permissions where it goes")]
    Write(#[from] PcapNgWriteError),
}

/// The captures of a recording.
#[derive(Debug)]
pub struct Captures<'a> {
    recording: &'a Recording,
    remarks: Remarks,
    snaplen: Option<u32>,
}

impl<'a> Captures<'a> {
    /// The captures of all hosts of `recording`, with whole frames.
    pub fn of(recording: &'a Recording) -> Self {
        Self {
            recording,
            remarks: Remarks::of(recording),
            snaplen: None,
        }
    }

    /// The same with at most `snaplen` bytes of each frame.
    #[must_use]
    pub const fn with_snaplen(mut self, snaplen: u32) -> Self {
        self.snaplen = Some(snaplen);
        self
    }

    /// Writes the capture of `host` and returns how many frames it has. Writes are small: give a buffered
    /// writer.
    pub fn write(&self, host: HostId, out: impl Write) -> Result<u64, PcapngError> {
        let info = self.info(host)?;
        let mut out =
            PcapNgWriter::with_section_header(out, blocks::section(&self.recording.run, info))?;
        out.write_pcapng_block(blocks::interface(info, self.snaplen))?;
        out.write_pcapng_block(blocks::names(self.recording.hosts().map(|(_, host)| host)))?;
        if let Some(secrets) = self.secrets(host) {
            out.write_raw_block(&blocks::secrets(&secrets))?;
        }
        let frames = self.packets(host, &mut out)?;
        out.write_pcapng_block(blocks::statistics(timestamp(self.recording.end()), frames))?;
        Ok(frames)
    }

    fn info(&self, host: HostId) -> Result<&'a HostInfo, PcapngError> {
        let found = self.recording.hosts().find(|(id, _)| *id == host);
        found
            .map(|(_, info)| info)
            .ok_or_else(|| PcapngError::UnknownHost {
                host,
                known: self
                    .recording
                    .hosts()
                    .map(|(_, info)| info.name.clone())
                    .collect(),
            })
    }

    /// The key log of the host's sockets, one line each. Programs outside tell no secrets, but their peers do.
    fn secrets(&self, host: HostId) -> Option<String> {
        let name = self.info(host).ok().map(|info| &info.name);
        let is_outside = name.is_some_and(|name| self.recording.run.outside.contains(name));
        let mut log = String::new();
        for entry in &self.recording.entries {
            if let Event::App(_, event) = &entry.event
                && let AppEvent::TlsSecret { socket, line } = &**event
                && (is_outside || socket.host == host)
            {
                log.push_str(line);
                log.push('\n');
            }
        }
        (!log.is_empty()).then_some(log)
    }

    fn packets<W: Write>(
        &self,
        host: HostId,
        out: &mut PcapNgWriter<W>,
    ) -> Result<u64, PcapngError> {
        let mut block = PacketBlock::new(self.snaplen);
        let mut frames = 0;
        for entry in &self.recording.entries {
            let (frame, direction) = match &entry.event {
                Event::FrameSent { host: at, frame } if *at == host => (frame, Direction::Out),
                Event::FrameReceived { host: at, frame } if *at == host => (frame, Direction::In),
                _ => continue,
            };
            let comments = self.remarks.on(frame.id, direction);
            let timestamp = timestamp(entry.at);
            out.write_raw_block(&block.encode(&Packet {
                timestamp,
                id: frame.id,
                bytes: &frame.bytes,
                length: packet::length_of(frame),
                direction,
                comments,
            }))?;
            frames += 1;
        }
        Ok(frames)
    }
}

/// Nanoseconds since 1970.
const fn timestamp(at: SimTime) -> u64 {
    EPOCH.as_nanos().saturating_add(at.as_nanos())
}

#[cfg(test)]
mod tests;
