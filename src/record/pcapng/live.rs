//! Captures written while the world runs, for runs whose recording would not fit into memory.
//!
//! A frame is held back until nothing more can become known of it: its moment has passed and, where it was
//! sent, it has arrived or was dropped. Memory follows the frames that are on their way. The packets are those
//! that [`Captures`](super::Captures) writes afterwards; TLS secrets come just before the packets of their
//! moment instead of before all, and a note after which its host sends and receives nothing more may be lost.

use std::collections::VecDeque;
use std::fmt;
use std::io::Write;

use pcap_file::pcapng::PcapNgWriter;

use super::packet::{Packet, PacketBlock, length_of};
use super::{PcapngError, blocks, timestamp};
use crate::event::{AppEvent, Event, HostId, HostInfo, Observer};
use crate::record::recording::{Direction, RunInfo};
use crate::record::remarks::Gathering;
use crate::units::SimTime;
use crate::wire::packet::ether_type;
use crate::wire::{Frame, FrameId};

/// An observer that writes one capture per host.
pub struct LiveCaptures<W: Write> {
    run: RunInfo,
    snaplen: Option<u32>,
    hosts: Vec<HostInfo>,
    taps: Vec<Tap<W>>,
    gathering: Gathering,
    fates: Fates,
    block: PacketBlock,
    now: SimTime,
    failed: Option<PcapngError>,
}

/// The capture of one host.
struct Tap<W: Write> {
    out: Output<W>,
    held: VecDeque<Held>,
    /// Buffers of frames that have been written.
    spare: Vec<Vec<u8>>,
    frames: u64,
}

/// A file before and after its first block; that one waits until all hosts are known.
enum Output<W: Write> {
    Unopened(Option<W>),
    Open(PcapNgWriter<W>),
}

/// What is written next.
enum Held {
    Frame {
        at: SimTime,
        id: FrameId,
        bytes: Vec<u8>,
        length: usize,
        direction: Direction,
    },
    Secret(String),
}

/// Which of the frames that were sent have arrived or were dropped.
#[derive(Default)]
struct Fates {
    /// The name of the first frame in `known`; those before it have met theirs.
    first: u64,
    known: VecDeque<bool>,
}

impl<W: Write> LiveCaptures<W> {
    /// Captures of the hosts to come, each written to what `outputs` has for it, in order of their ids; give
    /// buffered writers. A host for which there is none left has no capture.
    pub fn new(run: RunInfo, snaplen: Option<u32>, outputs: impl IntoIterator<Item = W>) -> Self {
        let tap = |out| Tap {
            out: Output::Unopened(Some(out)),
            held: VecDeque::new(),
            spare: Vec::new(),
            frames: 0,
        };
        Self {
            run,
            snaplen,
            hosts: Vec::new(),
            taps: outputs.into_iter().map(tap).collect(),
            gathering: Gathering::default(),
            fates: Fates::default(),
            block: PacketBlock::new(snaplen),
            now: SimTime::ZERO,
            failed: None,
        }
    }

    /// Writes what is held back and ends the files.
    ///
    /// # Errors
    /// The first thing that could not be written since the beginning.
    pub fn finish(&mut self) -> Result<(), PcapngError> {
        self.gathering.end();
        for index in 0..self.taps.len().min(self.hosts.len()) {
            self.write_held(index, |_, _| true);
            let (end, frames) = (timestamp(self.now), self.taps[index].frames);
            self.write(index, |out, _| {
                Ok(out
                    .write_pcapng_block(blocks::statistics(end, frames))
                    .map(drop)?)
            });
        }
        self.failed.take().map_or(Ok(()), Err)
    }

    fn hold(&mut self, at: SimTime, host: HostId, frame: &Frame, direction: Direction) {
        let index = usize::from(host.0);
        if index >= self.taps.len() {
            return;
        }
        self.write_held(index, |held, fates| match held {
            Held::Frame {
                at: then,
                id,
                direction,
                ..
            } => *then < at && (*direction == Direction::In || fates.is_met(*id)),
            Held::Secret(_) => true,
        });
        let tap = &mut self.taps[index];
        let mut bytes = tap.spare.pop().unwrap_or_default();
        bytes.extend_from_slice(self.block.kept(&frame.bytes));
        tap.held.push_back(Held::Frame {
            at,
            id: frame.id,
            bytes,
            length: length_of(frame),
            direction,
        });
    }

    /// Writes what is held back, as long as it is `ripe`.
    fn write_held(&mut self, index: usize, ripe: impl Fn(&Held, &Fates) -> bool) {
        while let Some(held) = self.taps[index].held.pop_front() {
            if !ripe(&held, &self.fates) {
                self.taps[index].held.push_front(held);
                return;
            }
            match held {
                Held::Secret(line) => self.write(index, |out, _| {
                    Ok(out.write_raw_block(&blocks::secrets(&line)).map(drop)?)
                }),
                Held::Frame {
                    at,
                    id,
                    bytes,
                    length,
                    direction,
                } => {
                    let host = HostId(u16::try_from(index).expect("ids of hosts have 16 bits"));
                    let comments = self.gathering.conclude(host, (at, id, direction));
                    let packet = Packet {
                        timestamp: timestamp(at),
                        id,
                        bytes: &bytes,
                        length,
                        direction,
                        comments: &comments,
                    };
                    self.write(index, |out, block| {
                        Ok(out.write_raw_block(&block.encode(&packet)).map(drop)?)
                    });
                    self.taps[index].frames += 1;
                    self.keep(index, bytes);
                }
            }
        }
    }

    fn keep(&mut self, index: usize, mut buffer: Vec<u8>) {
        buffer.clear();
        self.taps[index].spare.push(buffer);
    }

    /// Lets `action` write to the file of a host, unless a write has failed before.
    fn write(
        &mut self,
        index: usize,
        action: impl FnOnce(&mut PcapNgWriter<W>, &mut PacketBlock) -> Result<(), PcapngError>,
    ) {
        if self.failed.is_some() {
            return;
        }
        let opened = self.open(index);
        let outcome = match &mut self.taps[index].out {
            Output::Open(out) => opened.and_then(|()| action(out, &mut self.block)),
            Output::Unopened(_) => opened,
        };
        self.failed = outcome.err();
    }

    /// Writes the blocks before the packets, if that has not been done.
    fn open(&mut self, index: usize) -> Result<(), PcapngError> {
        let Output::Unopened(out) = &mut self.taps[index].out else {
            return Ok(());
        };
        let Some(out) = out.take() else {
            return Ok(());
        };
        let info = &self.hosts[index];
        let mut out = PcapNgWriter::with_section_header(out, blocks::section(&self.run, info))?;
        out.write_pcapng_block(blocks::interface(info, self.snaplen))?;
        out.write_pcapng_block(blocks::names(self.hosts.iter()))?;
        self.taps[index].out = Output::Open(out);
        Ok(())
    }
}

impl<W: Write> Observer for LiveCaptures<W> {
    fn observe(&mut self, at: SimTime, event: Event) {
        self.now = at;
        match &event {
            Event::Host(_, info) => self.hosts.push((**info).clone()),
            Event::FrameSent { host, frame } => {
                self.hold(at, *host, frame, Direction::Out);
                self.fates.sent(frame);
            }
            Event::FrameReceived { host, frame } => {
                self.hold(at, *host, frame, Direction::In);
                self.fates.meets(frame.id);
            }
            Event::FrameDropped { frame, .. } => self.fates.meets(*frame),
            Event::App(_, app) => {
                if let AppEvent::TlsSecret { socket, line } = &**app
                    && let Some(tap) = self.taps.get_mut(usize::from(socket.host.0))
                {
                    tap.held.push_back(Held::Secret(format!("{line}\n")));
                }
            }
            _ => {}
        }
        self.gathering.event(at, &event);
    }
}

impl Fates {
    /// `frame` is on its way. Names rise from frame to frame; ARP goes no further than the gateway.
    fn sent(&mut self, frame: &Frame) {
        let Some(place) = self.place(frame.id) else {
            return;
        };
        if place >= self.known.len() {
            self.known.resize(place + 1, true);
        }
        self.known[place] = ether_type(&frame.bytes) != Some(etherparse::EtherType::IPV4);
    }

    fn meets(&mut self, frame: FrameId) {
        if let Some(known) = self
            .place(frame)
            .and_then(|place| self.known.get_mut(place))
        {
            *known = true;
        }
        while self.known.front() == Some(&true) {
            self.known.pop_front();
            self.first += 1;
        }
    }

    fn is_met(&self, frame: FrameId) -> bool {
        let place = self.place(frame);
        place.is_none_or(|place| self.known.get(place).copied().unwrap_or(true))
    }

    fn place(&self, frame: FrameId) -> Option<usize> {
        usize::try_from(frame.0.checked_sub(self.first)?).ok()
    }
}

impl<W: Write> fmt::Debug for LiveCaptures<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveCaptures")
            .field("now", &self.now)
            .field("hosts", &self.hosts.len())
            .field("failed", &self.failed)
            .finish_non_exhaustive()
    }
}
